package subscribers

import (
	"cmp"
	"strconv"
	"time"
)

// mayReturn reports whether somebody whose subscription ended so may be added
// again by others: they never said that they do not want to be.
func (x *Subscription) mayReturn() bool {
	return x.EndReason == Expired || x.EndReason == Moved || x.EndReason == Dropped
}

// decide is the rule for one row: what is written, and what is said of it.
// Without a recorded reason it never revives a person who left or whose address
// is suppressed; one who was erased comes back by themselves alone.
func (s *Service) decide(changes []Change, in Import, p *prepared, known Standing, result *Result) []Change {
	current, last := known.open(in.List.ID), known.last(in.List.ID)
	if p.row.Ended != "" || p.row.Suppress != "" {
		return s.depart(changes, in, p, known, result)
	}
	left := current == nil && last != nil && !last.mayReturn()
	switch {
	case known.Suppression != nil && (in.Revive == "" || known.Suppression.Reason == Forgotten):
		result.Outcome, result.Reason = Refused, suppressed(known.Suppression)
		return changes
	case left && in.Revive == "":
		result.Outcome, result.Reason = Refused, "the person left this list ("+string(last.EndReason)+")"
		return changes
	}
	change := Change{}
	sub := known.Subscriber
	if sub.ID == 0 || in.Mode != ModeAdd || current == nil {
		sub = s.person(p.sub, known.Subscriber, &change)
	}
	if change.Put != nil && sub.ID != 0 {
		change.Event = s.event(sub, in.Act, "changed", "", "")
	}
	if known.Suppression != nil {
		changes = append(changes, Change{Unsuppress: known.Suppression.Key, Event: s.event(sub, in.Act, "unsuppressed", "", in.Revive)})
	}
	result.Subscriber = sub.PublicID
	if !s.subscribe(&change, in, p.row, sub, current, left, result) && change.Put == nil && known.Suppression == nil {
		result.Outcome = Unchanged
		return changes
	}
	return append(changes, change)
}

// depart writes down that a person left, or must never be mailed, where the file
// comes from. What is known here of people who left already stays.
func (s *Service) depart(changes []Change, in Import, p *prepared, known Standing, result *Result) []Change {
	before := len(changes)
	var change Change
	sub := known.Subscriber
	current, last := known.open(in.List.ID), known.last(in.List.ID)
	result.State, result.Outcome, result.Reason = Ended, Unchanged, "left where the file comes from"
	at := p.row.EndedAt
	if at.IsZero() || at.After(s.now()) {
		at = s.now()
	}
	reason := cmp.Or(p.row.Ended, Removed)
	switch {
	case last == nil:
		sub = s.person(p.sub, known.Subscriber, &change)
		x := s.newSubscription(in, p.row, sub, Pending)
		x.State, x.EndedAt, x.EndReason = Ended, at, reason
		if p.row.Consent != nil {
			x.Consent = *evidence(in, p.row, s.now())
		}
		change.Subscribe = []Subscription{x}
		changes = append(changes, change)
	case current != nil && in.Mode != ModeAdd && current.end(s.now(), reason, "") == nil:
		changes = append(changes, Change{End: current, Event: s.event(sub, in.Act, "ended", in.List.ID, string(reason))})
	case current != nil:
		result.State = current.State
	}
	if p.row.Suppress != "" && known.Suppression == nil {
		add := Change{Suppress: &Suppression{Key: p.sub.Key, Reason: p.row.Suppress, Note: in.Act.How, CreatedAt: s.now()}}
		if sub.ID != 0 {
			add.Event = s.event(sub, in.Act, "suppressed", "", string(p.row.Suppress))
		}
		changes = append(changes, add)
	}
	result.Subscriber = sub.PublicID
	if len(changes) > before {
		result.Outcome = Gone
	}
	return changes
}

// subscribe decides on the subscription of a row, and reports whether it changes.
func (s *Service) subscribe(change *Change, in Import, row Row, sub Subscriber, current *Subscription, left bool, result *Result) bool {
	state := s.stateFor(in.List, row)
	result.State = state
	switch {
	case current == nil:
		x := s.newSubscription(in, row, sub, state)
		result.Outcome = Added
		if state == Pending {
			result.Outcome, result.Reason = Waiting, "not mailed before the address confirms"
		}
		if left {
			x.Origin, x.Note, result.Reason = "revived", in.Revive, "brought back: "+in.Revive
		}
		change.Subscribe = []Subscription{x}
		return true
	case current.State == Pending && state == Confirmed:
		if change.Put != nil { // one event a change: the state is the weightier
			change.Event = nil
		}
		if current.confirm(s.now(), *evidence(in, row, s.now())) == nil {
			change.Confirm, change.Event = current, s.event(sub, in.Act, "confirmed", in.List.ID, current.Consent.Source)
		}
		result.Outcome = Changed
		return true
	case current.State == Pending && row.MayAsk && !current.MayAsk:
		current.MayAsk = true
		change.Edit = current
		result.Outcome = Changed
		return true
	}
	result.State, result.Outcome = current.State, Changed
	return false
}

// stateFor is the rule of evidence: on a list that stands on consent, whoever
// comes without evidence waits until they confirm, and is not mailed before.
func (s *Service) stateFor(list List, row Row) State {
	if row.Pending || list.Basis == BasisConsent && row.Consent == nil {
		return Pending
	}
	return Confirmed
}

func (s *Service) newSubscription(in Import, row Row, sub Subscriber, state State) Subscription {
	x := Subscription{SubscriberID: sub.ID, ListID: in.List.ID, State: state, Origin: in.Act.How, By: in.Act.By, CreatedAt: s.now()}
	if state == Confirmed {
		x.ConfirmedAt, x.Consent = x.CreatedAt, *evidence(in, row, x.CreatedAt)
		if !row.ConfirmedAt.IsZero() && row.ConfirmedAt.Before(x.CreatedAt) {
			x.ConfirmedAt = row.ConfirmedAt
		}
		if x.pause(x.CreatedAt, row.PausedUntil) != nil { // longer than a pause may be
			x.PausedUntil = time.Time{}
		}
	} else if x.MayAsk = row.MayAsk; row.Consent != nil { // what they asked for, not yet proven
		x.Consent = *evidence(in, row, x.CreatedAt)
	}
	return x
}

// person returns who a row speaks of, and puts what is new of them into the change.
func (s *Service) person(asked, known Subscriber, change *Change) Subscriber {
	if known.ID == 0 {
		asked.CreatedAt = s.now()
		asked.PublicID = personID(asked.CreatedAt)
		change.Put = &asked
		return asked
	}
	next := known
	next.Name, next.Language = cmp.Or(asked.Name, known.Name), cmp.Or(asked.Language, known.Language)
	if len(asked.Attributes) > 0 {
		next.Attributes = merged(known.Attributes, asked.Attributes)
	}
	if !next.same(known) {
		change.Put = &next
	}
	return next
}

// evidence is what stands behind a confirmed subscription: the row's own, else who added it and when.
func evidence(in Import, row Row, now time.Time) *Consent {
	c := Consent{Source: in.Act.How}
	if row.Consent != nil {
		c = *row.Consent
	}
	c.Basis = in.List.Basis
	if c.GivenAt.IsZero() {
		c.GivenAt = now
	}
	return &c
}

func doubled(line int) string {
	if line == 0 {
		return "the address stands twice"
	}
	return "the address stands on line " + strconv.Itoa(line) + " too"
}
