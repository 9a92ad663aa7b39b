// Package deliver owns the way from an approved issue and an audience to
// deliveries and their outcomes. It is an accountant: before the final dot of a
// message goes, the attempt is on disk, together with the outcome of the message
// before it on that connection. So after any crash, at most one copy per connection
// is unknown, and it is named. Envelope and body go while the disk is written: a
// relay may keep nothing of them before it has the dot (RFC 5321 section 4.1.1.4),
// and with 8 connections to a near relay waiting for the disk first costs a fifth.
//
//	Slice -> compose and sign (one per core) -> lane (a relay) -> line (a connection) -> ledger
//
// A slice is some seconds of work at a chunk of the audience. Starting it is
// recovery: the chunk's epoch is raised, which fences out whoever had it, and
// attempts without outcome become unknown. A copy that is unknown is tried once
// more under the same Message-ID, after everybody else, or waits for a person
// where the schedule says `unknown: hold`; unknown twice always waits.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// Ledger is who got what. Every method is one transaction.
type Ledger interface {
	Chunks
	Deliveries
}

// Chunks is who works at which part of an audience.
type Chunks interface {
	// Send returns the order that is carried out, as it stands now.
	Send(ctx context.Context, issue int64) (newsletter.Send, error)
	// ClaimChunk raises the epoch and turns attempts without outcome into unknown, or held.
	ClaimChunk(ctx context.Context, c *newsletter.Chunk, worker string, hold bool) (won bool, err error)
	// ReleaseChunk gives a chunk back; open are the states of copies still to be tried.
	ReleaseChunk(ctx context.Context, c newsletter.Chunk, open []newsletter.DeliveryState) (newsletter.ChunkRest, error)
	// Untouched counts the chunks, but for one, that were not gone through once.
	Untouched(ctx context.Context, issue int64, but int) (int, error)
	// Holds reports whether a chunk is still the worker's who claimed it at this epoch.
	Holds(ctx context.Context, c newsletter.Chunk, worker string) (bool, error)
}

// Deliveries is what becomes of each copy.
type Deliveries interface {
	// Copies returns recipients of a chunk that have no delivery yet, or are in a state whose time has come.
	Copies(ctx context.Context, send newsletter.Send, c newsletter.Chunk, w newsletter.Wanted) ([]newsletter.Copy, error)
	// Record makes outcomes and new attempts durable together. With an error none
	// of the attempts may be made, and some of them may have been written.
	Record(ctx context.Context, outcomes []newsletter.Outcome, attempts []newsletter.Attempt) error
	// TakeBack undoes attempts that may have been written and were certainly not made.
	TakeBack(ctx context.Context, attempts []newsletter.Attempt) error
	// PassOver writes recipients that get no copy, and why.
	PassOver(ctx context.Context, c newsletter.Chunk, copies []newsletter.Copy, state newsletter.DeliveryState, why string) error
}

// Paces is how fast each relay is used, by all workers together.
type Paces interface {
	Pace(ctx context.Context, relay string) (newsletter.Pace, error)
	SavePace(ctx context.Context, p newsletter.Pace) (won bool, err error)
}

// Session hands over messages one after the other.
type Session interface {
	// Send hands over a message; next is the envelope of the one after it, zero if
	// unknown. waits is called before the relay is waited for with the envelope; may
	// is asked when only the final dot is left, whether that may go.
	Send(e smtp.Envelope, message []byte, next smtp.Envelope, waits func(), may func() bool) smtp.Result
	Close()
}

// Dialer opens sessions with a relay.
type Dialer interface {
	Dial(ctx context.Context) (Session, error)
}

// Relay is one way out.
type Relay struct {
	ID          string
	Dialer      Dialer
	Connections int
	Weight      int     // its share of the mail among relays that can take it
	Rate        float64 // messages a minute at most; 0: no limit
	PerDay      int     // messages a day (UTC) at most; 0: no limit
}

// Job is one issue to be sent.
type Job struct {
	Issue      *newsletter.Issue
	Send       newsletter.Send
	Messages   map[string]*mime.Message // by language
	Fallback   string                   // the language of who has none of these
	ReturnPath string                   // MAIL FROM
	VERP       bool                     // name the copy in it: bounce+TOKEN@example.org
	Values     func(c newsletter.Copy, language string) mime.Values
	Sign       func(m *mime.Signable) error   // nil: the relay signs
	Progress   func(newsletter.DeliveryState) // called after each recorded outcome, of several relays side by side; may be nil
}

// Engine delivers with the relays of one process, whose connections it keeps
// between slices. It is safe for concurrent use.
type Engine struct {
	ledger Ledger
	pool   *pool
	now    func() time.Time
	log    *slog.Logger
	worker atomic.Pointer[string]
	claims claims
}

// New returns an engine over a ledger and relays.
func New(ledger Ledger, paces Paces, relays []Relay, now func() time.Time, log *slog.Logger) *Engine {
	e := &Engine{ledger: ledger, now: now, log: log}
	e.SetWorker("")
	e.pool = newPool(e, paces, relays)
	return e
}

// SetWorker names who claims chunks: a buried worker comes back under a new name.
func (e *Engine) SetWorker(name string) { e.worker.Store(&name) }

// Close ends all connections. Nothing may be under way.
func (e *Engine) Close() { e.pool.close() }

// compose writes a recipient's message into m's buffer and signs it.
func (job Job) compose(m *message) error {
	m.language = job.Language(m.copy.Language)
	v := job.Values(m.copy, m.language)
	if m.copy.MessageID != "" { // a later try is the same message
		v.MessageID = m.copy.MessageID
	}
	composed, err := job.Messages[m.language].Compose(m.buf, v)
	if err == nil && job.Sign != nil {
		err = job.Sign(&composed)
	}
	if err != nil {
		return fmt.Errorf("compose for subscriber %s: %w", m.copy.PublicID, err)
	}
	m.bytes, m.buf = composed.Bytes(), composed.Buffer()
	m.messageID, m.at = v.MessageID, v.Date
	m.envelope = smtp.Envelope{From: job.returnPath(v.MessageID), To: m.copy.Address}
	return nil
}

// returnPath names the copy in the sender's local part, so that a bounce tells
// whose it is; the name is a keyed hash and no address (RFC 5321 section 4.4).
func (job Job) returnPath(messageID string) string {
	local, domain, ok := strings.Cut(job.ReturnPath, "@")
	token, _, _ := strings.Cut(messageID, "@")
	if !job.VERP || !ok {
		return job.ReturnPath
	}
	return local + "+" + token + "@" + domain
}

// Language returns the language a recipient is written to in.
func (job Job) Language(wanted string) string {
	if _, ok := job.Messages[wanted]; ok {
		return wanted
	}
	for i := range wanted { // fr-ch reads fr
		if wanted[i] == '-' {
			if _, ok := job.Messages[wanted[:i]]; ok {
				return wanted[:i]
			}
		}
	}
	return job.Fallback
}

// One hands a single message to the first relay that can be reached: a test copy, a service mail.
func (e *Engine) One(ctx context.Context, from, to string, message []byte) (smtp.Result, error) {
	var failed error
	for _, l := range e.pool.lanes {
		session, err := l.Dialer.Dial(ctx)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		defer session.Close()
		return session.Send(smtp.Envelope{From: from, To: to}, message, smtp.Envelope{}, func() {}, func() bool { return true }), nil
	}
	if failed == nil {
		failed = fault.Unavailablef("there is no relay")
	}
	return smtp.Result{}, failed
}

// SMTP makes sessions of package smtp fit Dialer.
type SMTP struct{ smtp.Relay }

// Dial opens a session.
func (r SMTP) Dial(ctx context.Context) (Session, error) {
	session, err := r.Relay.Dial(ctx)
	if err != nil {
		return nil, err // not a nil *smtp.Session in an interface
	}
	return session, nil
}
