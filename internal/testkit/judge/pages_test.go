package judge

import (
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"broadsheet/internal/testkit"
)

var languages = []string{"en", "fr", "ar"}

// sampled is the newsroom of the demo's own sites.
func sampled(t *testing.T) newsroom {
	t.Helper()
	return newNewsroom(t, http.FileServer(http.Dir("../../demo/site")), os.DirFS("../../demo/site/editorial"), "Ana")
}

// landmarks are rules of axe's for pages. A message stands inside a mail program's
// page, whose landmarks it must not double; the web view has its own.
var landmarks = []string{"landmark-one-main", "region"}

func ofMessage(v testkit.Violation) bool {
	return slices.Contains(landmarks, v.Rule) && (strings.HasPrefix(v.Look, "/ at") || strings.Contains(v.Look, "/frame/"))
}

// What people see breaks no rule of axe's, wide or narrow, in light and dark, in
// every language; it asks no other machine for anything, and no page is wider than the window.
func TestPagesAreForEveryone(t *testing.T) {
	b := testkit.OpenBrowser(t)
	n := sampled(t)
	forms := map[string]string{"en": "html", "fr": "changes", "ar": "text"} // the frame is judged once
	for _, language := range languages {
		for name, p := range map[string]testkit.Page{
			"issue":    {HTML: n.html(t, language)},
			"web view": {URL: n.public + "/i/" + n.issue.PublicID + "/" + language},
			"preview":  {URL: n.desk + "/issues/" + n.issue.Slug() + "?language=" + language + "&as=" + forms[language]},
		} {
			t.Run(name+" "+language, func(t *testing.T) {
				p.Width, p.Axe = 320, testkit.Looks
				seen := b.See(t, p)
				for _, v := range seen.Violations {
					if !ofMessage(v) {
						t.Error(v)
					}
				}
				if seen.Status != http.StatusOK || len(seen.Console)+len(seen.Foreign)+len(seen.Ran) > 0 || seen.Overflow > 0 {
					t.Errorf("status %d, console %q, asked for %q, ran %q, %d px too wide", seen.Status, seen.Console, seen.Foreign, seen.Ran, seen.Overflow)
				}
			})
		}
	}
}

// What html-validate may find, and why it stays.
var (
	messageMay = []string{
		"no-deprecated-attr", // Outlook lays out by align, width, cellpadding and cellspacing alone
	}
	pageMay = []string{
		"require-sri", // our own style sheet, from the same machine
	}
)

func TestPagesAreValid(t *testing.T) {
	b := testkit.OpenBrowser(t)
	n := sampled(t)
	for _, language := range languages {
		for name, c := range map[string]struct {
			html string
			may  []string
		}{
			"issue":    {n.html(t, language), messageMay},
			"web view": {page(t, n.public+"/i/"+n.issue.PublicID+"/"+language), messageMay},
			"preview":  {page(t, n.desk+"/issues/"+n.issue.Slug()+"?language="+language), pageMay},
			"changes":  {page(t, n.desk+"/issues/"+n.issue.Slug()+"?as=changes&language="+language), pageMay},
		} {
			for _, found := range b.Validate(t, c.html, c.may...) {
				t.Errorf("%s in %s: %s", name, language, found)
			}
		}
	}
}

func page(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", url, resp.Status, err)
	}
	return string(body)
}
