package subscribers

import (
	"time"

	"broadsheet/internal/fault"
)

// confirm turns a pending subscription into a confirmed one. Evidence that was
// taken when the person asked stays; else consent is what stands behind it.
func (x *Subscription) confirm(at time.Time, consent Consent) error {
	switch x.State {
	case Pending:
	case Confirmed:
		return fault.Conflictf("this subscription is confirmed already")
	default:
		return fault.Conflictf("this subscription is no longer open")
	}
	x.State, x.ConfirmedAt, x.AskUntil = Confirmed, at, time.Time{}
	if x.Consent.GivenAt.IsZero() {
		if x.Consent = consent; x.Consent.GivenAt.IsZero() {
			x.Consent.GivenAt = at
		}
	}
	return nil
}

// end closes an open subscription for good.
func (x *Subscription) end(at time.Time, reason EndReason, note string) error {
	if x.State == Ended {
		return fault.Conflictf("this subscription has ended already")
	}
	x.State, x.EndedAt, x.EndReason, x.Note = Ended, at, reason, note
	return nil
}

// maxPause is how far ahead a pause may reach; longer is leaving.
const maxPause = 366 * 24 * time.Hour

// pause stops mail to a confirmed subscription until an instant; the zero time ends the pause.
func (x *Subscription) pause(now, until time.Time) error {
	switch {
	case x.State != Confirmed:
		return fault.Conflictf("only a confirmed subscription can be paused: this one is %s", x.State)
	case until.After(now.Add(maxPause)):
		return fault.Invalidf("a pause lasts a year at most")
	case !until.After(now):
		until = time.Time{}
	}
	x.PausedUntil = until
	return nil
}

// undoWindow is how long after leaving a person can take it back.
const undoWindow = 24 * time.Hour

// again returns what follows an ended subscription when the person takes leaving
// back: a new one on the same evidence.
func (x Subscription) again(now time.Time, act Act) (Subscription, error) {
	switch {
	case x.State != Ended:
		return x, fault.Conflictf("this subscription has not ended")
	case x.EndReason != Unsubscribed:
		return x, fault.Conflictf("this subscription was ended by us (%s), not by the person", x.EndReason)
	case now.After(x.EndedAt.Add(undoWindow)):
		return x, fault.WithHint(fault.Conflictf("it is too late to take this back"), "subscribe again")
	}
	next := Subscription{SubscriberID: x.SubscriberID, ListID: x.ListID, State: Pending, Origin: "undo", By: act.By, CreatedAt: now, Consent: x.Consent, PausedUntil: x.PausedUntil}
	if !x.ConfirmedAt.IsZero() {
		next.State, next.ConfirmedAt = Confirmed, x.ConfirmedAt
	}
	return next, nil
}
