// Package deliver owns the way from an approved issue and an audience to
// deliveries and their outcomes. It is an accountant: before a message goes, the
// attempt is on disk; the outcome is written before that connection's next
// message goes. So after any crash, at most one copy per connection is unknown,
// and it is named.
//
// Starting is recovery: a chunk that is claimed has its epoch raised, which
// fences out whoever had it, and its attempts without outcome become unknown.
// Unknown copies wait for a person (`issue send --retry-unknown`), as nobody can
// tell whether they arrived.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/newsletter"
)

// Store is the ledger. Every method is one transaction.
type Store interface {
	// Chunks returns the unfinished chunks of an issue.
	Chunks(ctx context.Context, issue int64) ([]newsletter.Chunk, error)
	// ClaimChunk raises the epoch and turns attempts without outcome into unknown.
	ClaimChunk(ctx context.Context, c *newsletter.Chunk) error
	// Untried returns recipients without a delivery, by id.
	Untried(ctx context.Context, send newsletter.Send, c newsletter.Chunk, after int64, limit int) ([]newsletter.Copy, error)
	// Audience returns whom a send to the lists would reach now, by id.
	Audience(ctx context.Context, lists []string, after int64, limit int) ([]newsletter.Copy, error)
	// Retriable returns recipients in a state whose time has come.
	Retriable(ctx context.Context, send newsletter.Send, c newsletter.Chunk, state newsletter.DeliveryState, now time.Time, limit int) ([]newsletter.Copy, error)
	// Record makes outcomes and new attempts durable together.
	Record(ctx context.Context, outcomes []newsletter.Outcome, attempts []newsletter.Attempt) error
	// PassOver writes recipients that get no copy, and why.
	PassOver(ctx context.Context, c newsletter.Chunk, copies []newsletter.Copy, state newsletter.DeliveryState, why string) error
	// FinishChunks marks what is finished and returns when the next deferred copy is due.
	FinishChunks(ctx context.Context, issue *newsletter.Issue) (finished bool, next time.Time, err error)
}

// Session hands over messages one after the other.
type Session interface {
	// Send hands over a message; next is whom the one after it is for, "" if unknown.
	Send(from, to string, message []byte, next string) smtp.Result
	Close()
}

// Dialer opens sessions with a relay.
type Dialer interface {
	Dial(ctx context.Context) (Session, error)
}

// Job is one issue to be sent.
type Job struct {
	Issue       *newsletter.Issue
	Send        newsletter.Send
	Messages    map[string]*mime.Message // by language
	Fallback    string                   // the language of who has none of these
	ReturnPath  string                   // MAIL FROM
	Relay       string
	Connections int
	Values      func(c newsletter.Copy, language string) mime.Values // of one recipient
	Sign        func(message []byte) ([]byte, error)                 // nil: the relay signs
}

// Engine sends jobs.
type Engine struct {
	store  Store
	dialer Dialer
	now    func() time.Time
}

// New returns an engine over a ledger and a relay.
func New(store Store, dialer Dialer, now func() time.Time) *Engine {
	return &Engine{store, dialer, now}
}

// page is how many recipients are read at a time: memory does not grow with the audience.
const page = 200

// Run sends what can be sent now and returns whether the issue is finished, else
// when the next deferred copy is due. When ctx ends it claims nothing more,
// finishes what is in flight and records it. progress is called after each
// recorded outcome, by one goroutine at a time.
func (e *Engine) Run(ctx context.Context, job Job, progress func(newsletter.DeliveryState)) (finished bool, next time.Time, err error) {
	chunks, err := e.store.Chunks(ctx, job.Issue.ID)
	if err != nil {
		return false, time.Time{}, err
	}
	crew := newCrew(e, job, progress)
	for i := range chunks {
		if err = e.store.ClaimChunk(ctx, &chunks[i]); err != nil {
			break
		}
		if err = e.chunk(ctx, job, chunks[i], crew); err != nil {
			break
		}
	}
	if failed := crew.finish(); err == nil || failed != nil {
		err = errors.Join(failed)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return false, time.Time{}, err
	}
	return e.store.FinishChunks(ctx, job.Issue)
}

// chunk hands the open copies of a chunk to the crew: first those never tried, then the deferred.
func (e *Engine) chunk(ctx context.Context, job Job, c newsletter.Chunk, crew *crew) error {
	givenUp := !e.now().Before(job.Send.GiveUpAt)
	var after int64
	for {
		copies, err := e.store.Untried(ctx, job.Send, c, after, page)
		if err != nil {
			return err
		}
		if len(copies) == 0 {
			break
		}
		after = copies[len(copies)-1].SubscriberID
		if err := e.hand(ctx, c, copies, givenUp, crew); err != nil {
			return err
		}
	}
	// One reading: a copy that is deferred anew is not due before the next run.
	now := e.now()
	if givenUp {
		now = time.Unix(1<<40, 0)
	}
	for {
		due, err := e.store.Retriable(ctx, job.Send, c, newsletter.Deferred, now, page)
		if err != nil || len(due) == 0 {
			return err
		}
		if err := e.hand(ctx, c, due, givenUp, crew); err != nil {
			return err
		}
		if err := crew.settle(ctx); err != nil { // so that the next reading does not show these again
			return err
		}
	}
}

// hand passes over those who get no copy and gives the others to the crew.
func (e *Engine) hand(ctx context.Context, c newsletter.Chunk, copies []newsletter.Copy, givenUp bool, crew *crew) error {
	var open, suppressed, gone []newsletter.Copy
	for _, r := range copies {
		switch {
		case r.Suppressed:
			suppressed = append(suppressed, r)
		case r.Gone:
			gone = append(gone, r)
		default:
			open = append(open, r)
		}
	}
	if err := e.store.PassOver(ctx, c, suppressed, newsletter.Suppressed, "the address was suppressed after the audience was frozen"); err != nil {
		return err
	}
	if err := e.store.PassOver(ctx, c, gone, newsletter.DeliveryCancelled, "the person unsubscribed after the audience was frozen"); err != nil {
		return err
	}
	if givenUp {
		return e.store.PassOver(ctx, c, open, newsletter.DeliveryCancelled, "given up: the time for this issue is over")
	}
	for _, r := range open {
		if err := crew.give(ctx, task{c, r}); err != nil {
			return err
		}
	}
	return nil
}

// RetryAfter is when a deferred copy is tried again: two minutes, then doubling
// up to four hours. It is the whole policy, and pure.
func RetryAfter(attempts int) time.Duration {
	return min(2*time.Minute<<min(attempts-1, 10), 4*time.Hour)
}

func (e *Engine) outcome(job Job, a newsletter.Attempt, res smtp.Result) newsletter.Outcome {
	now := e.now()
	o := newsletter.Outcome{Issue: a.Issue, Subscriber: a.Subscriber, Number: a.Number, State: res.State, Code: res.Code, Enhanced: res.Enhanced, Reply: res.Reply, Relay: job.Relay, At: now}
	if o.State == newsletter.Deferred {
		o.NextAt = now.Add(RetryAfter(a.Number))
	}
	return o
}

// compose writes a recipient's message into buf.
func (job Job) compose(buf []byte, c newsletter.Copy) (message []byte, language string, v mime.Values, err error) {
	language = job.Language(c.Language)
	v = job.Values(c, language)
	message, err = job.Messages[language].Append(buf, v)
	if err == nil && job.Sign != nil {
		message, err = job.Sign(message)
	}
	if err != nil {
		return nil, "", v, fmt.Errorf("compose for subscriber %s: %w", c.PublicID, err)
	}
	return message, language, v, nil
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
