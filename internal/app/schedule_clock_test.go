package app_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"
)

// Within the send window what was missed while all daemons were down is done once.
func TestDowntimeWithinTheWindow(t *testing.T) {
	fleets(t, func(t *testing.T, f *fleet) {
		f.looks(t, "2017-03-20 10:00")
		f.write(t, "2017-03-20")
		f.looks(t, "2017-03-26 06:59") // 23 hours and 59 minutes later: the clocks went forward
		f.hears(t, "p compose 2017-03-25T06:00 done")
		f.has(t, 1, 0)
		f.approve(t, "p/1")
		f.looks(t, "2017-04-02 13:59")
		f.hears(t, "p send 2017-04-01T14:00 done")
		f.has(t, 1, 1)
	})
}

// Beyond the window a slot is missed, once and said: the issue stays a person's to send.
func TestDowntimeBeyondTheWindow(t *testing.T) {
	fleets(t, func(t *testing.T, f *fleet) {
		f.looks(t, "2017-03-20 10:00")
		f.write(t, "2017-03-20")
		f.looks(t, "2017-03-26 07:01")
		f.hears(t, "p compose 2017-03-25T06:00 missed")
		f.has(t, 0, 0)
		_, err := f.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		f.approve(t, "p/1")
		f.looks(t, "2017-04-02 14:01")
		f.hears(t, "p send 2017-04-01T14:00 missed")
		for _, later := range []string{"2017-04-02 14:02", "2017-04-01 14:00", "2017-04-03 14:00"} { // back in time too
			f.looks(t, later)
		}
		f.hears(t)
		f.has(t, 1, 0)
		if got := f.state(t, "p/1"); got != newsletter.Approved {
			t.Errorf("a slot that was missed was done by itself: %s", got)
		}
	})
}

// A clock that goes back and comes again finds everything done.
func TestAClockThatGoesBack(t *testing.T) {
	fleets(t, func(t *testing.T, f *fleet) {
		f.looks(t, "2017-03-20 10:00")
		f.write(t, "2017-03-20")
		f.looks(t, "2017-03-25 06:00")
		f.hears(t, "p compose 2017-03-25T06:00 done")
		f.write(t, "2017-03-21") // what a second composition would take up
		for _, again := range []string{"2017-03-25 05:00", "2017-03-25 05:59", "2017-03-25 06:00", "2017-03-24 06:00", "2017-03-25 06:01"} {
			f.looks(t, again)
		}
		f.hears(t)
		issue, err := f.Desk.Issues.Issue(ctx, "p", 1)
		if err != nil || issue.Revision != 1 {
			t.Errorf("composed again: revision %d, %v", issue.Revision, err)
		}
		f.approve(t, "p/1")
		f.looks(t, "2017-04-01 14:00")
		f.hears(t, "p send 2017-04-01T14:00 done")
		for _, again := range []string{"2017-04-01 13:00", "2017-04-01 13:59", "2017-04-01 14:00", "2017-03-25 06:00", "2017-04-01 14:01"} {
			f.looks(t, again)
		}
		f.hears(t)
		f.has(t, 1, 1)
	})
}

// A clock that leaps ahead for a moment and is put right makes a slot wait for its time again: nothing is sent early.
func TestAClockThatLeapsAhead(t *testing.T) {
	fleets(t, func(t *testing.T, f *fleet) {
		f.looks(t, "2017-03-20 10:00")
		f.write(t, "2017-03-20")
		f.looks(t, "2017-03-25 06:00")
		f.looks(t, "2017-04-01 14:00") // in truth it is the 26th, and nobody has approved yet
		f.hears(t, "p compose 2017-03-25T06:00 done")
		f.looks(t, "2017-03-26 09:00")
		f.approve(t, "p/1")
		for _, early := range []string{"2017-03-26 09:01", "2017-04-01 13:59"} {
			f.looks(t, early)
			f.hears(t)
			f.has(t, 1, 0)
		}
		f.looks(t, "2017-04-01 14:00")
		f.hears(t, "p send 2017-04-01T14:00 done")
		f.has(t, 1, 1)
	})
}

// changes are days of 2017 on which the clocks of a zone go forward or back.
var changes = []struct{ zone, day string }{
	{"Europe/Berlin", "2017-03-26"}, {"Europe/Berlin", "2017-10-29"},
	{"America/New_York", "2017-03-12"}, {"America/New_York", "2017-11-05"},
	{"Australia/Lord_Howe", "2017-10-01"}, {"Australia/Lord_Howe", "2017-04-02"},
	{"Africa/Casablanca", "2017-07-02"}, {"Africa/Casablanca", "2017-05-21"}, // the end and the beginning of Ramadan
}

// Around every change of the clock each local time of day is done once, though the clock is set back and forth besides.
func TestEightDaemonsOverClockChanges(t *testing.T) {
	rnd := rand.New(rand.NewPCG(20, 17))
	fleets(t, func(t *testing.T, f *fleet) {
		for _, change := range changes {
			loc, err := time.LoadLocation(change.zone)
			must(t, err)
			noon, err := time.ParseInLocation(time.DateTime, change.day+" 12:00:00", loc)
			must(t, err)
			from, until := noon.AddDate(0, 0, -1), noon.Add(time.Minute)
			id := change.zone + change.day // a publication never looked at before
			for _, a := range f.all {
				p := a.Desk.Publications[0]
				p.ID, p.Timezone = id, change.zone
				p.Schedule = newsletter.Schedule{Compose: "15,45 18,0-3 * * *", SendWindow: p.Schedule.SendWindow}
				a.Desk.Publications = []newsletter.Publication{p}
			}
			f.wander(t, from, until, rnd)
			var want []string
			for i, hour := range []string{"T18", "T00", "T01", "T02", "T03"} { // on the calendar every day has them all
				label := noon.AddDate(0, 0, min(i, 1)-1).Format(time.DateOnly) + hour
				want = append(want, id+" compose "+label+":15 done", id+" compose "+label+":45 done")
			}
			f.hears(t, want...)
		}
	})
}

// wander moves the clock from one instant to another, more forth than back, and all daemons look wherever it stops.
func (f *fleet) wander(t *testing.T, from, until time.Time, rnd *rand.Rand) {
	t.Helper()
	for at := from; ; {
		f.clock.Move(at.Sub(f.clock.Now()))
		f.together(t, func(d *desk.Desk) error { return d.Tick(ctx) })
		if at.Equal(until) {
			return
		}
		if at = at.Add(time.Duration(rnd.IntN(480)-120) * time.Minute); at.After(until) {
			at = until
		}
	}
}

// After a downtime with more slots than one look takes, each is still settled: the last within the window done, all others said to be missed.
func TestLongDowntimeLosesNoSlot(t *testing.T) {
	fleets(t, func(t *testing.T, f *fleet) {
		f.all = f.all[7:] // one will do
		one := f.all[0].Desk
		one.Publications[0].Schedule.Compose, one.Publications[0].Schedule.Send = "*/10 * * * *", ""
		f.looks(t, "2017-03-10 12:00")
		f.looks(t, "2017-03-17 12:00")
		for range 3 {
			must(t, one.Tick(ctx))
		}
		var want []string
		from := time.Date(2017, 3, 10, 12, 0, 0, 0, time.UTC)
		for at := from.Add(10 * time.Minute); !at.After(from.AddDate(0, 0, 7)); at = at.Add(10 * time.Minute) {
			state := " missed"
			if at.After(from.AddDate(0, 0, 6)) {
				state = " done"
			}
			want = append(want, "p compose "+at.Format("2006-01-02T15:04")+state)
		}
		f.hears(t, want...)
	})
}
