// Package feed reads RSS 0.9 to 2.0, RDF, Atom and JSON Feed into items. It is
// pure: bytes in, items out.
//
// It walks the document by a scanner of its own instead of wrapping a feed
// library or encoding/xml: the known ones lose a whole feed to one bad byte or a
// truncation, rewrite ids, leave relative links and lose dates in other languages.
// Here each item is read on its own, so a broken feed gives its whole items and a
// warning.
package feed

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// Parse returns a feed's items and what was wrong with the ones left out.
func Parse(src newsletter.Source, raw newsletter.Raw) (items []newsletter.Item, refused []string, err error) {
	base, err := url.Parse(raw.URL)
	if err != nil {
		return nil, nil, fault.Invalidf("source %s: %w", src.ID, err)
	}
	text := strings.TrimSpace(markup.Decode(raw.Body, raw.ContentType))
	r := &reader{src: src, base: base, language: src.Language}
	if strings.HasPrefix(text, "{") {
		err = r.json(text)
	} else {
		err = r.xml(text)
	}
	return r.items, r.refused, err
}

var (
	ttl    = regexp.MustCompile(`(?i)<ttl>\s*(\d{1,6})\s*</ttl>`)
	period = regexp.MustCompile(`(?i)<\w+:updatePeriod>\s*(hourly|daily|weekly|monthly|yearly)\s*</`)
	often  = regexp.MustCompile(`(?i)<\w+:updateFrequency>\s*(\d{1,4})\s*</`)
	spans  = map[string]time.Duration{"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour, "monthly": 30 * 24 * time.Hour, "yearly": 365 * 24 * time.Hour}
)

// ttlWithin is how far into a feed its own pace is looked for: it stands before the items.
const ttlWithin = 8 << 10

// TTL returns how long a feed says it stays good (RSS 2.0 ttl, in minutes, or the
// syndication module of RSS 1.0), 0 where it does not.
func TTL(raw newsletter.Raw) time.Duration {
	head := raw.Body[:min(len(raw.Body), ttlWithin)]
	if m := ttl.FindSubmatch(head); m != nil {
		minutes, _ := strconv.Atoi(string(m[1])) // six digits
		return time.Duration(minutes) * time.Minute
	}
	m := period.FindSubmatch(head)
	if m == nil {
		return 0
	}
	span, times := spans[strings.ToLower(string(m[1]))], 1
	if m := often.FindSubmatch(head); m != nil {
		times, _ = strconv.Atoi(string(m[1])) // four digits
	}
	return span / time.Duration(max(times, 1))
}

// reader reads one document.
type reader struct {
	src      newsletter.Source
	base     *url.URL
	language string
	authors  []string // of the whole feed
	items    []newsletter.Item
	refused  []string
}

func (r *reader) xml(text string) error {
	s := &scanner{text: text, prefixes: map[string]string{}}
	root, ended := "", false
	for len(r.items) < r.src.Max {
		e, err := s.next()
		if err == io.EOF && (root == "" || ended || len(r.items) > 0) {
			break
		}
		ended = ended || err == nil && e.kind == '/' && roots[e.name]
		if err == nil && e.kind == '<' && (root != "" || !noise[e.name]) {
			if root == "" {
				if root, s.own, err = rooted(r.src, e.name); err != nil {
					return err
				}
				ended = e.closed
			}
			err = r.element(s, e)
		}
		if err != nil {
			return r.cut(root, err)
		}
	}
	if root == "" {
		return fault.Invalidf("source %s: %s is empty, not a feed", r.src.ID, r.base)
	}
	return nil
}

// cut says where a document breaks off. What was whole before stays.
func (r *reader) cut(root string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
		err = errors.New("the document ends in the middle")
	}
	if root == "" || len(r.items) == 0 {
		return fault.Invalidf("source %s: the feed breaks off before its first item ends: %w", r.src.ID, err)
	}
	r.refused = append(r.refused, fmt.Sprintf("the feed breaks off after %d items: %v", len(r.items), err))
	return nil
}

// rooted checks a document's first element and returns its name and prefix.
func rooted(src newsletter.Source, name string) (root, prefix string, err error) {
	prefix, local, prefixed := strings.Cut(name, ":")
	if !prefixed {
		prefix, local = "", name
	}
	switch {
	case roots[name] || roots[local]:
		return local, prefix, nil
	case local == "html" || local == "body" || local == "head":
		return "", "", fault.WithHint(fault.Invalidf("source %s: a feed was expected, but this is an HTML page", src.ID), "use page: with rules, or look for the page's feed with `broadsheet source discover`")
	}
	return "", "", fault.Invalidf("source %s: a feed was expected, but this is <%s>", src.ID, name)
}

// element reads what matters around and in items; everything else is walked past.
func (r *reader) element(s *scanner, e event) error {
	switch e.name {
	case "item", "entry":
		n, err := s.subtree(e)
		if err != nil {
			return err
		}
		r.add(n)
	case "language", "dc:language", "author":
		n, err := s.subtree(e)
		if err != nil {
			return err
		}
		if e.name == "author" {
			r.authors = people(r.authors, n)
		} else if r.src.Language == "" {
			r.language = locale.Primary(n.content())
		}
	case "image", "textinput": // they have a title and a link, too
		_, err := s.subtree(e)
		return err
	case "feed", "rss", "rdf:rdf", "rdf", "channel":
		n := node{attrs: e.attrs}
		r.rebase(n.attr("xml:base"))
		if lang := locale.Primary(n.attr("xml:lang")); lang != "" && r.src.Language == "" {
			r.language = lang
		}
	}
	return nil
}

func (r *reader) rebase(ref string) {
	if u, err := r.base.Parse(ref); ref != "" && err == nil {
		r.base = u
	}
}
