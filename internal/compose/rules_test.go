package compose

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

func yes() *bool { v := true; return &v }

func with(item newsletter.Item, change func(*newsletter.Item)) newsletter.Item {
	change(&item)
	return item
}

func dropping(p newsletter.Publication) newsletter.Publication {
	p.Untranslated = "drop"
	return p
}

// Rules of a section: what it takes, in which order, and how much of whom.
func TestSectionRules(t *testing.T) {
	lead, rest := newsletter.Section{ID: "lead", Kind: newsletter.News, Max: 1}, newsletter.Section{ID: "news", Kind: newsletter.News, Max: 2}
	quota := newsletter.Section{ID: "news", Kind: newsletter.News, Max: 3, PerSource: 1}
	mixed := newsletter.Section{ID: "mixed", Kind: newsletter.News, Kinds: []newsletter.Kind{newsletter.News, newsletter.Media}}
	video := with(news(5, "b", "en", "video", on(3, 24)), func(i *newsletter.Item) { i.Kind = newsletter.Media })
	pin := func(i *newsletter.Item) { i.Pinned, i.EditedBy = true, "ana@example.org" }
	a1, a2, a3, b1 := news(1, "a", "en", "a1", on(3, 20)), news(2, "a", "en", "a2", on(3, 22)), news(3, "a", "en", "a3", on(3, 23)), news(4, "b", "en", "b1", on(3, 21))
	fr := news(6, "b", "fr", "fr", on(3, 19))
	old := with(news(7, "b", "en", "old", on(1, 2)), pin)
	agenda := newsletter.Section{ID: "agenda", Kind: newsletter.Event, Ahead: newsletter.Duration(30 * 24 * time.Hour), Max: 2}
	busy := []newsletter.Source{{ID: "a"}, {ID: "b", Priority: 2}, {ID: "a-fr", VariantOf: "a"}}
	for name, c := range map[string]struct {
		in   Input
		want string
	}{
		"a busy source has its share":                {Input{Publication: pub(quota), Items: []newsletter.Item{a1, a2, a3, b1}}, "news:a3 news:b1"},
		"variants take from one share":               {Input{Publication: pub(quota), Sources: busy, Items: []newsletter.Item{a3, with(fr, func(i *newsletter.Item) { i.Source = "a-fr" })}}, "news:a3"},
		"several kinds":                              {Input{Publication: pub(mixed), Items: []newsletter.Item{a1, video}}, "mixed:video mixed:a1"},
		"languages":                                  {Input{Publication: pub(newsletter.Section{ID: "n", Kind: newsletter.News, Languages: []string{"fr"}}), Items: []newsletter.Item{a1, fr}}, "n:fr"},
		"a source's priority before the date":        {Input{Publication: pub(lead, rest), Sources: busy, Items: []newsletter.Item{a2, a3, b1}}, "lead:b1 news:a3 news:a2"},
		"an item's priority on top":                  {Input{Publication: pub(lead, rest), Sources: busy, Items: []newsletter.Item{a2, with(a1, func(i *newsletter.Item) { i.Priority = 3 }), b1}}, "lead:a1 news:b1 news:a2"},
		"pinned before priority, and of any age":     {Input{Publication: pub(lead, rest), Sources: busy, Items: []newsletter.Item{a2, b1, old}}, "lead:old news:b1 news:a2"},
		"two pinned: the second goes down, not out":  {Input{Publication: pub(lead, rest), Items: []newsletter.Item{a2, a3, with(a1, pin), with(b1, pin), old}}, "lead:b1 news:a1 news:old"},
		"pinned are not crowded out":                 {Input{Publication: pub(quota), Items: []newsletter.Item{with(a1, pin), with(a2, pin), a3, b1}}, "news:a2 news:a1 news:b1"},
		"room is made for what is pinned":            {Input{Publication: pub(lead), Items: []newsletter.Item{with(a1, pin), with(b1, pin), a3}}, "lead:b1 lead:a1"},
		"a picture opens the issue before the newer": {Input{Publication: pub(lead, rest), Items: []newsletter.Item{a2, with(a1, func(i *newsletter.Item) { i.Image = &newsletter.Image{File: "x.jpg"} }), a3}}, "lead:a1 news:a3 news:a2"},
		"a picture that may not be shown does not":   {Input{Publication: pub(lead, rest), Items: []newsletter.Item{a2, with(a1, func(i *newsletter.Item) { i.Image = &newsletter.Image{URL: "https://x.example/y.jpg"} })}}, "lead:a2 news:a1"},
		"a priority before a picture":                {Input{Publication: pub(lead, rest), Sources: busy, Items: []newsletter.Item{b1, with(a3, func(i *newsletter.Item) { i.Image = &newsletter.Image{File: "x.jpg"} })}}, "lead:b1 news:a3"},
		"a pin lifts no rejection":                   {Input{Publication: pub(rest), Items: []newsletter.Item{with(a1, func(i *newsletter.Item) { i.Pinned, i.Rejected = true, true })}}, ""},
		"a pin is for one issue":                     {Input{Publication: pub(rest), Items: []newsletter.Item{with(a1, pin)}, Placed: map[int64]bool{1: true}}, ""},
		"an agenda picks what is pinned and stays in order": {Input{Publication: pub(agenda), Items: []newsletter.Item{event(11, "first", on(3, 28), on(3, 28)), event(12, "second", on(3, 29), on(3, 29)),
			with(event(13, "far", on(9, 1), on(9, 1)), pin)}}, "agenda:first agenda:far"},
		"what nobody would see takes no room": {Input{Publication: dropping(pub(quota)), Items: []newsletter.Item{with(a1, func(i *newsletter.Item) { i.Language = "ru" }), with(fr, func(i *newsletter.Item) { i.Language = "fr-ch" })}}, "news:fr"},
		"a rejected translation stays out":    {Input{Publication: pub(rest), Sources: busy, Items: []newsletter.Item{a2, with(fr, func(i *newsletter.Item) { i.Source, i.PublishedAt, i.Rejected = "a-fr", on(3, 22), true })}}, "news:a2"},
	} {
		c.in.Now = now
		first := Compose(c.in)
		if got := titles(first); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		slices.Reverse(c.in.Items)
		if again := Compose(c.in); !reflect.DeepEqual(first, again) {
			t.Errorf("%s: the order of items decides: %q, %q", name, titles(first), titles(again))
		}
		for _, e := range first.Entries {
			for _, other := range e.Others {
				if other.Rejected {
					t.Errorf("%s: a rejected item came in as a translation", name)
				}
			}
		}
	}
}

// What found no room is considered by the next issue whatever its date, and by no other.
func TestCarryOver(t *testing.T) {
	section := newsletter.Section{ID: "news", Kind: newsletter.News, Max: 1}
	in := Input{Publication: pub(section), Now: now, Since: on(3, 1), Sources: []newsletter.Source{{ID: "a"}, {ID: "a-fr", VariantOf: "a"}},
		Items: []newsletter.Item{news(1, "a", "en", "one", on(3, 22)), news(2, "a", "en", "two", on(3, 20)), news(3, "a-fr", "fr", "deux", on(3, 20)), news(4, "a", "en", "three", on(3, 19))}}
	for i := range in.Items {
		in.Items[i].FirstSeenAt = in.Items[i].PublishedAt
	}
	first := Compose(in)
	if titles(first) != "news:one" || fmt.Sprint(first.Left) != "[2 3 4]" {
		t.Fatalf("%s left %v", titles(first), first.Left)
	}
	in.Now, in.Since, in.Placed, in.Carried = on(4, 25), now, map[int64]bool{1: true}, map[int64]bool{2: true, 3: true, 4: true}
	second := Compose(in)
	if titles(second) != "news:two" || second.Entries[0].Others["fr"].Title != "deux" || len(second.Left) != 0 {
		t.Errorf("%s left %v", titles(second), second.Left)
	}
	in.Carried = nil
	if c := Compose(in); len(c.Entries) != 0 {
		t.Errorf("it was considered for ever: %s", titles(c))
	}
	// A duplicate of what stands is not left for the next issue.
	in = Input{Publication: pub(section), Now: now, Items: []newsletter.Item{news(1, "a", "en", "Same", on(3, 20)), news(2, "b", "en", "Same!", on(3, 20))}}
	if c := Compose(in); len(c.Left) != 0 {
		t.Errorf("left %v", c.Left)
	}
}

// Events are judged on the day of sending, and an agenda lists again what is ahead.
func TestAgendaRules(t *testing.T) {
	agenda := newsletter.Section{ID: "agenda", Kind: newsletter.Event, Ahead: newsletter.Duration(90 * 24 * time.Hour), Past: "drop", Repeat: yes()}
	keep, once := agenda, agenda
	keep.Past, once.Repeat = "keep_month", nil
	march, last, first, june := event(1, "28 March", on(3, 28), on(3, 28)), event(2, "31 March", on(3, 31), on(3, 31)), event(3, "1 April", on(4, 1), on(4, 1)), event(4, "29 June", on(6, 29), on(6, 29))
	off := with(event(5, "off", on(4, 20), on(4, 20)), func(i *newsletter.Item) { i.Status, i.NewsAt = "cancelled", on(2, 20) })
	moved := with(event(6, "moved", on(4, 21), on(4, 21)), func(i *newsletter.Item) { i.MovedFrom, i.NewsAt = on(4, 2), on(2, 20) })
	later := time.Date(2017, 4, 1, 12, 0, 0, 0, time.UTC)
	stood := map[int64]bool{3: true, 5: true, 6: true}
	paris := func(s newsletter.Section) newsletter.Publication {
		p := pub(s)
		p.Timezone = "Europe/Paris"
		return p
	}
	for name, c := range map[string]struct {
		in   Input
		want string
	}{
		"over by the day of sending":       {Input{Publication: paris(agenda), SendAt: later, Items: []newsletter.Item{march, last, first, june}}, "agenda:1 April agenda:29 June"},
		"the month of sending is kept":     {Input{Publication: paris(keep), SendAt: on(4, 25), Items: []newsletter.Item{march, last, first}}, "agenda:1 April"},
		"a plan that is past is now":       {Input{Publication: paris(agenda), SendAt: on(3, 1), Items: []newsletter.Item{march, last}}, "agenda:28 March agenda:31 March"},
		"listed again":                     {Input{Publication: paris(agenda), Since: on(3, 1), Placed: stood, Items: []newsletter.Item{last, first}}, "agenda:31 March agenda:1 April"},
		"once":                             {Input{Publication: paris(once), Since: on(3, 1), Placed: stood, Items: []newsletter.Item{last, first}}, "agenda:31 March"},
		"called off: said once":            {Input{Publication: paris(agenda), Since: on(3, 1), Placed: stood, Items: []newsletter.Item{off}}, ""},
		"called off since: said":           {Input{Publication: paris(agenda), Since: on(2, 1), Placed: stood, Items: []newsletter.Item{off}}, "agenda:off"},
		"moved: listed again, as it is by": {Input{Publication: paris(agenda), Since: on(3, 1), Placed: stood, Items: []newsletter.Item{moved}}, "agenda:moved"},
	} {
		c.in.Now = now
		content := Compose(c.in)
		if got := titles(content); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		for _, e := range content.Entries {
			if again := c.in.Placed[e.Item.ID] && !e.Item.NewsAt.After(c.in.Since); e.Again != again || again && !e.Item.MovedFrom.IsZero() {
				t.Errorf("%s: %+v", name, e)
			}
		}
	}
	if c := Compose(Input{Publication: paris(agenda), Since: on(3, 1), Placed: stood, Items: []newsletter.Item{first}, Now: now}); c.New() != 0 || len(c.Entries) != 1 {
		t.Error("what is listed again counts as new")
	}
}

// Variants are paired by what sources say of them, and the first language of the publication leads.
func TestPairing(t *testing.T) {
	sources := []newsletter.Source{{ID: "files", File: "/x/*.md"}, {ID: "feed", Feed: "https://a.example/"}, {ID: "page", Page: "https://b.example/"}}
	file := func(id int64, name, language string) newsletter.Item {
		return with(news(id, "files", language, name, on(3, 20)), func(i *newsletter.Item) { i.Identity, i.URL = name, "" })
	}
	named := with(news(3, "feed", "en", "Named", on(3, 2)), func(i *newsletter.Item) { i.Alternates = newsletter.Text{"fr": "https://page.example/fr/4"} })
	russian := with(news(8, "feed", "ru", "Named, ru", on(3, 4)), func(i *newsletter.Item) { i.Alternates = newsletter.Text{"en": named.URL} })
	for name, c := range map[string]struct {
		items []newsletter.Item
		want  string
	}{
		"files that differ in a language":  {[]newsletter.Item{file(1, "spring.fr.md", "fr"), file(2, "spring.md", "en"), file(9, "autumn.fr.md", "fr")}, "autumn.fr.md spring.md+fr"},
		"one names the other":              {[]newsletter.Item{news(4, "page", "fr", "Nommé", on(3, 9)), named}, "Named+fr"},
		"two name one":                     {[]newsletter.Item{russian, news(4, "page", "fr", "Nommé", on(3, 9)), named}, "Named+fr+ru"},
		"an address alone is no variant":   {[]newsletter.Item{named, with(news(5, "page", "fr", "Other", on(3, 9)), func(i *newsletter.Item) { i.URL = named.URL })}, "Other"},
		"the second language before a 3rd": {[]newsletter.Item{file(6, "x.ru.md", "ru"), file(7, "x.fr.md", "fr")}, "x.fr.md+ru"},
	} {
		for range 2 {
			content := Compose(Input{Publication: pub(newsletter.Section{ID: "news", Kind: newsletter.News}), Sources: sources, Items: c.items, Now: now})
			var got []string
			for _, e := range content.Entries {
				title := e.Item.Title
				for _, language := range []string{"fr", "ru"} {
					if _, ok := e.Others[language]; ok {
						title += "+" + language
					}
				}
				got = append(got, title)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
			slices.Reverse(c.items)
		}
	}
}

// Each rule says itself.
func TestExplainRules(t *testing.T) {
	section := newsletter.Section{ID: "news", Kind: newsletter.News, Max: 3, PerSource: 1, Languages: []string{"en"}}
	agenda := newsletter.Section{ID: "agenda", Kind: newsletter.Event, Ahead: newsletter.Duration(30 * 24 * time.Hour), Repeat: yes()}
	in := Input{Publication: pub(section, agenda), Now: now, Since: on(3, 1), SendAt: on(4, 1), Placed: map[int64]bool{12: true, 13: true}, Carried: map[int64]bool{4: true, 5: true},
		Sources: []newsletter.Source{{ID: "d", Priority: 1}}, Items: []newsletter.Item{
			with(news(1, "a", "en", "pinned", on(1, 2)), func(i *newsletter.Item) { i.Pinned, i.EditedBy = true, "ana@example.org" }),
			news(2, "a", "en", "share", on(3, 24)), news(3, "b", "fr", "fr", on(3, 24)),
			with(news(4, "d", "en", "carried", on(2, 2)), func(i *newsletter.Item) { i.FirstSeenAt = on(2, 2) }), with(news(5, "e", "en", "carried out", on(2, 1)), func(i *newsletter.Item) { i.FirstSeenAt = on(2, 1) }),
			news(6, "f", "en", "in", on(3, 20)), news(7, "g", "en", "full", on(3, 19)),
			event(11, "over", on(3, 28), on(3, 28)), event(12, "again", on(4, 5), on(4, 5)), with(event(13, "off", on(4, 6), on(4, 6)), func(i *newsletter.Item) { i.Status = "cancelled" }),
		}}
	two := Input{Publication: pub(newsletter.Section{ID: "lead", Kind: newsletter.News, Max: 1}, newsletter.Section{ID: "news", Kind: newsletter.News}), Now: now, Items: []newsletter.Item{news(1, "a", "en", "one", on(3, 22)), news(2, "a", "en", "two", on(3, 21))}}
	if v := Explain(two, two.Items[1]); len(v) != 2 || strings.Contains(v[0].Why, "next issue") || !v[1].In {
		t.Errorf("what stands below the lead is said to be left for the next issue: %+v", v)
	}
	for id, want := range map[int64]string{
		1: "for it is pinned by ana@example.org", 2: "the section takes 1 from source a, and has them; the next issue considers it again", 3: "the section takes what is in en, and it is in fr",
		4: "for the last issue had no room for it", 5: "the section holds 3 and is full of what comes before it; it was carried over from the last issue already",
		6: "for ", 7: "full of what comes before it; the next issue considers it again", 11: "it is over by 1 April 2017, 00:00, when the issue is to be sent",
		12: "for it stood in an issue before, and the section lists what is still ahead", 13: "readers were told there that it is off",
	} {
		at := slices.IndexFunc(in.Items, func(i newsletter.Item) bool { return i.ID == id })
		verdicts := Explain(in, in.Items[at])
		got := fmt.Sprintf("%+v", verdicts)
		if len(verdicts) == 1 {
			got = verdicts[0].Why
			if verdicts[0].In {
				got = "for " + verdicts[0].For
			}
		}
		if !strings.Contains(got, want) {
			t.Errorf("%d: %q, want %q", id, got, want)
		}
	}
}

// The same from two sources is one across issues: what one says of a change counts, and nothing comes again by the other.
func TestTwins(t *testing.T) {
	agenda := newsletter.Section{ID: "agenda", Kind: newsletter.Event, Ahead: newsletter.Duration(90 * 24 * time.Hour), Past: "drop", Repeat: yes()}
	section := newsletter.Section{ID: "news", Kind: newsletter.News}
	of := func(id int64, source string, day time.Time, change func(*newsletter.Item)) newsletter.Item {
		e := event(id, "Forum", day, day)
		e.Source = source
		change(&e)
		return e
	}
	as := func(*newsletter.Item) {}
	moved := func(i *newsletter.Item) { i.MovedFrom, i.NewsAt = on(4, 2), on(3, 20) }
	off := func(i *newsletter.Item) { i.Status, i.NewsAt = "cancelled", on(3, 20) }
	late := with(news(8, "b", "en", "Same!", on(3, 2)), func(i *newsletter.Item) { i.FirstSeenAt = on(3, 20) })
	first := with(news(7, "a", "en", "Same", on(3, 2)), func(i *newsletter.Item) { i.FirstSeenAt = on(3, 2) })
	stood := map[int64]bool{1: true, 7: true}
	for name, c := range map[string]struct {
		section newsletter.Section
		items   []newsletter.Item
		id      int64
		marked  bool   // as moved
		why     string // against the first of the items
	}{
		"moved by one source, the other lags":  {agenda, []newsletter.Item{of(1, "a", on(4, 2), as), of(2, "b", on(4, 9), moved)}, 2, true, "source b says that it was moved to 9 April 2017"},
		"moved by one, then by the other":      {agenda, []newsletter.Item{of(1, "a", on(4, 9), func(i *newsletter.Item) { moved(i); i.NewsAt = on(3, 21) }), of(2, "b", on(4, 9), moved)}, 1, true, ""},
		"called off by one, the other lags":    {agenda, []newsletter.Item{of(1, "a", on(4, 2), as), of(2, "b", on(4, 2), off)}, 2, false, "source b says that it is cancelled"},
		"news that a second source has later":  {section, []newsletter.Item{late, first}, 0, false, "the same from source a stood in another issue"},
		"moved, and nobody was told otherwise": {agenda, []newsletter.Item{of(2, "b", on(4, 9), moved)}, 2, false, ""},
	} {
		in := Input{Publication: pub(c.section), Now: now, Since: on(3, 10), Placed: stood, Items: c.items}
		var got int64
		content := Compose(in)
		for _, e := range content.Entries {
			got = e.Item.ID
			if e.Item.MovedFrom.IsZero() == c.marked {
				t.Errorf("%s: moved from %s", name, e.Item.MovedFrom)
			}
		}
		if got != c.id || len(content.Entries) > 1 {
			t.Errorf("%s: %s", name, titles(content))
		}
		if why := Explain(in, c.items[0])[0].Why; !strings.HasPrefix(why, c.why) {
			t.Errorf("%s: %q", name, why)
		}
	}
}
