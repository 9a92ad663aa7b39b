package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"

	"github.com/jmoiron/sqlx"
)

// What runs for every message. A try is on disk as its delivery in state
// attempting; a row of its own in attempts is written for every try but a first
// that was accepted, when its outcome is known or its owner is found gone: the
// history of what went wrong, at no cost where nothing did. First tries and their
// acceptance, which is nearly all there is, go many rows to a statement.
const (
	beginFirst = `INSERT INTO deliveries (issue_id, subscriber_id, chunk, language, state, attempts, unknowns, message_id, code, enhanced, reply, relay, next_at, started_at, updated_at) VALUES `
	firstRow   = `(?, ?, ?, ?, 'attempting', 1, 0, ?, 0, '', '', '', 0, ?, ?)`
	beginAgain = `UPDATE deliveries SET state = 'attempting', attempts = $1, started_at = $2, updated_at = $2
		WHERE issue_id = $3 AND subscriber_id = $4 AND state IN ('deferred', 'unknown')`

	settleFirst = `UPDATE deliveries SET state = 'accepted', code = v.column3, enhanced = v.column4, reply = v.column5, relay = v.column6, updated_at = v.column7
		FROM (VALUES `
	settledRow = `(CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT))`
	settledEnd = `) AS v WHERE deliveries.issue_id = v.column1 AND deliveries.subscriber_id = v.column2 AND attempts = 1 AND state IN ('attempting', 'unknown', 'held')`
	settle     = `UPDATE deliveries SET state = $1, unknowns = unknowns + $2, code = $3, enhanced = $4, reply = $5, relay = $6, next_at = $7, updated_at = $8
		WHERE issue_id = $9 AND subscriber_id = $10 AND attempts = $11 AND state IN ('attempting', 'unknown', 'held')`
	keepAttempt = `INSERT INTO attempts (issue_id, subscriber_id, number, started_at, finished_at, outcome, code, enhanced, reply, relay)
		SELECT issue_id, subscriber_id, attempts, started_at, $1, $2, $3, $4, $5, $6 FROM deliveries WHERE issue_id = $7 AND subscriber_id = $8 AND attempts = $9
		ON CONFLICT (issue_id, subscriber_id, number) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome, code = excluded.code,
		enhanced = excluded.enhanced, reply = excluded.reply, relay = excluded.relay WHERE attempts.outcome = 'unknown'`
	readEpoch = `SELECT epoch FROM chunks WHERE issue_id = $1 AND number = $2`
)

// bulk is how many rows go into one statement at most.
const bulk = 64

func rows(head, row, tail string, n int) string {
	return sqlx.Rebind(sqlx.DOLLAR, head+row+strings.Repeat(", "+row, n-1)+tail)
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
	settled       []newsletter.Outcome // first tries that were accepted
	others        []newsletter.Outcome
	first, again  []newsletter.Attempt
	settle, begin *sqlx.Stmt
	epoch         *sqlx.Stmt
}

func (db *DB) group(ctx context.Context, outcomes []newsletter.Outcome, attempts []newsletter.Attempt) (g group, err error) {
	for _, o := range outcomes {
		if o.State == newsletter.Accepted && o.Number == 1 {
			g.settled = append(g.settled, o)
		} else {
			g.others = append(g.others, o)
		}
	}
	for _, a := range attempts {
		if a.Number == 1 {
			g.first = append(g.first, a)
		} else {
			g.again = append(g.again, a)
		}
	}
	if n := len(g.settled); n > 0 {
		if g.settle, err = db.ready(ctx, "settle"+strconv.Itoa(n), func() string { return rows(settleFirst, settledRow, settledEnd, n) }); err != nil {
			return g, err
		}
	}
	if n := len(g.first); n > 0 {
		if g.begin, err = db.ready(ctx, "begin"+strconv.Itoa(n), func() string { return rows(beginFirst, firstRow, "", n) }); err != nil {
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
	g, err := db.group(ctx, outcomes, attempts)
	if err != nil {
		return err
	}
	return db.tx(ctx, func(t *tx) error {
		if err := t.outcomes(g); err != nil {
			return fmt.Errorf("record outcomes: %w", err)
		}
		if err := t.fence(g, attempts); err != nil {
			return err
		}
		if err := t.attempts(g); err != nil {
			return fmt.Errorf("record attempts: %w", err)
		}
		return nil
	})
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

func (t *tx) attempts(g group) error {
	if len(g.first) > 0 {
		args := make([]any, 0, 7*len(g.first))
		for _, a := range g.first {
			at := millis(a.StartedAt)
			args = append(args, a.Issue, a.Subscriber, a.Chunk, a.Language, a.MessageID, at, at)
		}
		if _, err := t.StmtxContext(t.ctx, g.begin).ExecContext(t.ctx, args...); err != nil {
			return err
		}
	}
	for _, a := range g.again {
		if _, err := t.exec(beginAgain, a.Number, millis(a.StartedAt), a.Issue, a.Subscriber); err != nil {
			return err
		}
	}
	return nil
}

// outcomes are monotone: each settles the attempt it names, also where a new owner called it unknown meanwhile.
func (t *tx) outcomes(g group) error {
	if len(g.settled) > 0 {
		args := make([]any, 0, 7*len(g.settled))
		for _, o := range g.settled {
			args = append(args, o.Issue, o.Subscriber, o.Code, o.Enhanced, o.Reply, o.Relay, millis(o.At))
		}
		if _, err := t.StmtxContext(t.ctx, g.settle).ExecContext(t.ctx, args...); err != nil {
			return err
		}
	}
	for _, o := range g.others {
		if err := t.outcome(o); err != nil {
			return err
		}
	}
	return nil
}

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
