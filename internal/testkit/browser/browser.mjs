// Shows pages in a real browser and judges them: a line of JSON in is one job, a
// line of JSON out its answer, in order. What a job may hold is documented in
// browser.go, which starts this. Ends when its standard input does.

import { createInterface } from 'node:readline';
import { calendar } from './calendar.mjs';
import { see, close } from './page.mjs';
import { validate } from './validate.mjs';
import { unsupported } from './mail.mjs';

const doors = { calendar, see, validate, unsupported };

// longest is how long a job may take, in ms.
const longest = 30_000;

const late = () => {
    let timer;
    const promise = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('the browser took too long')), longest); });
    return { promise, stop: () => clearTimeout(timer) };
};

for await (const line of createInterface({ input: process.stdin })) {
    const { door, job } = JSON.parse(line);
    const limit = late();
    let said;
    try {
        said = { answer: await Promise.race([doors[door](job), limit.promise]) };
    } catch (error) {
        said = { error: String(error.stack ?? error) };
    }
    limit.stop();
    process.stdout.write(JSON.stringify(said) + '\n');
}
await close();
