package schedule

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

// zones change their clocks each in another way.
var zones = []string{
	"Europe/Berlin",       // an hour, at two in the morning
	"America/New_York",    // on other days than Europe
	"Australia/Lord_Howe", // half an hour, and its summer is our winter
	"Africa/Casablanca",   // back for Ramadan, on days that wander through the year
	"Africa/Cairo",        // at midnight: that day has none
}

func load(t *testing.T, zone string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// look collects the slots between two instants in looks of random length, from a minute to
// longest: what a daemon sees that runs, is stopped, and runs again. Some looks end at the
// very instant of a slot.
func look(t *testing.T, text string, loc *time.Location, closed newsletter.Closed, from, until time.Time, longest time.Duration, rnd *rand.Rand) []Slot {
	t.Helper()
	var all []Slot
	for from.Before(until) {
		to := from.Add(time.Duration(float64(time.Minute) * math.Exp(rnd.Float64()*math.Log(longest.Minutes()))))
		if to.After(until) {
			to = until
		}
		slots, err := Slots(text, loc, closed, from, to)
		if n := len(slots); n > 0 && rnd.IntN(4) == 0 {
			to = slots[n-1].At
			slots, err = Slots(text, loc, closed, from, to)
		}
		if err != nil {
			t.Fatal(err)
		}
		all, from = append(all, slots...), to
	}
	return all
}

// days are the labels of one time of day on every calendar day of [from, until).
func days(from, until time.Time, clock string) []string {
	var labels []string
	for day := from; day.Before(until); day = day.AddDate(0, 0, 1) {
		labels = append(labels, day.Format(time.DateOnly)+"T"+clock)
	}
	return labels
}

func labels(slots []Slot) []string {
	out := make([]string, len(slots))
	for i, s := range slots {
		out[i] = s.Label
	}
	return out
}

// misplaced says what is wrong with the instant of a slot: it is one at which clocks show
// its label, and where they skip that, one that is off by what they skip.
func misplaced(s Slot, loc *time.Location) error {
	label, err := time.Parse(labelLayout, s.Label)
	if err != nil {
		return err
	}
	var possible, shown []time.Time
	for _, near := range []time.Duration{-36 * time.Hour, 36 * time.Hour} { // the offsets before and after a change
		_, offset := label.Add(near).In(loc).Zone()
		at := label.Add(-time.Duration(offset) * time.Second)
		possible = append(possible, at)
		if at.In(loc).Format(labelLayout) == s.Label {
			shown = append(shown, at)
		}
	}
	if len(shown) == 0 {
		shown = possible
	}
	if !slices.ContainsFunc(shown, s.At.Equal) {
		return fmt.Errorf("%s is at %s, which is none of %v", s.Label, s.At, shown)
	}
	return nil
}

// Every day has its slot exactly once, in order, for ten years of clock changes, however often it is looked.
func TestTenYearsDayByDay(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2020, 2030))
	for _, zone := range zones {
		loc := load(t, zone)
		from, until := time.Date(2020, 1, 1, 0, 0, 0, 0, loc), time.Date(2030, 1, 1, 0, 0, 0, 0, loc)
		for _, clock := range []string{"00:15", "01:45", "02:15"} { // each is skipped or doubled somewhere
			text := fmt.Sprintf("%s %s * * *", clock[3:], clock[:2])
			slots := look(t, text, loc, newsletter.Closed{}, from, until, 40*24*time.Hour, rnd)
			want := days(from, until, clock)
			if got := labels(slots); !slices.Equal(got, want) {
				t.Errorf("%s %s: %d slots, want %d, the first difference at %s", zone, clock, len(got), len(want), differs(got, want))
			}
			for i, s := range slots {
				if err := misplaced(s, loc); err != nil {
					t.Errorf("%s: %v", zone, err)
				}
				if i > 0 && !s.At.After(slots[i-1].At) {
					t.Errorf("%s: %s is not after %s", zone, s.Label, slots[i-1].Label)
				}
			}
		}
	}
}

func differs(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%s, want %s", got[i], want[i])
		}
	}
	return "the end"
}

// changes are the days of one year on which clocks go forward and back.
var changes = []struct{ zone, forward, back string }{
	{"Europe/Berlin", "2026-03-29", "2026-10-25"},
	{"America/New_York", "2026-03-08", "2026-11-01"},
	{"Australia/Lord_Howe", "2026-10-04", "2026-04-05"},
	{"Africa/Casablanca", "2026-03-22", "2026-02-15"},
	{"Africa/Cairo", "2026-04-24", "2026-10-29"},
}

// On both days of a clock change every half hour of the calendar has its slot once, those that no clock shows too.
func TestBothChangesOfTheClock(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 10))
	for _, change := range changes {
		loc := load(t, change.zone)
		for i, text := range []string{change.forward, change.back} {
			noon, err := time.ParseInLocation(time.DateTime, text+" 12:00:00", loc)
			if err != nil {
				t.Fatal(err)
			}
			from, until := noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 1)
			if length := until.Sub(from); (length < 48*time.Hour) != (i == 0) || length == 48*time.Hour {
				t.Fatalf("%s changes nothing on %s: the table of this test is wrong", change.zone, text)
			}
			slots := look(t, "*/30 * * * *", loc, newsletter.Closed{}, from, until, 12*time.Hour, rnd)
			got := slices.DeleteFunc(labels(slots), func(label string) bool { return label[:10] != text })
			slices.Sort(got) // what was skipped is done in the hour after, among others
			var want []string
			for half := range 24 * 2 {
				want = append(want, fmt.Sprintf("%sT%02d:%02d", text, half/2, half%2*30))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %s: %d slots, want %d, the first difference at %s", change.zone, text, len(got), len(want), differs(got, want))
			}
		}
	}
}

// A slot on a closed day moves to the open day beside it, keeps its label and its time of day, and happens once.
func TestClosedDaysMoveSlotsAndLoseNone(t *testing.T) {
	rnd := rand.New(rand.NewPCG(6, 7))
	for move, shift := range map[string]map[time.Weekday]int{
		"":         {time.Saturday: 2, time.Sunday: 1},
		"next":     {time.Saturday: 2, time.Sunday: 1},
		"previous": {time.Saturday: -1, time.Sunday: -2},
	} {
		for _, zone := range zones[:3] {
			loc := load(t, zone)
			closed := newsletter.Closed{Weekends: true, Move: move}
			from, until := time.Date(2025, 1, 1, 0, 0, 0, 0, loc), time.Date(2027, 1, 1, 0, 0, 0, 0, loc) // both midweek: nothing moves over the ends
			slots := look(t, "15 2 * * *", loc, closed, from, until, 10*24*time.Hour, rnd)
			for _, s := range slots {
				label, err := time.Parse(labelLayout, s.Label)
				if err != nil {
					t.Fatal(err)
				}
				moved := label.AddDate(0, 0, shift[label.Weekday()])
				if err := misplaced(Slot{moved.Format(labelLayout), s.At}, loc); err != nil {
					t.Errorf("%s %q: %s: %v", zone, move, s.Label, err)
				}
			}
			got, want := labels(slots), days(from, until, "02:15")
			slices.Sort(got) // a slot that moves passes its neighbours
			if !slices.Equal(got, want) {
				t.Errorf("%s %q: %d slots, want %d, the first difference at %s", zone, move, len(got), len(want), differs(got, want))
			}
		}
	}
}

// With weekends open nothing moves, whatever move says.
func TestOpenWeekendsMoveNothing(t *testing.T) {
	loc := load(t, "Europe/Berlin")
	from := time.Date(2026, 6, 1, 0, 0, 0, 0, loc)
	for _, move := range []string{"", "next", "previous"} {
		slots, err := Slots("0 14 * * SAT,SUN", loc, newsletter.Closed{Move: move}, from, from.AddDate(0, 0, 7))
		if err != nil || len(slots) != 2 || slots[0].At.In(loc).Format(labelLayout) != "2026-06-06T14:00" || slots[1].At.In(loc).Format(labelLayout) != "2026-06-07T14:00" {
			t.Errorf("%q: %v %v", move, slots, err)
		}
	}
}
