package feed

import (
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"

	"golang.org/x/text/encoding/charmap"
)

func parse(t *testing.T, body string) ([]newsletter.Item, []string, error) {
	t.Helper()
	return Parse(newsletter.Source{ID: "s", Kind: newsletter.News, Timezone: "Europe/Paris", Max: 100}, newsletter.Raw{URL: "https://example.org/dir/feed", Body: []byte(body)})
}

// The same two entries in every format.
var formats = map[string]string{
	"rss 2.0": `<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><language>en-gb</language>
		<item><title>Caf&eacute; &amp; &lt;em&gt;more&lt;/em&gt;</title><link>/a?utm_source=x</link><guid isPermaLink="false">id-1</guid><pubDate>Thu, 02 Mar 2017 10:30:00 GMT</pubDate><description>&lt;p&gt;Text one.&lt;/p&gt;</description></item>
		<item><title>Two</title><link>https://example.org/b</link><guid isPermaLink="false">id-2</guid><pubDate>2 mars 2017</pubDate><description>Text two.</description></item></channel></rss>`,
	"rdf": `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><dc:language>en</dc:language></channel>
		<item><title>Café &amp; more</title><link>/a</link><guid>id-1</guid><dc:date>2017-03-02T10:30:00Z</dc:date><description>Text one.</description></item>
		<item><title>Two</title><link>/b</link><guid>id-2</guid><dc:date>2017-03-02</dc:date><description>Text two.</description></item></rdf:RDF>`,
	"atom": `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://example.org/"><title>f</title>
		<entry><title type="html">Café &amp;amp; more</title><link rel="self" href="/self"/><link href="a"/><id>id-1</id><published>2017-03-02T10:30:00Z</published><summary>Text one.</summary></entry>
		<entry><title>Two</title><link rel="alternate" href="/b"/><id>id-2</id><updated>2017-03-02</updated><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Text two.</p></div></content></entry></feed>`,
	"json": `{"version":"https://jsonfeed.org/version/1.1","language":"en","items":[
		{"id":"id-1","url":"/a","title":"Café & more","content_html":"<p>Text one.</p>","date_published":"2017-03-02T10:30:00Z"},
		{"id":"id-2","url":"/b","title":"Two","content_text":"Text two.","date_published":"2017-03-02"}]}`,
}

func TestEveryFormatGivesTheSame(t *testing.T) {
	for name, body := range formats {
		items, refused, err := parse(t, body)
		if err != nil || len(items) != 2 || len(refused) != 0 {
			t.Errorf("%s: %d items, %v, %v", name, len(items), refused, err)
			continue
		}
		a, b := items[0], items[1]
		if a.Title != "Café & more" || a.URL != "https://example.org/a" || a.Identity != "id-1" || a.Summary != "Text one." || a.Language != "en" || a.Precision != newsletter.Minute || !a.PublishedAt.Equal(time.Date(2017, 3, 2, 10, 30, 0, 0, time.UTC)) {
			t.Errorf("%s: %+v", name, a)
		}
		if b.Title != "Two" || b.URL != "https://example.org/b" || b.Summary != "Text two." || b.Precision != newsletter.Day || b.PublishedAt.Format("2006-01-02 -0700") != "2017-03-02 +0100" {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

func TestBrokenFeedsGiveWhatIsWhole(t *testing.T) {
	body := formats["rss 2.0"]
	cut := strings.Index(body, "Text two")
	for name, c := range map[string]struct {
		body  string
		items int
		warn  bool
	}{
		"truncated":       {body[:cut], 1, true},
		"bad byte":        {strings.Replace(body, "Text one", "Text \xff one", 1), 2, false},
		"bare ampersand":  {strings.Replace(body, "Text two", "Q & A", 1), 2, false},
		"unknown entity":  {strings.Replace(body, "Text two", "a &nope; b", 1), 2, false},
		"control":         {strings.Replace(body, "Text two", "a\x08b", 1), 2, false},
		"entity bomb":     {`<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>` + strings.Replace(body, "Text two", "&b;", 1), 2, false},
		"untitled item":   {strings.Replace(body, "<title>Two</title>", "", 1), 2, false},
		"nothing at all":  {strings.Replace(strings.Replace(body, "<title>Two</title>", "", 1), "<description>Text two.</description>", "", 1), 1, true},
		"javascript link": {strings.Replace(body, "https://example.org/b", "javascript:alert(1)", 1), 2, false},
	} {
		items, refused, err := parse(t, c.body)
		if err != nil || len(items) != c.items || (len(refused) > 0) != c.warn {
			t.Errorf("%s: %d items, %v, %v", name, len(items), refused, err)
		}
		for _, item := range items {
			if strings.Contains(item.URL, "javascript") || strings.Contains(item.Summary, "aaaa") {
				t.Errorf("%s: %+v", name, item)
			}
		}
	}
}

func TestWhatIsNoFeed(t *testing.T) {
	for name, c := range map[string]struct{ body, message string }{
		"page": {"<!DOCTYPE html><html><body>x</body></html>", "this is an HTML page"}, "empty": {" ", "is empty"},
		"other xml": {"<svg/>", "this is <svg>"}, "json": {`{"a":1}`, "without a JSON Feed version"}, "words": {"hello", "is empty"},
	} {
		if _, _, err := parse(t, c.body); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCodePages(t *testing.T) {
	body := `<?xml version="1.0" encoding="windows-1252"?><rss><channel><item><title>L’été – né</title></item></channel></rss>`
	encoded, err := charmap.Windows1252.NewEncoder().String(body)
	if err != nil {
		t.Fatal(err)
	}
	items, _, err := parse(t, encoded)
	if err != nil || len(items) != 1 || items[0].Title != "L’été – né" {
		t.Errorf("%+v %v", items, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, body := range formats {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		items, _, _ := Parse(newsletter.Source{ID: "s", Max: 100}, newsletter.Raw{URL: "https://example.org/", Body: []byte(body)})
		for _, item := range items {
			if strings.Contains(item.Body, "<script") || item.Title == "" {
				t.Errorf("%+v", item)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	item := `<item><title>Title</title><link>/a</link><pubDate>Thu, 02 Mar 2017 10:30:00 GMT</pubDate><description>` + strings.Repeat("&lt;p&gt;Some words of a summary.&lt;/p&gt;", 20) + `</description></item>`
	body := []byte("<rss><channel>" + strings.Repeat(item, 100) + "</channel></rss>")
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, _, err := Parse(newsletter.Source{ID: "s", Max: 100}, newsletter.Raw{URL: "https://example.org/", Body: body}); err != nil {
			b.Fatal(err)
		}
	}
}

// An entry says where it stands in other languages; the one in its own is its address.
func TestAlternates(t *testing.T) {
	const entry = `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://example.org/"><entry><title>T</title><id>1</id>
		<link rel="alternate" hreflang="fr-FR" href="/fr/1"/><link rel="alternate" hreflang="en" href="/en/1"/><link rel="alternate" hreflang="ru" href="javascript:x"/><link rel="related" hreflang="ka" href="/ka"/></entry></feed>`
	items, _, err := parse(t, entry)
	if err != nil || len(items) != 1 || items[0].URL != "https://example.org/en/1" || len(items[0].Alternates) != 1 || items[0].Alternates["fr"] != "https://example.org/fr/1" {
		t.Errorf("%+v %v", items, err)
	}
}
