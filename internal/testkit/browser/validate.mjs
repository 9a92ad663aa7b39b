// Judges HTML with html-validate, by its standard and its document rules.

import { HtmlValidate } from 'html-validate';

export async function validate({ html, allow }) {
    const validator = new HtmlValidate({ root: true, extends: ['html-validate:standard', 'html-validate:document'], rules: Object.fromEntries(allow.map(rule => [rule, 'off'])) });
    const { results } = await validator.validateString(html);
    return results.flatMap(r => r.messages).map(m => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
}
