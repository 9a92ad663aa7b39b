package file

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

// told is what a file gives, in a few words.
func told(r Result, err error) string {
	out := ""
	for _, item := range r.Items {
		out += fmt.Sprintf("%s|%s;", item.Title, item.Identity)
	}
	for _, why := range append(r.Refused, r.Notes...) {
		out += " " + why + ";"
	}
	if err != nil {
		out += " " + err.Error()
	}
	return out
}

func TestTable(t *testing.T) {
	for body, want := range map[string]string{
		"title\nA\n":                           "A|a;",
		"sep=;\ntitle;url\nA, b;\n":            "A, b|a, b;",
		"\n\ntitle\tplace\n\"A\"\t\n":          "A|a;",
		"title\rA\rB":                          "A|a;B|b;",
		"TITLE,Contact-Email\nA,a@example.org": "A|a;",
		"title,place\n\"A,x\nB,y\nC,z":         "B|b;C|c; t.csv: line 2: a quote in it is not closed;",
		"title,place\n\"A,x\n\"B\",y\nC,z":     `B|b;C|c; t.csv: line 2: a quote within a cell must stand twice: "the ""Declaration"" is out";`,
		"title,place\n \"A\" , \"x, y\"\n":     "A|a;",
		"title,place\n24\" screen,x\n":         "24\" screen|24\" screen;",
		"title,place\nA,b,c\nB,b,\n":           "B|b; t.csv: line 2: it has 3 cells, but the names are 2: is there a separator in a cell without quotes?;",
		"title\n\n\n,\nkind\n":                 "kind|kind;",
		"title,kind\n\"A\n\n\",rant\nB,event":  ` t.csv: line 2: kind: kind must be news, report, event or media, not "rant"; t.csv: line 5: an event needs starts_at, when or date;`,
		"title,title,colour,,colour\nA,B,C,D":  "A|a; t.csv: these names mean nothing here, and what stands under them is not read: colour;",
		"":                                     " source s: t.csv: the file is empty",
		"title,when\nA,5 May 2026":             "A|a; t.csv: 1 of 1 items say when they take place, but are no events: kind: event is missing, here or at the source;",
		"sep=;":                                " source s: t.csv: the file is empty",
		"titel;url\nA;B":                       ` source s: t.csv: line 1: it names no column title: "titel, url"`,
		"\"title":                              " source s: t.csv: line 1: a quote in it is not closed",
		"title\nTom &amp; <b>Jerry</b> & \u202eco\u0007\n": "Tom & Jerry & co|tom & jerry & co;",
	} {
		if got := told(parse("t.csv", body)); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", body, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for body, want := range map[string]string{
		`[]`: "", `{"version": [1], "items": [{"title": "A"}], "next": 2}`: "A|a;",
		`[{"title": "A", "id": 7, "source": "s", "variants": [], "colour": 1, "place": null, "year": 2025}]`: "A|id 7; t.json: these names mean nothing here, and what stands under them is not read: colour;",
		`[{"title": "A"}, 7, [], {"title": ["x"]}, {"title": "B", "contacts": [7]}]`: `A|a; t.json: entry 2: it is no object such as {"title": "..."}; t.json: entry 3: it is no object such as {"title": "..."};` +
			` t.json: entry 4: title: one text is expected, not several; t.json: entry 5: contacts: "7" is not an address: a contact is written Name <address>;`,
		"[{\"title\": \"A\"},\n{\"title\": \"B\",": "A|a; t.json: line 2: the file breaks off after 1 entries: unexpected EOF;",
		"[{\"title\": \"A\"}":                      "A|a; t.json: line 1: the file breaks off after 1 entries: EOF;",
		"[\n{\"title\": A}]":                       " source s: t.json: line 2: it is no JSON: invalid character 'A' looking for beginning of value",
		`{"a": 1}`:                                 " source s: t.json: line 1: there is no list of items", `"x"`: " source s: t.json: line 1: there is no list of items",
		"": " source s: t.json: line 1: the file is empty", `{"items": 7}`: " source s: t.json: line 1: there is no list of items",
	} {
		if got := told(parse("t.json", body)); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", body, got, want)
		}
	}
}

// An entry keeps its name when it is edited, and what looks alike stays apart.
func TestIdentity(t *testing.T) {
	for body, want := range map[string]string{
		"id,url,title\n1,https://example.org/a,A\n,https://example.org/b,B\n,,C":                    "A|id 1;B|https://example.org/b;C|c;",
		"title,date\nBureau,2026-01-05\nBureau,2026-02-05":                                          "Bureau|bureau|bureau|en|2026-01-05t00:00;Bureau|bureau|bureau|en|2026-02-05t00:00;",
		"title,url\nA,https://example.org/agenda\nB,https://example.org/agenda":                     "A|https://example.org/agenda|a;B|https://example.org/agenda|b;",
		"title,place\nA,Rome\nA,Paris\nA,Rome":                                                      `A|a|a|en|0001-01-01t00:09|rome;A|a|a|en|0001-01-01t00:09|paris; t.csv: line 4: it is the same as line 2 ("A");`,
		"id,title\n1,A\n1,B":                                                                        `A|id 1; t.csv: line 3: it is the same as line 2 ("B");`,
		"title,language,url\nA,en,https://example.org/a\nA,fr,https://example.org/a":                "A|https://example.org/a|a|en;A|https://example.org/a|a|fr;",
		"title,url\nA,https://example.org/?utm_source=x&id=1\nB,HTTPS://EXAMPLE.ORG/?id=2#fragment": "A|https://example.org/?id=1;B|https://example.org/?id=2;",
	} {
		if got := told(parse("t.csv", body)); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", body, got, want)
		}
	}
}

// Spreadsheets save in the code page of their language.
func TestCodePages(t *testing.T) {
	for language, c := range map[string][2]string{
		"fr": {"title\n\x80 d\xe9\x9c\n", "€ déœ"}, "ru": {"title\n\xcd\xee\xe2\xee\xf1\xf2\xfc\n", "Новость"}, "el": {"title\n\xcd\xdd\xe1\n", "Νέα"}, "pl": {"title\n\xb9\x9c\n", "ąś"}, "": {"title\n\xe8\n", "è"},
	} {
		src := newsletter.Source{ID: "s", Kind: newsletter.News, Language: language, Timezone: "UTC", Max: 9}
		r, err := Parse(src, newsletter.Raw{URL: "t.CSV", Body: []byte(c[0])})
		if err != nil || len(r.Items) != 1 || r.Items[0].Title != c[1] {
			t.Errorf("%s: %+v %v", language, r, err)
		}
	}
	if item := one(t, "t.csv", "\xff\xfet\x00i\x00t\x00l\x00e\x00\t\x00u\x00r\x00l\x00\n\x00\xe9\x00\t\x00\n\x00"); item.Title != "é" { // Excel's "Unicode text"
		t.Errorf("%+v", item)
	}
}

// A file gives no more than the source may, of good and of bad.
func TestMost(t *testing.T) {
	for _, line := range []string{"A%d,2026-01-01\n", "A%d,never\n"} {
		body := "title,date\n"
		for i := range 200 {
			body += fmt.Sprintf(line, i)
		}
		r, err := parse("t.csv", body)
		if err != nil || len(r.Items)+len(r.Refused) != 100 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "first 100 entries") {
			t.Errorf("%d %d %v %v", len(r.Items), len(r.Refused), r.Notes, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("../testdata/file/*")
	if err != nil || len(seeds) < 50 {
		f.Fatal(len(seeds), err)
	}
	endings := []string{".csv", ".json", ".md"}
	for _, seed := range seeds {
		text, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		for i, ending := range endings {
			if strings.HasSuffix(seed, ending) {
				f.Add(uint8(i), text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, ending uint8, body []byte) {
		src := newsletter.Source{ID: "s", Kind: newsletter.Event, Timezone: "Europe/Paris", Max: 20}
		begin := time.Now()
		r, _ := Parse(src, newsletter.Raw{URL: "a" + endings[int(ending)%len(endings)], Body: body})
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("it takes %s", took)
		}
		if len(r.Items)+len(r.Refused) > src.Max+1 {
			t.Errorf("%d items and %d left out", len(r.Items), len(r.Refused))
		}
		seen := map[string]bool{}
		for _, item := range r.Items {
			if item.Title == "" || strings.Contains(item.Body, "<script") || seen[item.Identity] || !item.EndsAt.IsZero() && item.EndsAt.Before(item.StartsAt) || item.URL != "" && !strings.HasPrefix(item.URL, "http") {
				t.Errorf("%+v", item)
			}
			seen[item.Identity] = true
		}
	})
}

func BenchmarkParse(b *testing.B) {
	row := func(i int) string {
		return fmt.Sprintf("Meeting %d;\"%s\";2026-12-%02d;Rome;https://example.org/%d\n", i, strings.Repeat("Some words of a summary. ", 20), i%28+1, i)
	}
	body := []byte("title;summary;starts_at;place;url\n")
	for i := range 1000 {
		body = append(body, row(i)...)
	}
	src := newsletter.Source{ID: "s", Kind: newsletter.Event, Language: "en", Timezone: "Europe/Paris", Max: 2000}
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if r, err := Parse(src, newsletter.Raw{URL: "a.csv", Body: body}); err != nil || len(r.Items) != 1000 {
			b.Fatal(len(r.Items), err)
		}
	}
}
