// Reads a calendar file with ical.js, strictly by its grammar.

import ICAL from 'ical.js';

export function calendar({ text }) {
    const root = ICAL.Component.fromString(text);
    return root.getAllSubcomponents('vevent').map(component => {
        const event = new ICAL.Event(component);
        return {
            uid: event.uid, start: event.startDate.toString(), end: event.endDate?.toString() ?? '', summary: event.summary ?? '',
            place: event.location ?? '', status: component.getFirstPropertyValue('status') ?? '', language: component.getFirstProperty('summary')?.getParameter('language') ?? '',
        };
    });
}
