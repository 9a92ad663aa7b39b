package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"

	"github.com/jmoiron/sqlx"
)

// What runs for every message. A try is on disk as its delivery in state
// attempting; a row of its own in attempts is written for every try but a first
// that was accepted, when its outcome is known or its owner is found gone: the
// history of what went wrong, at no cost where nothing did. First tries and their
// acceptance, which is nearly all there is, go into one statement together.
const (
	firstsHead = `INSERT INTO deliveries (issue_id, subscriber_id, chunk, language, state, message_id, code, enhanced, reply, relay, started_at, updated_at, attempts, unknowns, next_at) VALUES `
	firstsRow  = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0)`
	firstsTail = ` ON CONFLICT (issue_id, subscriber_id) DO UPDATE SET state = excluded.state, code = excluded.code, enhanced = excluded.enhanced, reply = excluded.reply,
		relay = excluded.relay, updated_at = excluded.updated_at
		WHERE excluded.state = 'accepted' AND deliveries.attempts = 1 AND deliveries.state IN ('attempting', 'unknown', 'held')`
	firstsArgs = 12

	beginAgain = `UPDATE deliveries SET state = 'attempting', attempts = $1, started_at = $2, updated_at = $2
		WHERE issue_id = $3 AND subscriber_id = $4 AND state IN ('deferred', 'unknown')`
	settle = `UPDATE deliveries SET state = $1, unknowns = unknowns + $2, code = $3, enhanced = $4, reply = $5, relay = $6, next_at = $7, updated_at = $8
		WHERE issue_id = $9 AND subscriber_id = $10 AND attempts = $11 AND state IN ('attempting', 'unknown', 'held')`
	keepAttempt = `INSERT INTO attempts (issue_id, subscriber_id, number, started_at, finished_at, outcome, code, enhanced, reply, relay)
		SELECT issue_id, subscriber_id, attempts, started_at, $1, $2, $3, $4, $5, $6 FROM deliveries WHERE issue_id = $7 AND subscriber_id = $8 AND attempts = $9
		ON CONFLICT (issue_id, subscriber_id, number) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome, code = excluded.code,
		enhanced = excluded.enhanced, reply = excluded.reply, relay = excluded.relay WHERE attempts.outcome = 'unknown'`
	readEpoch = `SELECT epoch FROM chunks WHERE issue_id = $1 AND number = $2`
)

const recordTimeout = 10 * time.Second

// bulk is how many rows go into one statement at most.
const bulk = 64

// rows writes a statement with n rows. SQLite looks a numbered parameter up in a
// list, which for so many costs more than the row: there they stand in order.
func (db *DB) rows(head, row, tail string, n int) string {
	text := head + row + strings.Repeat(", "+row, n-1) + tail
	if db.postgres {
		return sqlx.Rebind(sqlx.DOLLAR, text)
	}
	return text
}

// ready returns a statement parsed once. It must be asked for outside of any
// transaction: SQLite's one writer connection could not parse while it is in one.
func (db *DB) ready(ctx context.Context, name string, text func() string) (*sqlx.Stmt, error) {
	if s, ok := db.prepared.Load(name); ok {
		return s.(*sqlx.Stmt), nil
	}
	s, err := db.write.PreparexContext(ctx, text())
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", name, err)
	}
	db.prepared.Store(name, s)
	return s, nil
}

func (db *DB) hot(ctx context.Context, text string) (*sqlx.Stmt, error) {
	return db.ready(ctx, text, func() string { return text })
}

// A group is what is made durable together, sorted by the statement it needs.
type group struct {
	firsts []any // arguments of the first tries and their acceptance
	rows   int
	others []newsletter.Outcome
	again  []newsletter.Attempt
	write  *sqlx.Stmt
	epoch  *sqlx.Stmt
}

func (db *DB) group(ctx context.Context, outcomes []newsletter.Outcome, attempts []newsletter.Attempt) (g group, err error) {
	g.firsts = make([]any, 0, firstsArgs*(len(outcomes)+len(attempts)))
	for _, o := range outcomes {
		if o.State != newsletter.Accepted || o.Number != 1 {
			g.others = append(g.others, o)
			continue
		}
		g.firsts = append(g.firsts, o.Issue, o.Subscriber, 0, "", string(o.State), "", o.Code, o.Enhanced, o.Reply, o.Relay, 0, millis(o.At))
		g.rows++
	}
	for _, a := range attempts {
		if a.Number != 1 {
			g.again = append(g.again, a)
			continue
		}
		at := millis(a.StartedAt)
		g.firsts = append(g.firsts, a.Issue, a.Subscriber, a.Chunk, a.Language, string(newsletter.Attempting), a.MessageID, 0, "", "", "", at, at)
		g.rows++
	}
	if n := g.rows; n > 0 {
		if g.write, err = db.ready(ctx, "firsts"+strconv.Itoa(n), func() string { return db.rows(firstsHead, firstsRow, firstsTail, n) }); err != nil {
			return g, err
		}
	}
	fence := readEpoch
	if db.postgres {
		fence += " FOR SHARE" // so that no claim comes between this reading and the commit; SQLite has one writer
	}
	g.epoch, err = db.hot(ctx, fence)
	return g, err
}

// Record makes outcomes and new attempts durable in one transaction. Attempts are
// fenced by their chunk's epoch; outcomes are facts and are not.
func (db *DB) Record(ctx context.Context, outcomes []newsletter.Outcome, attempts []newsletter.Attempt) error {
	for len(outcomes) > bulk || len(attempts) > bulk {
		n, m := min(len(outcomes), bulk), min(len(attempts), bulk)
		if err := db.Record(ctx, outcomes[:n], attempts[:m]); err != nil {
			return err
		}
		outcomes, attempts = outcomes[n:], attempts[m:]
	}
	if db.postgres { // which may hang; for SQLite a context that can end costs a goroutine per statement
		limited, cancel := context.WithTimeout(ctx, recordTimeout)
		defer cancel()
		ctx = limited
	}
	g, err := db.group(ctx, outcomes, attempts)
	if err != nil {
		return err
	}
	return db.tx(ctx, func(t *tx) error {
		for _, o := range g.others {
			if err := t.outcome(o); err != nil {
				return fmt.Errorf("record outcome: %w", err)
			}
		}
		if err := t.fence(g, attempts); err != nil {
			return err
		}
		if err := t.firsts(g, attempts); err != nil {
			return fmt.Errorf("record first tries: %w", err)
		}
		for _, a := range g.again {
			n, err := t.exec(beginAgain, a.Number, millis(a.StartedAt), a.Issue, a.Subscriber)
			if err == nil && n == 0 {
				err = fault.Conflictf("a copy of issue %d was decided on meanwhile", a.Issue)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// firsts writes first tries, and those that were accepted. A try that has a row
// already is no first one: then nothing is written.
func (t *tx) firsts(g group, attempts []newsletter.Attempt) error {
	if g.rows == 0 {
		return nil
	}
	result, err := t.StmtxContext(t.ctx, g.write).ExecContext(t.ctx, g.firsts...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err != nil || n == int64(g.rows) || len(attempts) == 0 {
		return err
	}
	for _, a := range attempts { // an outcome that was settled already does not count either: which was it?
		var at int64
		if err := t.get(&at, `SELECT started_at FROM deliveries WHERE issue_id = $1 AND subscriber_id = $2 AND state = 'attempting' AND attempts = $3`, a.Issue, a.Subscriber, a.Number); missing(err) || err == nil && a.Number == 1 && at != millis(a.StartedAt) {
			return fault.Conflictf("a copy of issue %d was tried by somebody else", a.Issue)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// fence refuses attempts of a worker that was taken over.
func (t *tx) fence(g group, attempts []newsletter.Attempt) error {
	type chunk struct {
		issue  int64
		number int
	}
	checked := map[chunk]bool{}
	for _, a := range attempts {
		c := chunk{a.Issue, a.Chunk}
		if checked[c] {
			continue
		}
		var epoch int64
		if err := t.StmtxContext(t.ctx, g.epoch).GetContext(t.ctx, &epoch, a.Issue, a.Chunk); err != nil {
			return fmt.Errorf("read epoch: %w", err)
		}
		if epoch != a.Epoch {
			return fault.Conflictf("another worker took over chunk %d", a.Chunk)
		}
		checked[c] = true
	}
	return nil
}

// outcome is monotone: it settles the attempt it names, also where a new owner called it unknown meanwhile.
func (t *tx) outcome(o newsletter.Outcome) error {
	if _, err := t.exec(keepAttempt, millis(o.At), string(o.State), o.Code, o.Enhanced, o.Reply, o.Relay, o.Issue, o.Subscriber, o.Number); err != nil {
		return err
	}
	unknown := bit(o.State == newsletter.Unknown || o.State == newsletter.Held)
	n, err := t.exec(settle, string(o.State), unknown, o.Code, o.Enhanced, o.Reply, o.Relay, millis(o.NextAt), millis(o.At), o.Issue, o.Subscriber, o.Number)
	if err != nil || n == 0 || !o.HardBounce {
		return err
	}
	return t.bounced(o)
}

// bounced keeps mail from an address whose mailbox is gone, on every list.
func (t *tx) bounced(o newsletter.Outcome) error {
	if _, err := t.exec(`INSERT INTO suppressions (address_key, reason, note, created_at) SELECT address_key, 'hard_bounce', $1, $2 FROM subscribers WHERE id = $3 ON CONFLICT (address_key) DO NOTHING`,
		strings.TrimSpace(strconv.Itoa(o.Code)+" "+o.Enhanced), millis(o.At), o.Subscriber); err != nil {
		return err
	}
	_, err := t.exec(`UPDATE subscriptions SET state = 'ended', end_reason = 'bounced', ended_at = $1 WHERE subscriber_id = $2 AND ended_at = 0`, millis(o.At), o.Subscriber)
	return err
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
