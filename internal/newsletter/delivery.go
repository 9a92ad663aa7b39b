package newsletter

import (
	"time"

	"broadsheet/subscribers"
)

// DeliveryState is where one recipient's copy stands. A recipient of a frozen
// audience without a delivery row is pending.
type DeliveryState string

const (
	Attempting        DeliveryState = "attempting" // an attempt is on disk, its outcome is not
	Accepted          DeliveryState = "accepted"   // the relay answered 250 to the final dot
	Deferred          DeliveryState = "deferred"   // a temporary refusal: tried again later
	Rejected          DeliveryState = "rejected"   // a permanent refusal
	Unknown           DeliveryState = "unknown"    // the attempt broke off where a copy may have been accepted: tried once more, last
	Held              DeliveryState = "held"       // unknown twice, or once where the publication says so: waits for a person
	Suppressed        DeliveryState = "suppressed" // the address was suppressed after the audience was frozen
	DeliveryCancelled DeliveryState = "cancelled"  // the person left, or the send was given up, before an attempt
)

// Attempt is one try at one recipient, written before the message goes and
// completed after.
type Attempt struct {
	Issue      int64
	Subscriber int64
	Chunk      int
	Epoch      int64
	Number     int // 1 for the first try
	Language   string
	MessageID  string
	StartedAt  time.Time
}

// Outcome is what became of an attempt.
type Outcome struct {
	Issue      int64
	Subscriber int64
	Chunk      int
	Number     int
	State      DeliveryState
	Code       int    // SMTP reply code; 0 where none came
	Enhanced   string // RFC 3463 status code
	Reply      string
	Relay      string
	At         time.Time
	NextAt     time.Time // deferred: when to try again
	HardBounce bool      // the mailbox is gone: nothing goes to this address any more
}

// Wanted says which copies of a chunk are asked for.
type Wanted struct {
	State DeliveryState // "": those without a delivery, by id; else those whose time has come
	After int64         // only ids above this
	Now   time.Time
	Limit int
}

// Chunk is a slice of a frozen audience: recipients with First <= id <= Last.
type Chunk struct {
	Issue  int64
	Number int
	First  int64
	Last   int64
	Count  int
	Epoch  int64 // raised by each start; the last starter wins
	Tried  bool  // everyone in it was tried or passed over once
}

// Fresh reports whether this is the first work at a chunk: nobody in it has been
// decided on but by it.
func (c Chunk) Fresh() bool { return c.Epoch == 1 }

// ChunkRest is how a chunk stands when its worker gives it back.
type ChunkRest struct {
	Open     int       // copies that still have to be tried
	Next     time.Time // when the next of the deferred is due; zero: none
	Unknown  bool      // copies of unknown fate are among them
	SendDone bool      // with this chunk the whole issue is finished
}

// Tally counts an issue's audience by where each copy stands. The parts always add up to Audience.
type Tally struct {
	Audience   int `json:"audience"`
	Pending    int `json:"pending"`
	Attempting int `json:"attempting"`
	Deferred   int `json:"deferred"`
	Accepted   int `json:"accepted"`
	Rejected   int `json:"rejected"`
	Unknown    int `json:"unknown"`
	Held       int `json:"held"`
	Suppressed int `json:"suppressed"`
	Cancelled  int `json:"cancelled"`
}

// Add counts n copies in a state.
func (t *Tally) Add(state DeliveryState, n int) {
	switch state {
	case Attempting:
		t.Attempting += n
	case Deferred:
		t.Deferred += n
	case Accepted:
		t.Accepted += n
	case Rejected:
		t.Rejected += n
	case Unknown:
		t.Unknown += n
	case Held:
		t.Held += n
	case Suppressed:
		t.Suppressed += n
	case DeliveryCancelled:
		t.Cancelled += n
	}
}

// Settle computes Pending as what no row speaks of.
func (t *Tally) Settle() {
	t.Pending = t.Audience - t.Attempting - t.Deferred - t.Accepted - t.Rejected - t.Unknown - t.Held - t.Suppressed - t.Cancelled
}

// Open is how many copies may still be sent without a person's decision.
func (t Tally) Open() int { return t.Pending + t.Attempting + t.Deferred + t.Unknown }

// ReceiptLine is what the ledger says of one recipient.
type ReceiptLine struct {
	Subscriber string        `json:"subscriber"` // public id
	Address    string        `json:"address"`
	Language   string        `json:"language"`
	State      DeliveryState `json:"state"` // "pending" where no attempt was made yet
	Attempts   int           `json:"attempts"`
	MessageID  string        `json:"message_id,omitempty"`
	Code       int           `json:"code,omitempty"`
	Enhanced   string        `json:"enhanced,omitempty"`
	Reply      string        `json:"reply,omitempty"`
	NextAt     time.Time     `json:"next_at,omitzero"`
	At         time.Time     `json:"at,omitzero"`
}

// Slot is one planned instant of a publication's schedule: unique by its local
// label, so that no clock change and no restart does it twice.
type Slot struct {
	Publication string    `json:"publication"`
	Kind        string    `json:"kind"`  // compose | send
	Label       string    `json:"label"` // local time, 2027-03-01T14:00
	DueAt       time.Time `json:"due_at"`
	State       string    `json:"state"` // planned | done | missed | refused
	Note        string    `json:"note,omitempty"`
}

// Order asks for an approved issue to be sent.
type Order struct {
	Digest      string // what was approved: anything else is refused
	Lists       []string
	Segment     string // of those lists, only whom this filter lets through
	By          string
	GiveUpAfter time.Duration
	HoldUnknown bool // a copy whose fate is unknown waits for a person
	Expect      int  // refuse any other number of recipients; -1 takes all
}

// Send is the order behind a sent issue: what, to whom, and until when.
type Send struct {
	Issue       int64     `json:"-"`
	Digest      string    `json:"digest"`
	Lists       []string  `json:"lists"`
	Segment     string    `json:"segment,omitempty"`
	FrozenAt    time.Time `json:"frozen_at"`
	Audience    int       `json:"audience"`
	GiveUpAt    time.Time `json:"give_up_at"`
	OrderedBy   string    `json:"ordered_by"`
	HoldUnknown bool      `json:"hold_unknown"`
	PausedAt    time.Time `json:"paused_at,omitzero"`
	CancelledBy string    `json:"cancelled_by,omitempty"`
	FinishedAt  time.Time `json:"finished_at,omitzero"`
}

// Worker is a process that delivers. While it lives its beats rise; who sees
// them stand still buries it, so that no two clocks are ever compared.
type Worker struct {
	ID      string `json:"id"`
	Host    string `json:"host"`
	Version string `json:"version"`
	Beats   int64  `json:"beats"`
	Gone    bool   `json:"gone"` // its connection to the database is cut: it may have died, or only lost that
}

// Pace is how fast a relay is used, shared by all workers.
type Pace struct {
	Relay     string    `json:"relay"`
	Rate      float64   `json:"rate"` // messages a minute now; 0: as fast as it takes them
	Tokens    float64   `json:"tokens"`
	At        time.Time `json:"at,omitzero"` // when Tokens was right
	Day       string    `json:"day"`
	Used      int       `json:"used"`                // of the day's allowance
	LimitedAt time.Time `json:"limited_at,omitzero"` // the last answer that asked for less
	RaisedAt  time.Time `json:"raised_at,omitzero"`
	Version   int64     `json:"-"` // of the row
}

// Outcomes counts an issue's copies by what became of them and why.
type Outcomes struct {
	State    DeliveryState `json:"state"`
	Class    string        `json:"class"` // ok, mailbox, quota, size, policy, limit, network, protocol, other
	Code     int           `json:"code,omitempty"`
	Enhanced string        `json:"enhanced,omitempty"`
	Count    int           `json:"count"`
}

// Try is one attempt of a delivery's history.
type Try struct {
	Number     int           `json:"number"`
	State      DeliveryState `json:"state"`
	StartedAt  time.Time     `json:"started_at"`
	FinishedAt time.Time     `json:"finished_at,omitzero"`
	Code       int           `json:"code,omitempty"`
	Enhanced   string        `json:"enhanced,omitempty"`
	Reply      string        `json:"reply,omitempty"`
	Relay      string        `json:"relay,omitempty"`
}

// Copy is one recipient's copy that may be tried now.
type Copy struct {
	subscribers.Recipient
	Attempts   int    // made so far
	Unknowns   int    // of these with an unknown fate
	MessageID  string // of earlier attempts
	Suppressed bool   // the address was suppressed since the freeze
	Gone       bool   // the person left since the freeze
}

// Notice is a service mail: a request to approve, a confirmation.
type Notice struct {
	ID       int64
	Dedupe   string // a notice is written once per Dedupe
	Kind     string
	Address  string
	Sender   string // a publication's From
	Language string
	Subject  string
	HTML     string
	Text     string
	Attempts int
}
