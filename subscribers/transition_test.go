package subscribers

import (
	"testing"
	"time"

	"broadsheet/internal/fault"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Every transition of the picture in the package's words, and every one that is not in it.
func TestTransitions(t *testing.T) {
	evidence := Consent{Basis: BasisConsent, Wording: "yes", Source: "form", GivenAt: at.Add(-time.Hour)}
	moves := map[string]func(x *Subscription) error{
		"confirm": func(x *Subscription) error { return x.confirm(at, evidence) },
		"end":     func(x *Subscription) error { return x.end(at, Unsubscribed, "too much mail") },
		"pause":   func(x *Subscription) error { return x.pause(at, at.Add(24*time.Hour)) },
		"again": func(x *Subscription) error {
			next, err := x.again(at, Act{By: "person", How: "page"})
			if err == nil && (next.Origin != "undo" || next.CreatedAt != at || !next.EndedAt.IsZero() || next.EndReason != "" || next.Consent != x.Consent) {
				t.Errorf("what follows: %+v", next)
			}
			if err == nil {
				*x = next
			}
			return err
		},
	}
	left := at.Add(-time.Hour)
	for _, c := range []struct {
		name string
		from Subscription
		move string
		to   State // "": forbidden
	}{
		{"who asked confirms", Subscription{State: Pending}, "confirm", Confirmed},
		{"who asked leaves", Subscription{State: Pending}, "end", Ended},
		{"who asked cannot pause what has not begun", Subscription{State: Pending}, "pause", ""},
		{"who waits has nothing to take back", Subscription{State: Pending}, "again", ""},
		{"nobody confirms twice", Subscription{State: Confirmed}, "confirm", ""},
		{"who confirmed leaves", Subscription{State: Confirmed}, "end", Ended},
		{"who confirmed pauses, and stays confirmed", Subscription{State: Confirmed}, "pause", Confirmed},
		{"who is on the list has nothing to take back", Subscription{State: Confirmed}, "again", ""},
		{"an end is not confirmed away", Subscription{State: Ended, EndedAt: left, EndReason: Unsubscribed}, "confirm", ""},
		{"an end is not ended again", Subscription{State: Ended, EndedAt: left, EndReason: Unsubscribed}, "end", ""},
		{"an end is not paused", Subscription{State: Ended, EndedAt: left, EndReason: Unsubscribed}, "pause", ""},
		{"who left an hour ago takes it back", Subscription{State: Ended, EndedAt: left, EndReason: Unsubscribed, ConfirmedAt: left}, "again", Confirmed},
		{"who left before confirming waits again", Subscription{State: Ended, EndedAt: left, EndReason: Unsubscribed}, "again", Pending},
		{"who left two days ago asks again instead", Subscription{State: Ended, EndedAt: at.Add(-48 * time.Hour), EndReason: Unsubscribed}, "again", ""},
		{"a bounce is not taken back", Subscription{State: Ended, EndedAt: left, EndReason: Bounced}, "again", ""},
		{"nor a complaint", Subscription{State: Ended, EndedAt: left, EndReason: Complained}, "again", ""},
		{"nor what we removed", Subscription{State: Ended, EndedAt: left, EndReason: Removed}, "again", ""},
		{"nor what moved", Subscription{State: Ended, EndedAt: left, EndReason: Moved}, "again", ""},
		{"nor what expired", Subscription{State: Ended, EndedAt: left, EndReason: Expired}, "again", ""},
		{"nor what was dropped", Subscription{State: Ended, EndedAt: left, EndReason: Dropped}, "again", ""},
		{"nor an erasure", Subscription{State: Ended, EndedAt: left, EndReason: Erased}, "again", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := c.from
			err := moves[c.move](&x)
			switch {
			case c.to == "" && (!fault.Is(err, fault.Conflict) || x != c.from):
				t.Errorf("it was allowed: %+v, %v", x, err)
			case c.to != "" && (err != nil || x.State != c.to):
				t.Errorf("%+v, %v; want %s", x, err, c.to)
			}
		})
	}
}

// The evidence of who asked is what they were shown then; only who gave none is taken at the confirmation's word.
func TestConfirmingKeepsTheEvidence(t *testing.T) {
	asked := Consent{Basis: BasisConsent, Wording: "as shown", GivenAt: at.Add(-time.Hour)}
	x := Subscription{State: Pending, Consent: asked}
	if err := x.confirm(at, Consent{Wording: "later"}); err != nil || x.Consent != asked || x.ConfirmedAt != at {
		t.Errorf("%+v %v", x, err)
	}
	x = Subscription{State: Pending}
	if err := x.confirm(at, Consent{Wording: "later"}); err != nil || x.Consent.Wording != "later" || x.Consent.GivenAt != at {
		t.Errorf("%+v %v", x, err)
	}
}

func TestPauses(t *testing.T) {
	for _, c := range []struct {
		until  time.Time
		paused bool
		bad    bool
	}{{at.Add(time.Hour), true, false}, {at, false, false}, {time.Time{}, false, false}, {at.Add(-time.Hour), false, false}, {at.AddDate(2, 0, 0), false, true}} {
		x := Subscription{State: Confirmed}
		if err := x.pause(at, c.until); (err != nil) != c.bad || x.PausedUntil.IsZero() == c.paused {
			t.Errorf("until %s: %+v %v", c.until, x, err)
		}
	}
}
