package schedule

import (
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

func TestSlotsHappenOnceOverClockChanges(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, loc)
		slots, err := Slots("30 2 * * *", loc, newsletter.Closed{}, from, from.AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if len(slots) != 365 {
			t.Errorf("%s: %d slots in a year, want 365", zone, len(slots))
		}
		seen := map[string]bool{}
		for _, s := range slots {
			if seen[s.Label] {
				t.Errorf("%s: label %s twice", zone, s.Label)
			}
			seen[s.Label] = true
		}
	}
}

func TestSlotsInPiecesAreTheSlotsOfTheWhole(t *testing.T) {
	loc, _ := time.LoadLocation("Europe/Paris")
	closed := newsletter.Closed{Weekends: true, Move: "next"}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, loc)
	whole, _ := Slots("0 14 1 * *", loc, closed, from, from.AddDate(2, 0, 0))
	var pieces []Slot
	for at := from; at.Before(from.AddDate(2, 0, 0)); at = at.Add(6 * time.Hour) {
		some, _ := Slots("0 14 1 * *", loc, closed, at, at.Add(6*time.Hour))
		pieces = append(pieces, some...)
	}
	if len(whole) != 24 || len(pieces) != len(whole) {
		t.Fatalf("whole %d, pieces %d, want 24", len(whole), len(pieces))
	}
	for i := range whole {
		if whole[i] != pieces[i] {
			t.Errorf("slot %d: %v, in pieces %v", i, whole[i], pieces[i])
		}
		if d := whole[i].At.In(loc).Weekday(); d == time.Saturday || d == time.Sunday {
			t.Errorf("slot %s falls on a %s", whole[i].Label, d)
		}
	}
}

func TestCheckRefusesWhatCannotBeMeant(t *testing.T) {
	for _, text := range []string{"", "0 6 30 2 *", "TZ=0 0 6 * * *", "CRON_TZ=UTC 0 6 * * *", "@every 1h", "61 * * * *", "0 6 * *"} {
		if Check(text) == nil {
			t.Errorf("%q was taken", text)
		}
	}
	for _, text := range []string{"0 6 25 * *", "@monthly", "0 14 * * MON"} {
		if err := Check(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
