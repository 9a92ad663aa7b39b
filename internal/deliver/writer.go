package deliver

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"broadsheet/internal/newsletter"
)

// A writer commits the barriers of all connections in groups: one transaction
// for all that wait at a time. Whoever comes first commits for the others; no
// goroutine of its own stands between a connection and the disk.
type writer struct {
	ledger      Ledger
	connections int

	mu      sync.Mutex
	waiting []*barrier
	leading bool // somebody commits, or is about to
	count   atomic.Int64
}

// gather is how often the leader yields to let the barriers of other connections
// join a group: a commit costs more than a message.
const gather = 64

// A barrier must be on disk before its connection goes on.
type barrier struct {
	outcomes []newsletter.Outcome
	attempts []newsletter.Attempt
	progress func(newsletter.DeliveryState)

	err  error
	turn chan bool // true: it is recorded; false: it leads the next group
}

func newWriter(l Ledger, connections int) *writer {
	return &writer{ledger: l, connections: connections}
}

// record returns when a barrier is on disk. It does not heed the stop signal:
// what was sent must be written.
func (w *writer) record(b *barrier) error {
	w.mu.Lock()
	w.waiting = append(w.waiting, b)
	w.count.Add(1)
	lead := !w.leading
	w.leading = true
	w.mu.Unlock()
	if !lead && <-b.turn {
		return b.err
	}
	w.commit(w.gather())
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) > 0 {
		w.waiting[0].turn <- false
	} else {
		w.leading = false
	}
	return b.err
}

// gather takes what waits, after a moment for more to come.
func (w *writer) gather() []*barrier {
	for range gather {
		if int(w.count.Load()) >= w.connections*3/4 {
			break
		}
		runtime.Gosched()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	group := w.waiting
	w.waiting = nil
	w.count.Store(0)
	return group
}

var recordFor = time.Minute // how long outcomes are tried to be written

// commit writes a group, whose first is the leader's own.
func (w *writer) commit(group []*barrier) {
	var outcomes []newsletter.Outcome
	var attempts []newsletter.Attempt
	for _, b := range group {
		outcomes, attempts = append(outcomes, b.outcomes...), append(attempts, b.attempts...)
	}
	err := w.ledger.Record(context.Background(), outcomes, attempts)
	if err != nil {
		err = w.rescue(outcomes, attempts, err)
	}
	for i, b := range group {
		if err == nil && b.progress != nil {
			for _, o := range b.outcomes {
				b.progress(o.State)
			}
		}
		if b.err = err; i > 0 {
			b.turn <- true
		}
	}
}

// rescue is for a transaction that failed, or whose commit was cut off. Nothing
// of the attempts was sent, so these are taken back in case they were written
// after all; what a relay answered is a fact, and is written as soon as the
// database takes it.
func (w *writer) rescue(outcomes []newsletter.Outcome, attempts []newsletter.Attempt, err error) error {
	now := time.Now()
	for _, a := range attempts {
		outcomes = append(outcomes, newsletter.Outcome{Issue: a.Issue, Subscriber: a.Subscriber, Number: a.Number, State: newsletter.Deferred, Reply: "not sent: the ledger could not be written", At: a.StartedAt, NextAt: a.StartedAt})
	}
	for wait := 50 * time.Millisecond; len(outcomes) > 0; wait = min(2*wait, 2*time.Second) {
		failed := w.ledger.Record(context.Background(), outcomes, nil)
		if failed == nil {
			return err
		}
		if time.Since(now) > recordFor {
			return errors.Join(err, failed)
		}
		time.Sleep(wait)
	}
	return err
}
