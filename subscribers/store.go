package subscribers

import (
	"context"
	"time"

	"broadsheet/subscribers/segment"
)

// Store keeps the rows of this package. Every method is one transaction.
// The storetest package is its contract.
type Store interface {
	ListStore
	// Decide reads what is known of the keys, has the changes decided and writes
	// them, while nobody else writes people: what was decided on still holds when
	// it is written. Unknown keys are left out of the standings. hash gives the
	// key under which the suppression of an erased person stands.
	Decide(ctx context.Context, keys []string, hash func(key string) string, decide func(map[string]Standing) ([]Change, error)) error
	// Apply writes changes to people who are known, all or none, beside others who write.
	Apply(ctx context.Context, changes []Change) error
	// Profile returns everything held on the person with the key, or with the public id, but for the history.
	Profile(ctx context.Context, keyOrPublicID string) (Profile, error)
	// History returns what was written down of a person, the oldest first.
	History(ctx context.Context, subscriber int64) ([]Event, error)
	// Find returns up to limit subscribers whose address or name contains text, whatever the case.
	Find(ctx context.Context, text string, limit int) ([]Subscriber, error)
	// Members returns up to limit members, by list and person.
	Members(ctx context.Context, which Selection, limit int) ([]Member, error)
}

// ListStore keeps the lists and their numbers.
type ListStore interface {
	// Lists returns all lists by id.
	Lists(ctx context.Context) ([]List, error)
	// PutList inserts or replaces a list.
	PutList(ctx context.Context, list List) error
	// Counts returns the numbers of a list, of those whom the filter lets through.
	Counts(ctx context.Context, list string, where segment.Filter) (Counts, error)
	// Growth returns what happened on a list by month (2026-03) and by what it was: confirmed, or the reason of an end.
	Growth(ctx context.Context, list string) (map[string]map[string]int, error)
}

// rehearsal is a store on which everything is decided and nothing written.
type rehearsal struct{ Store }

func (r rehearsal) Decide(ctx context.Context, keys []string, hash func(string) string, decide func(map[string]Standing) ([]Change, error)) error {
	return r.Store.Decide(ctx, keys, hash, func(known map[string]Standing) ([]Change, error) {
		_, err := decide(known)
		return nil, err
	})
}

func (rehearsal) Apply(context.Context, []Change) error { return nil }
func (rehearsal) PutList(context.Context, List) error   { return nil }

// Selection says which members are wanted.
type Selection struct {
	List         string // "": of all lists
	Where        segment.Filter
	AfterList    string // page on after this member
	After        int64
	StaleBefore  time.Time // only pending ones made before, and not asked to answer by a later day
	SilentBefore time.Time // with it: also those who were asked to answer by a day before
}

// Standing is what is known of one address.
type Standing struct {
	Subscriber    Subscriber     // ID 0: nobody yet (the address may still be suppressed)
	Subscriptions []Subscription // the oldest first
	Suppression   *Suppression
}

// open returns the subscription to a list that has not ended.
func (s Standing) open(list string) *Subscription {
	if last := s.last(list); last != nil && last.State != Ended {
		return last
	}
	return nil
}

// last returns the newest subscription to a list.
func (s Standing) last(list string) *Subscription {
	for i := len(s.Subscriptions) - 1; i >= 0; i-- {
		if x := s.Subscriptions[i]; x.ListID == list {
			return &x
		}
	}
	return nil
}

// confirmedBefore reports whether the person ever proved that the address is theirs, or somebody vouched for it.
func (s Standing) confirmedBefore() bool {
	for _, x := range s.Subscriptions {
		if !x.ConfirmedAt.IsZero() {
			return true
		}
	}
	return false
}

// Change is one write to the store: the parts that are set, in one transaction.
// Confirm, End and Edit touch a subscription only while it is open (Confirm:
// pending); where it no longer is, they and the event do nothing.
type Change struct {
	Put        *Subscriber    // inserted when ID is 0, else updated
	Subscribe  []Subscription // new ones, of Put where they name nobody
	Confirm    *Subscription
	End        *Subscription
	Edit       *Subscription // pause and asking
	Suppress   *Suppression
	Unsuppress string      // a suppression's key
	Erase      *Subscriber // what is left of them: the row, with Key in place of the address
	Event      *Event
}

// Member is one line of a list.
type Member struct {
	Subscriber
	Subscription Subscription `json:"subscription"`
	Suppressed   bool         `json:"suppressed,omitempty"`
}
