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

// CopyRows is how many rows PostgreSQL is given at once.
const CopyRows = copyRows

// Round writes texts as rows are written that are many, and reads them.
func (db *DB) Round(ctx context.Context, texts []string) (back []string, err error) {
	if err := db.tx(ctx, func(t *tx) error {
		rows := t.rows("takes", "id", "name", "at")
		for i, text := range texts {
			if err := rows.add(i, text, int64(-i)); err != nil {
				return err
			}
		}
		return rows.end()
	}); err != nil {
		return nil, err
	}
	return back, db.read.SelectContext(ctx, &back, `SELECT name FROM takes ORDER BY id`)
}
