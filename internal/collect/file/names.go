package file

import (
	"regexp"
	"strings"
)

// synonyms are further names that people give to the fields.
var synonyms = map[string]string{
	"headline": "title", "description": "summary", "abstract": "summary", "text": "body", "lang": "language", "published": "published_at", "publication_date": "published_at",
	"embargo": "embargo_until", "start": "starts_at", "starts": "starts_at", "start_date": "starts_at", "begins_at": "starts_at", "end": "ends_at", "ends": "ends_at", "end_date": "ends_at",
	"city": "place", "town": "place", "location": "place", "author": "authors", "category": "categories", "tags": "categories", "contact": "contacts", "email": "contact_email",
	"link": "links", "more": "links", "document": "documents", "web": "url", "website": "url",
}

var fieldNames = map[string]bool{}

func init() {
	for _, name := range strings.Fields(`id kind title subtitle url summary body language date published_at embargo_until starts_at ends_at when all_day place venue status year
		authors categories contacts contact_name contact_email links press_release registration video documents`) {
		fieldNames[name] = true
	}
}

var documentIn = regexp.MustCompile(`^documents?_([a-z]{2,3})$`)

// canonical returns the name of a field as the rest of the package knows it, "" if it means
// nothing. Capitals, blanks and hyphens in names do not matter.
func canonical(name string) string {
	name = strings.ToLower(strings.Join(strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" \t\u00a0_-", r) }), "_"))
	if of, ok := synonyms[name]; ok {
		return of
	}
	if fieldNames[name] || documentIn.MatchString(name) {
		return name
	}
	return ""
}
