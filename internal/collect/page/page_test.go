package page

import (
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

func source(kind newsletter.Kind, rules newsletter.Rules) newsletter.Source {
	return newsletter.Source{ID: "s", Kind: kind, Timezone: "Europe/Paris", Language: "en", Max: 100, Rules: &rules}
}

func parse(t *testing.T, src newsletter.Source, body string) ([]newsletter.Item, []string) {
	t.Helper()
	got, err := Parse(src, newsletter.Raw{URL: "https://example.org/en/list.html", Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return got.Items, got.Refused
}

func TestNews(t *testing.T) {
	src := source(newsletter.News, newsletter.Rules{Item: newsletter.Rule{"div.n"}, Title: newsletter.Rule{"h2"}, Link: newsletter.Rule{"a@href"}, Date: newsletter.Rule{"time@datetime", ".d"},
		Summary: newsletter.Rule{"p"}, Contact: newsletter.Rule{"a[href^='mailto:']"}, Language: newsletter.Rule{".@lang"}})
	items, refused := parse(t, src, `<base href="/base/"><div class="n"><h2> One <b>x</b></h2><time datetime="2017-03-22T10:00:00+01:00">yesterday</time><p>Text.</p><a href="1.html?utm_campaign=q">more</a><a href="mailto:Ana@example.org?subject=x">Ana</a></div>
		<div class="n" lang="fr"><h2>Deux</h2><span class="d">jeudi 23 mars 2017</span><a href="javascript:x">more</a></div><div class="n"><p>no title</p></div><div class="n"><h2>Three</h2><span class="d">31 April 2017</span></div>`)
	if len(items) != 3 || len(refused) != 1 {
		t.Fatalf("%d items, %v", len(items), refused)
	}
	one, two, three := items[0], items[1], items[2]
	if one.Title != "One x" || one.URL != "https://example.org/base/1.html" || one.Precision != newsletter.Minute || one.Contacts[0] != (newsletter.Contact{Name: "Ana", Email: "Ana@example.org"}) || one.Summary != "Text." {
		t.Errorf("%+v", one)
	}
	if two.Language != "fr" || two.URL != "" || two.Precision != newsletter.Day || two.PublishedAt.Format(time.DateOnly) != "2017-03-23" {
		t.Errorf("%+v", two)
	}
	if three.Precision != newsletter.Undated || !three.PublishedAt.IsZero() {
		t.Errorf("an impossible date was read: %+v", three)
	}
}

func TestReports(t *testing.T) {
	src := source(newsletter.Report, newsletter.Rules{Item: newsletter.Rule{".r"}, Title: newsletter.Rule{"h4"}, Date: newsletter.Rule{"p"}, Documents: newsletter.Rule{"a[href$='.pdf']"}, PressRelease: newsletter.Rule{"a.press@href"}})
	items, _ := parse(t, src, `<div class="r"><h4>Annual Report 2024</h4><p>VIENNA, 4 March 2025 -</p><a href="AR_A.pdf">العربية</a><a href="x.pdf">English (PDF, 3 MB)</a><a href="AR2024_F.pdf">Download</a><a hreflang="es" href="y.pdf">PDF</a><a href="z.pdf">?</a><a class="press" href="pr">Press</a></div>`)
	if len(items) != 1 {
		t.Fatal(items)
	}
	r := items[0]
	if ReportYear(r.Title) != 2024 || r.PublishedAt.Year() != 2025 || len(r.Links) != 1 || r.Links[0].Role != "press_release" || r.URL != "" {
		t.Errorf("%+v", r)
	}
	got := ""
	for _, d := range r.Documents {
		got += d.Language + " "
	}
	if got != "ar en fr es  " {
		t.Errorf("languages %q", got)
	}
}

func TestAgenda(t *testing.T) {
	src := source(newsletter.Event, newsletter.Rules{Heading: newsletter.Rule{"p.month"}, Item: newsletter.Rule{"dt"}, Siblings: true, When: newsletter.Rule{"dt"}, Title: newsletter.Rule{"dd"}, Venue: newsletter.Rule{".v"}})
	items, refused := parse(t, src, `<p class="month">March 2017</p><dl><dt>8, Algiers</dt><dd>Women and drugs</dd><dd class="v">Room 1</dd><dt>21-22, Tbilisi</dt><dd>Prisons</dd></dl><p class="month">April 2017</p><dl><dt>to be confirmed</dt><dd>Bureau</dd><dt>26-27, Madrid</dt><dd>Aviation</dd></dl>`)
	if len(items) != 3 || len(refused) != 1 || !strings.Contains(refused[0], "to be confirmed") {
		t.Fatalf("%+v %v", items, refused)
	}
	if a := items[0]; a.Title != "Women and drugs" || a.Place != "Algiers" || a.Venue != "Room 1" || !a.AllDay {
		t.Errorf("%+v", a)
	}
	if m := items[2]; m.StartsAt.Format(time.DateOnly) != "2017-04-26" || m.EndsAt.Format(time.DateOnly) != "2017-04-27" {
		t.Errorf("%+v", m)
	}
}

func TestParseWhen(t *testing.T) {
	for _, c := range []struct{ line, heading, want string }{
		{"21-22, Tbilisi", "March 2017", "2017-03-21/2017-03-22 Tbilisi"},
		{"8, Algiers", "Agenda: mars 2017", "2017-03-08/2017-03-08 Algiers"},
		{"31 March-1 April, Klagenfurt", "March 2022", "2022-03-31/2022-04-01 Klagenfurt"},
		{"31 March - 1 April 2022, Klagenfurt", "", "2022-03-31/2022-04-01 Klagenfurt"},
		{"30 December 2016 – 2 January 2017 (Vienna)", "", "2016-12-30/2017-01-02 Vienna"},
		{"28-30 March 2017, Haifa", "", "2017-03-28/2017-03-30 Haifa"},
		{"30-2, Venice", "March 2017", "2017-03-30/2017-04-02 Venice"},
		{"30-2, Venice", "December 2017", "2017-12-30/2018-01-02 Venice"},
		{"26 & 27 April 2017 Madrid", "", "2017-04-26/2017-04-27 Madrid"},
		{"5 mai 2017", "", "2017-05-05/2017-05-05 "},
		{"1er mai, Paris", "2017", "2017-05-01/2017-05-01 Paris"},
		{"12 Strasbourg", "June 2017", "2017-06-12/2017-06-12 Strasbourg"},
		{"to be confirmed", "March 2017", ""},
		{"15 (to be confirmed), Riga", "March 2017", ""},
		{"10-11 and 14, Rome", "March 2017", ""},
		{"22–21, Paris", "December 2017", ""},
		{"31, Nowhere", "April 2017", ""},
		{"21-22, Tbilisi", "", ""},
		{"", "March 2017", ""},
	} {
		w, ok := ParseWhen(c.line, c.heading, time.UTC)
		got := ""
		if ok {
			got = w.From.Format(time.DateOnly) + "/" + w.To.Format(time.DateOnly) + " " + w.Place
		}
		if got != c.want {
			t.Errorf("%q under %q: %q, want %q", c.line, c.heading, got, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	if p := Check(newsletter.Rules{Item: newsletter.Rule{"div["}, Title: newsletter.Rule{"h2"}}, newsletter.News); len(p) != 1 {
		t.Error(p)
	}
	if p := Check(newsletter.Rules{}, newsletter.Event); len(p) != 3 {
		t.Error(p)
	}
	if p := Check(newsletter.Rules{Item: newsletter.Rule{"a[href$='@x']"}, Title: newsletter.Rule{".@title"}, Link: newsletter.Rule{"@href", "a@href"}}, newsletter.News); len(p) != 0 {
		t.Error(p)
	}
}

func BenchmarkParse(b *testing.B) {
	body := []byte("<html>" + strings.Repeat(`<div class="n"><h2>One</h2><span class="d">22 March 2017</span><p>Text of the thing.</p><a href="1.html">more</a></div>`, 200))
	src := source(newsletter.News, newsletter.Rules{Item: newsletter.Rule{"div.n"}, Title: newsletter.Rule{"h2"}, Link: newsletter.Rule{"a@href"}, Date: newsletter.Rule{".d"}, Summary: newsletter.Rule{"p"}})
	src.Max = 1000
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if items, err := Parse(src, newsletter.Raw{URL: "https://example.org/", Body: body}); err != nil || len(items.Items) != 200 {
			b.Fatal(len(items.Items), err)
		}
	}
}
