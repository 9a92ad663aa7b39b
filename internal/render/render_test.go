package render

import (
	"flag"
	"fmt"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"broadsheet/internal/newsletter"
	"broadsheet/internal/render/check"
	"broadsheet/templates"

	"github.com/mattn/go-runewidth"
)

var update = flag.Bool("update", false, "write the golden files anew")

var proved = map[string]map[string]newsletter.Proof{} // by sample: several tests look at them

// proofs are those of a sample, by language.
func proofs(t *testing.T, name string) map[string]newsletter.Proof {
	t.Helper()
	if proved[name] != nil {
		return proved[name]
	}
	r, err := New(templates.Open(""))
	if err != nil {
		t.Fatal(err)
	}
	pub, issue := samples()[name]()
	list, err := r.Proofs(pub, issue)
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Proofs(pub, issue)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]newsletter.Proof{}
	for i, p := range list {
		if p != again[i] {
			t.Errorf("%s: the same issue gave another proof", p.Language)
		}
		out[p.Language] = p
	}
	proved[name] = out
	return out
}

func TestGoldenProofs(t *testing.T) {
	for name := range samples() {
		for language, p := range proofs(t, name) {
			for ext, got := range map[string]string{"html": p.HTML, "txt": "Subject: " + p.Subject + "\n\n" + p.Text} {
				golden(t, filepath.Join("testdata", name+"-"+language+"."+ext), got)
			}
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it and run: make golden", path)
	}
}

// Every sample, in every theme and language, is sound by the checks that know no theme.
func TestProofsAreSound(t *testing.T) {
	for name := range samples() {
		for language, p := range proofs(t, name) {
			for part, body := range map[string]string{"message": p.HTML, "page": p.Page} {
				if body == "" {
					continue
				}
				for _, found := range check.HTML(body) {
					if part == "message" || !strings.Contains(found, "are more than") {
						t.Errorf("%s %s, %s: %s", name, language, part, found)
					}
				}
			}
		}
	}
}

func TestProofsCarryWhatReadersNeed(t *testing.T) {
	for name := range samples() {
		for language, p := range proofs(t, name) {
			for _, mark := range []string{newsletter.MarkName, newsletter.MarkUnsubscribe, newsletter.MarkPreferences} {
				if strings.Count(p.HTML, mark) != 1 || strings.Count(p.Text, mark) != 1 {
					t.Errorf("%s %s: mark %q stands %d times in the HTML and %d in the text", name, language, mark, strings.Count(p.HTML, mark), strings.Count(p.Text, mark))
				}
			}
			if !strings.Contains(p.HTML, newsletter.MarkWebView) || !strings.Contains(p.Text, newsletter.MarkWebView) {
				t.Errorf("%s %s: no way to the web view", name, language)
			}
			for _, bad := range []string{"data-premailer", "zqzq", "[[", "elsewhere.example"} {
				if strings.Contains(p.HTML, bad) {
					t.Errorf("%s %s: HTML contains %q", name, language, bad)
				}
			}
			textIsWellFormed(t, name+" "+language, p.Text)
		}
	}
	if p := proofs(t, "everything")["ar"]; !strings.Contains(p.HTML, `<html lang="ar" dir="rtl"`) || !strings.Contains(p.HTML, `lang="en" dir="ltr"`) {
		t.Error("Arabic is not right-to-left with English entries marked")
	}
	if p := proofs(t, "everything")["fr"]; !strings.Contains(p.Text, "Soins et peines de prison") || strings.Contains(p.HTML, "Treatment weighed") {
		t.Error("French shows the English variant of a translated item")
	}
	if p := proofs(t, "drop")["fr"]; strings.Contains(p.HTML, "turns ten") || !strings.Contains(p.HTML, "Soins et peines") {
		t.Error("French does not drop exactly what is untranslated")
	}
}

// Lines are at most 78 columns as terminals show them, wide scripts counted so.
func textIsWellFormed(t *testing.T, name, text string) {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		if runewidth.StringWidth(line) > 78 && !strings.Contains(line, "://") && !strings.Contains(line, "@") {
			t.Errorf("%s: text line is too wide: %q", name, line)
		}
	}
	if strings.Contains(text, "\r") || strings.Contains(text, "<p>") || strings.Contains(text, " \n") {
		t.Errorf("%s: the text is not plain", name)
	}
}

// The text part has the entries of the HTML, in its order.
func TestTextHasWhatTheHTMLHas(t *testing.T) {
	for _, name := range []string{"everything", "plain", "huge", "only-agenda", "only-reports"} {
		for language, p := range proofs(t, name) {
			at := 0
			for _, m := range regexp.MustCompile(`(?s)class="(?:headline|headline lead|event-title|row)"[^>]*>(.*?)</(?:h2|h3|p)>`).FindAllStringSubmatch(p.HTML, -1) {
				first := strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<br.*|<[^>]*>`).ReplaceAllString(m[1], ""))), " ")
				first = strings.Join(strings.Fields(first)[:min(3, len(strings.Fields(first)))], " ")
				found := strings.Index(p.Text[at:], first)
				if found < 0 {
					t.Errorf("%s %s: %q is not in the text, or in another place", name, language, first)
					break
				}
				at += found
			}
		}
	}
}

// A message that would be clipped is shortened, and the web has the whole.
func TestWhatDoesNotFitIsOnTheWeb(t *testing.T) {
	p := proofs(t, "huge")["en"]
	if len(p.HTML) > MaxHTML-reserve || p.Page == "" || len(p.Page) < len(p.HTML) {
		t.Errorf("message %d bytes, page %d", len(p.HTML), len(p.Page))
	}
	if n := strings.Count(p.Page, "Story "); n < 80 || !strings.Contains(p.HTML, "Story 80 of") && !strings.Contains(p.HTML, "more on the web") {
		t.Errorf("%d stories on the page; what is left out of the message is not said", n)
	}
	if small := proofs(t, "minimal")["en"]; small.Page != "" {
		t.Error("a message that fits has a page of its own")
	}
	pub, issue := huge()
	for i := range issue.Content.Entries[:20] {
		issue.Content.Entries[i].Item.Body = "<p>" + strings.Repeat("<b>A book.</b> ", 60_000) + "</p>"
	}
	r, _ := New(templates.Open(""))
	if list, err := r.Proofs(pub, issue); err != nil || len(list[0].HTML) > MaxHTML || len(list[0].Page) > 1<<20 {
		t.Errorf("books: %v", err)
	}
	pub, issue = huge()
	for i := range issue.Content.Entries { // the longest texts go first: short ones stay whole
		issue.Content.Entries[i].Item.Summary = "A short text."
	}
	issue.Content.Entries = issue.Content.Entries[:20]
	for i := range 5 {
		issue.Content.Entries[i].Item.Summary = strings.Repeat("A long text of many words. ", 800)
	}
	list, err := r.Proofs(pub, issue)
	if err != nil {
		t.Fatal(err)
	}
	if got := list[0].HTML; strings.Count(got, "A short text.") < 8 || len(got) < MaxHTML*3/4 || len(got) > MaxHTML {
		t.Errorf("%d bytes, %d short texts", len(got), strings.Count(got, "A short text."))
	}
}

// Every element that has a class keeps its look when a mail client removes <style>.
func TestStylesAreInlined(t *testing.T) {
	for _, name := range []string{"everything", "plain"} {
		html := proofs(t, name)["en"].HTML
		sheet, _ := fs.ReadFile(templates.Open(""), folders[map[string]string{"everything": "institutional", "plain": "plain"}[name]]+"/style.css")
		for _, tag := range regexp.MustCompile(`<[a-z0-9]+[^>]*class="([^"]*)"[^>]*>`).FindAllStringSubmatch(html[strings.Index(html, "<body"):], -1) {
			ruled := slices.ContainsFunc(strings.Fields(tag[1]), func(class string) bool { return strings.Contains(string(sheet), "\n."+class+" {") })
			if ruled && !strings.Contains(tag[0], "style=") {
				t.Errorf("%s: no inline style on %s", name, tag[0])
			}
		}
		if strings.Contains(html, ".masthead {") {
			t.Error("the inlined sheet is still there")
		}
	}
}

// Whatever colour a publication chooses, all of it stays readable: a walk through all of them.
func TestEveryColourIsLegible(t *testing.T) {
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				p := newPalette(newsletter.Theme{Colour: fmt.Sprintf("#%02x%02x%02x", r, g, b)}, "en")
				for _, pair := range [][2]string{{p["ink"], p["colour"]}, {p["link"], "#ffffff"}, {p["link"], p["shade"]}, {p["shadeink"], p["shade"]}, {p["darklink"], "#1b2228"}, {p["darklink"], "#27313a"}, {"#51606e", p["shade"]}, {"#2b3640", p["shade"]}} {
					if got := contrast(parseColour(pair[0]), parseColour(pair[1])); got < 4.5 {
						t.Fatalf("%s: %s on %s has %.2f", p["colour"], pair[0], pair[1], got)
					}
				}
			}
		}
	}
}
