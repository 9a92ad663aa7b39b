package markup

import (
	"strings"
	"testing"
)

// The gate is idempotent, and nothing that acts comes through it.
func FuzzHTML(f *testing.F) {
	for _, text := range []string{"<p>a <b>b</b></p>", `<a href="javascript:alert(1)">x</a>`, `<img src=x onerror=alert(1)>`, "<svg><style><img src=x onerror=alert(1)></style></svg>", "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
		"<p>one<p>two", "&lt;script&gt;", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "\ue000name\ue001", "&#xe000;name&#xe001;", "&#1", "# a\n\n<script>1</script>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := string(HTML(text, nil))
		if twice := string(HTML(once, nil)); twice != once {
			t.Errorf("%q\n%q\n%q", text, once, twice)
		}
		if low := strings.ToLower(once); strings.Contains(low, "<script") || strings.Contains(low, "<img") || strings.Contains(low, "<svg") || strings.Contains(low, "href=\"javascript") || strings.ContainsAny(once, "\ue000\ue001") {
			t.Errorf("%q: %q", text, once)
		}
		Text(text)
		Summary(text, "T", 100)
		Markdown(text)
	})
}

// Whatever comes, what is decoded is UTF-8.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\xff\xfea\x00"), "text/html; charset=koi8-r")
	f.Add([]byte("<meta charset=iso-2022-jp>\x1b$B"), "")
	f.Add([]byte("caf\xe9"), "text/html; charset=utf-8")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		if out := Decode(body, contentType); strings.ToValidUTF8(out, "") != out {
			t.Errorf("%q %q: %q", body, contentType, out)
		}
	})
}
