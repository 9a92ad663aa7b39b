package store

import (
	"context"
	"sync"
	"time"

	"broadsheet/subscribers"
)

// together is where those meet who write changes at the same time: one of them
// writes for all who wait, in one transaction, while the next ones gather. Ten
// thousand people who leave at once are then some dozens of commits.
type together struct {
	mu      sync.Mutex
	waiting []*turn
	busy    bool
}

// A turn is one caller's changes.
type turn struct {
	changes []subscribers.Change
	err     error
	ready   chan bool // true: they are written, or err says why not; false: it is on you to write
}

const (
	mostTogether    = 256
	longestTogether = 30 * time.Second // one who goes away must not take the others' changes along
)

// write has changes written by oneself or another, and returns once they are.
func (g *together) write(ctx context.Context, changes []subscribers.Change, all func(context.Context, []subscribers.Change) error) error {
	mine := &turn{changes: changes, ready: make(chan bool, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, mine)
	wait := g.busy
	g.busy = true
	g.mu.Unlock()
	if wait && <-mine.ready {
		return mine.err
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), longestTogether)
	defer stop()
	g.mu.Lock()
	n := min(len(g.waiting), mostTogether) // one's own is the first
	batch := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	g.mu.Unlock()
	writeEach(ctx, batch, all)
	for _, t := range batch[1:] {
		t.ready <- true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.busy = false
	} else {
		g.waiting[0].ready <- false
	}
	return mine.err
}

// writeEach writes the changes of all in one transaction, or where that fails each
// in its own, so that nobody fails for another's sake.
func writeEach(ctx context.Context, batch []*turn, all func(context.Context, []subscribers.Change) error) {
	var changes []subscribers.Change
	for _, t := range batch {
		changes = append(changes, t.changes...)
	}
	err := all(ctx, changes)
	for _, t := range batch {
		if t.err = err; err != nil && len(batch) > 1 {
			t.err = all(ctx, t.changes)
		}
	}
}
