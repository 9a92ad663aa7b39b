package subscribers

import (
	"context"
	"maps"
	"slices"
	"strings"

	"broadsheet/internal/fault"
)

func (s *Service) event(who Subscriber, act Act, action, list, detail string) *Event {
	return &Event{SubscriberID: who.ID, At: s.now(), By: act.By, How: act.How, Action: action, List: list, Detail: detail}
}

// History returns every change to a person and their subscriptions, the oldest first.
func (s *Service) History(ctx context.Context, p Profile) ([]Event, error) {
	events, err := s.store.History(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range p.Subscriptions { // a subscription's row is the record of how it came
		e := Event{At: x.CreatedAt, By: x.By, How: x.Origin, Action: "asked", List: x.ListID, Detail: x.Consent.Source}
		if !x.ConfirmedAt.IsZero() && !x.ConfirmedAt.After(x.CreatedAt) {
			e.Action = "subscribed"
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	return events, nil
}

// Setting is what an operator changes of a person; nil leaves a thing as it is.
type Setting struct {
	Address    *string
	Name       *string
	Language   *string
	Attributes map[string]string // "" takes one away
}

// Set changes what is known of a person. A new address must be nobody's, and not suppressed.
func (s *Service) Set(ctx context.Context, who string, want Setting, act Act) error {
	if want.Address != nil {
		if err := s.readdress(ctx, who, *want.Address, act); err != nil {
			return err
		}
		if _, rehearsal := s.store.(rehearsal); !rehearsal {
			who = *want.Address
		}
	}
	return s.about(ctx, who, func(known Standing) ([]Change, error) {
		return s.change(known, want.Name, want.Language, want.Attributes, act)
	})
}

func (s *Service) change(known Standing, name, language *string, attributes map[string]string, act Act) (changes []Change, err error) {
	sub := known.Subscriber
	var what []string
	if name != nil {
		if sub.Name, err = CleanName(*name); err != nil {
			return nil, err
		}
		what = append(what, "name")
	}
	if language != nil {
		if sub.Language, err = CleanLanguage(*language); err != nil {
			return nil, err
		}
		what = append(what, "language")
	}
	if len(attributes) > 0 {
		cleaned, err := cleanAttributes(attributes)
		if err != nil {
			return nil, err
		}
		sub.Attributes = merged(sub.Attributes, cleaned)
		what = append(what, slices.Sorted(maps.Keys(cleaned))...)
	}
	if sub.same(known.Subscriber) {
		return nil, nil
	}
	return []Change{{Put: &sub, Event: s.event(sub, act, "changed", "", strings.Join(what, ", "))}}, nil
}

// merged returns the attributes of a person after some were set; "" takes one away.
func merged(known, set map[string]string) map[string]string {
	out := maps.Clone(known)
	for name, value := range set {
		if value == "" {
			delete(out, name)
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[name] = value
	}
	return out
}

func (s *Service) readdress(ctx context.Context, who, to string, act Act) error {
	address, key, err := ParseAddress(to)
	if err != nil {
		return err
	}
	p, err := s.Show(ctx, who)
	if err != nil {
		return err
	}
	return s.store.Decide(ctx, []string{p.Key, key}, s.hash, func(known map[string]Standing) ([]Change, error) {
		sub, there := known[p.Key].Subscriber, known[key]
		switch {
		case sub.ID == 0 || strings.HasPrefix(sub.Key, hashPrefix):
			return nil, fault.NotFoundf("this person is no longer known")
		case there.Subscriber.ID != 0 && there.Subscriber.ID != sub.ID:
			return nil, fault.WithHint(fault.Conflictf("%s is another subscriber", address), "end or erase one of the two")
		case there.Suppression != nil:
			return nil, fault.Conflictf("%s: %s", address, suppressed(there.Suppression))
		case sub.Address == address:
			return nil, nil
		}
		before := sub.Address
		sub.Address, sub.Key = address, key
		return []Change{{Put: &sub, Event: s.event(sub, act, "address", "", "before: "+before)}}, nil
	})
}

// Move lets a person go on in another list, on the same evidence.
func (s *Service) Move(ctx context.Context, who, from, to string, act Act) (Result, error) {
	list, err := s.joinable(ctx, to)
	if err != nil {
		return Result{}, err
	}
	r := Result{List: to}
	err = s.about(ctx, who, func(known Standing) ([]Change, error) {
		r.Address, r.Subscriber = known.Subscriber.Address, known.Subscriber.PublicID
		changes, result := s.move(known, from, list, act)
		r.Outcome, r.Reason, r.State = result.Outcome, result.Reason, result.State
		return changes, nil
	})
	return r, err
}

// move is the rule of moving: whoever left the other list is not brought back to it.
func (s *Service) move(known Standing, from string, to List, act Act) ([]Change, Result) {
	x, there, left := known.open(from), known.open(to.ID), known.last(to.ID)
	switch {
	case from == to.ID || x == nil:
		return nil, Result{Outcome: Unchanged, Reason: "not on list " + from}
	case there == nil && left != nil && !left.mayReturn():
		return nil, Result{Outcome: Refused, Reason: "the person left list " + to.ID + " (" + string(left.EndReason) + ")"}
	case to.Basis == BasisConsent && x.Consent.Basis == BasisMandate:
		return nil, Result{Outcome: Refused, Reason: "on list " + from + " by mandate, and list " + to.ID + " needs consent"}
	}
	var changes []Change
	result := Result{Outcome: Changed, State: x.State}
	if there == nil {
		next := *x
		next.ListID, next.Origin, next.By, next.CreatedAt = to.ID, "moved from "+from, act.By, s.now()
		changes = append(changes, Change{Subscribe: []Subscription{next}})
	} else if there.State == Pending && x.State == Confirmed {
		confirmed := *there
		if confirmed.confirm(s.now(), x.Consent) == nil {
			changes = append(changes, Change{Confirm: &confirmed, Event: s.event(known.Subscriber, act, "confirmed", to.ID, "moved from "+from)})
		}
	}
	if x.end(s.now(), Moved, "to "+to.ID) == nil {
		changes = append(changes, Change{End: x, Event: s.event(known.Subscriber, act, "ended", from, string(Moved))})
	}
	return changes, result
}

// MergeLists moves everybody who is on a list to another and archives the first.
// Whoever left the second stays away from it. each is told of every person.
func (s *Service) MergeLists(ctx context.Context, from, into string, act Act, each func(Result) error) error {
	to, err := s.joinable(ctx, into)
	if err != nil {
		return err
	}
	if _, err := s.List(ctx, from); err != nil || from == into {
		return orElse(err, fault.Invalidf("a list cannot be merged into itself"))
	}
	err = s.batches(ctx, Selection{List: from}, func(known Standing) ([]Change, *Result) {
		if known.open(from) == nil {
			return nil, nil
		}
		changes, r := s.move(known, from, to, act)
		r.Address, r.Subscriber, r.List = known.Subscriber.Address, known.Subscriber.PublicID, into
		return changes, &r
	}, each)
	if err != nil {
		return err
	}
	return s.ArchiveList(ctx, from)
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// batches has changes decided for every person of a selection, some at a time,
// and tells each what was said of whom once it is written.
func (s *Service) batches(ctx context.Context, which Selection, decide func(Standing) ([]Change, *Result), each func(Result) error) error {
	for {
		members, err := s.store.Members(ctx, which, page)
		if err != nil || len(members) == 0 {
			return err
		}
		results, err := s.decideAll(ctx, members, decide)
		if err != nil {
			return err
		}
		for _, r := range results {
			if err := each(r); err != nil {
				return err
			}
		}
		which.AfterList, which.After = members[len(members)-1].Subscription.ListID, members[len(members)-1].ID
	}
}

func (s *Service) decideAll(ctx context.Context, members []Member, decide func(Standing) ([]Change, *Result)) (results []Result, err error) {
	var keys []string
	for _, m := range members {
		if !slices.Contains(keys[max(len(keys)-1, 0):], m.Key) {
			keys = append(keys, m.Key)
		}
	}
	err = s.store.Decide(ctx, keys, s.hash, func(known map[string]Standing) (changes []Change, err error) {
		results = results[:0] // it may be run again
		for _, key := range keys {
			some, r := decide(known[key])
			changes = append(changes, some...)
			if r != nil {
				results = append(results, *r)
			}
		}
		return changes, nil
	})
	return results, err
}
