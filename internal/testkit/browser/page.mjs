// Shows one page after the other in Debian's Chromium, which is started once.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Nothing leaves this machine, and the browser asks for nothing of its own.
const flags = [
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

let browser;
let given; // the address of what a job gives as html; it is of this machine, as what it links to is
let html;

async function start(chromiumProgram) {
    browser = await chromium.launch({ executablePath: chromiumProgram, args: flags, chromiumSandbox: false });
    const server = createServer((request, response) => {
        response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
        response.end(request.url === '/' ? html : '');
    });
    await new Promise(done => server.listen(0, '127.0.0.1', done));
    server.unref();
    given = `http://127.0.0.1:${server.address().port}/`;
}

export async function close() {
    await browser?.close();
}

const ours = url => !/^(https?|wss?|ftp):/.test(url) || /^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?\//.test(url);

export async function see(job) {
    if (!browser) {
        await start(job.chromium);
    }
    html = job.html;
    const seen = { status: 0, title: '', text: '', overflow: 0, frames: [], violations: [], console: [], foreign: [], ran: [], focus: [] };
    await withPage(job, !job.noScripts, seen, page => look(page, job, seen));
    for (const url of job.axe.length ? [job.url || given, ...seen.frames] : []) {
        await withPage(job, true, { foreign: [] }, page => judge(page, url, job, seen), true);
    }
    return seen;
}

// withPage opens a page of a job's kind for as long as use runs.
async function withPage(job, scripts, seen, use, policyless = false) {
    const context = await browser.newContext({
        viewport: { width: job.width, height: job.height }, colorScheme: job.dark ? 'dark' : 'light',
        javaScriptEnabled: scripts, locale: job.language, reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(10_000);
    try {
        await context.route('**', route => answer(route, job, seen, policyless));
        await context.exposeBinding('ran', (_, what) => void seen.ran?.push(String(what)));
        const page = await context.newPage();
        if (job.print) {
            await page.emulateMedia({ media: 'print' });
        }
        await use(page);
    } finally {
        await context.close();
    }
}

// answer lets nothing through but this machine's own answers.
async function answer(route, job, seen, policyless) {
    const request = route.request();
    const url = request.url();
    if (!ours(url)) {
        seen.foreign.push(url);
        return route.abort();
    }
    if (job.noImages && request.resourceType() === 'image') {
        return route.abort();
    }
    if (!policyless || request.resourceType() !== 'document') {
        return route.continue();
    }
    const response = await route.fetch();
    const headers = response.headers();
    delete headers['content-security-policy'];
    return route.fulfill({ response, headers });
}

async function look(page, job, seen) {
    page.on('dialog', dialog => { seen.ran.push(`${dialog.type()}: ${dialog.message()}`); return dialog.dismiss(); });
    page.on('popup', popup => { seen.ran.push('a window was opened'); return popup.close(); });
    page.on('pageerror', error => seen.console.push(String(error)));
    page.on('console', message => { if (['error', 'warning'].includes(message.type())) seen.console.push(message.text()); });
    const response = await page.goto(job.url || given);
    seen.status = response?.status() ?? 0;
    if (job.noStyles) {
        await page.evaluate(() => document.querySelectorAll('style, link[rel~=stylesheet]').forEach(e => e.remove()));
    }
    if (job.waitFor) {
        await page.getByText(job.waitFor).first().waitFor();
    }
    for (const key of job.keys) {
        await page.keyboard.press(key);
        seen.focus.push(await page.evaluate(focused).catch(() => '')); // a key may lead to another page
    }
    if (job.then) {
        await page.getByText(job.then).first().waitFor();
    }
    seen.title = await page.title();
    for (const frame of page.frames()) {
        seen.text += await frame.evaluate(() => document.body.innerText) + '\n';
        seen.overflow = Math.max(seen.overflow, await frame.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth));
    }
    seen.frames = page.frames().slice(1).map(frame => frame.url()).filter(url => url.startsWith('http'));
    if (job.screenshot) {
        await page.screenshot({ path: job.screenshot, fullPage: true });
    }
}

// judge runs axe on one document, a frame's too, at every look that was asked for,
// in a page of its own without the policy that forbids it all scripts: there axe's
// timers would never come.
async function judge(page, url, job, seen) {
    await page.goto(url);
    await page.evaluate(axe);
    for (const { width, dark } of job.axe) {
        await page.setViewportSize({ width, height: job.height });
        await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { iframes: false, preload: false, resultTypes: ['violations'] }));
        const found = violations.flatMap(({ id, help, nodes }) => nodes.map(node => ({
            rule: id, help, where: node.target.join(' '), html: node.html.slice(0, 300),
            why: [...node.any, ...node.all, ...node.none].map(check => check.message).join('; '),
        })));
        seen.violations.push(...found.map(v => ({ look: `${new URL(url).pathname} at ${width} px, ${dark ? 'dark' : 'light'}`, ...v })));
    }
}

// focused says what has the focus: its words, else what it is.
function focused() {
    const e = document.activeElement;
    const label = e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || e.value || e.id || '';
    return e === document.body ? '' : `${e.localName}: ${label.trim().replace(/\s+/g, ' ').slice(0, 80)}`;
}
