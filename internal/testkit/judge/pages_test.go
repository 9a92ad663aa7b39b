package judge

import (
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"broadsheet/internal/desk"
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
	forms := map[string]string{"en": "header", "fr": "changes", "ar": "text"} // the same as it looks is judged where a preview is followed
	for _, language := range languages {
		for name, p := range map[string]testkit.Page{
			"issue":    {HTML: n.html(t, language)},
			"web view": {URL: n.public + "/i/" + n.issue.PublicID + "/" + language},
			"preview":  {URL: n.desk + "/issues/" + n.issue.Slug() + "?language=" + language + "&as=" + forms[language]},
		} {
			t.Run(name+" "+language, func(t *testing.T) { forEveryone(t, b, p) })
		}
	}
}

// forEveryone shows a page at all looks and judges it.
func forEveryone(t *testing.T, b *testkit.Browser, p testkit.Page) {
	t.Helper()
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
}

// The desk's other pages are for everyone too, and valid: an issue that is edited, with
// something off and something said, its history, and what a table wider than a phone tells.
func TestDeskIsForEveryone(t *testing.T) {
	b := testkit.OpenBrowser(t)
	n := sampled(t)
	draft, err := n.Desk.NewIssue(ctx, "monthly", false, "", desk.Operator)
	if err != nil {
		t.Fatal(err)
	}
	text, err := n.Desk.EditFile(ctx, draft.Slug(), "")
	if err != nil {
		t.Fatal(err)
	}
	text = strings.NewReplacer("headline.ar:", "headline.ar: عنوان", "## agenda", "## agenda (off: fr)\nnote: What comes").Replace(text)
	if _, changed, err := n.Desk.Edit(ctx, draft.Slug(), text, "ana@example.org"); err != nil || !changed {
		t.Fatal(changed, err)
	}
	for _, path := range []string{"/", "/issues", "/sources", "/issues/" + draft.Slug() + "?as=changes&language=ar",
		"/issues/" + draft.Slug() + "/edit", "/issues/" + draft.Slug() + "/log", "/issues/" + n.issue.Slug() + "/edit", "/issues/" + n.issue.Slug() + "/sending"} {
		t.Run(path, func(t *testing.T) {
			forEveryone(t, b, testkit.Page{URL: n.desk + path})
			for _, found := range b.Validate(t, page(t, n.desk+path), pageMay...) {
				t.Error(found)
			}
		})
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

// Without any <style> and without pictures the issue says the same in the same
// order, and is no wider than the window.
func TestBareIssueReadsInOrder(t *testing.T) {
	b := testkit.OpenBrowser(t)
	n := sampled(t)
	for _, language := range languages {
		whole := b.See(t, testkit.Page{HTML: n.html(t, language), Width: 700})
		bare := b.See(t, testkit.Page{HTML: n.html(t, language), Width: 700, NoStyles: true, NoImages: true})
		if len(bare.Text) < 2000 || bare.Text != whole.Text {
			t.Errorf("%s: bare it reads\n%s\nbut whole\n%s", language, bare.Text, whole.Text)
		}
		if bare.Overflow > 0 {
			t.Errorf("%s: %d px too wide", language, bare.Overflow)
		}
	}
}

// The agenda of an issue is a file that calendars read, and so is each event; the
// same event has the same name in every language, and says so when it is off.
func TestAgendaForCalendars(t *testing.T) {
	b := testkit.OpenBrowser(t)
	n := sampled(t)
	web := n.public + "/i/" + n.issue.PublicID
	english := b.Calendar(t, page(t, web+"/en/agenda.ics"))
	french := b.Calendar(t, page(t, web+"/fr/agenda.ics"))
	if len(english) != 6 || len(french) != 6 {
		t.Fatalf("%d and %d events", len(english), len(french))
	}
	links := regexp.MustCompile(`href="([^"]+/event/[^"]+[.]ics)"`).FindAllStringSubmatch(page(t, web+"/fr"), -1)
	for i, e := range french {
		one := b.Calendar(t, page(t, links[i][1]))
		if len(one) != 1 || !maps.Equal(one[0], e) || e["uid"] != english[i]["uid"] || e["language"] != "en" {
			t.Errorf("%v, alone %v, in English %v", e, one, english[i])
		}
	}
	days, hours := english[1], english[5]
	if days["start"] != "2017-03-21" || days["end"] != "2017-03-23" || days["place"] != "Tbilisi" || days["status"] != "CONFIRMED" {
		t.Errorf("two days: %v", days)
	}
	if hours["start"] != "2017-05-17T07:30:00Z" || hours["end"] != "2017-05-17T15:00:00Z" || hours["status"] != "CANCELLED" || hours["place"] != "Agora Building, Strasbourg" {
		t.Errorf("hours: %v", hours)
	}
	resp, err := http.Get(web + "/en/agenda.ics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/calendar; charset=utf-8" {
		t.Error(got)
	}
}
