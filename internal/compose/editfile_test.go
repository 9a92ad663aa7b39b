package compose

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

func editable() (newsletter.Issue, newsletter.Publication, Find) {
	p := pub(newsletter.Section{ID: "lead", Kind: newsletter.News}, newsletter.Section{ID: "news", Kind: newsletter.News}, newsletter.Section{ID: "agenda", Kind: newsletter.Event}, newsletter.Section{ID: "links", Kind: newsletter.Links})
	two := news(2, "a", "en", "two", on(3, 2))
	issue := newsletter.Issue{Publication: "p", Number: 1, Revision: 3, Content: newsletter.Content{Headline: newsletter.Text{"fr": "Titre"}, Editorial: newsletter.Text{"en": "Hello\n\n---\n\n## not a section\n=== entries ==="},
		Entries: []newsletter.Entry{{Section: "lead", Item: news(1, "a", "en", "one", on(3, 1)), Headline: newsletter.Text{"en": "H", "fr": "T"}},
			{Section: "news", Item: two, Others: map[string]newsletter.Item{"fr": news(22, "a", "fr", "deux", on(3, 2))}}}}}
	find := func(name string) ([]newsletter.Entry, error) {
		switch name {
		case "9", "https://x.example/9":
			return []newsletter.Entry{{Item: event(9, "placed", on(4, 1), on(4, 1))}}, nil
		case two.URL:
			return []newsletter.Entry{{Item: two}}, nil
		}
		return nil, fmt.Errorf("no item %s", name)
	}
	return issue, p, find
}

func TestEditFile(t *testing.T) {
	issue, p, find := editable()
	full := File(issue, p)
	for name, c := range map[string]struct {
		file    string
		replace []string
		want    string
		check   func(newsletter.Content) bool
		same    bool
	}{
		"headlines by language": {full, []string{"headline:\n", "headline: \"New\"\n", "headline.fr: Titre", "headline.fr: Neuf"}, "lead:one news:two",
			func(c newsletter.Content) bool {
				return c.Headline["en"] == "New" && c.Headline["fr"] == "Neuf" && c.Entries[0].Headline["fr"] == "T"
			}, false},
		"order, drop, words": {full, []string{"- [2] two\n", "- [2] two\n- [1] one\n  summary: S\n    goes on\n  note.fr: N\n", "- [1] one\n  headline: H\n  headline.fr: T\n", ""}, "news:two news:one",
			func(c newsletter.Content) bool {
				e := c.Entries[1]
				return e.Summary["en"] == "S goes on" && e.Note["fr"] == "N" && len(e.Headline) == 0
			}, false},
		"one language's file leaves the other's words": {File(issue, p, "fr"), []string{"headline: Titre", "headline:", "  headline: T\n", ""}, "lead:one news:two",
			func(c newsletter.Content) bool {
				return c.Entries[0].Headline["en"] == "H" && c.Entries[0].Headline["fr"] == "" && c.Headline["fr"] == "" && c.Editorial["en"] != ""
			}, false},
		"placed by number":         {full, []string{"## agenda\n", "## agenda\n- [9] whatever\n"}, "lead:one news:two agenda:placed", nil, false},
		"placed by address":        {full, []string{"## agenda\n", "## agenda\n- https://x.example/9\n"}, "lead:one news:two agenda:placed", nil, false},
		"named by its address":     {full, []string{"- [2] two\n", "", "## news", "## news\n- <https://a.example/en/2>"}, "lead:one news:two", func(c newsletter.Content) bool { return c.Entries[1].Others["fr"].ID == 22 }, true},
		"named by its translation": {full, []string{"- [2] two\n", "- [22]\n"}, "lead:one news:two", func(c newsletter.Content) bool { return c.Entries[1].Item.ID == 2 }, true},
		"sections off and in another order": {full, []string{"## lead\n- [1] one\n  headline: H\n  headline.fr: T\n", "", "## links\n", "## links (off)\n\n## lead (off: fr)\nnote: First\n- [1] one\n"}, "news:two lead:one",
			func(c newsletter.Content) bool {
				return reflect.DeepEqual(c.Order, []string{"news", "agenda", "links", "lead"}) && c.Hidden("links", "en") && c.Hidden("lead", "fr") && !c.Hidden("lead", "en") && c.Notes["lead"]["en"] == "First"
			}, false},
		"an editorial in French": {full, []string{"=== editorial.fr ===\n", "=== editorial.fr ===\n\nBonjour\n"}, "lead:one news:two", func(c newsletter.Content) bool {
			return c.Editorial["fr"] == "Bonjour" && strings.HasSuffix(c.Editorial["en"], "\n=== entries ===")
		}, false},
		"an editorial without its line": {full, []string{"=== editorial ===\n", "", "Hello", "Good day"}, "lead:one news:two", func(c newsletter.Content) bool {
			return strings.HasPrefix(c.Editorial["en"], "Good day\n\n---")
		}, false},
		"an editorial is dropped": {full, []string{"Hello\n\n---\n\n## not a section\n\\=== entries ===\n", ""}, "lead:one news:two", func(c newsletter.Content) bool { return c.Editorial["en"] == "" }, false},
	} {
		text := strings.NewReplacer(c.replace...).Replace(c.file)
		before := fmt.Sprintf("%+v", issue)
		got, changed, err := Apply(issue, p, strings.ReplaceAll(text, "\n", "\r\n"), find)
		if err != nil || changed == c.same || titles(got) != c.want || c.check != nil && !c.check(got) {
			t.Errorf("%s: %q %v %v\n%+v", name, titles(got), changed, err, got)
		}
		if fmt.Sprintf("%+v", issue) != before {
			t.Errorf("%s: the issue itself was changed", name)
		}
	}
}

func TestEditFileFaults(t *testing.T) {
	issue, p, find := editable()
	full := File(issue, p)
	at := func(line string) int { return strings.Count(full[:strings.Index(full, "\n"+line)+1], "\n") + 1 }
	for name, c := range map[string]struct{ from, to, want string }{
		"another issue":      {"issue: p/1", "issue: p/2", "line 2: this file is of issue p/2, not p/1"},
		"no section":         {"## news", "## nws", fmt.Sprintf("line %d: the publication has no section", at("## news"))},
		"no item":            {"- [2] two", "- [7] two", fmt.Sprintf("line %d: no item 7", at("- [2]"))},
		"another kind":       {"## agenda", "## agenda\n- [2] two", "takes event"},
		"twice":              {"## news", "## news\n- [1] one", fmt.Sprintf("item 1 stands in the issue already, on line %d", at("- [1]"))},
		"twice, translated":  {"## lead\n", "## lead\n- [22]\n", "item 2 stands in the issue already"},
		"a title":            {"- [2] two", "- [2] Two, by me", `put yours on a line "  headline: ..." below it`},
		"neither":            {"## agenda\n", "## agenda\nwhat\n", "neither a section, an entry nor a field"},
		"no language":        {"headline.fr:", "headline.xx:", `line 6: the file has no language "xx"`},
		"no such field":      {"summary:", "colour: red\nsummary:", `line 7: unknown field "colour"`},
		"a field twice":      {"summary:", "summary: a\nsummary:", "line 8: summary stands twice"},
		"a word twice":       {"  headline: H", "  headline: H\n  headline: I", "headline stands twice below the entry"},
		"no block":           {"=== editorial.fr ===", "=== preface ===", `there is no block "preface"`},
		"a block twice":      {"=== editorial.fr ===", "=== entries ===", "=== entries === stands twice"},
		"links hold nothing": {"## links\n", "## links\n- [2] two\n", "takes no items"},
		"a headline in air":  {"## agenda\n", "## agenda\nheadline: x\n", "headline: stands below no entry"},
		"editorials twice":   {"---\n\n=== editorial", "---\n\nAbove\n\n=== editorial", "=== editorial === stands twice"},
		"a wrong off":        {"## links", "## links (off: xx)", `the publication has no language "xx"`},
	} {
		text := strings.Replace(full, c.from, c.to, 1)
		if _, _, err := Apply(issue, p, text, find); err == nil || !strings.Contains(err.Error(), c.want) || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	_, _, err := Apply(issue, p, strings.NewReplacer("## news", "## nws", "headline.fr:", "headline.xx:", "## agenda\n", "## agenda\n- [7]\n").Replace(full), find)
	if err == nil || strings.Count(err.Error(), "line ") != 4 {
		t.Errorf("not every fault is told at once: %v", err)
	}
	if _, _, err := Apply(issue, p, strings.Replace(full, "revision: 3", "revision: 2", 1), find); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Hint(err), "issue diff p/1 --from 2") {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"", "no front matter", "---\ntitle: x\n---\n", "---\n", "\xff"} {
		if _, _, err := Apply(issue, p, text, find); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// generated is an issue as people may have left it, by a seed.
func generated(seed int64) (newsletter.Issue, newsletter.Publication) {
	r := rand.New(rand.NewSource(seed))
	scraps := []string{"", "", "a", "Über \"uns\"", "\"all\"", "'q'", "=== entries ===", `\=== x ===`, "---", "## news", "# x", "- [1] one", "a: b", "  two  spaces ", "قرار", "line\nbreak", "x\r\ny", "\u202e", "note: n", "  \n\n", "(off)", "…\t"}
	word := func() string { return scraps[r.Intn(len(scraps))] }
	languages := []string{"en", "fr", "ar"}
	text := func() newsletter.Text {
		t := newsletter.Text{}
		for _, language := range append(languages, "xx", "") {
			if r.Intn(3) == 0 {
				t[language] = word() + word()
			}
		}
		return t
	}
	p := pub(newsletter.Section{ID: "lead", Kind: newsletter.News}, newsletter.Section{ID: "news", Kind: newsletter.News, Kinds: []newsletter.Kind{"news", "media"}}, newsletter.Section{ID: "links", Kind: newsletter.Links})
	p.Languages = languages[:1+r.Intn(3)]
	c := newsletter.Content{Headline: text(), Summary: text(), Editorial: newsletter.Text{}, Notes: map[string]newsletter.Text{}, Off: map[string][]string{}}
	for _, language := range languages {
		c.Editorial[language] = word() + "\n" + word() + "\n\n" + word()
	}
	for _, id := range []string{"lead", "news", "links", "gone"} {
		if r.Intn(3) == 0 {
			c.Notes[id] = text()
		}
		if r.Intn(3) == 0 {
			c.Off[id] = slices.Clone(append(languages, "xx")[r.Intn(4):])[:r.Intn(2)]
		}
	}
	for range r.Intn(6) {
		id := int64(len(c.Entries) + 1)
		e := newsletter.Entry{Section: []string{"lead", "news", "gone"}[r.Intn(3)], Item: news(id, "a", "en", word()+word(), on(3, 1)), Headline: text(), Summary: text(), Note: text()}
		c.Entries = append(c.Entries, e)
	}
	if r.Intn(2) == 0 {
		c.Order = []string{"links", "lead", "gone"}[:r.Intn(4)]
	}
	return newsletter.Issue{Publication: "p", Number: 1, Revision: 1 + r.Intn(3), Content: c}, p
}

// roundTrips fails unless what File writes is no change to Apply, and what Apply makes of it writes the same bytes.
func roundTrips(t *testing.T, seed int64) {
	issue, p := generated(seed)
	none := func(name string) ([]newsletter.Entry, error) { return nil, fault.NotFoundf("no item %s", name) }
	for _, languages := range [][]string{nil, p.Languages[:1], p.Languages[len(p.Languages)-1:]} {
		first := File(issue, p, languages...)
		content, changed, err := Apply(issue, p, first, none)
		if err != nil || changed {
			t.Fatalf("seed %d: %v, changed %v\n%s", seed, err, changed, first)
		}
		again := issue
		again.Content = content
		if second := File(again, p, languages...); second != first {
			t.Fatalf("seed %d:\n%s---\n%s", seed, first, second)
		}
		if len(content.Entries) != len(issue.Content.Entries) {
			t.Fatalf("seed %d: %d of %d entries are left", seed, len(content.Entries), len(issue.Content.Entries))
		}
	}
}

func TestEditFileRoundTrips(t *testing.T) {
	for seed := range int64(1000) {
		roundTrips(t, seed)
	}
}

func FuzzEditFileRoundTrips(f *testing.F) {
	f.Add(int64(1))
	f.Fuzz(roundTrips)
}

// Whatever a person writes, Apply answers, and what it takes writes and reads the same.
func FuzzApply(f *testing.F) {
	issue, p, find := editable()
	f.Add(File(issue, p))
	f.Add(strings.Replace(File(issue, p), "## links", "## links (off)\nnote: x\n- [9]", 1))
	f.Fuzz(func(t *testing.T, text string) {
		content, _, err := Apply(issue, p, text, find)
		if err != nil {
			return
		}
		edited := issue
		edited.Content = content
		first := File(edited, p)
		if _, changed, err := Apply(edited, p, first, find); err != nil || changed {
			t.Errorf("%v %v\n%s", changed, err, first)
		}
	})
}

func TestDiff(t *testing.T) {
	issue, p, _ := editable()
	edited := issue
	edited.Revision, edited.Content.Headline = 4, newsletter.Text{"en": "New"}
	got := Diff(issue, edited, p)
	for _, want := range []string{"--- p/1 revision 3\n+++ p/1 revision 4\n", "-headline:\n", "+headline: New\n", "-headline.fr: Titre\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "-revision:") || Diff(issue, issue, p) != "" {
		t.Error(got)
	}
}
