package deliver

import (
	"context"
	"errors"
	"runtime"
	"time"

	"broadsheet/internal/newsletter"
)

// A writer commits the barriers of all connections in groups: one transaction
// for all that wait at a time.
type writer struct {
	ledger      Ledger
	barriers    chan barrier
	done        chan struct{}
	connections int
}

// gather is how often the writer yields to let the barriers of other connections
// join a group: a commit costs more than a message.
const gather = 64

// A barrier must be on disk before its connection goes on.
type barrier struct {
	outcomes []newsletter.Outcome
	attempts []newsletter.Attempt
	progress func(newsletter.DeliveryState)
	recorded chan error
}

func newWriter(l Ledger, connections int) *writer {
	w := &writer{l, make(chan barrier, 64), make(chan struct{}), connections}
	go w.run()
	return w
}

// record returns when a barrier is on disk. It does not heed the stop signal:
// what was sent must be written.
func (w *writer) record(b barrier) error {
	w.barriers <- b
	return <-b.recorded
}

func (w *writer) close() {
	close(w.barriers)
	<-w.done
}

func (w *writer) run() {
	defer close(w.done)
	for b := range w.barriers {
		group := []barrier{b}
		for yields := 0; yields < gather && len(group) < w.connections*3/4; {
			select {
			case next, open := <-w.barriers:
				if !open {
					yields = gather
					break
				}
				group = append(group, next)
			default:
				runtime.Gosched()
				yields++
			}
		}
		w.commit(group)
	}
}

const recordTimeout = 10 * time.Second // of one transaction

var recordFor = time.Minute // how long outcomes are tried to be written

func (w *writer) commit(group []barrier) {
	var outcomes []newsletter.Outcome
	var attempts []newsletter.Attempt
	for _, b := range group {
		outcomes, attempts = append(outcomes, b.outcomes...), append(attempts, b.attempts...)
	}
	err := w.try(outcomes, attempts)
	if err != nil {
		err = w.rescue(group, outcomes, attempts, err)
	}
	for _, b := range group {
		if err == nil && b.progress != nil {
			for _, o := range b.outcomes {
				b.progress(o.State)
			}
		}
		b.recorded <- err
	}
}

func (w *writer) try(outcomes []newsletter.Outcome, attempts []newsletter.Attempt) error {
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	return w.ledger.Record(ctx, outcomes, attempts)
}

// rescue is for a transaction that failed, or whose commit was cut off. Nothing
// of the attempts was sent, so these are taken back in case they were written
// after all; what a relay answered is a fact, and is written as soon as the
// database takes it.
func (w *writer) rescue(group []barrier, outcomes []newsletter.Outcome, attempts []newsletter.Attempt, err error) error {
	now := time.Now()
	for _, a := range attempts {
		outcomes = append(outcomes, newsletter.Outcome{Issue: a.Issue, Subscriber: a.Subscriber, Number: a.Number, State: newsletter.Deferred, Reply: "not sent: the ledger could not be written", At: a.StartedAt, NextAt: a.StartedAt})
	}
	for wait := 50 * time.Millisecond; len(outcomes) > 0; wait = min(2*wait, 2*time.Second) {
		failed := w.try(outcomes, nil)
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
