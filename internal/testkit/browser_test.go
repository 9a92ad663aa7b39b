package testkit

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The browser sees what it is to find: a browser that finds nothing would pass everything.
func TestBrowserFinds(t *testing.T) {
	b := OpenBrowser(t)
	shot := filepath.Join(t.TempDir(), "page.png")
	seen := b.See(t, Page{HTML: `<!doctype html><title>Bad</title><p style="color:#999">pale <img src="https://elsewhere.example/a.png"><button>Go</button><p style="width:2000px">wide<script>ran("once"); alert(2)</script>`,
		Keys: []string{"Tab"}, Axe: []Look{{320, false}}, Screenshot: shot})
	if seen.Title != "Bad" || !strings.Contains(seen.Text, "pale") || seen.Overflow < 500 {
		t.Errorf("%+v", seen)
	}
	for what, got := range map[string][]string{"once": seen.Ran, "alert: 2": seen.Ran, "https://elsewhere.example/a.png": seen.Foreign, "button: Go": seen.Focus} {
		if !slices.Contains(got, what) {
			t.Errorf("%q is not in %q", what, got)
		}
	}
	for _, rule := range []string{"color-contrast", "html-has-lang", "image-alt"} {
		if !slices.ContainsFunc(seen.Violations, func(v Violation) bool { return v.Rule == rule }) {
			t.Errorf("axe did not find %s", rule)
		}
	}
	if png, err := os.ReadFile(shot); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("no screenshot: %v", err)
	}
}

// Axe judges what a policy keeps scripts from, in frames too; scripts there do not run.
func TestBrowserJudgesSandboxes(t *testing.T) {
	b := OpenBrowser(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		body := `<!doctype html><html lang="en"><title>Whole</title><main><h1>Whole</h1><iframe sandbox title="Part" src="/part"></iframe></main>`
		if r.URL.Path == "/part" {
			w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
			body = `<!doctype html><html lang="en"><title>Part</title><main><h1>Part</h1><img src="/a.png"></main><script>ran(1)</script>`
		}
		_, _ = w.Write([]byte(body)) // a page that breaks off fails the test
	}))
	t.Cleanup(s.Close)
	seen := b.See(t, Page{URL: s.URL + "/", Axe: []Look{{768, true}}})
	if len(seen.Ran) != 0 || !slices.Equal(seen.Frames, []string{s.URL + "/part"}) || !strings.Contains(seen.Text, "Part") {
		t.Errorf("%+v", seen)
	}
	if len(seen.Violations) != 1 || seen.Violations[0].Rule != "image-alt" || seen.Violations[0].Look != "/part at 768 px, dark" {
		t.Errorf("%v", seen.Violations)
	}
}

func TestBrowserJudgesBytes(t *testing.T) {
	b := OpenBrowser(t)
	const bad = `<!doctype html><html lang="en"><head><title>x</title></head><body><p style="display:flex"><div>x</div></p></body></html>`
	if faults := b.Validate(t, bad); len(faults) == 0 {
		t.Error("html-validate found nothing")
	}
	if faults := b.Validate(t, strings.ReplaceAll(bad, "<div>x</div>", "x"), "no-inline-style"); len(faults) != 0 {
		t.Error(faults)
	}
	if lacks := b.Unsupported(t, bad, "outlook.windows"); !slices.ContainsFunc(lacks, func(l Lack) bool {
		return l.Feature == "display:flex" && l.Support == "none" && slices.Equal(l.Clients, []string{"outlook.windows"})
	}) {
		t.Errorf("%+v", lacks)
	}
}
