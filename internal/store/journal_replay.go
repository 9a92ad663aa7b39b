package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

// takeOver writes what a process that ended without a word left in its journal
// into the tables. While a process has the engine, its journal is its own.
func (db *DB) takeOver(ctx context.Context) error {
	if db.postgres {
		return nil
	}
	path := db.path + journalNamed
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	lock := flock.New(db.path + ".lock")
	if mine, err := lock.TryLock(); err != nil || !mine {
		return err
	}
	defer func() { _ = lock.Unlock() }() // the process's end unlocks too
	return db.replay(ctx, path)
}

// replay is called with the engine's lock. Writing what is in the tables already
// changes nothing, so that a replay may itself be killed.
func (db *DB) replay(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what was being sent: %w", err)
	}
	left := newBatch()
	for _, half := range halves(text) {
		readHalf(half, &left)
	}
	if err := db.ofThisDatabase(ctx, &left); err != nil {
		return err
	}
	if len(left.order) > 0 {
		if err := db.settleRows(ctx, left); err != nil {
			return fmt.Errorf("write what was being sent: %w", err)
		}
	}
	return os.Remove(path)
}

// halves returns the journal's halves, the older first.
func halves(text []byte) [][]byte {
	if len(text) < 2*journalHalf {
		return nil
	}
	even, odd := text[:journalHalf], text[journalHalf:2*journalHalf]
	if binary.LittleEndian.Uint64(odd) < binary.LittleEndian.Uint64(even) {
		return [][]byte{odd, even}
	}
	return [][]byte{even, odd}
}

// readHalf reads the groups of one generation. One that was not written to its end
// was promised to nobody.
func readHalf(half []byte, into *batch) {
	generation := binary.LittleEndian.Uint64(half)
	for len(half) >= groupHead && generation > 0 {
		length := int(binary.LittleEndian.Uint32(half[8:]))
		if binary.LittleEndian.Uint64(half) != generation || length > len(half)-groupHead {
			return
		}
		group := half[:groupHead+length]
		if checksum(group) != binary.LittleEndian.Uint32(half[12:]) || !into.decode(group[groupHead:]) {
			return
		}
		half = half[len(group):]
	}
}

// ofThisDatabase drops what cannot be of this database's sends: the file of
// another may stand beside it.
func (db *DB) ofThisDatabase(ctx context.Context, b *batch) error {
	frozen := map[int64]int64{}
	kept := newBatch()
	for _, row := range b.order {
		issue := max(row.attempt.Issue, row.outcome.Issue)
		if _, known := frozen[issue]; !known {
			var at int64
			err := db.read.GetContext(ctx, &at, `SELECT frozen_at FROM sends WHERE issue_id = $1`, issue)
			if err != nil && !missing(err) {
				return fmt.Errorf("read send: %w", err)
			}
			frozen[issue] = at
		}
		if at := frozen[issue]; at > 0 && (!row.tried || millis(row.attempt.StartedAt) >= at) && (!row.settled || millis(row.outcome.At) >= at) {
			kept.order = append(kept.order, row)
		}
	}
	*b = kept
	return nil
}

// LockEngine takes the right to send from this database. A SQLite file gives it
// to one process at a time, which keeps a journal; in PostgreSQL many workers share
// a send. It reports false where another process has it.
func (db *DB) LockEngine() (unlock func(), ok bool, err error) {
	if db.postgres {
		return func() {}, true, nil
	}
	lock := flock.New(db.path + ".lock")
	ok, err = lock.TryLock()
	if err != nil || !ok {
		return nil, false, err
	}
	ctx := context.Background()
	err = db.replay(ctx, db.path+journalNamed)
	var j *journal
	if err == nil {
		j, err = openJournal(db)
	}
	if err != nil {
		_ = lock.Unlock()
		return nil, false, err
	}
	db.journal.Store(j)
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); j.run(running) }()
	return func() {
		stop()
		<-ended
		db.journal.Store(nil)
		if err := j.flush(ctx); err == nil && j.file.Close() == nil { // else the next process takes it over
			_ = os.Remove(j.file.Name())
		}
		_ = lock.Unlock() // the process's end unlocks too
	}, true, nil
}

// settled brings the tables up to date with what this process has recorded.
func (db *DB) settled(ctx context.Context) error {
	if j := db.journal.Load(); j != nil {
		return j.flush(ctx)
	}
	return nil
}
