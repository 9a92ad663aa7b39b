package file

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

func parse(name, body string) (Result, error) {
	src := newsletter.Source{ID: "s", Kind: newsletter.News, Language: "en", Timezone: "Europe/Paris", Max: 100}
	return Parse(src, newsletter.Raw{URL: "/x/" + name, Body: []byte(body)})
}

// one is a file of one item.
func one(t *testing.T, name, body string) newsletter.Item {
	t.Helper()
	r, err := parse(name, body)
	if err != nil || len(r.Items) != 1 || len(r.Refused) != 0 {
		t.Fatalf("%q: %+v %v", body, r, err)
	}
	return r.Items[0]
}

func TestMarkdown(t *testing.T) {
	item := one(t, "a.md", "---\ntitle: \"A: b\"\ndate: 24 March 2017\nkind: event\nwhen: 26-27 April 2017, Madrid\ncontact: Ana <ana@example.org>\ncontact: desk@example.org\nlink: Programme <https://example.org/p>\n---\n**Bold** <script>x</script> [l](javascript:x)\n")
	if item.Title != "A: b" || item.Kind != newsletter.Event || item.Place != "Madrid" || item.StartsAt.Format(time.DateOnly) != "2017-04-26" || item.PublishedAt.Format(time.DateOnly) != "2017-03-24" ||
		item.Contacts[0].Name != "Ana" || item.Contacts[1].Email != "desk@example.org" || item.Links[0].Title != "Programme" || item.Identity != "" {
		t.Errorf("%+v", item)
	}
	if !strings.Contains(item.Body, "<strong>Bold</strong>") || strings.Contains(item.Body, "script") || strings.Contains(item.Body, "x") {
		t.Error(item.Body)
	}
	if item = one(t, "b.md", "# Heading\n\nText."); item.Title != "Heading" || item.Summary != "Text." {
		t.Errorf("%+v", item)
	}
}

// What people write below a name in front matter.
func TestMatter(t *testing.T) {
	for matter, want := range map[string]string{
		"authors: [Ana, \"B, C\"]":                                            "[Ana B, C]",
		"authors:\n- Ana\n-  Luc: the second":                                 "[Ana Luc: the second]",
		"authors: Ana; Luc":                                                   "[Ana Luc]",
		"authors: O'Neil":                                                     "[O'Neil]",
		"authors: [O'Neil, 'D, E']":                                           "[O'Neil D, E]",
		"categories: health, prison":                                          "[health prison]",
		"summary: one\n  two":                                                 "one two",
		"summary: >\n  one\n  two":                                            "one two",
		"summary: |\n  one\n  two":                                            "one two",
		"title: [Draft] {x}\nsummary: kept":                                   "kept",
		"link: https://example.org/l":                                         "https://example.org/l",
		"documents: https://example.org/a.pdf":                                "[{ https://example.org/a.pdf  0 0}]",
		"document_fr: Titre <https://example.org/a;b.pdf>":                    "[{fr https://example.org/a;b.pdf Titre 0 0}]",
		"contacts:\n  name: Ana\n  email: a@example.org":                      "[{Ana a@example.org}]",
		"contact: \"Dr. Ana\" <a@example.org>":                                "[{Dr. Ana a@example.org}]",
		"contacts: [{name: A, email: a@example.org}, {email: b@example.org}]": "[{A a@example.org} { b@example.org}]",
		"documents:\n  - url: https://example.org/x.pdf\n    pages: 12\n    bytes: 345": "[{ https://example.org/x.pdf  345 12}]",
		"press_release: https://example.org/p":                                          "[{press_release  https://example.org/p}]",
		"links:\n  - {role: video, url: \"https://example.org/v\"}":                     "[{video  https://example.org/v}]",
	} {
		item := one(t, "a.md", "---\ntitle: T\n"+matter+"\n---\n")
		got := ""
		for _, part := range []any{item.Authors, item.Categories, item.Summary, item.URL, item.Documents, item.Contacts, item.Links} {
			if text := fmt.Sprint(part); text != "[]" {
				got += text
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", matter, got, want)
		}
	}
}

// What is wrong is named with its place, and what it should be.
func TestRefused(t *testing.T) {
	for body, want := range map[string]string{
		"date: soon": `line 3: date: "soon" is not a date`, "colour: red": "line 3: unknown field colour", "kind: rant": "line 3: kind: kind must be",
		"embargo_untl: 2026-01-01": "line 3: unknown field embargo_untl", "title:\n  - a": "line 3: title: one text", "language: English": "tag of a language",
		"url: www.example.org": "https:// included", "url: javascript:x": "https:// included", "contact: Ana": "Name <address>", "links: [{role: shop, url: \"https://example.org\"}]": "role must be",
		"when: soon": "21-22 March", "year: MMXX": "not a year", "status: maybe": "status must be", "ends_at: 2026-01-01": "starts_at is missing", "kind: event": "an event needs",
		"starts_at: 2026-02-03\nends_at: 2026-02-02": "ends on 2026-02-02, before it begins", "document_fr: a.pdf": "not a web address",
		"documents: [{url: \"https://example.org/a\", pages: many}]": "bytes and pages", "contact_name: Ana": "Name <address>",
	} {
		r, err := parse("c.md", "---\ntitle: x\n"+body+"\n---\n")
		if err != nil || len(r.Items) != 0 || len(r.Refused) != 1 || !strings.Contains(r.Refused[0], want) || !strings.HasPrefix(r.Refused[0], "c.md: ") {
			t.Errorf("%q: %+v %v", body, r, err)
		}
	}
	for body, want := range map[string]string{"---\ntitle: x\n": "has no end", "text only": "no title", "---\ntitle: x\nnonsense\n---": "line 3", strings.Repeat("a\n\n", 1<<15): "more than 64 KB", "# T\n" + strings.Repeat("[a](", 5000): "paragraph of more than 16 KB"} {
		if r, err := parse("c.md", body); err != nil || len(r.Refused) != 1 || !strings.Contains(r.Refused[0], want) {
			t.Errorf("%.40q: %+v %v", body, r.Refused, err)
		}
	}
}

// Days and times of an event, in the source's zone.
func TestSpan(t *testing.T) {
	for fields, want := range map[string]string{
		"when: 10.12.2026":                                               "2026-12-10T00:00 2026-12-10T00:00 true",
		"date: 2026-12-10":                                               "2026-12-10T00:00 - true",
		"starts_at: 2026-12-10 09:30":                                    "2026-12-10T09:30 - false",
		"starts_at: 2026-12-10 09:30\nends_at: 2026-12-10":               "2026-12-10T09:30 - false",
		"starts_at: 2026-12-10 09:30\nends_at: 2026-12-12":               "2026-12-10T00:00 2026-12-12T00:00 true",
		"starts_at: 2026-12-10\nends_at: 2026-12-12 17:00":               "2026-12-10T00:00 2026-12-12T00:00 true",
		"starts_at: 2026-12-09T23:30:00Z\nall_day: true":                 "2026-12-10T00:00 - true",
		"when: 10 December 2026, 9h30 - 11h\nplace: Rome":                "2026-12-10T09:30 2026-12-10T11:00 false",
		"when: 1-2 May 2026, Riga\nstarts_at: 2026-12-10\nplace: Tallin": "2026-12-10T00:00 - true",
	} {
		item := one(t, "a.md", "---\ntitle: T\nkind: event\n"+fields+"\n---\n")
		show := func(at time.Time) string {
			if at.IsZero() {
				return "-"
			}
			return at.In(time.FixedZone("", 3600)).Format("2006-01-02T15:04")
		}
		if got := fmt.Sprint(show(item.StartsAt), " ", show(item.EndsAt), " ", item.AllDay); got != want {
			t.Errorf("%q: %s, want %s", fields, got, want)
		}
		if (item.Precision == newsletter.Day) != item.AllDay {
			t.Errorf("%q: precision %q", fields, item.Precision)
		}
	}
}

func TestEmbargo(t *testing.T) {
	item := one(t, "a.md", "# T\n\nEMBARGO: 1 December 2026, 10:00 - One pupil in ten.")
	if item.Embargo.UTC().Format(time.RFC3339) != "2026-12-01T09:00:00Z" || item.Summary != "One pupil in ten." {
		t.Errorf("%+v", item)
	}
}
