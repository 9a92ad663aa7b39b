package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// frequency is how long a rule's period is.
type frequency int

const (
	daily frequency = iota + 1
	weekly
	monthly
	yearly
)

var frequencies = map[string]frequency{"DAILY": daily, "WEEKLY": weekly, "MONTHLY": monthly, "YEARLY": yearly}

var weekdays = map[string]time.Weekday{"SU": time.Sunday, "MO": time.Monday, "TU": time.Tuesday, "WE": time.Wednesday, "TH": time.Thursday, "FR": time.Friday, "SA": time.Saturday}

// nth is a BYDAY: a weekday, every one of them or the nth of its month or year.
type nth struct {
	n   int
	day time.Weekday
}

// rule is an RRULE (RFC 5545 section 3.3.10). It is followed here and not by a
// library, because a rule that no day fulfils must end, and because years of
// occurrences before those that are wanted must cost nothing.
type rule struct {
	every    frequency
	interval int
	count    int
	until    time.Time // on the wall clock of the series; zero: none
	wkst     time.Weekday
	days     []nth
	lists    map[string][]int // BYMONTH and the like
	times    []time.Duration  // of a day, in order
	cost     int              // steps that a day takes: long lists take more
}

// bounds of the lists' numbers, by absolute value.
var bounds = map[string][2]int{"BYMONTH": {1, 12}, "BYMONTHDAY": {1, 31}, "BYYEARDAY": {1, 366}, "BYWEEKNO": {1, 53}, "BYSETPOS": {1, 366},
	"BYHOUR": {0, 23}, "BYMINUTE": {0, 59}, "BYSECOND": {0, 60}}

// maxTimes is how often a day a series may take place; more is no agenda.
const maxTimes = 24

var errTooOften = errors.New("it repeats more often than daily")

// parseRule reads a rule of a series that begins at start, on the wall clock of loc.
func parseRule(text string, start time.Time, loc *time.Location) (rule, error) {
	r := rule{interval: 1, wkst: time.Monday, lists: map[string][]int{}}
	for _, part := range strings.Split(strings.ToUpper(strings.TrimSpace(text)), ";") {
		key, value, _ := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if value == "" {
			continue
		}
		if err := r.set(key, value, loc); err != nil {
			return rule{}, err
		}
	}
	if r.every == 0 {
		return rule{}, errors.New("RRULE has no FREQ")
	}
	r.fill(start)
	r.times = r.clock(start)
	r.cost = len(r.days)
	for _, list := range r.lists {
		r.cost += len(list)
	}
	r.cost = 1 + r.cost/32
	if len(r.times) > maxTimes {
		return rule{}, errTooOften
	}
	return r, nil
}

func (r *rule) set(key, value string, loc *time.Location) (err error) {
	switch key {
	case "FREQ":
		if value == "SECONDLY" || value == "MINUTELY" || value == "HOURLY" {
			return errTooOften
		}
		if r.every = frequencies[value]; r.every == 0 {
			return fmt.Errorf("RRULE: FREQ=%s is not known", value)
		}
	case "INTERVAL":
		r.interval, err = number(key, value, 1, 10_000)
	case "COUNT":
		r.count, err = number(key, value, 1, 1_000_000_000)
	case "UNTIL":
		r.until, err = until(value, loc)
	case "WKST":
		day, ok := weekdays[value]
		if !ok {
			return fmt.Errorf("RRULE: WKST=%s is not known", value)
		}
		r.wkst = day
	case "BYDAY":
		r.days, err = byDay(value)
	default:
		limits, ok := bounds[key]
		if !ok {
			return fmt.Errorf("RRULE: %s is not known", key)
		}
		for _, each := range strings.Split(value, ",") {
			n, err := number(key, each, -limits[1], limits[1])
			if err != nil || max(n, -n) < limits[0] {
				return fmt.Errorf("RRULE: %s=%s is out of bounds", key, value)
			}
			r.lists[key] = append(r.lists[key], n)
		}
	}
	return err
}

func number(key, value string, low, high int) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(value), "+"))
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("RRULE: %s=%s is out of bounds", key, value)
	}
	return n, nil
}

// until reads UNTIL: a day counts to its end, UTC is brought to the wall clock of the series.
func until(value string, loc *time.Location) (time.Time, error) {
	r := &reader{loc: loc}
	m, err := r.moment(property{}, value)
	switch {
	case err != nil:
		return time.Time{}, fmt.Errorf("RRULE: UNTIL: %w", err)
	case m.day:
		return m.wall.Add(24*time.Hour - time.Second), nil
	case m.utc:
		return clock(m.wall.In(loc)), nil
	}
	return m.wall, nil
}

func byDay(value string) (out []nth, err error) {
	for _, each := range strings.Split(value, ",") {
		each = strings.TrimSpace(each)
		cut := max(0, len(each)-2)
		day, ok := weekdays[each[cut:]]
		n := 0
		if cut > 0 {
			n, err = number("BYDAY", each[:cut], -53, 53)
		}
		if !ok || err != nil {
			return nil, fmt.Errorf("RRULE: BYDAY=%s is not known", value)
		}
		out = append(out, nth{n, day})
	}
	return out, nil
}

// fill takes what the rule leaves open from the start of the series.
func (r *rule) fill(start time.Time) {
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return len(r.lists[key]) > 0 })
	}
	if len(r.days) > 0 || has("BYMONTHDAY", "BYYEARDAY") {
		return
	}
	switch {
	case r.every == weekly || r.every == yearly && has("BYWEEKNO"):
		r.days = []nth{{0, start.Weekday()}}
	case r.every == yearly && !has("BYMONTH"):
		r.lists["BYMONTH"] = []int{int(start.Month())}
		r.lists["BYMONTHDAY"] = []int{start.Day()}
	case r.every == yearly || r.every == monthly:
		r.lists["BYMONTHDAY"] = []int{start.Day()}
	}
}

// clock returns the times of a day at which the series takes place.
func (r *rule) clock(start time.Time) (out []time.Duration) {
	or := func(key string, value int) []int {
		if list := r.lists[key]; len(list) > 0 {
			return list[:min(len(list), maxTimes+1)]
		}
		return []int{value}
	}
	for _, h := range or("BYHOUR", start.Hour()) {
		for _, m := range or("BYMINUTE", start.Minute()) {
			for _, s := range or("BYSECOND", start.Second()) {
				out = append(out, time.Duration(h)*time.Hour+time.Duration(m)*time.Minute+time.Duration(s)*time.Second)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
