package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"sync"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// A journal makes the barriers of the process that sends from a SQLite file
// durable by one small write to a file of fixed size, and brings them into the
// tables some hundred at a time. A commit per barrier costs SQLite more than all
// the rest of a message; a row that is written once, when its outcome is known,
// half of one that is written twice.
//
// It holds first tries and their acceptance, which is nearly all there is; before
// anything else is written or asked of a chunk, the tables are brought up to date.
// What a process that was killed left in its journal is taken over by the next
// one that opens the database. It exists only while the process has the engine's
// lock, so that no other process can be at the same chunks; epochs fence the
// attempts of this one.
type journal struct {
	db   *DB
	file *os.File

	mu         sync.Mutex
	generation uint64 // of the half that is written; its parity says which
	offset     int64  // in it
	pending    batch
	epochs     map[chunkKey]int64 // of the chunks that this process has claimed
	broken     error              // why the file cannot be written any more

	flushing sync.Mutex
	stuck    batch // what the tables did not take; its half is not written over
	full     chan struct{}
}

type chunkKey struct {
	issue int64
	chunk int
}

const (
	journalHalf  = 1 << 20
	groupHead    = 16 // generation, length, checksum
	flushAt      = 384
	flushEvery   = 100 * time.Millisecond
	journalNamed = ".sending" // behind the database's name
)

// openJournal prepares the file: its blocks are there from the beginning, so that
// a write changes nothing but bytes.
func openJournal(db *DB) (*journal, error) {
	file, err := os.OpenFile(db.path+journalNamed, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err = file.Write(make([]byte, 2*journalHalf)); err == nil {
		err = file.Sync()
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &journal{db: db, file: file, generation: 1, pending: newBatch(), epochs: map[chunkKey]int64{}, full: make(chan struct{}, 1)}, nil
}

// takes reports whether a group is of the kind that the journal holds, and
// refuses attempts at chunks that are another's now.
func (j *journal) takes(outcomes []newsletter.Outcome, attempts []newsletter.Attempt) (bool, error) {
	for _, o := range outcomes {
		if o.State != newsletter.Accepted || o.Number != 1 {
			return false, nil
		}
	}
	for _, a := range attempts {
		epoch, mine := j.epochs[chunkKey{a.Issue, a.Chunk}]
		switch {
		case a.Number != 1 || !mine:
			return false, nil
		case epoch != a.Epoch:
			return false, fault.Conflictf("another worker took over chunk %d", a.Chunk)
		}
	}
	return j.broken == nil, nil
}

// record makes a group durable. It reports false where the group is not one for
// the journal, or does not fit: then the tables must take it.
func (j *journal) record(outcomes []newsletter.Outcome, attempts []newsletter.Attempt) (done bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if done, err = j.takes(outcomes, attempts); !done || err != nil {
		return false, err
	}
	group := encode(make([]byte, groupHead, 64+192*(len(outcomes)+len(attempts))), outcomes, attempts)
	if j.offset+int64(len(group)) > journalHalf {
		return false, nil
	}
	seal(group, j.generation)
	_, err = j.file.WriteAt(group, int64(j.generation%2)*journalHalf+j.offset)
	if err == nil {
		err = syncBytes(j.file)
	}
	if err != nil {
		j.broken = err // the tables take this group, and all that come
		return false, nil
	}
	j.offset += int64(len(group))
	j.pending.add(outcomes, attempts)
	if len(j.pending.order) >= flushAt {
		select {
		case j.full <- struct{}{}:
		default:
		}
	}
	return true, nil
}

func seal(group []byte, generation uint64) {
	binary.LittleEndian.PutUint64(group, generation)
	binary.LittleEndian.PutUint32(group[8:], uint32(len(group)-groupHead))
	binary.LittleEndian.PutUint32(group[12:], checksum(group))
}

// checksum is over a whole group but for itself.
func checksum(group []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE(group[:12]), crc32.IEEETable, group[groupHead:])
}

// flush brings the tables up to date with what was recorded before.
func (j *journal) flush(ctx context.Context) error {
	j.flushing.Lock()
	defer j.flushing.Unlock()
	if err := j.unstick(ctx); err != nil {
		return err
	}
	j.mu.Lock()
	j.stuck, j.pending = j.pending, newBatch()
	if len(j.stuck.order) > 0 { // the other half, whose rows are in the tables
		j.generation, j.offset = j.generation+1, 0
	}
	j.mu.Unlock()
	return j.unstick(ctx)
}

func (j *journal) unstick(ctx context.Context) error {
	if len(j.stuck.order) == 0 {
		return nil
	}
	if err := j.db.settleRows(ctx, j.stuck); err != nil {
		return fmt.Errorf("bring the ledger up to date: %w", err)
	}
	j.stuck = newBatch()
	return nil
}

// run flushes now and then until the end. What the tables do not take is tried
// again; whoever needs them up to date is told.
func (j *journal) run(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-j.full:
		}
		_ = j.flush(ctx)
	}
}

// claiming keeps a chunk's attempts out while it is claimed; claimed lets those of
// its new epoch in.
func (j *journal) claiming(issue int64, chunk int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.epochs[chunkKey{issue, chunk}] = -1
}

func (j *journal) claimed(issue int64, chunk int, epoch int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.epochs[chunkKey{issue, chunk}] = epoch
}

// forget drops a finished chunk.
func (j *journal) forget(issue int64, chunk int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.epochs, chunkKey{issue, chunk})
}
