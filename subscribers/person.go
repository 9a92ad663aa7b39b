package subscribers

import (
	"context"
	"slices"
	"time"

	"broadsheet/internal/fault"
)

// Request is what a person asks for on a page.
type Request struct {
	Address  string
	Name     string
	Language string
	Lists    []string
	Consent  Consent // what they were shown, and from where they answered
	Act      Act
}

// Subscribe is a person asking to join lists that are open. It returns a result
// for each list: Waiting where the address has to be asked, by mail, to confirm;
// Added on a list with single opt-in; Unchanged where they are on it already;
// Refused where the address is suppressed, which no page may tell. A stranger
// cannot change what is known of someone who confirmed before.
func (s *Service) Subscribe(ctx context.Context, ask Request) ([]Result, error) {
	lists := make([]List, len(ask.Lists))
	for i, id := range ask.Lists {
		list, err := s.joinable(ctx, id)
		if err == nil && list.Signup != SignupOpen {
			err = fault.Forbiddenf("list %s is not open", id)
		}
		if err != nil {
			return nil, err
		}
		lists[i] = list
	}
	sub, err := s.clean(Row{Address: ask.Address, Name: ask.Name, Language: ask.Language})
	if err != nil {
		return nil, err
	}
	var results []Result
	err = s.store.Decide(ctx, []string{sub.Key}, s.hash, func(known map[string]Standing) ([]Change, error) {
		var change Change
		results, change = s.join(lists, ask, sub, known[sub.Key])
		return []Change{change}, nil
	})
	return results, err
}

func (s *Service) join(lists []List, ask Request, sub Subscriber, known Standing) ([]Result, Change) {
	results := make([]Result, len(lists))
	change := Change{}
	refused := known.Suppression != nil && known.Suppression.Reason != Forgotten
	who := known.Subscriber
	if !refused && !known.confirmedBefore() {
		who = s.person(sub, known.Subscriber, &change)
	}
	for i, list := range lists {
		r := &results[i]
		*r = Result{Address: sub.Address, List: list.ID, Subscriber: who.PublicID}
		open := known.open(list.ID)
		switch {
		case refused:
			r.Outcome, r.Reason = Refused, suppressed(known.Suppression)
			continue
		case open != nil:
			r.State = open.State
			r.Outcome = map[State]Outcome{Pending: Waiting, Confirmed: Unchanged}[open.State]
			continue
		}
		x := Subscription{SubscriberID: who.ID, ListID: list.ID, State: Pending, Origin: ask.Act.How, By: ask.Act.By, CreatedAt: s.now(), MayAsk: true, Consent: ask.Consent}
		x.Consent.Basis, x.Consent.GivenAt = list.Basis, s.now()
		r.Outcome = Waiting
		if list.OptIn == OptInSingle && known.Suppression == nil {
			x.State, x.ConfirmedAt, r.Outcome = Confirmed, s.now(), Added
		}
		r.State = x.State
		change.Subscribe = append(change.Subscribe, x)
	}
	return results, change
}

// about has changes to one known person decided on what is known of them now.
func (s *Service) about(ctx context.Context, who string, decide func(Standing) ([]Change, error)) error {
	p, err := s.Show(ctx, who)
	if err != nil {
		return err
	}
	return s.store.Decide(ctx, []string{p.Key}, s.hash, func(known map[string]Standing) ([]Change, error) {
		standing, ok := known[p.Key]
		if !ok || standing.Subscriber.ID == 0 {
			return nil, fault.NotFoundf("this person is no longer known")
		}
		return decide(standing)
	})
}

// Confirm turns a pending subscription into a confirmed one: the person pressed
// the button that only the owner of the address could have been sent. Doing it
// twice changes nothing. It lifts the suppression that their own erasure left.
func (s *Service) Confirm(ctx context.Context, publicID, list string, consent Consent, act Act) error {
	return s.about(ctx, publicID, func(known Standing) ([]Change, error) {
		x := known.open(list)
		switch {
		case x == nil:
			return nil, fault.Conflictf("this subscription is no longer open")
		case x.State == Confirmed:
			return nil, nil
		}
		if err := x.confirm(s.now(), consent); err != nil {
			return nil, err
		}
		changes := []Change{{Confirm: x, Event: s.event(known.Subscriber, act, "confirmed", list, consent.From)}}
		if sup := known.Suppression; sup != nil && sup.Reason == Forgotten {
			changes = append(changes, Change{Unsuppress: sup.Key, Event: s.event(known.Subscriber, act, "unsuppressed", "", "the person came back")})
		}
		return changes, nil
	})
}

// End ends a person's subscriptions to the lists (all of them when none is
// named) and returns how many ended. Ending twice changes nothing. It waits for
// nobody: a person who leaves is not kept by an import that runs.
func (s *Service) End(ctx context.Context, who string, reason EndReason, note string, act Act, lists ...string) (int, error) {
	profile, err := s.Show(ctx, who)
	if err != nil {
		return 0, err
	}
	return s.EndOf(ctx, profile, reason, note, act, lists...)
}

// EndOf is End for someone of whom all is known already.
func (s *Service) EndOf(ctx context.Context, profile Profile, reason EndReason, note string, act Act, lists ...string) (int, error) {
	note, err := cleanNote(note)
	if err != nil {
		return 0, err
	}
	var changes []Change
	for _, x := range profile.Subscriptions {
		if len(lists) > 0 && !slices.Contains(lists, x.ListID) || x.end(s.now(), reason, note) != nil {
			continue
		}
		changes = append(changes, Change{End: &x, Event: s.event(profile.Subscriber, act, "ended", x.ListID, string(reason))})
	}
	if len(changes) == 0 {
		return 0, nil
	}
	return len(changes), s.store.Apply(ctx, changes)
}

// Undo takes leaving back, for a day: the person is on the lists again that they
// left last, on the evidence they had. What we ended ourselves stays ended.
func (s *Service) Undo(ctx context.Context, publicID string, act Act, lists ...string) error {
	return s.about(ctx, publicID, func(known Standing) ([]Change, error) {
		if known.Suppression != nil {
			return nil, fault.Conflictf("%s", suppressed(known.Suppression))
		}
		var changes []Change
		for _, id := range lists {
			last := known.last(id)
			if last == nil || last.State != Ended { // never there, or back already
				continue
			}
			x, err := last.again(s.now(), act)
			if err != nil {
				return nil, err
			}
			changes = append(changes, Change{Subscribe: []Subscription{x}})
		}
		return changes, nil
	})
}

// MayReturn returns those of lists that the person left last, all at one time, and
// that Undo would still take them back to.
func (p Profile) MayReturn(now time.Time, lists []string) []string {
	var back []string
	var left time.Time
	known := Standing{Subscriptions: p.Subscriptions}
	for _, id := range lists {
		last := known.last(id)
		if last == nil || p.Suppression != nil {
			continue
		}
		if _, err := last.again(now, Act{}); err != nil {
			continue
		}
		if last.EndedAt.Sub(left) > time.Second {
			left, back = last.EndedAt, nil
		}
		if left.Sub(last.EndedAt) <= time.Second {
			back = append(back, id)
		}
	}
	return back
}

// Preferences are what a person may set for themselves; nil leaves a thing as it is.
type Preferences struct {
	Name     *string
	Language *string
	Join     []string   // lists that are open; the link they hold proves the address
	Leave    []string   // lists to leave
	Pause    *time.Time // until when they get nothing; the zero time ends the pause
	Consent  Consent    // behind what they join
}

// SetPreferences changes what a person set on their page.
func (s *Service) SetPreferences(ctx context.Context, publicID string, want Preferences, act Act) error {
	join := make([]List, len(want.Join))
	for i, id := range want.Join {
		list, err := s.joinable(ctx, id)
		if err == nil && list.Signup != SignupOpen {
			err = fault.Forbiddenf("list %s is not open", id)
		}
		if err != nil {
			return err
		}
		join[i] = list
	}
	return s.about(ctx, publicID, func(known Standing) ([]Change, error) {
		changes, err := s.change(known, want.Name, want.Language, nil, act)
		if err != nil {
			return nil, err
		}
		for _, list := range join {
			if x := s.joined(known, list, want.Consent, act); x != nil {
				changes = append(changes, *x)
			}
		}
		for _, id := range want.Leave {
			if x := known.open(id); x != nil && x.end(s.now(), Unsubscribed, "") == nil {
				changes = append(changes, Change{End: x, Event: s.event(known.Subscriber, act, "ended", id, string(Unsubscribed))})
			}
		}
		if want.Pause != nil {
			return s.pauses(changes, known, want.Leave, *want.Pause, act)
		}
		return changes, nil
	})
}

// joined puts someone who proved their address on a list.
func (s *Service) joined(known Standing, list List, consent Consent, act Act) *Change {
	open := known.open(list.ID)
	switch {
	case known.Suppression != nil || open != nil && open.State == Confirmed:
		return nil
	case open != nil:
		if open.confirm(s.now(), consent) != nil {
			return nil
		}
		return &Change{Confirm: open, Event: s.event(known.Subscriber, act, "confirmed", list.ID, consent.From)}
	}
	x := Subscription{SubscriberID: known.Subscriber.ID, ListID: list.ID, State: Confirmed, Origin: act.How, By: act.By, CreatedAt: s.now(), ConfirmedAt: s.now(), Consent: consent}
	x.Consent.Basis, x.Consent.GivenAt = list.Basis, s.now()
	return &Change{Subscribe: []Subscription{x}}
}

func (s *Service) pauses(changes []Change, known Standing, leave []string, until time.Time, act Act) ([]Change, error) {
	seen := map[string]bool{}
	for _, x := range known.Subscriptions {
		open := known.open(x.ListID)
		if open == nil || seen[x.ListID] || open.State != Confirmed || slices.Contains(leave, x.ListID) {
			continue
		}
		seen[x.ListID] = true
		before := open.PausedUntil
		if err := open.pause(s.now(), until); err != nil {
			return nil, err
		}
		if !open.PausedUntil.Equal(before) {
			changes = append(changes, Change{Edit: open, Event: s.event(known.Subscriber, act, "paused", x.ListID, until.Format(time.DateOnly))})
		}
	}
	return changes, nil
}
