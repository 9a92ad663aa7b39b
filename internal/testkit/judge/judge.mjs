// Judges signatures with mailauth: judge.mjs KEYS FILE...
//
// KEYS stands for DNS: a line per key, its name, a space, its TXT record. Prints
// a line of JSON per file, with every signature and what became of it.

import { readFileSync } from 'node:fs';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';

const [keys, ...files] = process.argv.slice(2);
const records = new Map(
    readFileSync(keys, 'utf8').trimEnd().split('\n').map(line => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)])
);

const resolver = async (name, type) => {
    if (type === 'TXT' && records.has(name)) {
        return [[records.get(name)]];
    }
    throw Object.assign(new Error(`${name} has no ${type}`), { code: 'ENOTFOUND' });
};

for (const file of files) {
    const { results } = await dkimVerify(readFileSync(file), { resolver });
    const signatures = results
        .filter(found => found.algo) // without a signature there is one result that says so
        .map(found => ({ algorithm: found.algo, result: found.status.result === 'pass' ? 'pass' : `${found.status.result} ${found.status.comment}` }));
    console.log(JSON.stringify({ file, signatures }));
}
