// Package store owns all SQL, for SQLite and PostgreSQL from one text, and
// implements the Store of every stage. No business rule stands in a statement
// beyond compare-and-set: what may happen is decided in Go by the stage that asks.
//
// SQLite has one writer connection and a few read-only ones; a transaction that
// writes takes its lock at once. PostgreSQL uses pgx behind database/sql.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the pgx driver
	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	readers  = 4     // connections that read a SQLite file side by side
	patience = 10000 // ms that SQLite's lock is waited for
)

// DB is an open database.
type DB struct {
	write    *sqlx.DB
	read     *sqlx.DB
	now      func() time.Time
	postgres bool
	path     string                   // of the SQLite file
	together together                 // who writes changes to people now
	prepared sync.Map                 // what runs for every message: number of rows to *sqlx.Stmt
	queue    *jobs.Queue              // River, over the same database
	program  int64                    // the schema this program brings
	session  atomic.Pointer[sql.Conn] // a worker's, on PostgreSQL
	number   atomic.Int64             // and the number it locks
	allNew   atomic.Bool              // whom the last large Decide asked for was unknown
}

// Open opens a SQLite file, or a PostgreSQL address that begins with postgres://, and brings its tables up to date.
func Open(ctx context.Context, database string, now func() time.Time) (*DB, error) {
	db, err := connect(database, now)
	if err != nil {
		return nil, err
	}
	if err := db.migrate(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func connect(database string, now func() time.Time) (*DB, error) {
	if strings.Contains(database, "://") {
		pool, err := sqlx.Open("pgx", database)
		if err != nil {
			return nil, fault.Invalidf("database address: %w", err)
		}
		pool.SetMaxOpenConns(16)
		queue, err := jobs.OnPostgres(pool.DB, database)
		return &DB{write: pool, read: pool, now: now, postgres: true, queue: queue}, err
	}
	if err := os.MkdirAll(filepath.Dir(database), 0o700); err != nil {
		return nil, fault.Invalidf("database %s: %w", database, err)
	}
	if file, err := os.OpenFile(database, os.O_RDWR|os.O_CREATE, 0o600); err != nil { // addresses are in it: nobody else reads it
		return nil, fault.Invalidf("database %s: %w", database, err)
	} else if err := file.Close(); err != nil {
		return nil, err
	}
	dsn := "file:" + (&url.URL{Path: database}).EscapedPath() + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(" + strconv.Itoa(patience) + ")&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=wal_autocheckpoint(4000)"
	write, err := sqlx.Open("sqlite", dsn+"&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := sqlx.Open("sqlite", dsn+"&_pragma=query_only(1)&_pragma=mmap_size(2147418112)") // the most there is: reading through many pages copies none
	if err != nil {
		return nil, err
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	queue, err := jobs.OnSQLite(write.DB, dsn+"&_txlock=immediate")
	return &DB{write: write, read: read, now: now, path: database, queue: queue}, err
}

// unreachable shortens pgx's connection errors, which name the user and every address tried.
func unreachable(err error) error {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return fmt.Errorf("no connection to host %s, database %s", connect.Config.Host, connect.Config.Database)
	}
	return err
}

// Close closes the database.
func (db *DB) Close() error {
	if conn := db.session.Swap(nil); conn != nil { // else the pool would wait for it
		_ = endSession(conn)
	}
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	return err
}

// tx is one transaction; now is its one clock.
type tx struct {
	*sqlx.Tx
	conn    *sqlx.Conn // that it runs on
	db      *DB
	ctx     context.Context
	now     int64
	open    []driver.Stmt // of the driver's own: closed when it ends
	copying chan error    // what PostgreSQL is taking in now: exec and get wait for it
}

// tx runs work in one transaction, and again where PostgreSQL broke it off in
// favour of another: work must not keep anything of a run that failed.
func (db *DB) tx(ctx context.Context, work func(*tx) error) (err error) {
	for range 3 {
		if err = db.once(ctx, work); !isBrokenOff(err) {
			return err
		}
	}
	return err
}

// isBrokenOff reports a deadlock or a serialization failure.
func isBrokenOff(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}

func (db *DB) once(ctx context.Context, work func(*tx) error) error {
	conn, err := db.write.Connx(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	t, err := db.begin(ctx, conn)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = t.Rollback() }() // after a commit it has nothing to say
	if err := (&tx{Tx: t, conn: conn, db: db, ctx: ctx, now: millis(db.now())}).run(work); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	return nil
}

// run does the work, and ends what it left open.
func (t *tx) run(work func(*tx) error) error {
	err := work(t)
	if failed := t.settle(); failed != nil { // and so has what came after it
		err = failed
	}
	if len(t.open) == 0 {
		return err
	}
	return errors.Join(err, t.conn.Raw(func(any) (err error) {
		for _, s := range t.open {
			err = errors.Join(err, s.Close())
		}
		return err
	}))
}

// begin begins a transaction. Whoever waits for another process to let SQLite's
// lock go looks every few milliseconds: by itself SQLite soon looks every 100 only,
// and whoever writes much, as an import does, lets it go for less time than that.
func (db *DB) begin(ctx context.Context, conn *sqlx.Conn) (t *sqlx.Tx, err error) {
	if db.postgres {
		return conn.BeginTxx(ctx, nil)
	}
	const short = 8 // ms: it looks after 1, 2 and 5
	wait := func(ctx context.Context, ms int) error {
		_, err := conn.ExecContext(ctx, `PRAGMA busy_timeout = `+strconv.Itoa(ms))
		return err
	}
	if err := wait(ctx, short); err != nil {
		return nil, err
	}
	defer func() { _ = wait(context.WithoutCancel(ctx), patience) }() // fails only if the connection is no more
	for range patience / short {
		if t, err = conn.BeginTxx(ctx, nil); !isBusy(err) {
			break
		}
	}
	return t, err
}

func isBusy(err error) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_BUSY
}

func (t *tx) exec(query string, args ...any) (int64, error) {
	if err := t.settle(); err != nil {
		return 0, err
	}
	result, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t *tx) get(target any, query string, args ...any) error {
	if err := t.settle(); err != nil {
		return err
	}
	return t.GetContext(t.ctx, target, query, args...)
}

// ids reserves n ids of a counter and returns the first.
func (t *tx) ids(counter string, n int) (int64, error) {
	var last int64
	if err := t.get(&last, `UPDATE counters SET value = value + $1 WHERE name = $2 RETURNING value`, n, counter); err != nil {
		return 0, fmt.Errorf("reserve ids of %s: %w", counter, err)
	}
	return last - int64(n) + 1, nil
}

// in expands a slice in a query written with ? and turns the marks into $1.
func in(query string, args ...any) (string, []any, error) {
	query, args, err := sqlx.In(query, args...)
	return sqlx.Rebind(sqlx.DOLLAR, query), args, err
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func toJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("marshal %T: %v", v, err)) // plain data of our own types always marshals
	}
	return string(text)
}

func isDuplicate(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

func missing(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// LockEngine takes the right to send from this database. A SQLite file gives it
// to one process at a time; in PostgreSQL many workers share a send. It reports
// false where another process has it.
func (db *DB) LockEngine() (unlock func(), ok bool, err error) {
	if db.postgres {
		return func() {}, true, nil
	}
	lock := flock.New(db.path + ".lock")
	ok, err = lock.TryLock()
	if err != nil || !ok {
		return nil, false, err
	}
	return func() { _ = lock.Unlock() }, true, nil // the process's end unlocks too
}
