package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"broadsheet/internal/fault"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema says how a database's tables stand to this program.
type Schema struct {
	Database int64 `json:"database"` // the version that is there
	Program  int64 `json:"program"`  // the version this program brings
	Floor    int64 `json:"floor"`    // the oldest program that may work on it
}

func (db *DB) provider() (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectSQLite3
	if db.postgres {
		dialect = goose.DialectPostgres
	}
	provider, err := goose.NewProvider(dialect, db.write.DB, dir)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

// migrate brings the tables up to date. Many workers may start at a time: on
// PostgreSQL one does it while the others wait; SQLite has one writer.
func (db *DB) migrate(ctx context.Context) error {
	provider, err := db.provider()
	if err != nil {
		return err
	}
	for _, source := range provider.ListSources() {
		db.program = max(db.program, source.Version)
	}
	unlock, err := db.lockSchema(ctx)
	if err == nil {
		defer unlock()
		_, err = provider.Up(ctx)
	}
	if err == nil {
		err = db.queue.Migrate(ctx)
	}
	if err != nil {
		return fault.WithHint(fault.Unavailablef("the database cannot be opened: %w", unreachable(err)), "check `database:` in the configuration")
	}
	return db.CheckSchema(ctx)
}

const schemaLock = 7265617273 // any constant: the name of our advisory lock

func (db *DB) lockSchema(ctx context.Context) (func(), error) {
	if !db.postgres {
		return func() {}, nil
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, schemaLock); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, schemaLock) // closing the connection unlocks too
		_ = conn.Close()
	}, nil
}

// Schema returns how the tables stand.
func (db *DB) Schema(ctx context.Context) (s Schema, err error) {
	provider, err := db.provider()
	if err != nil {
		return s, err
	}
	s.Program = db.program
	if s.Database, err = provider.GetDBVersion(ctx); err != nil {
		return s, fmt.Errorf("read schema version: %w", err)
	}
	err = db.write.GetContext(ctx, &s.Floor, `SELECT value FROM counters WHERE name = 'schema_floor'`)
	return s, err
}

// CheckSchema refuses a database on which this program may no longer work. While
// workers are upgraded one by one, older programs go on over newer tables, unless
// a migration raised the floor above them.
func (db *DB) CheckSchema(ctx context.Context) error {
	var floor int64
	if err := db.write.GetContext(ctx, &floor, `SELECT value FROM counters WHERE name = 'schema_floor'`); missing(err) {
		return fault.WithHint(fault.Conflictf("the database was made by a broadsheet before its first release"), "see the upgrade notes in the README: export the subscribers with the old program and import them with this one")
	} else if err != nil {
		return fmt.Errorf("read schema floor: %w", err)
	}
	if floor > db.program {
		return fault.WithHint(fault.Conflictf("the database needs at least schema %d and this broadsheet has %d", floor, db.program), "install the version of broadsheet that the other workers run")
	}
	return nil
}
