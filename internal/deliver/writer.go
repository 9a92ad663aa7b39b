package deliver

import (
	"context"
	"errors"
	"sync"
	"time"

	"broadsheet/internal/newsletter"
)

// A writer commits the barriers of a relay's connections in groups: one transaction
// for all that wait at a time. Whoever comes first commits for the others; no
// goroutine of its own stands between a connection and the disk.
type writer struct {
	ledger Ledger
	lines  func() int  // connections
	idle   func() bool // no message waits for a connection

	mu      sync.Mutex
	waiting []*barrier
	leading bool          // somebody commits, or is about to
	enough  chan struct{} // all that may come are there
}

// A leader waits a moment for the barriers of all other connections to join its
// group, since a commit costs the same for one and for all, and the relay has the
// bodies to read meanwhile: gatherBusy while it has, gatherIdle while connections
// wait for messages, as they do when each has to be signed first.
const (
	gatherBusy = time.Millisecond
	gatherIdle = 10 * time.Millisecond
)

// A barrier must be on disk before its connection goes on. Each line has one, which
// it fills anew for every message.
type barrier struct {
	outcomes []newsletter.Outcome
	attempts []newsletter.Attempt
	progress func(newsletter.DeliveryState)

	err  error
	turn chan bool // true: it is recorded; false: it leads the next group
}

func newBarrier() *barrier { return &barrier{turn: make(chan bool, 1)} }

func newWriter(l Ledger, lines func() int, idle func() bool) *writer {
	return &writer{ledger: l, lines: lines, idle: idle, enough: make(chan struct{}, 1)}
}

// record returns when a barrier is on disk. It does not heed the stop signal:
// what was sent must be written.
func (w *writer) record(b *barrier) error {
	w.mu.Lock()
	w.waiting = append(w.waiting, b)
	if len(w.waiting) >= w.lines() {
		select {
		case w.enough <- struct{}{}:
		default:
		}
	}
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

func (w *writer) short() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waiting) < w.lines()
}

// gather takes what waits, after a moment for more to come.
func (w *writer) gather() []*barrier {
	if w.short() {
		wait := gatherBusy
		if w.idle() {
			wait = gatherIdle
		}
		timer := time.NewTimer(wait)
		select {
		case <-w.enough:
		case <-timer.C:
		}
		timer.Stop()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	group := w.waiting
	w.waiting = nil
	select { // of those who are in it already
	case <-w.enough:
	default:
	}
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

// rescue is for a transaction that failed, or whose commit was cut off. What a
// relay answered is a fact, and is written as soon as the database takes it.
// Nothing of the attempts was sent: they are taken back, in case they were
// written after all; what is another worker's now stays.
func (w *writer) rescue(outcomes []newsletter.Outcome, attempts []newsletter.Attempt, err error) error {
	began := time.Now()
	for wait := 50 * time.Millisecond; len(outcomes)+len(attempts) > 0; wait = min(2*wait, 2*time.Second) {
		failed := w.ledger.Record(context.Background(), outcomes, nil)
		if failed == nil {
			failed = w.ledger.TakeBack(context.Background(), attempts)
		}
		if failed == nil {
			return err
		}
		if time.Since(began) > recordFor {
			return errors.Join(err, failed)
		}
		time.Sleep(wait)
	}
	return err
}
