// Loads the page anew once what it shows was changed.
const shown = document.body.dataset.version;
const wait = ms => new Promise(done => setTimeout(done, ms));

for (;;) {
    try {
        const answer = await fetch('/version?since=' + shown);
        if (answer.ok && await answer.text() !== shown) {
            location.reload();
            break;
        }
    } catch {
        await wait(500); // the command has ended, or starts again
    }
}
