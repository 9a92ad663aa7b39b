package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/ical"
	"broadsheet/internal/newsletter"
)

// Archived is an issue as an archive lists it.
type Archived struct {
	Issue       newsletter.Issue
	URL         string
	Headline    string
	Description string
	Found       []string // the headlines in which something was found that was looked for
}

// maxFound is how many headlines are shown of an issue in which something was found.
const maxFound = 4

// Archive returns the issues of a publication's public archive, the newest first, as
// readers of a language see them: with search, those in which every word of it stands.
func (d *Desk) Archive(ctx context.Context, pub newsletter.Publication, language, search string) ([]Archived, error) {
	issues, err := d.Published(ctx, pub)
	if err != nil {
		return nil, err
	}
	words := strings.Fields(strings.ToLower(search))
	var out []Archived
	for _, issue := range issues {
		a := Archived{Issue: issue, URL: d.address(pub, issue, language), Headline: issue.Content.Headline.In(language, pub.Fallback()), Description: description(issue, pub, language)}
		if len(words) > 0 && !a.find(words, pub, language) {
			continue
		}
		out = append(out, a)
	}
	return out, nil
}

// find reports whether every word stands somewhere in an issue, in any language, and
// notes the headlines of the entries that hold one.
func (a *Archived) find(words []string, pub newsletter.Publication, language string) bool {
	c := a.Issue.Content
	whole := fold(c.Headline, c.Summary, c.Editorial)
	for _, e := range c.Read(pub, language) {
		text := fold(e.Headline, e.Summary) + " " + itemText(e.Item)
		for _, other := range e.Others {
			text += " " + itemText(other)
		}
		if len(a.Found) < maxFound && slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) }) {
			title, _ := e.Headlined(language, pub.Fallback())
			a.Found = append(a.Found, title)
		}
		whole += " " + text
	}
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(whole, w) })
}

func fold(texts ...newsletter.Text) string {
	var b strings.Builder
	for _, t := range texts {
		for _, words := range t {
			b.WriteString(strings.ToLower(words) + " ")
		}
	}
	return b.String()
}

func itemText(i newsletter.Item) string {
	return strings.ToLower(strings.Join([]string{i.Title, i.Subtitle, i.Summary, i.Place, i.Venue}, " "))
}

// Agenda is the events of a publication's public archive as one calendar, each as
// the newest issue has it: what programs subscribe to.
func (d *Desk) Agenda(ctx context.Context, pub newsletter.Publication, language string) ([]byte, error) {
	issues, err := d.Published(ctx, pub)
	if err != nil {
		return nil, err
	}
	c := ical.Calendar{Name: pub.Title.In(language, pub.Fallback()), Language: language}
	seen, since := map[string]bool{}, d.Now().Add(-agendaKept)
	for _, issue := range issues {
		w := OnWeb{Publication: pub, Issue: issue}
		for _, e := range issue.Content.Entries {
			item, own := e.In(language)
			if item.Kind != newsletter.Event || item.StartsAt.Before(since) || !own && pub.Untranslated == "drop" || issue.Content.Hidden(e.Section, language) {
				continue
			}
			if v := d.event(w, e, item, language); !seen[v.Key] {
				seen[v.Key] = true
				c.Events = append(c.Events, v.Event)
			}
		}
	}
	if len(c.Events) == 0 {
		return nil, fault.NotFoundf("this archive has no events")
	}
	return c.Bytes(), nil
}

// agendaKept is how long an event stays in the archive's calendar.
const agendaKept = 365 * 24 * time.Hour
