package config

import (
	"strings"
	"testing"
)

// A section's keys mean something together, or the fault says what would.
func TestSections(t *testing.T) {
	with := func(sections string) string {
		return strings.Replace(good, "sections: [{id: news, kind: news}]", sections, 1)
	}
	const sources = "sources: [{id: agenda, kind: event, calendar: \"https://x.org/a.ics\"}]\n"
	for sections, want := range map[string]string{
		"sections: [{id: n, kinds: [news, event]}]":                                              "11:38: publications[0].sections[0].kinds[1]: event does not mix",
		"sections: [{id: n, kinds: [news, news]}]":                                               `"news" is no kind of item, or stands twice`,
		"sections: [{id: n, kind: media, kinds: [news]}]":                                        "has both kind and kinds",
		"sections: [{id: n}]":                                                                    "has no kind",
		"sections: [{id: n, kind: news, repeat: false}]":                                         "repeat means nothing in a section of news (it belongs to kind: event)",
		"sections: [{id: n, kind: news, languages: [en, en]}]":                                   `language "en" is empty or stands twice`,
		"sections: [{id: n, kind: news, max: -1}]":                                               "must be a whole number",
		"minimum: 5\n    sections: [{id: n, kind: news, max: 3}]":                                "5 entries never come together, as the sections hold 3",
		"minimum: 0\n    sections: [{id: n, kind: news}]":                                        "at least 1",
		"sections: [{id: l, kind: links, max: 1, links: [{title: T, url: \"https://x.org/\"}]}]": "standing links are always there",
	} {
		if _, err := parse(with(sections)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", sections, err, want)
		}
	}
	if _, err := parse(good + "sources: [{id: s, feed: \"https://x.org/\", priority: 10}]\n"); err == nil || !strings.Contains(err.Error(), "0 to 9") {
		t.Error(err)
	}
	c, err := parse(with("minimum: 2\n    sections: [{id: n, kinds: [news, media], max: 4, per_source: 4, languages: [en], empty: {en: Nothing}, sources: [agenda]}, {id: a, kind: event}, {id: b, kind: event, repeat: false}]") + sources)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Publications[0].Sections; s[0].Kind != "news" || !s[0].Takes("media") || !s[1].Repeats() || s[2].Repeats() || s[0].Empty["en"] != "Nothing" {
		t.Errorf("%+v", s)
	}
	all := ""
	for _, w := range c.Warnings {
		all += w.String() + "\n"
	}
	if !strings.Contains(all, "per_source 4 limits nothing") || !strings.Contains(all, "source agenda gives event, and the section takes news") {
		t.Error(all)
	}
	printed, err := c.Print(false)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := parse(string(printed)); err != nil || again.Publications[0].Sections[2].Repeats() {
		t.Errorf("%v\n%s", err, printed)
	}
}
