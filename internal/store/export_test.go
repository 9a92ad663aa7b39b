package store

import (
	"context"
	"time"
)

// RaiseFloor is what a migration does that older programs cannot work with.
func (db *DB) RaiseFloor(ctx context.Context, to int64) error {
	_, err := db.write.ExecContext(ctx, `UPDATE counters SET value = $1 WHERE name = 'schema_floor'`, to)
	return err
}

// OpenAt opens a database whose tables are those of an earlier program.
func OpenAt(ctx context.Context, database string, now func() time.Time, version int64) (*DB, error) {
	db, err := connect(database, now)
	if err != nil {
		return nil, err
	}
	provider, err := db.provider()
	if err != nil {
		return nil, err
	}
	_, err = provider.UpTo(ctx, version)
	return db, err
}

// Exec runs a statement.
func (db *DB) Exec(ctx context.Context, query string) error {
	_, err := db.write.ExecContext(ctx, query)
	return err
}
