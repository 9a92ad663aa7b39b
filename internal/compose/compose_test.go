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

var now = time.Date(2017, 3, 25, 6, 0, 0, 0, time.UTC)

func on(m time.Month, d int) time.Time { return time.Date(2017, m, d, 0, 0, 0, 0, time.UTC) }

func news(id int64, source, language, title string, at time.Time) newsletter.Item {
	return newsletter.Item{ID: id, Kind: newsletter.News, Source: source, Identity: fmt.Sprint(id), Language: language, Title: title, PublishedAt: at, Precision: newsletter.Day, FirstSeenAt: now, URL: fmt.Sprintf("https://%s.example/%s/%d", source, language, id)}
}

func event(id int64, title string, from, to time.Time) newsletter.Item {
	return newsletter.Item{ID: id, Kind: newsletter.Event, Source: "agenda", Identity: fmt.Sprint(id), Language: "en", Title: title, StartsAt: from, EndsAt: to, AllDay: true, FirstSeenAt: now, ChangedAt: now}
}

func pub(sections ...newsletter.Section) newsletter.Publication {
	return newsletter.Publication{ID: "p", Languages: []string{"en", "fr"}, Timezone: "UTC", Sections: sections}
}

func titles(c newsletter.Content) string {
	var out []string
	for _, e := range c.Entries {
		out = append(out, e.Section+":"+e.Item.Title)
	}
	return strings.Join(out, " ")
}

func TestCompose(t *testing.T) {
	lead, rest := newsletter.Section{ID: "lead", Kind: newsletter.News, Max: 1}, newsletter.Section{ID: "news", Kind: newsletter.News, Max: 2}
	agenda := newsletter.Section{ID: "agenda", Kind: newsletter.Event, Ahead: newsletter.Duration(90 * 24 * time.Hour), Past: "drop"}
	keep := agenda
	keep.Past = "keep_month"
	items := []newsletter.Item{news(1, "a", "en", "one", on(3, 20)), news(2, "a", "en", "two", on(3, 22)), news(3, "b", "en", "three", on(3, 21)), news(4, "b", "en", "four", on(3, 1)), news(5, "a", "en", "old", on(1, 1)), news(6, "a", "en", "future", on(3, 30))}
	events := []newsletter.Item{event(11, "past", on(3, 8), on(3, 8)), event(12, "running", on(3, 24), on(3, 25)), event(13, "next", on(4, 26), on(4, 27)), event(14, "far", on(9, 1), on(9, 1)), event(15, "last month", on(2, 8), on(2, 8))}
	for name, c := range map[string]struct {
		in   Input
		want string
	}{
		"lead, then the rest, newest first": {Input{Publication: pub(lead, rest), Items: items}, "lead:two news:three news:one"},
		"nothing of a past issue":           {Input{Publication: pub(lead, rest), Items: items, Placed: map[int64]bool{2: true}}, "lead:three news:one news:four"},
		"a section's own sources":           {Input{Publication: pub(newsletter.Section{ID: "b", Kind: newsletter.News, Sources: []string{"b"}}), Items: items}, "b:three b:four"},
		"agenda in order of date":           {Input{Publication: pub(agenda), Items: events}, "agenda:running agenda:next"},
		"agenda with the month's past":      {Input{Publication: pub(keep), Items: events}, "agenda:past agenda:running agenda:next"},
		"the same from two sources":         {Input{Publication: pub(rest), Items: []newsletter.Item{news(1, "a", "en", "Same – thing", on(3, 20)), news(2, "b", "en", "Same thing!", on(3, 20))}}, "news:Same – thing"},
		"seen late":                         {Input{Publication: pub(rest), Items: []newsletter.Item{news(1, "a", "en", "late", on(2, 20))}, Since: on(3, 1)}, "news:late"},
		"nothing":                           {Input{Publication: pub(lead, rest)}, ""},
	} {
		c.in.Now = now
		if got := titles(Compose(c.in)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		first := Compose(c.in)
		slices.Reverse(c.in.Items)
		if again := Compose(c.in); !reflect.DeepEqual(first, again) {
			t.Errorf("%s: the order of items decides: %q, %q", name, titles(first), titles(again))
		}
	}
}

func TestVariantsAreOneEntry(t *testing.T) {
	sources := []newsletter.Source{{ID: "a"}, {ID: "a-fr", VariantOf: "a"}}
	en, fr := news(1, "a", "en", "One", on(3, 20)), news(2, "a-fr", "fr", "Un", on(3, 20))
	en.URL, fr.URL = "https://x.example/en/n/1", "https://x.example/fr/n/1"
	other := news(3, "a", "en", "Two", on(3, 22))
	byDay := news(4, "a-fr", "fr", "Deux", on(3, 22)) // another address, but each the only one of its day
	c := Compose(Input{Publication: pub(newsletter.Section{ID: "news", Kind: newsletter.News, Sources: []string{"a"}}), Sources: sources, Items: []newsletter.Item{fr, en, other, byDay}, Now: now})
	if titles(c) != "news:Two news:One" || c.Entries[0].Others["fr"].Title != "Deux" || c.Entries[1].Others["fr"].Title != "Un" {
		t.Fatalf("%+v", c.Entries)
	}
	c = Compose(Input{Publication: pub(newsletter.Section{ID: "news", Kind: newsletter.News}), Sources: sources, Items: []newsletter.Item{fr, en}, Placed: map[int64]bool{2: true}, Now: now})
	if len(c.Entries) != 0 {
		t.Error("an item came again because its translation stood in the past issue")
	}
}

func TestMovedEventsComeAgain(t *testing.T) {
	e := event(1, "x", on(4, 26), on(4, 27))
	e.FirstSeenAt, e.MovedFrom, e.NewsAt = on(2, 1), on(4, 20), on(3, 10)
	in := Input{Publication: pub(newsletter.Section{ID: "agenda", Kind: newsletter.Event, Ahead: newsletter.Duration(90 * 24 * time.Hour)}), Items: []newsletter.Item{e}, Placed: map[int64]bool{1: true}, Since: on(3, 1), Now: now}
	if c := Compose(in); len(c.Entries) != 1 || c.Entries[0].Item.MovedFrom.IsZero() {
		t.Error("an event that was moved since the last issue is missing, or not marked")
	}
	in.Placed = nil
	if c := Compose(in); len(c.Entries) != 1 || !c.Entries[0].Item.MovedFrom.IsZero() {
		t.Error("an event that no reader was told of is marked as moved")
	}
	in.Placed = map[int64]bool{1: true}
	in.Items[0].NewsAt = time.Time{} // its words changed, its days did not
	if len(Compose(in).Entries) != 0 {
		t.Error("an unchanged event of a past issue came again")
	}
}

// Every item that composing leaves out has a reason that a person understands.
func TestExplain(t *testing.T) {
	section := newsletter.Section{ID: "news", Kind: newsletter.News, Sources: []string{"a"}, Max: 1}
	agenda := newsletter.Section{ID: "agenda", Kind: newsletter.Event, Ahead: newsletter.Duration(30 * 24 * time.Hour)}
	embargoed, rejected, undated := news(3, "a", "en", "e", on(3, 21)), news(4, "a", "en", "r", on(3, 21)), news(10, "a", "en", "u", time.Time{})
	embargoed.Embargo, undated.Precision = on(4, 1), newsletter.Undated
	rejected.Rejected, rejected.EditedBy = true, "ana@example.org"
	in := Input{Publication: pub(section, agenda), Now: now, Since: on(3, 1), Placed: map[int64]bool{7: true}, Items: []newsletter.Item{
		news(1, "a", "en", "one", on(3, 22)), news(2, "a", "en", "two", on(3, 20)), embargoed, rejected, news(5, "b", "en", "b", on(3, 20)),
		news(6, "a", "en", "future", on(4, 2)), news(7, "a", "en", "stood", on(3, 20)), event(8, "far", on(9, 1), on(9, 1)), event(9, "past", on(3, 2), on(3, 2)), undated}}
	in.Items = append(in.Items, news(11, "a", "en", "One!", on(3, 22)))
	old := news(12, "a", "en", "old", on(1, 1))
	old.FirstSeenAt = on(1, 1)
	for id, want := range map[int64]string{1: "", 2: "is full", 3: "under embargo until 1 April 2017", 4: "rejected by ana@example.org", 5: "does not take from source b", 6: "2 April 2017, has not come yet",
		7: "stood in another issue", 8: "looks 30 days ahead", 9: "over since 2 March 2017", 10: "is full", 12: "before this issue's time"} {
		item := old
		for _, i := range in.Items {
			if i.ID == id {
				item = i
			}
		}
		verdicts := Explain(in, item)
		if len(verdicts) != 1 {
			t.Fatalf("%d: %+v", id, verdicts)
		}
		if v := verdicts[0]; v.In != (want == "") || !strings.Contains(v.Why, want) {
			t.Errorf("%d: %+v, want %q", id, v, want)
		}
	}
}

func TestReportsInAFurtherLanguageComeAgain(t *testing.T) {
	r := news(1, "a", "en", "Annual report 2016", on(2, 1))
	r.Kind, r.FirstSeenAt = newsletter.Report, on(2, 1)
	r.Documents = []newsletter.Document{{Language: "en", URL: "https://a.example/e.pdf"}}
	more := r
	more.Documents = append(slices.Clone(r.Documents), newsletter.Document{Language: "ru", URL: "https://a.example/r.pdf"})
	in := Input{Publication: pub(newsletter.Section{ID: "reports", Kind: newsletter.Report}), Placed: map[int64]bool{1: true}, Since: on(3, 1), Now: now}
	for name, c := range map[string]struct {
		item newsletter.Item
		want int
	}{"the same": {r.Since(r, on(3, 10)), 0}, "Russian": {more.Since(r, on(3, 10)), 1}, "Russian, told already": {more.Since(r, on(2, 10)), 0}} {
		in.Items = []newsletter.Item{c.item}
		if got := Compose(in).Entries; len(got) != c.want || c.want == 1 && !slices.Equal(got[0].Item.NewLanguages, []string{"ru"}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestEditFile(t *testing.T) {
	p := pub(newsletter.Section{ID: "lead", Kind: newsletter.News}, newsletter.Section{ID: "news", Kind: newsletter.News}, newsletter.Section{ID: "agenda", Kind: newsletter.Event})
	issue := newsletter.Issue{Publication: "p", Number: 1, Revision: 3, Content: newsletter.Content{Headline: newsletter.Text{"fr": "Titre"}, Editorial: newsletter.Text{"en": "Hello\n\n---\n\n## not a section"},
		Entries: []newsletter.Entry{{Section: "lead", Item: news(1, "a", "en", "one", on(3, 1)), Headline: newsletter.Text{"en": "H", "fr": "T"}}, {Section: "news", Item: news(2, "a", "en", "two", on(3, 2))}}}}
	lookup := func(id int64) (newsletter.Item, error) {
		if id == 9 {
			return event(9, "placed", on(4, 1), on(4, 1)), nil
		}
		return newsletter.Item{}, fmt.Errorf("no item %d", id)
	}
	for _, language := range []string{"en", "fr"} {
		if _, changed, err := Apply(issue, p, File(issue, p, language), lookup); err != nil || changed {
			t.Errorf("%s does not round-trip: %v %v", language, changed, err)
		}
	}
	text := strings.NewReplacer("headline:\n", "headline: New\n", "- [2] two\n", "- [2] two\n- [1] one\n  summary: S\n", "- [1] one\n  headline: H\n", "", "## agenda\n", "## agenda\n- [9]\n").Replace(File(issue, p, "en"))
	c, changed, err := Apply(issue, p, text, lookup)
	if err != nil || !changed || titles(c) != "news:two news:one agenda:placed" || c.Headline["en"] != "New" || c.Headline["fr"] != "Titre" {
		t.Fatalf("%q %v %v", titles(c), changed, err)
	}
	if e := c.Entries[1]; e.Summary["en"] != "S" || e.Headline["en"] != "" || e.Headline["fr"] != "T" {
		t.Errorf("%+v", e)
	}
	for from, want := range map[string]string{"revision: 3": "line 3", "## news": "line 23: the publication has no section", "- [2] two": "line 24: no item 7", "issue: p/1": "line 2: this file is of issue", "headline:": "headline is one line"} {
		wrong := map[string]string{"revision: 3": "revision: 2", "## news": "## nws", "- [2] two": "- [7] two", "issue: p/1": "issue: p/2", "headline:": "headline: A\n  and more"}[from]
		if _, _, err := Apply(issue, p, strings.Replace(File(issue, p, "en"), from, wrong, 1), lookup); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", wrong, err, want)
		}
	}
	if _, _, err := Apply(issue, p, strings.Replace(File(issue, p, "en"), "## agenda", "## agenda\n- [2] two", 1), lookup); err == nil || !strings.Contains(err.Error(), "takes event") {
		t.Error(err)
	}
}
