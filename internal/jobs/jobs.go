// Package jobs is the only door to River, the job engine: the kinds of jobs,
// inserting them in the caller's transaction, and running them. A queue is a
// role: a process runs the queues it has work for, and any number of processes
// share them.
//
// River gives liveness: who runs what, and that it is run again. Safety is the
// ledger's: a job may run twice at a time, and the ledger's epochs let only one
// of the two begin anything. River sees no heartbeat of a job, so that it would
// free the work of a dead process only after its rescue time; package store does
// so earlier, as soon as a worker's own heartbeat stops.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// The queues, which are the roles of a process.
const (
	QueueDeliver = "deliver"
	QueueCollect = "collect"
	QueueCompose = "compose"
)

const (
	sliceTimeout = 15 * time.Second // a slice of work gives back before
	rescueAfter  = 20 * time.Second
	longTimeout  = 10 * time.Minute // of a round of collecting or composing
	collectEvery = time.Minute
	composeEvery = 10 * time.Second
	keepFinished = time.Hour
	maxAttempts  = 32767 // River discards a job after so many; ours end when their chunk does
	afterFailure = 5 * time.Second
)

// Deliver asks for a slice of work at a chunk of an issue's audience.
type Deliver struct {
	Issue int64 `json:"issue"`
	Chunk int   `json:"chunk"`
}

// Kind is the job's name in the database.
func (Deliver) Kind() string { return "deliver" }

// Text is the job's arguments as River stores them.
func (d Deliver) Text() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // two numbers always marshal
	}
	return string(text)
}

// InsertOpts lets a chunk have one live job.
func (Deliver) InsertOpts() river.InsertOpts { return once(QueueDeliver, true) }

type collect struct{}

func (collect) Kind() string                 { return "collect" }
func (collect) InsertOpts() river.InsertOpts { return once(QueueCollect, false) }

type compose struct{}

func (compose) Kind() string                 { return "compose" }
func (compose) InsertOpts() river.InsertOpts { return once(QueueCompose, false) }

func once(queue string, byArgs bool) river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: maxAttempts, UniqueOpts: river.UniqueOpts{ByArgs: byArgs, ByQueue: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled}}}
}

// Work is what a process does; a nil function leaves its queue to others.
type Work struct {
	Deliver func(ctx context.Context, d Deliver) (again time.Time, err error) // zero: the chunk is finished
	Collect func(ctx context.Context) error
	Compose func(ctx context.Context) error
	Slices  int // how many chunks at a time
	Now     func() time.Time
	Log     *slog.Logger
}

// Queue is River over one database.
type Queue struct {
	driver riverdriver.Driver[*sql.Tx]
	insert *river.Client[*sql.Tx]
	open   func(context.Context) (riverdriver.Driver[*sql.Tx], func(), error)
}

// OnSQLite returns the queue of a SQLite file. River gets a pool of its own of one
// connection, which dsn opens: it must not wait for the caller's transactions in ours.
func OnSQLite(db *sql.DB, dsn string) (*Queue, error) {
	return newQueue(riversqlite.New(db), func(context.Context) (riverdriver.Driver[*sql.Tx], func(), error) {
		own, err := sql.Open("sqlite", dsn)
		if err != nil {
			return nil, nil, err
		}
		own.SetMaxOpenConns(1)
		return riversqlite.New(own), func() { _ = own.Close() }, nil
	})
}

// OnPostgres returns the queue of a PostgreSQL database; address opens the
// connection on which it is told of new jobs.
func OnPostgres(db *sql.DB, address string) (*Queue, error) {
	return newQueue(riverdatabasesql.New(db), func(ctx context.Context) (riverdriver.Driver[*sql.Tx], func(), error) {
		config, err := pgxpool.ParseConfig(address)
		if err != nil {
			return nil, nil, err
		}
		config.MaxConns = 2
		pool, err := pgxpool.NewWithConfig(ctx, config)
		if err != nil {
			return nil, nil, err
		}
		return riverdatabasesql.NewWithPgxListener(db, pool), pool.Close, nil
	})
}

func newQueue(driver riverdriver.Driver[*sql.Tx], open func(context.Context) (riverdriver.Driver[*sql.Tx], func(), error)) (*Queue, error) {
	insert, err := river.NewClient(driver, &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return &Queue{driver, insert, open}, nil
}

// Migrate brings River's own tables up to date.
func (q *Queue) Migrate(ctx context.Context) error {
	m, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

// Insert asks for work in the caller's transaction; a chunk that has a live job gets no second.
func (q *Queue) Insert(ctx context.Context, tx *sql.Tx, asked []Deliver) error {
	if len(asked) == 0 {
		return nil
	}
	many := make([]river.InsertManyParams, len(asked))
	for i, d := range asked {
		many[i] = river.InsertManyParams{Args: d}
	}
	if _, err := q.insert.InsertManyFastTx(ctx, tx, many); err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	return nil
}

// Run does work until the context ends; what is in hand then is finished first.
func (q *Queue) Run(ctx context.Context, w Work) error {
	driver, closePool, err := q.open(ctx)
	if err != nil {
		return fmt.Errorf("job queue: %w", err)
	}
	defer closePool()
	client, err := river.NewClient(driver, w.config())
	if err != nil {
		return fmt.Errorf("job queue: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		if ctx.Err() != nil { // stopped before it began
			return nil
		}
		return fmt.Errorf("start the job queue: %w", err)
	}
	<-client.Stopped()
	return nil
}

func (w Work) config() *river.Config {
	workers := river.NewWorkers()
	queues := map[string]river.QueueConfig{}
	// Every kind is known to every process: River's rescuer, which any of them may
	// be, throws jobs of unknown kinds away.
	river.AddWorker(workers, &worker[Deliver]{timeout: sliceTimeout, work: w.deliver})
	river.AddWorker(workers, round[collect](w, w.Collect))
	river.AddWorker(workers, round[compose](w, w.Compose))
	if w.Deliver != nil {
		queues[QueueDeliver] = river.QueueConfig{MaxWorkers: max(w.Slices, 1)}
	}
	if w.Collect != nil {
		queues[QueueCollect] = river.QueueConfig{MaxWorkers: 1}
	}
	if w.Compose != nil {
		queues[QueueCompose] = river.QueueConfig{MaxWorkers: 1}
	}
	periodic := []*river.PeriodicJob{every(collectEvery, collect{}), every(composeEvery, compose{})}
	return &river.Config{Queues: queues, Workers: workers, PeriodicJobs: periodic, JobTimeout: sliceTimeout, RescueStuckJobsAfter: rescueAfter, MaxAttempts: maxAttempts,
		FetchCooldown: 20 * time.Millisecond, FetchPollInterval: 500 * time.Millisecond, RetryPolicy: constant{}, Logger: slog.New(onlyErrors{w.Log.Handler()}),
		CompletedJobRetentionPeriod: keepFinished, DiscardedJobRetentionPeriod: keepFinished, CancelledJobRetentionPeriod: keepFinished}
}

// every asks for a round of work; the leader that River elects among the processes inserts it.
func every(interval time.Duration, args river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(interval), func() (river.JobArgs, *river.InsertOpts) { return args, nil }, &river.PeriodicJobOpts{RunOnStart: true})
}

// A failed slice is asked for again as a snooze: River keeps every error of a
// retried job in its row, and a relay may be down for days.
func (w Work) deliver(ctx context.Context, d Deliver) error {
	if w.Deliver == nil {
		return river.JobSnooze(afterFailure)
	}
	again, err := w.Deliver(ctx, d)
	switch {
	case err != nil:
		if !errors.Is(err, context.Canceled) {
			w.Log.Error("sending failed; it is tried again", "issue", d.Issue, "chunk", d.Chunk, "error", err)
		}
		if again.IsZero() {
			return river.JobSnooze(afterFailure)
		}
	case again.IsZero():
		return nil
	}
	return river.JobSnooze(max(again.Sub(w.Now()), 0))
}

// round fits a round of work, which is asked for again by the clock, to a kind.
func round[T river.JobArgs](w Work, do func(context.Context) error) *worker[T] {
	return &worker[T]{timeout: longTimeout, work: func(ctx context.Context, args T) error {
		if do == nil {
			return river.JobSnooze(afterFailure)
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			w.Log.Error("work failed; it is tried again", "work", args.Kind(), "error", err)
		}
		return nil
	}}
}

type constant struct{}

func (constant) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Second) }

// worker fits a function to River.
type worker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	timeout time.Duration
	work    func(context.Context, T) error
}

func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.timeout }
func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	return w.work(ctx, job.Args)
}

// onlyErrors keeps River's own talk out of the operator's log.
type onlyErrors struct{ slog.Handler }

func (h onlyErrors) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelError
}
