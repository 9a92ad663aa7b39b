package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/config"
)

// What is previewed is what a mail server receives, byte for byte, for every
// subscriber in their language; the moment of sending is another, nothing else.
func TestPreviewIsWhatIsReceived(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sent(t)
		date := regexp.MustCompile(`(?m)^Date: [^\r]+\r\n`)
		for _, to := range []string{"a@example.org", "n@example.org"} {
			h.clock.Move(time.Hour)
			p, err := h.Desk.Preview(ctx, "p/1", "", to)
			must(t, err)
			received := h.mailed(t, to).Raw
			if got := len(date.FindAllString(received, -1)); got != 1 {
				t.Errorf("%d dates", got)
			}
			if preview := string(p.Message); date.ReplaceAllString(preview, "") != date.ReplaceAllString(received, "") || preview == received {
				t.Errorf("%s was to receive\n%s\nbut received\n%s", to, preview, received)
			}
		}
		if p, err := h.Desk.Preview(ctx, "p/1", "en", "n@example.org"); err != nil || p.Proof.Language != "en" {
			t.Errorf("the language that was asked for: %s %v", p.Proof.Language, err)
		}
	})
}

// As the desk shows it: text, source, header and changes are those of the message.
func TestPreviewAtTheDesk(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		_, door := h.serve(t)
		page := door + "/issues/p/1"
		for query, want := range map[string]string{
			"": `src="/issues/p/1/frame/en?as=html&amp;images=on&amp;language=en&amp;scheme=light&amp;styles=on&amp;width=600"`, "?as=text": "Dear reader", "?as=text&reader=a@example.org": "Dear Ana",
			"?as=header&reader=a@example.org": "List-Unsubscribe: &lt;https://news.example.org/u/", "?as=source&language=ar": "lang=&#34;ar&#34;", "?as=changes": "This is the first revision.",
			"?reader=nobody@example.org": "no subscriber", "?width=320&as=nonsense": `width="320"`,
		} {
			if code, text := fetch(t, "GET", page+query, nil); code != 200 || !strings.Contains(text, want) {
				t.Errorf("%s: %d, no %q in %s", query, code, want, text)
			}
		}
		text, err := h.Desk.EditFile(ctx, "p/1", "")
		must(t, err)
		_, _, err = h.Desk.Edit(ctx, "p/1", strings.Replace(text, "headline:", "headline: Spring", 1), "operator")
		must(t, err)
		if _, text := fetch(t, "GET", page+"?as=changes", nil); !strings.Contains(text, "<ins>+ Spring</ins>") || !strings.Contains(text, "<del>- Letter") || !strings.Contains(text, "revision 1") {
			t.Error(text)
		}
	})
}

// A frame has a policy of its own: no script ever, no picture and no <style> where they are turned off.
func TestPreviewFramesDoNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		_, door := h.serve(t)
		for query, want := range map[string][]string{
			"":            {"sandbox allow-popups;", "default-src 'none'", "img-src https: http:", "frame-ancestors 'self'"},
			"?images=off": {"img-src 'none'"}, "?styles=off": {"style-src-elem 'none'"},
		} {
			resp, err := http.Get(door + "/issues/p/1/frame/en" + query)
			must(t, err)
			must(t, resp.Body.Close())
			for _, w := range want {
				if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, w) || strings.Contains(policy, "script-src") {
					t.Errorf("%s: %s", query, policy)
				}
			}
		}
		if _, dark := fetch(t, "GET", door+"/issues/p/1/frame/en?scheme=dark", nil); strings.Contains(dark, "prefers-color-scheme") || !strings.Contains(dark, "(min-width: 0)") {
			t.Error("dark rules wait for the browser")
		}
	})
}

// Who has only a link to review sees the issue, and no subscriber's copy of it.
func TestReviewersSeeNoSubscriber(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		_, _, err = h.Desk.Submit(ctx, "p/1", "ed@example.org")
		must(t, err)
		_, err = h.Desk.SendNotices(ctx)
		must(t, err)
		_, door := h.serve(t)
		link := path(t, h.mailed(t, "chief@example.org").Raw, "http://127.0.0.1:8081", door)
		for _, look := range []string{"?as=text&reader=a@example.org", "/frame/en?reader=a@example.org"} {
			if code, text := fetch(t, "GET", link+look, nil); code != 200 || !strings.Contains(text, "Dear reader") || strings.Contains(text, "Ana") || strings.Contains(text, "/u/") || strings.Contains(text, `name="reader"`) {
				t.Errorf("%s: %d %s", look, code, text)
			}
		}
	})
}

func (h *house) mailedHTML(t *testing.T, to string) string {
	t.Helper()
	return strings.ReplaceAll(strings.ReplaceAll(h.mailed(t, to).Raw, "=\r\n", ""), "=3D", "=")
}

// The address of an issue on the web is the same for everybody, and so is the page behind it.
func TestWebViewIsNoOnes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sent(t)
		public, _ := h.serve(t)
		link := regexp.MustCompile(`https://news.example.org/i/[^"< ]+/en`)
		ana, other := link.FindString(h.mailedHTML(t, "a@example.org")), link.FindString(strings.ReplaceAll(h.mailedHTML(t, "n@example.org"), "/ar", "/en"))
		if ana == "" || ana != other {
			t.Errorf("%q is not %q", ana, other)
		}
		code, page := fetch(t, "GET", strings.Replace(ana, "https://news.example.org", public, 1), nil)
		for _, want := range []string{`<link rel="canonical" href="` + ana + `">`, `<meta property="og:title" content="Letter, March 2017">`, `<meta property="og:description" content="March">`, `<meta property="og:url" content="` + ana + `">`,
			`hreflang="ar"`, "mailto:?body=" + url.QueryEscape(ana), "@media print", `role="main"`} {
			if code != 200 || !strings.Contains(page, want) {
				t.Errorf("%d, no %q", code, want)
			}
		}
		for _, never := range []string{"/u/", "/p/", "Ana", "a@example.org", "noindex", ".ics"} { // no event, no calendar
			if strings.Contains(page, never) {
				t.Errorf("%q stands in the page", never)
			}
		}
		for _, path := range []string{"/agenda.ics", "/event/x.ics", "/event/.ics"} {
			if code, _ := fetch(t, "GET", strings.Replace(ana, "https://news.example.org", public, 1)+path, nil); code != 404 {
				t.Errorf("%s: %d", path, code)
			}
		}
	})
}

// following is a followed preview, and what it shows.
type following struct {
	t       *testing.T
	address string
	version string
	took    []time.Duration
}

// after changes something and waits until the browser is told to load the page anew.
func (f *following) after(what string, change func()) (text string) {
	f.t.Helper()
	change()
	began := time.Now()
	for { // the server holds the request until something changes
		_, version := fetch(f.t, "GET", f.address+"version?since="+f.version, nil)
		if version != f.version {
			f.version = version
			break
		}
		if time.Since(began) > 30*time.Second {
			f.t.Fatalf("%s: nothing happened", what)
		}
	}
	f.took = append(f.took, time.Since(began))
	code, text := fetch(f.t, "GET", f.address+"?as=text", nil)
	if code != 200 {
		f.t.Errorf("%s: %d", what, code)
	}
	return text
}

// watch serves a followed preview of the issue.
func (h *house) watch(t *testing.T, file string) *following {
	t.Helper()
	w := app.Watched{Slug: "p/1", Config: file, Listen: "127.0.0.1:0", Options: app.Options{Now: h.clock.Now, Version: "test"},
		Load: func() (*config.Config, error) { return config.Load(file, h.clock.Now(), os.LookupEnv) }}
	running, stop := context.WithCancel(ctx)
	at, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- w.Run(running, func(address string) { at <- address }) }()
	t.Cleanup(func() { stop(); must(t, <-ended) })
	select {
	case address := <-at:
		return &following{t: t, address: address, version: "1"}
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		return nil
	}
}

func TestWatchFollowsWhatIsChanged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		file := filepath.Join(h.dir, "t.yaml")
		settings := func(title string) {
			must(t, os.WriteFile(file, []byte(strings.Replace(fmt.Sprintf(yaml, h.database, h.mail.Port()), "en: Letter", "en: "+title, 1)), 0o600))
		}
		settings("Letter")
		f := h.watch(t, file)
		theme := filepath.Join(h.dir, "templates", "default", "issue.txt")
		must(t, os.MkdirAll(filepath.Dir(theme), 0o700))
		write := func(text string) func() { return func() { must(t, os.WriteFile(theme, []byte(text), 0o600)) } }
		if text := f.after("a theme", write("first {{.Title}}\n{{.Marks.Unsubscribe}}{{.Marks.Preferences}}{{.Marks.WebView}}{{.Marks.Name}}")); !strings.Contains(text, "first Letter") {
			t.Error(text)
		}
		for _, broken := range []string{"second\n{{.Title", "second\n{{.Nothing}}"} { // one does not parse, one does not run
			if text := f.after("a broken theme", write(broken)); !strings.Contains(text, "issue.txt:2") || !strings.Contains(text, "first Letter") || !strings.Contains(text, `role="alert"`) {
				t.Error(text)
			}
		}
		if text := f.after("a mended theme", func() { must(t, os.RemoveAll(filepath.Dir(theme))) }); !strings.Contains(text, "Dear reader") || strings.Contains(text, `role="alert"`) {
			t.Error(text)
		}
		if text := f.after("a broken configuration", func() { settings("[") }); !strings.Contains(text, "t.yaml:") || !strings.Contains(text, "Dear reader") {
			t.Error(text)
		}
		edit := func(was, is string) func() {
			return func() {
				text, err := h.Desk.EditFile(ctx, "p/1", "")
				must(t, err)
				_, _, err = h.Desk.Edit(ctx, "p/1", strings.Replace(text, was, is, 1), "operator")
				must(t, err)
			}
		}
		if text := f.after("a draft meanwhile", edit("headline:", "headline: Spring")); !strings.Contains(text, "t.yaml:") || !strings.Contains(text, "Spring") {
			t.Error(text)
		}
		if text := f.after("a configuration", func() { settings("Gazette") }); !strings.Contains(text, "Gazette") || strings.Contains(text, `role="alert"`) {
			t.Error(text)
		}
		if text := f.after("a draft", edit("headline: Spring", "headline: Summer")); !strings.Contains(text, "Summer") {
			t.Error(text)
		}
		if best := slices.Min(f.took); best > 500*time.Millisecond {
			t.Errorf("a change is seen after %s", f.took)
		}
		t.Logf("changes were seen after %s", f.took)
	})
}
