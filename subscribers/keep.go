package subscribers

import (
	"context"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// Suppress forbids mail to an address over all lists, known or not.
func (s *Service) Suppress(ctx context.Context, address, note string, reason SuppressionReason, act Act) error {
	_, key, err := ParseAddress(address)
	if err != nil {
		return err
	}
	if note, err = cleanNote(note); err != nil {
		return err
	}
	return s.store.Decide(ctx, []string{key}, s.hash, func(known map[string]Standing) ([]Change, error) {
		who := known[key].Subscriber
		if known[key].Suppression != nil && known[key].Suppression.Reason != Forgotten {
			return nil, nil
		}
		change := Change{Suppress: &Suppression{Key: key, Reason: reason, Note: note, CreatedAt: s.now()}}
		if who.ID != 0 {
			change.Event = s.event(who, act, "suppressed", "", string(reason)+" "+note)
		}
		return []Change{change}, nil
	})
}

// Unsuppress allows mail to an address again; subscriptions stay as they are. It
// reports whether the address was suppressed. What the person's erasure left is
// theirs alone to lift.
func (s *Service) Unsuppress(ctx context.Context, address, note string, act Act) (lifted bool, err error) {
	_, key, err := ParseAddress(address)
	if err != nil {
		return false, err
	}
	err = s.store.Decide(ctx, []string{key}, s.hash, func(known map[string]Standing) ([]Change, error) {
		sup, who := known[key].Suppression, known[key].Subscriber
		switch {
		case sup == nil:
			return nil, nil
		case sup.Reason == Forgotten:
			return nil, fault.WithHint(fault.Forbiddenf("this person was erased: only they can come back"), "they ask on the subscribe page and confirm")
		}
		lifted = true
		change := Change{Unsuppress: sup.Key}
		if who.ID != 0 {
			change.Event = s.event(who, act, "unsuppressed", "", note)
		}
		return []Change{change}, nil
	})
	return lifted, err
}

// Erase forgets a person: address, name, language and attributes go, and what is
// said of them in the history. What stays is the proof of consent, without a
// name, and a keyed hash of the address that keeps imports from bringing them back.
func (s *Service) Erase(ctx context.Context, who string, act Act) error {
	return s.about(ctx, who, func(known Standing) ([]Change, error) {
		return s.erasure(known, act, Erased, true), nil
	})
}

func (s *Service) erasure(known Standing, act Act, reason EndReason, suppress bool) (changes []Change) {
	sub := known.Subscriber
	if strings.HasPrefix(sub.Key, hashPrefix) { // erased already
		return nil
	}
	for _, x := range known.Subscriptions {
		if x.end(s.now(), reason, "") == nil {
			changes = append(changes, Change{End: &x, Event: s.event(sub, act, "ended", x.ListID, string(reason))})
		}
	}
	hash := s.hash(sub.Key)
	if suppress {
		left := Suppression{Key: hash, Reason: Forgotten, CreatedAt: s.now()}
		if sup := known.Suppression; sup != nil {
			left.Reason = sup.Reason
			changes = append(changes, Change{Unsuppress: sup.Key})
		}
		changes = append(changes, Change{Suppress: &left})
	}
	blank := Subscriber{ID: sub.ID, PublicID: sub.PublicID, Address: sub.Address, Key: hash + " " + sub.PublicID, CreatedAt: sub.CreatedAt}
	return append(changes, Change{Erase: &blank, Event: s.event(sub, act, "erased", "", "")})
}

// Expire ends what was never confirmed: pending subscriptions that are older than
// keep (0: however old they are, they stay), and those that were asked again and
// were silent until their day. People of whom nothing else is left are forgotten.
func (s *Service) Expire(ctx context.Context, keep time.Duration) (ended int, err error) {
	now, act := s.now(), Act{By: "schedule", How: "daemon"}
	which := Selection{SilentBefore: now}
	if keep > 0 {
		which.StaleBefore = now.Add(-keep)
	}
	stale := func(x Subscription) bool {
		if x.State != Pending {
			return false
		}
		if !x.AskUntil.IsZero() {
			return x.AskUntil.Before(now)
		}
		return keep > 0 && x.CreatedAt.Before(which.StaleBefore)
	}
	err = s.batches(ctx, which, func(known Standing) ([]Change, *Result) {
		var changes []Change
		left := known.confirmedBefore()
		for _, x := range known.Subscriptions {
			if !stale(x) {
				left = left || x.State != Ended
			} else if x.end(now, Expired, "") == nil {
				changes = append(changes, Change{End: &x, Event: s.event(known.Subscriber, act, "ended", x.ListID, string(Expired))})
			}
		}
		if len(changes) == 0 {
			return nil, nil
		}
		if !left {
			changes = s.erasure(known, act, Expired, known.Suppression != nil)
		}
		return changes, &Result{Outcome: Gone}
	}, func(Result) error { ended++; return nil })
	return ended, err
}

// Reconfirm marks the pending people of a list who may be asked: they are asked to
// confirm until a day, and silence then ends their subscription. Each is
// told to ask, before they are marked. Asking again before the day has passed asks nobody twice.
func (s *Service) Reconfirm(ctx context.Context, list string, until time.Time, act Act, ask func(Result) error) error {
	if !until.After(s.now().Add(24 * time.Hour)) {
		return fault.Invalidf("people need more than a day to answer: %s is too soon", until.Format(time.DateOnly))
	}
	if _, err := s.joinable(ctx, list); err != nil {
		return err
	}
	askable := func(known Standing) *Subscription {
		x := known.open(list)
		if x == nil || x.State != Pending || !x.MayAsk || known.Suppression != nil || x.AskUntil.After(s.now()) {
			return nil
		}
		return x
	}
	which := Selection{List: list}
	for {
		members, err := s.store.Members(ctx, which, page)
		if err != nil || len(members) == 0 {
			return err
		}
		for _, m := range members { // the mail is written down before silence may end anything
			known := Standing{Subscriber: m.Subscriber, Subscriptions: []Subscription{m.Subscription}}
			if askable(known) == nil || m.Suppressed {
				continue
			}
			if err := ask(Result{Address: m.Address, List: list, Outcome: Waiting, Subscriber: m.PublicID, State: Pending}); err != nil {
				return err
			}
		}
		_, err = s.decideAll(ctx, members, func(known Standing) ([]Change, *Result) {
			x := askable(known)
			if x == nil {
				return nil, nil
			}
			x.AskUntil = until
			return []Change{{Edit: x, Event: s.event(known.Subscriber, act, "asked", list, "to confirm until "+until.Format(time.DateOnly))}}, nil
		})
		if err != nil {
			return err
		}
		which.AfterList, which.After = members[len(members)-1].Subscription.ListID, members[len(members)-1].ID
	}
}

func suppressed(s *Suppression) string { return "the address is suppressed (" + string(s.Reason) + ")" }
