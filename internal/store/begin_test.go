package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// Who waits for another process's transaction may be called off, and is as patient
// as before the next time; when the other has ended, it is their turn.
func TestWaitingForAnotherProcess(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "broadsheet.db")
	ours, other := opened(t, path), opened(t, path)
	holds, lets := make(chan bool), make(chan bool)
	ended := make(chan error)
	go func() {
		ended <- other.tx(ctx, func(*tx) error { holds <- true; <-lets; return nil })
	}()
	<-holds
	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	if err := ours.tx(short, func(*tx) error { return errors.New("it was not waited") }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("called off: %v", err)
	}
	var waits int
	if err := ours.write.Get(&waits, `PRAGMA busy_timeout`); err != nil || waits != patience {
		t.Errorf("waits for %d ms: %v", waits, err)
	}
	next := make(chan error)
	go func() { next <- ours.tx(ctx, func(*tx) error { return nil }) }()
	lets <- true
	if err := errors.Join(<-ended, <-next); err != nil {
		t.Error(err)
	}
}

func opened(t *testing.T, path string) *DB {
	t.Helper()
	db, err := Open(context.Background(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
