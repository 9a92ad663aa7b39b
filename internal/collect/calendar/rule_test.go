package calendar

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
)

// Rules give what an implementation of somebody else gives. Left out is where that one is
// known to differ: BYWEEKNO without a weekday (it takes all seven days of the week, the
// standard takes the weekday of DTSTART), numbers counted from the end of the year, and
// BYSETPOS by the week (it counts in what is left of the first week after DTSTART).
func TestRulesAsOthersReadThem(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		text := ruleText(random)
		start := time.Date(2014+random.IntN(3), 1, 1+random.IntN(366), 9, 30, 0, 0, time.UTC)
		to := start.AddDate(6, 0, 0)
		ours, err := parseRule(text, start, time.UTC)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		theirs, err := rrule.StrToROption(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		theirs.Dtstart = start
		if theirs.Until.IsZero() {
			theirs.Until = to
		}
		r, err := rrule.NewRRule(*theirs)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want := r.Between(start, to, true)
		want = want[:min(len(want), 500)]
		steps := maxSteps
		got, all := ours.expand(start, span{start, to, 500}, &steps)
		if !all || !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Errorf("%s from %s:\n got %v\nwant %v", text, start.Format(time.DateOnly), got, want)
		}
	}
}

// ruleText makes up a rule.
func ruleText(random *rand.Rand) string {
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	every := one("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
	parts := []string{"FREQ=" + every, fmt.Sprintf("INTERVAL=%d", 1+random.IntN(4)), "WKST=" + one("MO", "SU", "WE")}
	list := func(key string, low, high int) {
		var out []string
		for range random.IntN(4) {
			if n := fmt.Sprint(low + random.IntN(high-low+1)); n != "0" && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
		if len(out) > 0 && random.IntN(3) == 0 {
			parts = append(parts, key+"="+strings.Join(out, ","))
		}
	}
	var days []string
	for _, day := range []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"} {
		if random.IntN(4) == 0 {
			days = append(days, day)
		}
	}
	if every == "MONTHLY" && random.IntN(2) == 0 {
		for i := range days {
			days[i] = one("-5", "-2", "-1", "1", "2", "5") + days[i]
		}
	}
	if len(days) > 0 {
		parts = append(parts, "BYDAY="+strings.Join(days, ","))
	}
	list("BYMONTH", 1, 12)
	if every != "WEEKLY" {
		list("BYMONTHDAY", -31, 31)
	}
	if every == "YEARLY" {
		list("BYYEARDAY", 1, 366)
	}
	if every == "YEARLY" && len(days) > 0 {
		list("BYWEEKNO", 1, 53)
	}
	list("BYHOUR", 1, 23)
	if every != "WEEKLY" {
		list("BYSETPOS", -6, 6)
	}
	switch random.IntN(3) {
	case 0:
		parts = append(parts, fmt.Sprintf("COUNT=%d", 1+random.IntN(40)))
	case 1:
		parts = append(parts, "UNTIL=20170615T093000Z")
	}
	return strings.Join(parts, ";")
}

// What the other implementation does not do as the standard says.
func TestRulesOfOurOwn(t *testing.T) {
	for text, want := range map[string]string{
		"FREQ=YEARLY;BYWEEKNO=20":             "2015-05-14 2016-05-19 2017-05-18",
		"FREQ=YEARLY;BYYEARDAY=-1":            "2015-12-31 2016-12-31 2017-12-31",
		"FREQ=YEARLY;BYDAY=20MO":              "2015-05-18 2016-05-16 2017-05-15",
		"FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3":    "2015-03-29 2016-03-27 2017-03-26",
		"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13": "2015-02-13 2015-03-13 2015-11-13",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31": "",
		"FREQ=DAILY;UNTIL=20150102":           "2015-01-01 2015-01-02",
	} {
		start := time.Date(2015, 1, 1, 9, 0, 0, 0, time.UTC)
		r, err := parseRule(text, start, time.UTC)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		steps := maxSteps
		found, _ := r.expand(start, span{start, start.AddDate(8, 0, 0), 3}, &steps)
		var got []string
		for _, day := range found {
			got = append(got, day.Format(time.DateOnly))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
}

// Skipping what is long past gives what counting through it gives.
func TestSkipping(t *testing.T) {
	start := time.Date(1601, 3, 31, 9, 0, 0, 0, time.UTC)
	for _, text := range []string{"FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU", "FREQ=MONTHLY;INTERVAL=5", "FREQ=YEARLY;INTERVAL=2;BYMONTH=11,12"} {
		r, err := parseRule(text, start, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		steps := maxSteps
		var all []time.Time // since 1990
		for n := 0; n < 170_000; n++ {
			low, high := r.period(start, n)
			if low.Year() > 2040 {
				break
			}
			if high.Year() >= 1990 {
				all = append(all, r.within(low, high, &steps)...)
			}
		}
		for from := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC); from.Year() < 2028; from = from.AddDate(0, 0, 5) {
			steps = maxSteps
			got, _ := r.expand(start, span{from, from.AddDate(6, 0, 0), 5}, &steps)
			first, _ := slices.BinarySearchFunc(all, from, time.Time.Compare)
			if want := all[first : first+5]; maxSteps-steps > 3000 || !slices.EqualFunc(got, want[:len(got)], time.Time.Equal) || len(got) == 0 {
				t.Fatalf("%s from %v: %d steps, got %v, want %v", text, from, maxSteps-steps, got, want)
			}
		}
	}
}
