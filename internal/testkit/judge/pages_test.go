package judge

import (
	"net/http"
	"testing"

	"broadsheet/internal/testkit"
)

var sample = http.FileServer(http.Dir("../../demo/site"))

var languages = []string{"en", "fr", "ar"}

// What people see breaks no rule of axe's, wide or narrow, in light and dark, in
// every language; it asks no other machine for anything, and no page is wider than the window.
func TestPagesAreForEveryone(t *testing.T) {
	b := testkit.OpenBrowser(t)
	n := newNewsroom(t, sample, "Ana")
	for _, language := range languages {
		pages := map[string]testkit.Page{
			"issue":    {HTML: n.html(t, language)},
			"web view": {URL: n.public + "/i/" + n.issue.PublicID + "/" + language},
			"preview":  {URL: n.desk + "/issues/" + n.issue.Slug() + "?language=" + language},
		}
		for name, p := range pages {
			t.Run(name+" "+language, func(t *testing.T) {
				p.Width, p.Axe = 320, testkit.Looks
				seen := b.See(t, p)
				for _, v := range seen.Violations {
					t.Error(v)
				}
				if seen.Status != http.StatusOK || len(seen.Console)+len(seen.Foreign)+len(seen.Ran) > 0 || seen.Overflow > 0 {
					t.Errorf("status %d, console %q, asked for %q, ran %q, %d px too wide", seen.Status, seen.Console, seen.Foreign, seen.Ran, seen.Overflow)
				}
			})
		}
	}
}
