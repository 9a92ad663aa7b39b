package web

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

// Atom, RFC 4287.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Tagline string      `xml:"subtitle,omitempty"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string   `xml:"id"`
	Title     string   `xml:"title"`
	Link      atomLink `xml:"link"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Summary   string   `xml:"summary"`
}

// feedLength is how many issues a feed has.
const feedLength = 30

// listed returns a publication with a public archive, and the language of a request that it has.
func (s *Site) listed(r *http.Request) (newsletter.Publication, locale.Locale, error) {
	pubs := slices.DeleteFunc(s.shown(), func(p newsletter.Publication) bool { return p.ID != r.PathValue("publication") })
	if len(pubs) == 0 {
		return newsletter.Publication{}, locale.Locale{}, fault.NotFoundf("no public archive")
	}
	tag := r.URL.Query().Get("lang")
	if !slices.Contains(pubs[0].Languages, tag) {
		tag = pubs[0].Fallback()
	}
	return pubs[0], locale.For(tag), nil
}

func (s *Site) feed(w http.ResponseWriter, r *http.Request) error {
	pub, words, err := s.listed(r)
	if err != nil {
		return err
	}
	issues, err := s.Desk.Archive(r.Context(), pub, words.Tag, "")
	if err != nil {
		return err
	}
	title := pub.Title.In(words.Tag, pub.Fallback())
	at := strings.TrimSuffix(s.URL, "/") + "/archive/" + pub.ID
	f := atomFeed{Lang: words.Tag, ID: at + "#" + words.Tag, Title: title, Tagline: pub.Tagline.In(words.Tag, pub.Fallback()), Author: title, Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Links: []atomLink{{"self", "application/atom+xml", at + "/feed.atom?lang=" + words.Tag}, {"alternate", "text/html", at + "?lang=" + words.Tag}}}
	for _, i := range issues[:min(len(issues), feedLength)] {
		e := atomEntry{ID: i.URL, Title: title + ", " + name(i, words), Link: atomLink{"alternate", "text/html", i.URL}, Published: i.Issue.Content.Date.UTC().Format(time.RFC3339),
			Updated: i.Issue.UpdatedAt.UTC().Format(time.RFC3339), Summary: i.Description}
		if len(f.Entries) == 0 {
			f.Updated = e.Updated
		}
		f.Entries = append(f.Entries, e)
	}
	text, err := xml.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=900")
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	_, err = w.Write(append([]byte(xml.Header), text...))
	return err
}

// archiveAgenda is the archive's events, for calendar programs to subscribe to.
func (s *Site) archiveAgenda(w http.ResponseWriter, r *http.Request) error {
	pub, words, err := s.listed(r)
	if err != nil {
		return err
	}
	file, err := s.Desk.Agenda(r.Context(), pub, words.Tag)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=900")
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `inline; filename="`+pub.ID+`.ics"`)
	_, err = w.Write(file)
	return err
}
