package compose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/newsletter"
)

// against is the rule of a section for one item in all its languages: what speaks
// against it, "" if nothing does.
func (in Input) against(s newsletter.Section, e newsletter.Entry, since time.Time) string {
	item := e.Item
	switch {
	case !s.Takes(item.Kind):
		return fmt.Sprintf("the section takes %s, and it is %s", takes(s), item.Kind)
	case len(s.Sources) > 0 && !fromAny(s.Sources, e):
		return fmt.Sprintf("the section does not take from source %s", item.Source)
	case len(s.Languages) > 0 && !speaksAny(s.Languages, e):
		return fmt.Sprintf("the section takes what is in %s, and it is in %s", strings.Join(s.Languages, ", "), item.Language)
	case in.Publication.Untranslated == "drop" && !speaksAny(in.Publication.Languages, e):
		return fmt.Sprintf("nobody would see it: it is in %s, and the publication drops what is in none of its languages", item.Language)
	case item.Rejected:
		return "it was rejected by " + item.EditedBy
	case item.Embargo.After(in.Now):
		return "it is under embargo until " + in.when(item.Embargo, false)
	case in.stood(e) && item.Kind == newsletter.Event && s.Repeats() && item.Off():
		return in.subject(e) + " stood in another issue, and readers were told there that it is off"
	case in.stood(e) && !(item.Kind == newsletter.Event && s.Repeats()):
		return in.subject(e) + " stood in another issue, and has not become news again since"
	case item.Kind == newsletter.Event:
		return cmp.Or(in.overtaken(e), in.ahead(s, e))
	case pinned(e) || in.carried(e):
		return ""
	}
	return in.recent(item, e, since)
}

// recent says what speaks against an item's date.
func (in Input) recent(item newsletter.Item, e newsletter.Entry, since time.Time) string {
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

// marked leaves on items only such changes as readers of another issue must hear
// of, and says of what is listed once more that it is.
func (in Input) marked(e newsletter.Entry) newsletter.Entry {
	e.Again = in.stood(e)
	if in.placed(e) && !e.Again {
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

// placed reports whether an entry, or the same from another source, stands in another issue.
func (in Input) placed(e newsletter.Entry) bool {
	twin := func(i newsletter.Item) bool { return in.stoodIn[i.ID] != "" }
	return anyOf(in.Placed, e) || slices.ContainsFunc(all(e), twin)
}

// carried reports whether the last issue had no room for an entry.
func (in Input) carried(e newsletter.Entry) bool { return anyOf(in.Carried, e) }

func anyOf(ids map[int64]bool, e newsletter.Entry) bool {
	return slices.ContainsFunc(all(e), func(i newsletter.Item) bool { return ids[i.ID] })
}

func speaksAny(languages []string, e newsletter.Entry) bool {
	return slices.ContainsFunc(languages, func(tag string) bool {
		_, speaks := e.In(tag)
		return speaks
	})
}

// takes lists the kinds of a section.
func takes(s newsletter.Section) string {
	kinds := []string{string(s.Kind)}
	for _, kind := range s.Kinds {
		if kind != s.Kind {
			kinds = append(kinds, string(kind))
		}
	}
	return strings.Join(kinds, ", ")
}

// ahead says what speaks against an event's days, on the day the issue is to be sent.
func (in Input) ahead(s newsletter.Section, e newsletter.Entry) string {
	item := e.Item
	if item.StartsAt.IsZero() {
		return "nobody knows when it is"
	}
	at := in.Now
	if in.SendAt.After(at) {
		at = in.SendAt
	}
	loc := in.Publication.Location()
	today := at.In(loc)
	from := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, loc)
	if s.Past == "keep_month" {
		from = time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, loc)
	}
	switch end := item.Until(loc); {
	case end.Before(from) && !end.Before(in.Now):
		return fmt.Sprintf("it is over by %s, when the issue is to be sent", in.when(at, false))
	case end.Before(from):
		return "it is over since " + in.when(end, item.AllDay)
	case !pinned(e) && item.StartsAt.After(at.Add(time.Duration(s.Ahead))):
		return fmt.Sprintf("it begins on %s, and the section looks %d days ahead", in.when(item.StartsAt, item.AllDay), int(time.Duration(s.Ahead).Hours()/24))
	}
	return ""
}
