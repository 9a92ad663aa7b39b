package store

import (
	"context"
	"errors"
	"sync"
	"testing"

	"broadsheet/subscribers"
)

// Those who write at one time are written together; one whose changes cannot be
// written fails alone; one who goes away takes nobody along.
func TestTogether(t *testing.T) {
	var g together
	var mu sync.Mutex
	bad, blocked, release := errors.New("bad"), make(chan bool), make(chan bool)
	var first sync.Once
	written, calls := map[string]int{}, 0
	all := func(ctx context.Context, changes []subscribers.Change) error {
		first.Do(func() { close(blocked); <-release }) // the first holds the others up
		mu.Lock()
		defer mu.Unlock()
		calls++
		for _, c := range changes {
			if c.Unsuppress == "bad" {
				return bad
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, c := range changes {
			written[c.Unsuppress]++
		}
		return nil
	}
	var writing sync.WaitGroup
	errs := make([]error, 101)
	write := func(i int, key string) {
		ctx, stop := context.WithCancel(context.Background())
		stop() // its client has gone
		errs[i] = g.write(ctx, []subscribers.Change{{Unsuppress: key}}, all)
	}
	writing.Go(func() { write(0, "0") })
	<-blocked
	for i := 1; i <= 100; i++ {
		key := string(rune('0' + i))
		if i == 50 {
			key = "bad"
		}
		writing.Go(func() { write(i, key) })
	}
	for waiting := 0; waiting < 100; {
		g.mu.Lock()
		waiting = len(g.waiting)
		g.mu.Unlock()
	}
	close(release)
	writing.Wait()
	for i, err := range errs {
		if (i == 50) != errors.Is(err, bad) || i != 50 && err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if len(written) != 100 || calls != 102 || g.busy { // the first, all together, and then each alone
		t.Errorf("%d written by %d writes, busy %v", len(written), calls, g.busy)
	}
	for key, n := range written {
		if n != 1 {
			t.Errorf("%q was written %d times", key, n)
		}
	}
}
