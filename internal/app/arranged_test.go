package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"
)

// events gives the publication an agenda of files.
func (h *house) events(t *testing.T, files map[string]string) {
	t.Helper()
	pub := &h.Desk.Publications[0]
	pub.Sections = append(pub.Sections, newsletter.Section{ID: "agenda", Kind: newsletter.Event, Ahead: newsletter.Duration(90 * 24 * time.Hour), Show: "full"})
	for name, text := range files {
		file := "---\ntitle: The " + name + "\nkind: event\nwhen: 21 April 2017, Tbilisi\n---\n" + text + "\n"
		must(t, os.WriteFile(filepath.Join(h.dir, name+".md"), []byte(file), 0o600))
	}
}

// publish edits the issue that is composed, sends it, and opens the public door.
func (h *house) publish(t *testing.T, was *regexp.Regexp, is string) (public string) {
	t.Helper()
	h.collect(t)
	_, err := h.Desk.Compose(ctx, "p", "operator")
	must(t, err)
	text, err := h.Desk.EditFile(ctx, "p/1", "")
	must(t, err)
	_, changed, err := h.Desk.Edit(ctx, "p/1", was.ReplaceAllString(text, is), "operator")
	if err != nil || !changed {
		t.Fatalf("changed %v: %v in\n%s", changed, err, text)
	}
	h.approve(t, "p/1")
	_, err = h.Desk.Send(ctx, "p/1", "operator", desk.Ask{Count: -1}, func(newsletter.Tally) {})
	must(t, err)
	public, _ = h.serve(t)
	return public
}

// told is everything in which readers of one language see an issue.
func (h *house) told(t *testing.T, public, to, language string) map[string]string {
	t.Helper()
	issue, _, err := h.Desk.Open(ctx, "p/1")
	must(t, err)
	p, err := h.Desk.Preview(ctx, "p/1", language, to)
	must(t, err)
	web := public + "/i/" + issue.PublicID + "/" + language
	_, page := fetch(t, "GET", web, nil)
	code, calendar := fetch(t, "GET", web+"/agenda.ics", nil)
	if code != http.StatusOK {
		calendar = ""
	}
	description := regexp.MustCompile(`name="description" content="([^"]*)"`).FindStringSubmatch(page)
	return map[string]string{"html": p.HTML, "text": p.Text, "web view": page, "description": description[1], "calendar": strings.ReplaceAll(calendar, "\r\n ", "")}
}

// What people changed and left out is the same wherever readers meet the issue: in
// both parts of the message, on the web, in what others show of a link, and in calendars.
func TestEditsReachEveryPlace(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Desk.Publications[0].Untranslated = "drop"
		h.events(t, map[string]string{"school": "Two days.", "talk": "An evening."})
		public := h.publish(t, regexp.MustCompile(`(- \[\d+\] The school)\n`), "$1\n  headline: A school, ours\n  headline.ar: مدرسة\n  summary: Three days, ours.\n  note: Bring a passport.\n")
		check := func(language string, told map[string]string, what, in string, not ...string) {
			for _, place := range strings.Split(in, ", ") {
				if !strings.Contains(strings.ReplaceAll(told[place], `\,`, ","), what) {
					t.Errorf("%s: no %q in the %s\n%s", language, what, place, told[place])
				}
			}
			for place, text := range told {
				for _, never := range not {
					if strings.Contains(text, never) {
						t.Errorf("%s: %q stands in the %s\n%s", language, never, place, text)
					}
				}
			}
		}
		english := h.told(t, public, "a@example.org", "en")
		check("en", english, "A school, ours", "html, text, web view, description, calendar", "The school", "Two days")
		check("en", english, "Three days, ours.", "html, text, web view, calendar")
		check("en", english, "Bring a passport.", "html, text, web view, calendar")
		check("en", english, "The talk", "html, text, web view, description, calendar")
		check("en", english, "/agenda.ics", "html, text, web view")
		arabic := h.told(t, public, "n@example.org", "ar")
		check("ar", arabic, "مدرسة", "html, text, web view, description, calendar", "The talk", "March\n", "An evening")
		check("ar", arabic, "SUMMARY;LANGUAGE=ar:مدرسة", "calendar")
		check("ar", arabic, "LANGUAGE=en:Three days", "calendar")
	})
}

// A section that is off is off for calendars too.
func TestAnAgendaThatIsOffIsNoFile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.events(t, map[string]string{"talk": "An evening."})
		public := h.publish(t, regexp.MustCompile("## agenda"), "## agenda (off: ar)")
		for language, want := range map[string]bool{"en": true, "ar": false} {
			told := h.told(t, public, "a@example.org", language)
			for place, text := range told {
				if strings.Contains(text, "The talk") != want || place != "description" && place != "calendar" && strings.Contains(text, "agenda.ics") != want {
					t.Errorf("%s: wrong in the %s\n%s", language, place, text)
				}
			}
			if (told["calendar"] != "") != want {
				t.Errorf("%s: the calendar is %q", language, told["calendar"])
			}
		}
	})
}

// The title that a person gave an issue when it was made stands after it is composed anew.
func TestATitleStaysWhenComposedAnew(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.collect(t)
		_, err := h.Desk.NewIssue(ctx, "p", false, "Spring", "ed@example.org")
		must(t, err)
		h.write(t, "b.md", "Another", "2017-03-19")
		h.collect(t)
		made, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		if made.Outcome != "refreshed" || made.Issue.Content.Headline["en"] != "Spring" || len(made.Issue.Content.Entries) != 2 {
			t.Errorf("%s: %q with %d entries", made.Outcome, made.Issue.Content.Headline, len(made.Issue.Content.Entries))
		}
	})
}
