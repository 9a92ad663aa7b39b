package calendar

import (
	"slices"
	"time"
)

// span is what of a series is wanted: occurrences from one wall clock to another, at most so many.
type span struct {
	from, to time.Time
	most     int
}

func (s span) holds(wall time.Time) bool { return !wall.Before(s.from) && !wall.After(s.to) }

// expand returns a rule's occurrences on the wall clock, in order. It takes a step off for each
// day and time looked at; all is false where they were used up before the end.
func (r rule) expand(start time.Time, wanted span, steps *int) (out []time.Time, all bool) {
	own := min(*steps, seriesSteps)
	*steps -= own
	defer func() { *steps += own }()
	counted := 0
	for n := r.first(start, wanted.from); ; n++ {
		low, high := r.period(start, n)
		if low.After(wanted.to) || !r.until.IsZero() && low.After(r.until) {
			return out, true
		}
		for _, t := range r.within(low, high, &own) {
			switch {
			case t.Before(start):
				continue
			case t.After(wanted.to) || !r.until.IsZero() && t.After(r.until):
				return out, true
			case !t.Before(wanted.from):
				out = append(out, t)
			}
			if counted++; counted == r.count || len(out) == wanted.most {
				return out, true
			}
		}
		if own--; own <= 0 {
			own = 0
			return out, false
		}
	}
}

// first is the period to begin with: what is long past is skipped, except where occurrences are counted.
func (r rule) first(start, from time.Time) int {
	if r.count > 0 || !from.After(start) {
		return 0
	}
	days := int((from.Unix() - start.Unix()) / 86400)
	periods := map[frequency]int{
		daily: days, weekly: days / 7,
		monthly: (from.Year()-start.Year())*12 + int(from.Month()) - int(start.Month()),
		yearly:  from.Year() - start.Year(),
	}[r.every]
	return max(0, (periods-1)/r.interval)
}

// period returns the first day of the nth period and the first after it.
func (r rule) period(start time.Time, n int) (low, high time.Time) {
	y, m, d := start.Date()
	n *= r.interval
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	switch r.every {
	case yearly:
		return day(y+n, 1, 1), day(y+n+1, 1, 1)
	case monthly:
		return day(y, m+time.Month(n), 1), day(y, m+time.Month(n)+1, 1)
	case weekly:
		d -= int(start.Weekday()-r.wkst+7) % 7
		return day(y, m, d+7*n), day(y, m, d+7*n+7)
	}
	return day(y, m, d+n), day(y, m, d+n+1)
}

// within returns the occurrences of one period.
func (r rule) within(low, high time.Time, steps *int) (out []time.Time) {
	months := r.lists["BYMONTH"]
	for d := low; d.Before(high) && *steps > 0; d = d.AddDate(0, 0, 1) {
		*steps -= r.cost
		if len(months) > 0 && !slices.Contains(months, int(d.Month())) {
			d = time.Date(d.Year(), d.Month()+1, 0, 0, 0, 0, 0, time.UTC) // to the month's last day
			continue
		}
		if !r.on(d) {
			continue
		}
		*steps -= len(r.times) - 1
		for _, t := range r.times {
			out = append(out, d.Add(t))
		}
	}
	places := r.lists["BYSETPOS"]
	if len(places) == 0 {
		return out
	}
	var chosen []time.Time
	for i, t := range out {
		if slices.Contains(places, i+1) || slices.Contains(places, i-len(out)) {
			chosen = append(chosen, t)
		}
	}
	return chosen
}

// on reports whether a day fulfils the rule.
func (r rule) on(d time.Time) bool {
	if list := r.lists["BYMONTHDAY"]; len(list) > 0 && !either(list, d.Day(), daysOf(d.Year(), d.Month())) {
		return false
	}
	if list := r.lists["BYYEARDAY"]; len(list) > 0 && !either(list, d.YearDay(), yearLength(d.Year())) {
		return false
	}
	if list := r.lists["BYWEEKNO"]; len(list) > 0 {
		year, week := r.week(d)
		_, last := r.week(time.Date(year, 12, 28, 0, 0, 0, 0, time.UTC)) // always in the last week
		if !either(list, week, last) {
			return false
		}
	}
	return len(r.days) == 0 || slices.ContainsFunc(r.days, func(w nth) bool { return r.matches(w, d) })
}

// either reports whether a list has n of last, counted from the front or, below zero, from the back.
func either(list []int, n, last int) bool {
	return slices.Contains(list, n) || slices.Contains(list, n-last-1)
}

func (r rule) matches(w nth, d time.Time) bool {
	if d.Weekday() != w.day {
		return false
	}
	if w.n == 0 || r.every == daily || r.every == weekly {
		return true
	}
	n, last := d.Day(), daysOf(d.Year(), d.Month())
	if r.every == yearly && len(r.lists["BYMONTH"]) == 0 {
		n, last = d.YearDay(), yearLength(d.Year())
	}
	return w.n == (n-1)/7+1 || w.n == -((last-n)/7+1)
}

// week returns the year and number of a day's week: the week belongs to the year that has four of its days.
func (r rule) week(d time.Time) (year, number int) {
	fourth := d.AddDate(0, 0, 3-int(d.Weekday()-r.wkst+7)%7)
	return fourth.Year(), (fourth.YearDay()-1)/7 + 1
}

func daysOf(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func yearLength(year int) int { return time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay() }
