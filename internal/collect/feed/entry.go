package feed

import (
	"cmp"
	"fmt"
	"html"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// add makes an item of an element. What says nothing is refused.
func (r *reader) add(n *node) {
	base := r.base
	if u, err := base.Parse(n.attr("xml:base")); err == nil {
		base = u
	}
	item := newsletter.Item{Kind: r.src.Kind, Source: r.src.ID}
	item.Language = cmp.Or(locale.Primary(n.attr("xml:lang")), locale.Primary(n.get("dc:language", "language")), r.language)
	item.Title = title(n)
	item.URL = r.link(n, base, item.Language)
	alternates(&item, n, base)
	r.date(&item, n.get("pubdate"), n.get("published"), n.get("issued"), n.get("dc:date"), n.get("dcterms:issued"), n.get("dcterms:created"), n.get("date"), n.get("updated"), n.get("modified"), n.get("atom:published", "atom:updated"))
	item.Authors, item.Categories = r.authorsOf(n), categories(n)
	short, long := n.child("description", "summary"), n.child("content:encoded", "content", "xhtml:body", "body")
	if short == nil {
		short = cmp.Or(deep(n, "media:description"), n.child("itunes:summary"))
	}
	r.fill(&item, outside(short), outside(long), based(base, cmp.Or(long, short)))
	r.attachments(&item, n, base)
	item.Image = picture(n, base)
	item.Identity = cmp.Or(n.get("guid", "id"), n.attr("rdf:about"))
	r.keep(item)
}

// keep completes an item and takes it, or says why not.
func (r *reader) keep(item newsletter.Item) {
	if item.Title == "" {
		item.Title = markup.Shorten(item.Summary, 80)
	}
	if item.Title == "" {
		r.refused = append(r.refused, fmt.Sprintf("item %d has neither title nor text", len(r.items)+len(r.refused)+1))
		return
	}
	item.Identity = cmp.Or(item.Identity, item.URL, item.Title)
	r.items = append(r.items, item)
}

// based is the base of the links in a text: the element may have one of its own.
func based(base *url.URL, n *node) *url.URL {
	if n == nil {
		return base
	}
	for _, at := range append([]*node{n}, n.all("div")...) {
		if u, err := base.Parse(at.attr("xml:base")); err == nil {
			base = u
		}
	}
	return base
}

// tags are what a text must have to be taken for HTML where nothing says what it is.
var (
	tags    = regexp.MustCompile(`(?i)</?(?:p|br|b|i|em|strong|a|span|div|img|sup|sub|ul|li|h[1-6])\b[^>]*>|&(?:#\d+|#x[0-9a-f]+|[a-z]+);`)
	twice   = regexp.MustCompile(`(?i)&lt;/?(?:p|br|b|i|em|strong|a|span|div|img|sup|sub|ul|li|h[1-6])\b`)
	encoded = regexp.MustCompile(`(?i)&(?:amp;)+(#\d+|#x[0-9a-f]+|amp|lt|gt|quot|[lr][sd]quo|nbsp|[a-z]+(?:acute|grave|circ|uml|cedil));`)
)

// outside returns an element's text as HTML. Atom says what it is (RFC 4287
// section 3.1); RSS does not, and means HTML. What was escaped twice on the way
// is unescaped twice.
func outside(n *node) string {
	text := n.content()
	if n == nil || text == "" {
		return ""
	}
	switch kind := strings.ToLower(n.attr("type")); {
	case kind == "text" || kind == "text/plain":
		return html.EscapeString(text)
	case kind != "" && kind != "html" && kind != "xhtml" && !strings.Contains(kind, "html"):
		return "" // a picture, or XML of another kind
	case n.attr("src") != "":
		return ""
	}
	if !strings.Contains(text, "<") && twice.MatchString(text) {
		text = html.UnescapeString(text)
	}
	return encoded.ReplaceAllString(text, "&$1;")
}

func title(n *node) string {
	t := cmp.Or(n.child("title", "dc:title"), deep(n, "media:title"))
	text := outside(t)
	if t != nil && t.attr("type") == "" && !tags.MatchString(text) {
		return markup.Plain(text)
	}
	return markup.Text(text)
}

// deep finds an element that may stand in a media:group.
func deep(n *node, name string) *node {
	if c := n.child(name); c != nil {
		return c
	}
	if group := n.child("media:group"); group != nil {
		return group.child(name)
	}
	return nil
}

// date sets the first of the texts that is a date.
func (r *reader) date(item *newsletter.Item, texts ...string) {
	for _, text := range texts {
		if at, minute, ok := locale.ParseDate(text, r.src.Location()); ok {
			item.PublishedAt, item.Precision = at, newsletter.PrecisionOf(minute)
			return
		}
	}
}

// link returns an item's page: what it says is its link, else a guid or id that is an address.
func (r *reader) link(n *node, base *url.URL, language string) string {
	best, rank := "", 0
	offer := func(ref string, weight int) {
		if link, ok := markup.Link(base, ref); ok && strings.HasPrefix(link, "http") && weight > rank {
			best, rank = link, weight
		}
	}
	offer(n.get("feedburner:origlink"), 9)
	for _, name := range []string{"link", "atom:link"} {
		for _, c := range n.all(name) {
			offer(c.ref(), c.weight(language))
		}
	}
	if guid := n.child("guid"); guid != nil && !strings.EqualFold(guid.attr("ispermalink"), "false") && strings.HasPrefix(guid.content(), "http") {
		offer(guid.content(), 2)
	}
	for _, ref := range []string{n.get("id"), n.attr("rdf:about")} {
		if strings.HasPrefix(ref, "http") {
			offer(ref, 1)
		}
	}
	if content := n.child("content"); content != nil {
		offer(content.attr("src"), 1)
	}
	return best
}

func (n *node) ref() string { return cmp.Or(n.attr("href"), n.content()) }

// weight says how likely a link element is the item's page. Other relations than
// alternate (RFC 4287 section 4.2.7.2) are none.
func (n *node) weight(language string) int {
	weight := 5
	switch rel := strings.ToLower(n.attr("rel")); {
	case rel != "" && rel != "alternate" && !strings.HasSuffix(rel, "/relation/alternate"):
		return 0
	case n.name == "atom:link":
		weight = 4
	}
	if kind := n.attr("type"); kind != "" && !strings.Contains(kind, "html") {
		weight -= 2
	}
	if lang := locale.Primary(n.attr("hreflang")); lang != "" && lang == language {
		weight += 2
	} else if lang != "" && lang != language {
		weight--
	}
	return weight
}

func (r *reader) authorsOf(n *node) (names []string) {
	for _, name := range []string{"dc:creator", "author", "atom:author", "itunes:author"} {
		for _, c := range n.all(name) {
			names = people(names, c)
		}
		if len(names) > 0 {
			return names
		}
	}
	if source := n.child("source"); source != nil && source.child("author") != nil { // RFC 4287 section 4.2.1
		return people(nil, source.child("author"))
	}
	return slices.Clone(r.authors)
}

// people adds whom an element names: by Atom's name, or as "address (Name)". Bare addresses are nobody's business.
func people(names []string, n *node) []string {
	text := n.get("name", "atom:name")
	if text == "" && n.child("email", "uri") == nil {
		text = markup.Text(n.content())
	}
	if text = markup.Text(text); strings.Contains(text, "@") {
		text = personOf(text)
	}
	if text == "" || slices.Contains(names, text) {
		return names
	}
	return append(names, text)
}

func personOf(text string) string {
	if _, behind, ok := strings.Cut(text, "("); ok {
		return strings.TrimSpace(strings.TrimSuffix(behind, ")"))
	}
	if a, err := mail.ParseAddress(text); err == nil {
		return a.Name
	}
	return ""
}

const maxCategories = 30

func categories(n *node) (out []string) {
	for _, name := range []string{"category", "dc:subject"} {
		for _, c := range n.all(name) {
			word := markup.Text(cmp.Or(c.attr("label"), c.attr("term"), c.content()))
			known := slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, word) })
			if word != "" && !known && len(out) < maxCategories {
				out = append(out, word)
			}
		}
	}
	return out
}

// fill sets summary and body from a short and a long text, either of which may be missing.
func (r *reader) fill(item *newsletter.Item, short, long string, base *url.URL) {
	given := long != ""
	if !given && strings.Contains(short, "<") {
		long = short
	}
	text := markup.Text(short)
	if text == "" {
		text = markup.Text(long)
	}
	if at, rest, ok := locale.Embargo(text, r.src.Location()); ok {
		item.Embargo, text = at, rest
	}
	item.Summary = markup.Summary(text, item.Title, newsletter.SummaryLength)
	if long == "" {
		return
	}
	body := markup.Article(long, base)
	if words := markup.Text(body); words != "" && (given || words != item.Summary) {
		item.Body = body
	}
}
