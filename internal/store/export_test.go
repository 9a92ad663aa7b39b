package store

import "context"

// RaiseFloor is what a migration does that older programs cannot work with.
func (db *DB) RaiseFloor(ctx context.Context, to int64) error {
	_, err := db.write.ExecContext(ctx, `UPDATE counters SET value = $1 WHERE name = 'schema_floor'`, to)
	return err
}
