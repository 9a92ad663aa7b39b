package page

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("../testdata/*/*.html")
	if err != nil || len(seeds) < 20 {
		f.Fatal(len(seeds), err)
	}
	for _, seed := range seeds {
		text, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), true)
		f.Add(string(text), false)
	}
	rules := &newsletter.Rules{Heading: newsletter.Rule{"h2", "h3"}, Item: newsletter.Rule{"li", "div"}, Title: newsletter.Rule{"b", "a", "."}, Link: newsletter.Rule{"a@href"}, When: newsletter.Rule{".w", "."}, Date: newsletter.Rule{"time@datetime", "."},
		Summary: newsletter.Rule{"p"}, Documents: newsletter.Rule{"a[href$='.pdf']"}, Contact: newsletter.Rule{"a[href^='mailto:']"}, Next: newsletter.Rule{"a.next@href"}}
	f.Fuzz(func(t *testing.T, body string, ruled bool) {
		raw := newsletter.Raw{URL: "https://example.org/agenda", Body: []byte(body)}
		for _, kind := range []newsletter.Kind{newsletter.News, newsletter.Event, newsletter.Report} {
			src := newsletter.Source{ID: "s", Kind: kind, Page: raw.URL, Timezone: "Europe/Paris", Max: 100}
			if ruled {
				src.Rules = rules
			}
			began := time.Now()
			result, _ := Parse(src, raw)
			if len(body) < 100_000 && time.Since(began) > 2*time.Second {
				t.Errorf("took %s", time.Since(began))
			}
			if len(result.Items) > src.Max {
				t.Errorf("%d items", len(result.Items))
			}
			for _, item := range result.Items {
				if item.Title == "" || strings.Contains(item.URL, "javascript:") || strings.Contains(item.Body, "<script") {
					t.Errorf("%+v", item)
				}
			}
		}
		Discover(raw)
		item := newsletter.Item{Kind: newsletter.News, Title: "T"}
		_ = Follow(newsletter.Source{ID: "s", Timezone: "UTC"}, raw, &item)
	})
}

// What is read of an agenda line is days that exist, in order.
func FuzzParseWhen(f *testing.F) {
	for _, line := range []string{"21-22, Tbilisi", "31 March-1 April, Klagenfurt", "mardi 4 avril 2017, 9h - 12h30, Strasbourg", "30-2, Venice", "vom 30. März bis 1. April 2017", "3, 4 and 5 May 2018 (Rome)",
		"21/03/2017", "2017-03-21T10:00:00Z", "с 21 по 23 марта 2017 г., Москва", "21-23 Μαρτίου 2017, Αθήνα", "to be confirmed", "March 21-22, 2017"} {
		f.Add(line, "March 2017")
	}
	f.Fuzz(func(t *testing.T, line, heading string) {
		for _, read := range []func(string, string, *time.Location) (When, bool){ParseWhen, ParseFirst} {
			w, ok := read(line, heading, time.UTC)
			if !ok {
				continue
			}
			if w.From.Year() < 1900 || w.From.Year() > 2200 || !w.To.IsZero() && w.To.Before(w.From) {
				t.Errorf("%q under %q: %+v", line, heading, w)
			}
		}
	})
}
