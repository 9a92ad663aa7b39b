package calendar

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/newsletter"
)

// series is what the calendar says under one UID: the event, and occurrences of it that differ.
type series struct {
	masters []event
	changes []event
}

// series puts events together by UID, in the order in which they stand. One without a UID stands alone.
func (r *reader) series(events []*component) (out []*series) {
	known := map[string]*series{}
	for _, c := range events {
		e, why := r.event(c)
		if why != nil {
			r.refuse(e.title, "%v", why)
			continue
		}
		s := known[e.uid]
		if s == nil || e.uid == "" {
			s = &series{}
			out = append(out, s)
			known[e.uid] = s
		}
		if e.of == nil {
			s.masters = append(s.masters, e)
		} else {
			s.changes = append(s.changes, e)
		}
	}
	return out
}

// newer compares two versions of an event (RFC 5545 section 3.8.7.4).
func newer(a, b event) int {
	return cmp.Or(cmp.Compare(a.sequence, b.sequence), cmp.Compare(a.stamp, b.stamp))
}

// latest drops older versions. Where several are of the same version and have different
// titles, their UID was given out more than once and they are different events.
func latest(versions []event) []event {
	if len(versions) < 2 {
		return versions
	}
	best := versions[0]
	for _, v := range versions[1:] {
		if newer(v, best) >= 0 {
			best = v
		}
	}
	shared := slices.ContainsFunc(versions, func(v event) bool { return newer(v, best) == 0 && v.title != best.title })
	if !shared {
		return []event{best}
	}
	at := map[string]int{}
	var out []event
	for _, v := range versions {
		i, there := at[v.title]
		switch {
		case !there:
			at[v.title] = len(out)
			out = append(out, v)
		case newer(v, out[i]) >= 0:
			out[i] = v
		}
	}
	for i := range out {
		out[i].uid += "|" + strings.ToLower(out[i].title)
	}
	return out
}

// entries gives a series as items in the order of their starts.
func (r *reader) entries(s *series) (items []newsletter.Item) {
	masters := latest(s.masters)
	var first *event
	if len(masters) > 0 {
		first = &masters[0]
	}
	changes := map[string]event{} // by the occurrence that they change
	for _, c := range s.changes {
		key := r.original(c, first)
		if old, there := changes[key]; !there || newer(c, old) >= 0 {
			changes[key] = c
		}
	}
	for i, master := range masters {
		if i == 0 {
			items = append(items, r.recurring(master, changes)...)
		} else {
			items = append(items, r.recurring(master, nil)...)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(changes)) { // of occurrences outside of what is looked at, or of a series that is not in the file
		c := changes[key]
		switch {
		case first != nil && !r.near(c.start.instant()):
		case first == nil && c.title == "":
			r.refuse("", "it has no SUMMARY")
		default:
			items = append(items, r.changed(c, first, key, c.of.wall))
		}
	}
	slices.SortFunc(items, func(a, b newsletter.Item) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Identity, b.Identity))
	})
	return items
}

// original names the occurrence that a change is of: in a series of whole days by the
// day, else as it is written.
func (r *reader) original(c event, master *event) string {
	m := *c.of
	if master != nil && master.start.day && !m.day {
		m = moment{wall: m.date(r.loc), day: true}
	}
	return m.key()
}

func (r *reader) near(at time.Time) bool {
	return !at.Before(r.now.Add(-behind)) && !at.After(r.now.Add(ahead))
}

// recurring gives an event once, or a repeating one as often as it takes place around
// the day of collecting. It takes the changes that it uses out of the map.
func (r *reader) recurring(e event, changes map[string]event) []newsletter.Item {
	item := r.item(e)
	if !e.repeats() {
		return []newsletter.Item{r.placed(item, e, e.start, e.uid)}
	}
	occurrences, err := r.occurrences(e)
	if err != nil {
		r.refuse(e.title, "%v", err)
		return nil
	}
	var items []newsletter.Item
	course := course{event: e, item: item, later: following(changes)}
	for _, o := range occurrences {
		r.advance(&course, o)
		exact, day := o.key(), o.wall.Format("20060102")
		key := exact
		if _, there := changes[key]; !there {
			key = day // changes may name an occurrence by its day only
		}
		if c, there := changes[key]; there {
			items = append(items, r.changed(c, &e, exact, o.wall))
			delete(changes, key)
			continue
		}
		one, start := course.event, o.moment
		switch {
		case one.of != nil:
			start = shifted(one, start, r.loc)
		case o.length != nil:
			one.length = *o.length
		}
		items = append(items, r.placed(course.item, one, start, e.uid+"|"+exact))
	}
	return items
}

// course is what a series is like at a point of it: as it began, or as the last change
// says that counts for the occurrences after its own as well (RANGE=THISANDFUTURE,
// RFC 5545 section 3.2.13).
type course struct {
	event event
	item  newsletter.Item
	later []event // changes that are still to come
}

func following(changes map[string]event) (out []event) {
	for _, c := range changes {
		p, _ := c.get("RECURRENCE-ID")
		if strings.EqualFold(p.param("RANGE"), "THISANDFUTURE") {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b event) int { return a.of.instant().Compare(b.of.instant()) })
	return out
}

// advance brings a series on to an occurrence.
func (r *reader) advance(c *course, o occurrence) {
	n := 0
	for n < len(c.later) && c.later[n].of.instant().Before(o.instant()) {
		n++
	}
	if n > 0 {
		next := c.later[n-1]
		if next.title == "" {
			next = next.like(c.event)
		}
		c.event, c.item, c.later = next, r.item(next), c.later[n:]
	}
}

// shifted moves an occurrence as far as a change has moved the one that it names.
func shifted(c event, o moment, loc *time.Location) moment {
	was := clock(c.of.instant().In(c.start.loc))
	if c.start.day {
		was = c.of.date(loc)
	}
	to := c.start
	to.wall = clock(o.instant().In(c.start.loc)).Add(c.start.wall.Sub(was))
	return to
}

// changed gives an occurrence that differs from its series. What it must say and does not, the series says.
func (r *reader) changed(c event, master *event, key string, wall time.Time) newsletter.Item {
	if c.undated && master != nil {
		c.start = master.start
		c.start.wall, c.length = wall, master.length
	}
	if c.title == "" && master != nil {
		c = c.like(*master)
	}
	return r.placed(r.item(c), c, c.start, c.uid+"|"+key)
}

// like fills in a change that says only what is different, such as a bare cancellation.
func (e event) like(master event) event {
	merged := *e.component
	merged.props = slices.Concat(e.props, master.props) // the first of a name counts
	e.component, e.title = &merged, master.title
	return e
}

// placed sets when an item is, and what it is known by.
func (r *reader) placed(it newsletter.Item, e event, start moment, identity string) newsletter.Item {
	it.Identity = identity
	if start.day {
		it.AllDay, it.Precision = true, newsletter.Day
		it.StartsAt = at(start.wall, r.loc)
		it.EndsAt = at(start.wall.AddDate(0, 0, max(0, e.length.days-1)), r.loc) // DTEND is not inclusive, EndsAt is (RFC 5545 section 3.6.1)
	} else {
		it.Precision = newsletter.Minute
		it.StartsAt = start.instant()
		it.EndsAt = e.length.after(start.wall, start.loc)
	}
	if e.uid == "" {
		it.Identity = strings.ToLower(it.Title) + "|" + it.StartsAt.UTC().Format(time.DateOnly) + identity
	}
	return it
}
