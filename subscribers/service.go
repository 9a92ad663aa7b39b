package subscribers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// Store keeps the rows of this package. Every method is one transaction.
// The storetest package is its contract.
type Store interface {
	// Lists returns all lists by id.
	Lists(ctx context.Context) ([]List, error)
	// PutList inserts or replaces a list.
	PutList(ctx context.Context, list List) error
	// Standings returns what is known of each key with regard to a list; unknown keys are left out.
	Standings(ctx context.Context, list string, keys []string) (map[string]Standing, error)
	// Apply writes the changes, all or none.
	Apply(ctx context.Context, changes []Change) error
	// Profile returns everything held on the person with the key, or with the public id.
	Profile(ctx context.Context, keyOrPublicID string) (Profile, error)
	// Find returns up to limit subscribers whose address or name contains text.
	Find(ctx context.Context, text string, limit int) ([]Subscriber, error)
	// Members returns up to limit members of a list with id > after, in id order.
	Members(ctx context.Context, list string, after int64, limit int) ([]Member, error)
	// Counts returns the numbers of a list.
	Counts(ctx context.Context, list string) (Counts, error)
}

// Standing is what is known of one address with regard to one list.
type Standing struct {
	Subscriber  Subscriber    // ID 0: nobody yet (the address may still be suppressed)
	Current     *Subscription // the subscription that has not ended
	EndedBy     EndReason     // why the last one ended, where there is no current one
	Suppression *Suppression
}

// Change is one write to the store: the parts that are set, in one transaction.
type Change struct {
	Put        *Subscriber // inserted when ID is 0, else name and language are updated
	Subscribe  *Subscription
	Confirm    *Subscription // pending -> confirmed at ConfirmedAt
	End        *Subscription // -> ended at EndedAt with EndReason
	Consent    *Consent      // stands behind Subscribe or Confirm
	Suppress   *Suppression
	Unsuppress string // an address key
}

// Member is one line of a list.
type Member struct {
	Subscriber
	Subscription Subscription `json:"subscription"`
	Consent      Consent      `json:"consent"`
}

// Row is what is asked for one address: by a person at the command line or by a line of a file.
type Row struct {
	Line     int // of the file, 1-based; 0 where there is none
	Address  string
	Name     string
	Language string
	Consent  *Consent // evidence; nil means none
	Pending  bool     // waits for a confirmation, whatever the list asks for
}

// Outcome says what became of a row.
type Outcome string

const (
	Added     Outcome = "added"
	Waiting   Outcome = "pending" // added, not mailed before the address confirms
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
	Refused   Outcome = "refused"
)

// Result is what became of a row, and why.
type Result struct {
	Line       int     `json:"line,omitempty"`
	Address    string  `json:"address"`
	Outcome    Outcome `json:"outcome"`
	Reason     string  `json:"reason,omitempty"`
	Subscriber string  `json:"subscriber,omitempty"` // public id
	State      State   `json:"state,omitempty"`      // of the subscription now
}

// Service holds the rules.
type Service struct {
	store Store
	now   func() time.Time
}

// NewService returns the rules over a store; now is the clock.
func NewService(store Store, now func() time.Time) *Service { return &Service{store, now} }

// NewPublicID returns 128 random bits in hexadecimal.
func NewPublicID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}

// SyncLists makes the lists of the configuration file stand in the store.
func (s *Service) SyncLists(ctx context.Context, lists []List) error {
	known, err := s.store.Lists(ctx)
	if err != nil {
		return err
	}
	for _, list := range lists {
		list.Managed = "file"
		if !contains(known, list) {
			if err := s.store.PutList(ctx, list); err != nil {
				return err
			}
		}
	}
	return nil
}

func contains(lists []List, want List) bool {
	for _, l := range lists {
		if l.ID == want.ID {
			same := l.Signup == want.Signup && l.OptIn == want.OptIn && l.Basis == want.Basis && l.Managed == want.Managed && len(l.Title) == len(want.Title)
			for tag, words := range want.Title {
				same = same && l.Title[tag] == words
			}
			return same
		}
	}
	return false
}

var listID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// CheckList returns the first thing wrong with a list.
func CheckList(l List) error {
	switch {
	case !listID.MatchString(l.ID):
		return fault.Invalidf("list id %q must be lower-case letters, digits and hyphens", l.ID)
	case l.Signup != SignupOpen && l.Signup != SignupClosed:
		return fault.Invalidf("list %s: signup must be open or closed", l.ID)
	case l.OptIn != OptInSingle && l.OptIn != OptInDouble:
		return fault.Invalidf("list %s: opt_in must be single or double", l.ID)
	case l.Basis != BasisConsent && l.Basis != BasisMandate:
		return fault.Invalidf("list %s: basis must be consent or mandate", l.ID)
	}
	return nil
}

// CreateList adds a list to the database. Ids of lists in the configuration file are refused.
func (s *Service) CreateList(ctx context.Context, list List) error {
	if err := CheckList(list); err != nil {
		return err
	}
	known, err := s.store.Lists(ctx)
	if err != nil {
		return err
	}
	for _, l := range known {
		if l.ID == list.ID {
			return fault.Conflictf("list %s exists already (managed in the %s)", l.ID, l.Managed)
		}
	}
	list.Managed = "database"
	return s.store.PutList(ctx, list)
}

// Lists returns all lists by id.
func (s *Service) Lists(ctx context.Context) ([]List, error) { return s.store.Lists(ctx) }

// List returns one list.
func (s *Service) List(ctx context.Context, id string) (List, error) {
	lists, err := s.store.Lists(ctx)
	if err != nil {
		return List{}, err
	}
	ids := make([]string, len(lists))
	for i, l := range lists {
		if l.ID == id {
			return l, nil
		}
		ids[i] = l.ID
	}
	return List{}, fault.WithHint(fault.NotFoundf("no list %q", id), "the lists are: %s", strings.Join(ids, ", "))
}

// Counts returns the numbers of a list.
func (s *Service) Counts(ctx context.Context, list string) (Counts, error) {
	return s.store.Counts(ctx, list)
}

// Show returns everything held on one person, by address or public id.
func (s *Service) Show(ctx context.Context, who string) (Profile, error) {
	if _, key, err := ParseAddress(who); err == nil {
		return s.store.Profile(ctx, key)
	}
	return s.store.Profile(ctx, strings.TrimSpace(who))
}

// Find returns subscribers whose address or name contains text.
func (s *Service) Find(ctx context.Context, text string, limit int) ([]Subscriber, error) {
	if strings.TrimSpace(text) == "" {
		return nil, fault.Invalidf("nothing to find: give a part of an address or name")
	}
	return s.store.Find(ctx, strings.TrimSpace(text), limit)
}

// Export calls each for every member of a list in the order they joined.
func (s *Service) Export(ctx context.Context, list string, each func(Member) error) error {
	var after int64
	for {
		members, err := s.store.Members(ctx, list, after, 1000)
		if err != nil || len(members) == 0 {
			return err
		}
		for _, m := range members {
			if err := each(m); err != nil {
				return err
			}
			after = m.Subscription.ID
		}
	}
}
