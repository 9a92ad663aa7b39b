package compose

import (
	"fmt"

	"broadsheet/internal/newsletter"
)

// Twins are the same thing from two sources. In one issue they stand once (see
// names); across issues, what readers were told of one they were told of the other,
// and the source that knows of a change is believed before one that has not heard.
type twins map[string][]newsletter.Item // by name

// twinned returns the input with the twins of its items found, and of what stood in other issues.
func (in Input) twinned() Input {
	in.twins = twins{}
	for _, item := range in.Items {
		for _, name := range names(newsletter.Entry{Item: item}) {
			in.twins[name] = append(in.twins[name], item)
		}
	}
	in.stoodIn = map[int64]string{}
	for _, item := range in.Items {
		for _, twin := range in.twins.of(item) {
			if twin.Source != item.Source && in.Placed[twin.ID] && !in.Placed[item.ID] {
				in.stoodIn[item.ID] = twin.Source
			}
		}
	}
	return in
}

// subject names what stood in another issue: the entry itself, or its twin.
func (in Input) subject(e newsletter.Entry) string {
	if source := in.stoodIn[e.Item.ID]; source != "" && !anyOf(in.Placed, e) {
		return "the same from source " + source
	}
	return "it"
}

// of returns the items that share a name with an item, or have one that it had
// before it was moved.
func (t twins) of(item newsletter.Item) (found []newsletter.Item) {
	known := names(newsletter.Entry{Item: item})
	if !item.MovedFrom.IsZero() {
		known = append(known, names(newsletter.Entry{Item: before(item)})...)
	}
	for _, name := range known {
		found = append(found, t[name]...)
	}
	return found
}

// before is an event as it was before it was moved.
func before(item newsletter.Item) newsletter.Item {
	item.StartsAt = item.MovedFrom
	return item
}

// overtaken says that another source knows better of an event: that it was moved
// from the day on which this one has it, or is off. "" if none does.
func (in Input) overtaken(e newsletter.Entry) string {
	for _, other := range in.Items {
		if other.Kind != newsletter.Event || other.Source == e.Item.Source || other.Rejected || other.NewsAt.IsZero() || !other.NewsAt.After(e.Item.NewsAt) || fold(other.Title) != fold(e.Item.Title) {
			continue
		}
		switch {
		case !other.MovedFrom.IsZero() && day(before(other)) == day(e.Item):
			return fmt.Sprintf("source %s says that it was moved to %s", other.Source, in.when(other.StartsAt, other.AllDay))
		case other.Off() && !e.Item.Off() && day(other) == day(e.Item):
			return fmt.Sprintf("source %s says that it is %s", other.Source, other.Status)
		}
	}
	return ""
}
