// Package subscribers owns who may be mailed, and why: people, lists, their
// subscriptions, the consent that stands behind each, and the suppressions that
// stand above all. It is the part with legal weight: it depends on nothing but
// the fault kinds, does no I/O of its own and never sends anything. Its Service
// holds the rules; a Store (see the storetest package for its contract) keeps
// the rows.
//
// A subscription is one person's membership of one list. It ends, and is never
// deleted:
//
//	           asked for, not proven                 evidence, or single opt-in
//	(nobody) ------------------------> pending        (nobody) ----.
//	                                     |                         |
//	                                     |  confirm                v
//	                                     +-------------------> confirmed --. pause until:
//	                                     |                         |  ^    | confirmed all the
//	             end: unsubscribed,      |                         |  '----' same, not mailed
//	             bounced, complained,    |                         |
//	             removed, moved,         v            end          |
//	             dropped, erased,      ended <---------------------'
//
// Nothing leads out of ended. Whoever comes back gets a new subscription: by
// their own act (they ask and confirm), by undoing what they just did, or by an
// operator who says why, on record. An import by itself revives nobody.
//
// Above every state stands the suppression of an address: it is never mailed,
// whatever is confirmed. It outlives the person's erasure as a keyed hash, and
// then only the person can lift it, by asking and confirming again.
package subscribers

import (
	"maps"
	"strings"
	"time"
)

// Text is a text that readers see: language tag to words. The empty tag holds
// words that serve every language.
type Text map[string]string

// In returns the text in language, else in fallback, else in any language.
func (t Text) In(language, fallback string) string {
	for _, tag := range []string{language, base(language), fallback, ""} {
		if s, ok := t[tag]; ok && s != "" {
			return s
		}
	}
	first := ""
	for tag := range t {
		if first == "" || tag < first {
			first = tag
		}
	}
	return t[first]
}

func base(tag string) string {
	b, _, _ := strings.Cut(tag, "-")
	return b
}

// Subscriber is one person at one address.
type Subscriber struct {
	ID         int64             `json:"-"`
	PublicID   string            `json:"id"` // the only id that leaves the house
	Address    string            `json:"address"`
	Key        string            `json:"-"` // the address normalised: one person once
	Name       string            `json:"name"`
	Language   string            `json:"language"`             // BCP 47, lower case; "" means the publication's first
	Attributes map[string]string `json:"attributes,omitempty"` // what else is known: country, role
	CreatedAt  time.Time         `json:"created_at"`
}

func (s Subscriber) same(o Subscriber) bool {
	return s.Address == o.Address && s.Name == o.Name && s.Language == o.Language && maps.Equal(s.Attributes, o.Attributes)
}

// Signup says whether strangers may ask to join a list.
type Signup string

// OptIn says whether a subscription needs a confirmation from the address.
type OptIn string

// Basis is the legal ground for mailing a list.
type Basis string

const (
	SignupOpen   Signup = "open"
	SignupClosed Signup = "closed"
	OptInSingle  OptIn  = "single"
	OptInDouble  OptIn  = "double"
	BasisConsent Basis  = "consent"
	BasisMandate Basis  = "mandate" // designated correspondents: named by their authority, not by their own wish
)

// List is a set of subscriptions that publications are sent to.
type List struct {
	ID         string    `yaml:"id" json:"id"`
	Title      Text      `yaml:"title" json:"title"`
	Signup     Signup    `yaml:"signup" json:"signup" jsonschema:"enum=open,enum=closed"`
	OptIn      OptIn     `yaml:"opt_in" json:"opt_in" jsonschema:"enum=single,enum=double"`
	Basis      Basis     `yaml:"basis" json:"basis" jsonschema:"enum=consent,enum=mandate"`
	Managed    string    `yaml:"-" json:"managed"`              // "file" where the configuration owns it, else "database"
	ArchivedAt time.Time `yaml:"-" json:"archived_at,omitzero"` // closed for good: nobody joins, nothing is sent
}

// State is where a subscription stands; the package's picture shows the only ways.
type State string

const (
	Pending   State = "pending"
	Confirmed State = "confirmed"
	Ended     State = "ended"
)

// EndReason says why a subscription ended.
type EndReason string

const (
	Unsubscribed EndReason = "unsubscribed" // the person left
	Bounced      EndReason = "bounced"
	Complained   EndReason = "complained"
	Removed      EndReason = "removed" // the operator's act
	Moved        EndReason = "moved"   // goes on in another list
	Erased       EndReason = "erased"
	Expired      EndReason = "expired" // was never confirmed
	Dropped      EndReason = "dropped" // no longer in the file that the list is synchronised with
)

// Subscription is a person's membership of a list. It ends, and is never deleted.
type Subscription struct {
	SubscriberID int64     `json:"-"`
	ListID       string    `json:"list"`
	State        State     `json:"state"`
	Origin       string    `json:"origin"` // how it came: import | cli | page | undo | merge | revived
	By           string    `json:"by"`     // who made it
	EndReason    EndReason `json:"end_reason,omitempty"`
	Note         string    `json:"note,omitempty"` // what the person or the operator said when it ended
	CreatedAt    time.Time `json:"created_at"`
	ConfirmedAt  time.Time `json:"confirmed_at,omitzero"`
	EndedAt      time.Time `json:"ended_at,omitzero"`
	PausedUntil  time.Time `json:"paused_until,omitzero"`
	MayAsk       bool      `json:"may_ask,omitempty"`  // pending: the person may be asked, by mail, to confirm
	AskUntil     time.Time `json:"ask_until,omitzero"` // asked again: silence until then ends it
	Consent      Consent   `json:"consent,omitzero"`
}

// Consent is the evidence that stands behind a subscription; the time of
// confirmation is the subscription's.
type Consent struct {
	Basis    Basis     `json:"basis"`
	Wording  string    `json:"wording"` // what the person was shown, or what the importer vouches for
	Version  string    `json:"version"` // of the wording
	Language string    `json:"language"`
	Purpose  string    `json:"purpose,omitempty"` // what they are written to for
	Source   string    `json:"source"`            // where it was given: a page, a paper form, an import file
	From     string    `json:"from,omitempty"`    // from what machine, as a keyed hash of its network address
	GivenAt  time.Time `json:"given_at"`
}

// SuppressionReason says why an address is never mailed.
type SuppressionReason string

const (
	HardBounce SuppressionReason = "hard_bounce"
	Complaint  SuppressionReason = "complaint"
	Manual     SuppressionReason = "manual"
	Forgotten  SuppressionReason = "erased" // the person was erased; they alone may come back
)

// Suppression forbids mail to an address over all lists.
type Suppression struct {
	Key       string            `json:"-"` // an address key, or its keyed hash when the person was erased
	Reason    SuppressionReason `json:"reason"`
	Note      string            `json:"note,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
}

// Recipient is what a sender needs to know of a subscriber.
type Recipient struct {
	SubscriberID int64
	PublicID     string
	Address      string
	Name         string
	Language     string
}

// Profile is everything held on one person.
type Profile struct {
	Subscriber
	Subscriptions []Subscription `json:"subscriptions"`
	Suppression   *Suppression   `json:"suppression,omitempty"`
	History       []Event        `json:"history,omitempty"` // filled by Service.Held
}

// Act says who does something, and how.
type Act struct {
	By  string // operator, a team member's address, person, schedule
	How string // cli, import, page, mail, daemon
}

// Event is one change to a person or their subscriptions.
type Event struct {
	SubscriberID int64     `json:"-"`
	At           time.Time `json:"at"`
	By           string    `json:"by"`
	How          string    `json:"how"`
	Action       string    `json:"action"` // subscribed, asked, confirmed, ended, changed, paused, suppressed, unsuppressed, erased
	List         string    `json:"list,omitempty"`
	Detail       string    `json:"detail,omitempty"`
}

// Counts are the numbers of a list.
type Counts struct {
	Pending    int `json:"pending"`
	Confirmed  int `json:"confirmed"`
	Ended      int `json:"ended"`
	Suppressed int `json:"suppressed"` // confirmed, but the address is suppressed
	Paused     int `json:"paused"`     // confirmed and not suppressed, but not mailed now
}

// Mailable is how many people a send to the list would reach now.
func (c Counts) Mailable() int { return c.Confirmed - c.Suppressed - c.Paused }
