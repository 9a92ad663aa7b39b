package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/ical"
	"broadsheet/internal/newsletter"
)

// OnWeb is a published issue in one language, with what stands around it on the
// web. It holds no one's link.
type OnWeb struct {
	Proof       newsletter.Proof
	Publication newsletter.Publication
	Issue       newsletter.Issue
	Languages   []string // in which it can be read
	URL         string
	Events      []OnWebEvent
}

// OnWebEvent is an event of an issue that people may put into their calendar.
type OnWebEvent struct {
	Key   string // names it in addresses, the same in every issue
	Event ical.Event
}

// OnWeb returns a published issue; anything else is NotFound.
func (d *Desk) OnWeb(ctx context.Context, publicID, language string) (OnWeb, error) {
	proof, err := d.WebView(ctx, publicID, language)
	if err != nil {
		return OnWeb{}, err
	}
	issue, err := d.Issues.IssueByPublicID(ctx, publicID)
	if err != nil {
		return OnWeb{}, err
	}
	pub, err := d.Publication(issue.Publication)
	if err != nil {
		return OnWeb{}, err
	}
	proofs, err := d.Issues.Proofs(ctx, issue.ID, issue.Revision)
	if err != nil {
		return OnWeb{}, err
	}
	w := OnWeb{Proof: proof, Publication: pub, Issue: issue, URL: d.address(pub, issue, language)}
	for _, tag := range pub.Languages {
		if slices.ContainsFunc(proofs, func(p newsletter.Proof) bool { return p.Language == tag }) {
			w.Languages = append(w.Languages, tag)
		}
	}
	for _, e := range issue.Content.Read(pub, language) {
		if item, _ := e.In(language); item.Kind == newsletter.Event {
			w.Events = append(w.Events, d.event(w, e, item, language))
		}
	}
	return w, nil
}

// In returns where the same issue stands in another language.
func (w OnWeb) In(language string) string {
	return strings.TrimSuffix(w.URL, "/"+w.Proof.Language) + "/" + language
}

// Description is what an issue is about, in a line or two: its summary, or its first headlines.
func (w OnWeb) Description() string {
	return description(w.Issue, w.Publication, w.Proof.Language)
}

func description(issue newsletter.Issue, pub newsletter.Publication, language string) string {
	c := issue.Content
	if s := c.Summary.In(language, pub.Fallback()); s != "" {
		return s
	}
	var titles []string
	for _, e := range c.Read(pub, language) {
		if len(titles) < 3 {
			title, _ := e.Headlined(language, pub.Fallback())
			titles = append(titles, title)
		}
	}
	return strings.Join(titles, " · ")
}

// Calendar is the agenda of the issue as a file, or one of its events.
func (w OnWeb) Calendar(key string) ([]byte, error) {
	c := ical.Calendar{Name: w.Publication.Title.In(w.Proof.Language, w.Publication.Fallback()), Language: w.Proof.Language}
	for _, e := range w.Events {
		if key == "" || key == e.Key {
			c.Events = append(c.Events, e.Event)
		}
	}
	if len(c.Events) == 0 {
		return nil, fault.NotFoundf("this issue has no such event")
	}
	return c.Bytes(), nil
}

// address is where an issue stands on the web: no one's, so that it can be passed on.
func (d *Desk) address(pub newsletter.Publication, issue newsletter.Issue, language string) string {
	return d.Links.Test(pub, issue, "", "", language).WebView
}

// event writes an entry for calendars. Its UID is that of the first language's
// item, so that a later issue, in whatever language, changes the same event.
func (d *Desk) event(w OnWeb, e newsletter.Entry, item newsletter.Item, language string) OnWebEvent {
	uid := d.Links.MessageID(w.Publication, "event", strconv.FormatInt(e.Item.ID, 10))
	key, _, _ := strings.Cut(uid, "@")
	v := ical.Event{UID: uid, Start: item.StartsAt, End: item.EndsAt, AllDay: item.AllDay, URL: item.URL, Status: "CONFIRMED"}
	if item.Language != language {
		v.Language = item.Language
	}
	fallback := w.Publication.Fallback()
	v.Title, v.TitleIn = e.Headlined(language, fallback)
	v.Description, v.DescribedIn = e.Summarised(language, fallback)
	v.Description = strings.TrimSpace(v.Description + "\n\n" + e.Note.In(language, fallback))
	switch {
	case item.Off():
		v.Status = "CANCELLED"
	case item.Status == "tentative":
		v.Status = "TENTATIVE"
	}
	v.Place = strings.Join(slices.DeleteFunc([]string{item.Venue, item.Place}, func(s string) bool { return s == "" }), ", ")
	for _, at := range []time.Time{item.ChangedAt, item.FirstSeenAt, w.Issue.CreatedAt} {
		if v.Changed.IsZero() {
			v.Changed = at
		}
	}
	if !item.NewsAt.IsZero() { // moved or cancelled: a program takes what has the higher number
		v.Sequence = int(item.NewsAt.Unix() / 60)
	}
	return OnWebEvent{key, v}
}
