package markup

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

func TestNothingActiveSurvives(t *testing.T) {
	base, _ := url.Parse("https://example.org/news/")
	for _, in := range []string{
		`<p onclick="x()">a</p><script>alert(1)</script>`,
		`<a href="javascript:alert(1)">x</a>`,
		`<a href="jAvAsCrIpT&colon;alert(1)">x</a>`,
		`<a href="data:text/html,x">x</a>`,
		`<img src=x onerror=alert(1)>`,
		`<iframe src="https://x"></iframe>`,
		`<svg><script>alert(1)</script></svg>`,
		`<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`,
		`<style>body{display:none}</style>`,
		"a\uE000unsubscribe\uE001b",
	} {
		out := strings.ToLower(string(HTML(in, base)))
		for _, bad := range []string{"script", "onclick", "onerror", "<img", "iframe", "svg", "<style", "data:", "\uE000"} {
			if strings.Contains(out, bad) {
				t.Errorf("%q gave %q with %q", in, out, bad)
			}
		}
		if again := string(HTML(out, base)); again != out {
			t.Errorf("%q: second pass changed %q to %q", in, out, again)
		}
	}
}

func TestLinks(t *testing.T) {
	base, _ := url.Parse("https://example.org/en/news/list.html")
	for in, want := range map[string]string{
		"../a?utm_source=x&id=3#top": "https://example.org/en/a?id=3",
		"https://EXAMPLE.org/b":      "https://example.org/b",
		"mailto:a@example.org":       "mailto:a@example.org",
		"javascript:x":               "",
		"":                           "",
		"https://u:p@example.org/":   "",
		"//other.org/x":              "https://other.org/x",
	} {
		if got, ok := Link(base, in); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
}

func TestDecode(t *testing.T) {
	const words = "Menninger, née à Strasbourg : l’été"
	cp1252, _ := charmap.Windows1252.NewEncoder().String(words)
	for name, c := range map[string]struct{ body, contentType string }{
		"utf-8":             {words, "text/html"},
		"wrong header":      {words, "text/html; charset=iso-8859-1"},
		"cp1252 by header":  {cp1252, "text/html; charset=windows-1252"},
		"cp1252 by meta":    {`<meta charset="windows-1252">` + cp1252, "text/html"},
		"cp1252 as utf-8":   {`<meta charset="windows-1252">` + cp1252, "text/html; charset=utf-8"},
		"byte order mark":   {"\uFEFF" + words, "text/html; charset=ascii"},
		"unknown in header": {words, "text/html; charset=nonsense"},
	} {
		if got := Decode([]byte(c.body), c.contentType); !strings.HasSuffix(got, words) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestShorten(t *testing.T) {
	text := "Dr. A opened the meeting. It went on for two days, in two rooms and four languages."
	if got := Shorten(text, 40); got != "Dr. A opened the meeting." {
		t.Errorf("%q", got)
	}
	if got := Shorten("One long sentence that never seems to come to any end at all", 30); got != "One long sentence that never…" {
		t.Errorf("%q", got)
	}
}
