package store

import "context"

// RaiseFloor is what a migration does that older programs cannot work with.
func (db *DB) RaiseFloor(ctx context.Context, to int64) error {
	_, err := db.write.ExecContext(ctx, `UPDATE counters SET value = $1 WHERE name = 'schema_floor'`, to)
	return err
}

// Freeze holds the tables as they are while the journal goes on, as they are when a process is killed.
func (db *DB) Freeze() (thaw func()) {
	j := db.journal.Load()
	j.flushing.Lock()
	return j.flushing.Unlock
}

// JournalEnd returns where in its file the journal writes next.
func (db *DB) JournalEnd() int64 {
	j := db.journal.Load()
	j.mu.Lock()
	defer j.mu.Unlock()
	return int64(j.generation%2)*journalHalf + j.offset
}
