// Says which features of a message which mail programs lack, by the data of caniemail.com (MIT).

import { caniemail } from 'caniemail';

export function unsupported({ html, clients }) {
    const { issues } = caniemail({ clients, html });
    const lacks = new Map();
    for (const [kind, found] of [['none', issues.errors], ['part', issues.warnings]]) {
        for (const [client, list] of found) {
            for (const { title } of list) {
                const key = `${title}\n${kind}`;
                lacks.set(key, { feature: title, support: kind, clients: [...new Set([...lacks.get(key)?.clients ?? [], client])] });
            }
        }
    }
    return [...lacks.values()];
}
