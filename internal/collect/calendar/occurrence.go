package calendar

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// occurrence is when a series takes place; its length is nil where it is that of the series.
type occurrence struct {
	moment
	length *length
}

func (e event) repeats() bool {
	return slices.ContainsFunc(e.props, func(p property) bool { return p.name == "RRULE" || p.name == "RDATE" })
}

// occurrences returns when a series takes place in what is looked at, in order
// (RFC 5545 section 3.8.5).
func (r *reader) occurrences(e event) ([]occurrence, error) {
	wanted := span{clock(r.now.Add(-behind).In(e.start.loc)), clock(r.now.Add(ahead).In(e.start.loc)), maxOccurrences}
	var out []occurrence
	_, ruled := e.get("RRULE")
	if !ruled { // RDATE adds to the first, which a rule gives itself
		out = append(out, occurrence{moment: e.start})
	}
	walls, err := r.ruled(e, "RRULE", wanted)
	if err != nil {
		return nil, err
	}
	for _, wall := range walls {
		m := e.start
		m.wall = wall
		out = append(out, occurrence{moment: m})
	}
	for _, p := range e.all("RDATE") {
		for _, value := range strings.Split(p.value, ",") {
			o, ok := r.added(e, p, value)
			if ok && len(out) < 2*maxOccurrences && wanted.holds(o.wall) {
				out = append(out, o)
			}
		}
	}
	except, err := r.exceptions(e, wanted)
	if err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(out, func(o occurrence) bool {
		return !wanted.holds(o.wall) || except[o.key()] || except[o.wall.Format("20060102")]
	})
	slices.SortStableFunc(out, func(a, b occurrence) int { return a.instant().Compare(b.instant()) })
	out = slices.CompactFunc(out, func(a, b occurrence) bool { return a.key() == b.key() })
	return out[:min(len(out), maxOccurrences)], nil
}

// ruled follows the rules of one name.
func (r *reader) ruled(e event, name string, wanted span) (out []time.Time, err error) {
	for i, p := range e.all(name) {
		if i == 5 {
			return nil, errors.New("it has more than five rules")
		}
		rule, err := parseRule(p.value, e.start.wall, e.start.loc)
		if err != nil {
			return nil, err
		}
		found, all := rule.expand(e.start.wall, wanted, &r.steps)
		if !all {
			return nil, errors.New("its rule takes too long to follow")
		}
		out = append(out, found...)
	}
	return out, nil
}

// added reads one value of RDATE: a date, or a period with its end or length.
func (r *reader) added(e event, p property, value string) (occurrence, bool) {
	begin, end, isPeriod := strings.Cut(value, "/")
	m, err := r.moment(p, begin)
	if err != nil {
		return occurrence{}, false
	}
	if e.start.day {
		return occurrence{moment: moment{wall: m.date(r.loc), loc: r.loc, day: true}}, true
	}
	if m.day { // a day in a series of times: at the usual time
		m = moment{wall: m.wall.Add(e.start.wall.Sub(e.start.wall.Truncate(24 * time.Hour))), loc: e.start.loc, utc: e.start.utc}
	}
	o := occurrence{moment: m}
	if !isPeriod {
		return o, true
	}
	if long, err := duration(end); err == nil {
		o.length = &long
	} else if to, err := r.moment(p, end); err == nil {
		o.length = &length{hours: max(0, to.instant().Sub(m.instant()))}
	}
	return o, true
}

// exceptions returns what is taken out of a series, by the keys of occurrences.
func (r *reader) exceptions(e event, wanted span) (map[string]bool, error) {
	out := map[string]bool{}
	var unread error
	for _, p := range e.all("EXDATE") {
		for _, value := range strings.Split(p.value, ",") {
			m, err := r.moment(p, value)
			if err != nil {
				unread = err
				continue
			}
			if e.start.day && !m.day {
				m = moment{wall: m.date(r.loc), day: true}
			}
			out[m.key()] = true
		}
	}
	if unread != nil {
		r.note("%q: EXDATE: %v; it takes nothing out of the series", e.title, unread)
	}
	walls, err := r.ruled(e, "EXRULE", wanted)
	for _, wall := range walls {
		m := e.start
		m.wall = wall
		out[m.key()] = true
	}
	return out, err
}
