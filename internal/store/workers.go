package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"

	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/newsletter"
)

// window is how many chunks of an issue have a job at a time: a short issue need
// not wait behind all of a long one.
const window = 16

// wakeAgain is for how many milliseconds after a person's decision sleeping jobs are woken by the sweep too.
const wakeAgain = 60_000

// queueChunks gives the next chunks of an issue that nobody has gone through
// their jobs, in the same transaction; one that has a live job keeps that. It
// writes no row of chunks: those are locked by barriers and claims, several at a time.
func (t *tx) queueChunks(issue int64) error {
	next, err := chunks(t.ctx, t, `WHERE issue_id = $1 AND finished_at = 0 AND tried = 0 ORDER BY number LIMIT $2`, issue, window)
	if err != nil {
		return err
	}
	return t.insertJobs(next)
}

// queueTried gives jobs to chunks in which something is left to be tried again;
// they should have theirs still.
func (t *tx) queueTried(issue int64) error {
	tried, err := chunks(t.ctx, t, `WHERE issue_id = $1 AND finished_at = 0 AND tried = 1 ORDER BY number`, issue)
	if err != nil {
		return err
	}
	return t.insertJobs(tried)
}

func (t *tx) insertJobs(cs []newsletter.Chunk) error {
	asked := make([]jobs.Deliver, len(cs))
	for i, c := range cs {
		asked[i] = jobs.Deliver{Issue: c.Issue, Chunk: c.Number}
	}
	return t.db.queue.Insert(t.ctx, t.Tx.Tx, asked)
}

// Requeue gives a job to every chunk within the window of its issue that has none
// alive: one was lost, or the issue was resumed.
func (db *DB) Requeue(ctx context.Context) error {
	var sends []struct {
		Issue    int64 `db:"issue_id"`
		GiveUpAt int64 `db:"give_up_at"`
		WokenAt  int64 `db:"woken_at"`
	}
	if err := db.read.SelectContext(ctx, &sends, `SELECT s.issue_id, s.give_up_at, s.woken_at FROM sends s JOIN issues i ON i.id = s.issue_id WHERE i.state = 'sending' AND s.paused_at = 0`); err != nil {
		return fmt.Errorf("read what is being sent: %w", err)
	}
	for _, s := range sends {
		err := db.tx(ctx, func(t *tx) error {
			if done, err := t.finishSend(s.Issue); err != nil || done { // a process died between the last chunk and this
				return err
			}
			if s.GiveUpAt <= t.now || t.now-s.WokenAt < wakeAgain { // a job may have gone to sleep just as it was woken
				return t.wakeJobs(s.Issue)
			}
			return errors.Join(t.queueChunks(s.Issue), t.queueTried(s.Issue))
		})
		if err != nil {
			return fmt.Errorf("queue chunks: %w", err)
		}
	}
	return nil
}

// Work runs the job queues that w has work for, until the context ends.
func (db *DB) Work(ctx context.Context, w jobs.Work) error {
	return db.queue.Run(ctx, w)
}

// Join writes a worker down. On SQLite, where it holds the only lock, all others
// are gone and what they had is free again. On PostgreSQL a session of its own
// holds a lock as long as the process lives, so that its death is seen at once.
func (db *DB) Join(ctx context.Context, w newsletter.Worker) error {
	var number int64
	err := db.tx(ctx, func(t *tx) (err error) {
		if !db.postgres {
			if err := t.alone(); err != nil {
				return err
			}
		}
		if number, err = t.ids("workers", 1); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO workers (id, number, host, version, beats) VALUES ($1, $2, $3, $4, 0)`, w.ID, number, w.Host, w.Version)
		return err
	})
	if err == nil && db.postgres {
		db.number.Store(number)
		err = db.holdSession(ctx, number)
	}
	if err != nil {
		return fmt.Errorf("join the workers: %w", err)
	}
	return nil
}

func (t *tx) alone() error {
	if _, err := t.exec(`UPDATE chunks SET worker = '' WHERE worker <> ''`); err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM workers`); err != nil {
		return err
	}
	return t.freeJobs(`1 = 1`)
}

const workerLocks = 726561 // any constant: the first half of our advisory locks' names

func (db *DB) holdSession(ctx context.Context, number int64) error {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1, $2)`, workerLocks, number); err != nil {
		return errors.Join(err, conn.Close())
	}
	if old := db.session.Swap(conn); old != nil {
		return endSession(old)
	}
	return nil
}

// endSession really closes a session: given back to the pool it would keep its lock.
func endSession(conn *sql.Conn) error {
	err := conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) {
		err = nil
	}
	if closed := conn.Close(); err == nil && !errors.Is(closed, sql.ErrConnDone) {
		err = closed
	}
	return err
}

// Beat says that a worker lives. It reports false where the worker was buried.
func (db *DB) Beat(ctx context.Context, worker string) (bool, error) {
	if !db.postgres { // one worker, and nobody to tell
		var n int
		err := db.read.GetContext(ctx, &n, `SELECT COUNT(*) FROM workers WHERE id = $1`, worker)
		return n == 1, err
	}
	if conn := db.session.Load(); conn != nil && conn.PingContext(ctx) != nil { // the server was restarted, say
		if err := db.holdSession(ctx, db.number.Load()); err != nil {
			return false, fmt.Errorf("hold the worker's session: %w", err)
		}
	}
	result, err := db.write.ExecContext(ctx, `UPDATE workers SET beats = beats + 1 WHERE id = $1`, worker)
	if err != nil {
		return false, fmt.Errorf("beat: %w", err)
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// Leave takes a worker off; what it had is free.
func (db *DB) Leave(ctx context.Context, worker string) error {
	_, err := db.bury(ctx, worker, `DELETE FROM workers WHERE id = $1`, worker)
	if conn := db.session.Swap(nil); conn != nil {
		err = errors.Join(err, endSession(conn))
	}
	return err
}

// Workers returns those that deliver.
func (db *DB) Workers(ctx context.Context) ([]newsletter.Worker, error) {
	gone := `0`
	if db.postgres {
		gone = fmt.Sprintf(`CASE WHEN EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = %d AND l.objid = CAST(w.number AS OID) AND l.granted
			AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) THEN 0 ELSE 1 END`, workerLocks)
	}
	var rows []struct {
		ID      string `db:"id"`
		Host    string `db:"host"`
		Version string `db:"version"`
		Beats   int64  `db:"beats"`
		Gone    int    `db:"gone"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT w.id, w.host, w.version, w.beats, `+gone+` AS gone FROM workers w ORDER BY w.number`); err != nil {
		return nil, fmt.Errorf("read workers: %w", err)
	}
	out := make([]newsletter.Worker, len(rows))
	for i, r := range rows {
		out[i] = newsletter.Worker{ID: r.ID, Host: r.Host, Version: r.Version, Beats: r.Beats, Gone: r.Gone == 1}
	}
	return out, nil
}

// Bury frees what a worker had whose beats stand still at w.Beats, and raises the
// epochs: should it live after all, it begins nothing more of it. Bury reports
// false where the worker has beaten again or somebody else buried it.
func (db *DB) Bury(ctx context.Context, w newsletter.Worker) (bool, error) {
	return db.bury(ctx, w.ID, `DELETE FROM workers WHERE id = $1 AND beats = $2`, w.ID, w.Beats)
}

func (db *DB) bury(ctx context.Context, worker, query string, args ...any) (gone bool, err error) {
	err = db.tx(ctx, func(t *tx) error {
		n, err := t.exec(query, args...)
		if err != nil || n == 0 {
			return err
		}
		gone = true
		held, err := chunks(t.ctx, t, `WHERE worker = $1`, worker)
		if err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE chunks SET worker = '', epoch = epoch + 1 WHERE worker = $1`, worker); err != nil {
			return err
		}
		for _, c := range held {
			if err := t.freeJobs(`args = `+t.jsonArgument(), jobs.Deliver{Issue: c.Issue, Chunk: c.Number}.Text()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("bury worker: %w", err)
	}
	return gone, nil
}

// jsonArgument is how River's tables are compared with JSON text.
func (t *tx) jsonArgument() string {
	if t.db.postgres {
		return `CAST($1 AS JSONB)`
	}
	return `jsonb($1)`
}

// freeJobs makes jobs whose process is gone available at once: River itself would wait for its rescue.
func (t *tx) freeJobs(which string, args ...any) error {
	_, err := t.exec(`UPDATE river_job SET state = 'available' WHERE state = 'running' AND kind = '`+jobs.Deliver{}.Kind()+`' AND `+which, args...)
	return err
}

// wakeJobs makes the jobs of an issue that sleep until a copy is due again run
// now, as there is something new to do.
func (t *tx) wakeJobs(issue int64) error {
	number := `json_extract(args, '$.issue')`
	if t.db.postgres {
		number = `CAST(args ->> 'issue' AS BIGINT)`
	}
	_, err := t.exec(`UPDATE river_job SET state = 'available', scheduled_at = COALESCE(attempted_at, created_at)
		WHERE state = 'scheduled' AND kind = '`+jobs.Deliver{}.Kind()+`' AND `+number+` = $1`, issue)
	if err != nil {
		return fmt.Errorf("wake jobs: %w", err)
	}
	return errors.Join(t.queueTried(issue), t.queueChunks(issue))
}

// decided notes that a person changed a send, and wakes its jobs.
func (t *tx) decided(issue int64) error {
	if _, err := t.exec(`UPDATE sends SET woken_at = $1, moved_at = $1 WHERE issue_id = $2`, t.now, issue); err != nil {
		return err
	}
	return t.wakeJobs(issue)
}

// Pace returns how fast a relay is used.
func (db *DB) Pace(ctx context.Context, relay string) (p newsletter.Pace, err error) {
	var row struct {
		Pace    string `db:"pace"`
		Version int64  `db:"version"`
	}
	err = db.write.GetContext(ctx, &row, `SELECT pace, version FROM paces WHERE relay = $1`, relay)
	if missing(err) {
		return newsletter.Pace{Relay: relay}, nil
	}
	if err != nil {
		return p, fmt.Errorf("read pace of %s: %w", relay, err)
	}
	err = json.Unmarshal([]byte(row.Pace), &p)
	p.Version = row.Version
	return p, err
}

// SavePace writes a pace unless another worker wrote it since it was read.
func (db *DB) SavePace(ctx context.Context, p newsletter.Pace) (won bool, err error) {
	text := toJSON(p)
	var result sql.Result
	if p.Version == 0 {
		result, err = db.write.ExecContext(ctx, `INSERT INTO paces (relay, pace, version) VALUES ($1, $2, 1) ON CONFLICT (relay) DO NOTHING`, p.Relay, text)
	} else {
		result, err = db.write.ExecContext(ctx, `UPDATE paces SET pace = $1, version = version + 1 WHERE relay = $2 AND version = $3`, text, p.Relay, p.Version)
	}
	if err != nil {
		return false, fmt.Errorf("write pace of %s: %w", p.Relay, err)
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// Pause stops or resumes a send; it is done when every worker has seen it, within a second.
func (db *DB) Pause(ctx context.Context, issue int64, on bool) error {
	return db.tx(ctx, func(t *tx) error {
		at := t.now
		if !on {
			at = 0
		}
		n, err := t.exec(`UPDATE sends SET paused_at = $1 WHERE issue_id = $2 AND finished_at = 0 AND (paused_at = 0) = (CAST($1 AS BIGINT) <> 0)`, at, issue)
		if err != nil {
			return fmt.Errorf("pause: %w", err)
		}
		if n == 0 {
			return fault.Conflictf("it is not being sent, or is %s already", map[bool]string{true: "paused", false: "running"}[on])
		}
		if on {
			return nil
		}
		return t.decided(issue)
	})
}

// CancelSend gives up what is left of a send now; copies that are with a relay keep their outcome.
func (db *DB) CancelSend(ctx context.Context, issue int64, by string) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE sends SET give_up_at = CASE WHEN give_up_at < $1 THEN give_up_at ELSE $1 END, cancelled_by = $2, paused_at = 0 WHERE issue_id = $3 AND finished_at = 0`, t.now, by, issue)
		if err != nil {
			return fmt.Errorf("cancel send: %w", err)
		}
		if n == 0 {
			return fault.Conflictf("it is not being sent")
		}
		return t.decided(issue)
	})
}
