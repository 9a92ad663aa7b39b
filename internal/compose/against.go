package compose

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"broadsheet/internal/newsletter"
)

// against is the rule of a section for one item in all its languages: what speaks
// against it, "" if nothing does.
func (in Input) against(s newsletter.Section, e newsletter.Entry, since time.Time) string {
	item := e.Item
	switch {
	case item.Kind != s.Kind:
		return fmt.Sprintf("the section takes %s, and it is %s", s.Kind, item.Kind)
	case len(s.Sources) > 0 && !fromAny(s.Sources, e):
		return fmt.Sprintf("the section does not take from source %s", item.Source)
	case item.Rejected:
		return "it was rejected by " + item.EditedBy
	case item.Embargo.After(in.Now):
		return "it is under embargo until " + in.when(item.Embargo, false)
	case in.stood(e):
		return "it stood in another issue, and has not become news again since"
	case item.Kind == newsletter.Event:
		return in.ahead(s, item)
	}
	if item.NewsAt.After(since) && in.placed(e) {
		return ""
	}
	when := item.When()
	if item.Precision == newsletter.Day {
		// A day without a time counts until its end, so that news of the day of the last issue is not lost.
		when = when.Add(24*time.Hour - time.Millisecond)
	}
	late := !in.Since.IsZero() && !item.FirstSeenAt.Before(since) && !when.Before(since.Add(-Late))
	switch {
	case item.When().After(in.Now):
		return fmt.Sprintf("its date, %s, has not come yet", in.when(item.When(), item.Precision == newsletter.Day))
	case when.Before(since) && !late:
		return fmt.Sprintf("its date, %s, is before this issue's time, which begins on %s", in.when(item.When(), item.Precision == newsletter.Day), in.when(since, false))
	}
	return ""
}

// when writes an instant, or a day, for a person.
func (in Input) when(t time.Time, day bool) string {
	if day {
		return t.Format("2 January 2006")
	}
	return t.In(in.Publication.Location()).Format("2 January 2006, 15:04")
}

// marked leaves on items only such changes as readers of another issue must hear of.
func (in Input) marked(e newsletter.Entry) newsletter.Entry {
	if in.placed(e) {
		return e
	}
	e.Item.MovedFrom, e.Item.NewLanguages = time.Time{}, nil
	others := maps.Clone(e.Others)
	for language, other := range others {
		other.MovedFrom, other.NewLanguages = time.Time{}, nil
		others[language] = other
	}
	e.Others = others
	return e
}

func fromAny(sources []string, e newsletter.Entry) bool {
	if slices.Contains(sources, e.Item.Source) {
		return true
	}
	for _, other := range e.Others {
		if slices.Contains(sources, other.Source) {
			return true
		}
	}
	return false
}

// stood reports whether an item was in another issue, in any language, and is no news since.
func (in Input) stood(e newsletter.Entry) bool {
	return in.placed(e) && !e.Item.NewsAt.After(in.Since)
}

func (in Input) placed(e newsletter.Entry) bool {
	if in.Placed[e.Item.ID] {
		return true
	}
	for _, other := range e.Others {
		if in.Placed[other.ID] {
			return true
		}
	}
	return false
}

// ahead says what speaks against an event's days.
func (in Input) ahead(s newsletter.Section, item newsletter.Item) string {
	if item.StartsAt.IsZero() {
		return "nobody knows when it is"
	}
	loc := in.Publication.Location()
	now := in.Now.In(loc)
	from := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, loc)
	if s.Past == "keep_month" {
		from = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, loc)
	}
	end := item.EndsAt
	if end.Before(item.StartsAt) {
		end = item.StartsAt
	}
	if item.AllDay {
		end = end.Add(24*time.Hour - time.Millisecond)
	}
	switch {
	case end.Before(from):
		return "it is over since " + in.when(end, item.AllDay)
	case item.StartsAt.After(in.Now.Add(time.Duration(s.Ahead))):
		return fmt.Sprintf("it begins on %s, and the section looks %d days ahead", in.when(item.StartsAt, item.AllDay), int(time.Duration(s.Ahead).Hours()/24))
	}
	return ""
}
