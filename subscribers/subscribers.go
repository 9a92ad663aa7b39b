// Package subscribers owns who may be mailed, and why: people, lists, their
// subscriptions, the consent that stands behind each, and the suppressions that
// stand above all. It is the part with legal weight: it depends on nothing but
// the fault kinds, does no I/O of its own and never sends anything. Its Service
// holds the rules; a Store (see the storetest package for its contract) keeps
// the rows.
package subscribers

import (
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
	ID        int64     `json:"-"`
	PublicID  string    `json:"id"` // 128 random bits; the only id that leaves the house
	Address   string    `json:"address"`
	Key       string    `json:"-"` // the address normalised: one person once
	Name      string    `json:"name"`
	Language  string    `json:"language"` // BCP 47, lower case; "" means the publication's first
	CreatedAt time.Time `json:"created_at"`
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
	BasisMandate Basis  = "mandate"
)

// List is a set of subscriptions that publications are sent to.
type List struct {
	ID      string `yaml:"id" json:"id"`
	Title   Text   `yaml:"title" json:"title"`
	Signup  Signup `yaml:"signup" json:"signup" jsonschema:"enum=closed" planned:"open"`
	OptIn   OptIn  `yaml:"opt_in" json:"opt_in" jsonschema:"enum=single,enum=double"`
	Basis   Basis  `yaml:"basis" json:"basis" jsonschema:"enum=consent,enum=mandate"`
	Managed string `yaml:"-" json:"managed"` // "file" where the configuration owns it, else "database"
}

// State is where a subscription stands. The only ways are pending -> confirmed
// -> ended and pending -> ended; a person who comes back gets a new subscription.
type State string

const (
	Pending   State = "pending"
	Confirmed State = "confirmed"
	Ended     State = "ended"
)

// EndReason says why a subscription ended.
type EndReason string

const (
	Unsubscribed EndReason = "unsubscribed"
	Bounced      EndReason = "bounced"
	Complained   EndReason = "complained"
	Removed      EndReason = "removed"
	Erased       EndReason = "erased"
)

// Subscription is a person's membership of a list. It ends, and is never deleted.
type Subscription struct {
	ID           int64     `json:"-"`
	SubscriberID int64     `json:"-"`
	ListID       string    `json:"list"`
	State        State     `json:"state"`
	Origin       string    `json:"origin"` // import | cli | page
	EndReason    EndReason `json:"end_reason,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	ConfirmedAt  time.Time `json:"confirmed_at,omitzero"`
	EndedAt      time.Time `json:"ended_at,omitzero"`
}

// Consent is the evidence that stands behind a subscription.
type Consent struct {
	Basis    Basis     `json:"basis"`
	Wording  string    `json:"wording"` // what the person was shown, or what the importer vouches for
	Version  string    `json:"version"`
	Language string    `json:"language"`
	Source   string    `json:"source"` // where it was given: a page, a paper form, an import file
	GivenAt  time.Time `json:"given_at"`
}

// SuppressionReason says why an address is never mailed.
type SuppressionReason string

const (
	HardBounce SuppressionReason = "hard_bounce"
	Complaint  SuppressionReason = "complaint"
	Manual     SuppressionReason = "manual"
)

// Suppression forbids mail to an address over all lists.
type Suppression struct {
	Key       string            `json:"-"`
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
	Consents      []Consent      `json:"consents"`
	Suppression   *Suppression   `json:"suppression,omitempty"`
}

// Counts are the numbers of a list.
type Counts struct {
	Pending    int `json:"pending"`
	Confirmed  int `json:"confirmed"`
	Ended      int `json:"ended"`
	Suppressed int `json:"suppressed"` // confirmed, but the address is suppressed
}

// Mailable is how many people a send to the list would reach now.
func (c Counts) Mailable() int { return c.Confirmed - c.Suppressed }
