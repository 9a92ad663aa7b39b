package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers"

	"github.com/jmoiron/sqlx"
)

// What runs for every message. A try is on disk as its delivery in state
// attempting; a row of its own in attempts is written for every try but a first
// that was accepted, when its outcome is known or its owner is found gone: the
// history of what went wrong, at no cost where nothing did. First tries and their
// acceptance, which is nearly all there is, go into one statement together.
const (
	firstsHead = `INSERT INTO deliveries (issue_id, subscriber_id, chunk, language, state, message_id, code, enhanced, reply, relay, started_at, updated_at, attempts, unknowns, next_at)
		SELECT v.column1, v.column2, v.column3, v.column4, v.column5, v.column6, v.column7, v.column8, v.column9, v.column10, v.column11, v.column12, 1, 0, 0 FROM (VALUES `
	firstsTyped = `(CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT))`
	firstsRow   = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	firstsFence = `) AS v JOIN chunks c ON c.issue_id = v.column1 AND c.number = v.column3 WHERE (v.column13 = 0 OR c.epoch = v.column13)`
	firstsTail  = ` ON CONFLICT (issue_id, subscriber_id) DO UPDATE SET state = excluded.state, code = excluded.code, enhanced = excluded.enhanced, reply = excluded.reply,
		relay = excluded.relay, updated_at = excluded.updated_at
		WHERE excluded.state = 'accepted' AND deliveries.attempts = 1 AND deliveries.state IN ('attempting', 'unknown', 'held')`
	firstsArgs = 13 // the last is the epoch that fences an attempt, 0 for an outcome

	beginAgain = `UPDATE deliveries SET state = 'attempting', attempts = $1, started_at = $2, updated_at = $2
		WHERE issue_id = $3 AND subscriber_id = $4 AND state IN ('deferred', 'unknown')`
	settle = `UPDATE deliveries SET state = $1, unknowns = unknowns + CASE WHEN state = 'attempting' THEN $2 ELSE 0 END, code = $3, enhanced = $4, reply = $5, relay = $6, next_at = $7, updated_at = $8
		WHERE issue_id = $9 AND subscriber_id = $10 AND attempts = $11 AND state IN ('attempting', 'unknown', 'held')`
	keepAttempt = `INSERT INTO attempts (issue_id, subscriber_id, number, started_at, finished_at, outcome, code, enhanced, reply, relay)
		SELECT issue_id, subscriber_id, attempts, started_at, $1, $2, $3, $4, $5, $6 FROM deliveries WHERE issue_id = $7 AND subscriber_id = $8 AND attempts = $9
		ON CONFLICT (issue_id, subscriber_id, number) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome, code = excluded.code,
		enhanced = excluded.enhanced, reply = excluded.reply, relay = excluded.relay WHERE attempts.outcome = 'unknown'`
)

const recordTimeout = 10 * time.Second

// bulk is how many rows go into one statement at most.
const bulk = 64

// firstsText writes the statement for n rows. PostgreSQL is told the types by the
// first, and keeps claims out until the commit; SQLite has one writer, and looks a
// numbered parameter up in a list, which for so many costs more than the row.
func (db *DB) firstsText(n int) string {
	text := firstsHead + firstsTyped + strings.Repeat(", "+firstsRow, n-1) + firstsFence
	if !db.postgres {
		return text + firstsTail
	}
	return sqlx.Rebind(sqlx.DOLLAR, text+" FOR SHARE OF c"+firstsTail)
}

// ready returns the statement for n rows, parsed once. It must be asked for outside
// of any transaction: SQLite's one writer connection could not parse while it is in one.
func (db *DB) ready(ctx context.Context, n int) (*sqlx.Stmt, error) {
	if s, ok := db.prepared.Load(n); ok {
		return s.(*sqlx.Stmt), nil
	}
	s, err := db.write.PreparexContext(ctx, db.firstsText(n))
	if err != nil {
		return nil, fmt.Errorf("prepare for %d rows: %w", n, err)
	}
	if first, raced := db.prepared.LoadOrStore(n, s); raced {
		_ = s.Close()
		return first.(*sqlx.Stmt), nil
	}
	return s, nil
}

// A group is what is made durable together, sorted by the statement it needs.
type group struct {
	firsts []any // arguments of the first tries and their acceptance
	rows   int
	others []newsletter.Outcome
	again  []newsletter.Attempt
	write  *sqlx.Stmt
}

func (db *DB) group(ctx context.Context, outcomes []newsletter.Outcome, attempts []newsletter.Attempt) (g group, err error) {
	g.firsts = make([]any, 0, firstsArgs*(len(outcomes)+len(attempts)))
	for _, o := range outcomes {
		if o.State != newsletter.Accepted || o.Number != 1 {
			g.others = append(g.others, o)
			continue
		}
		g.firsts = append(g.firsts, o.Issue, o.Subscriber, o.Chunk, "", string(o.State), "", o.Code, o.Enhanced, o.Reply, o.Relay, 0, millis(o.At), 0)
		g.rows++
	}
	for _, a := range attempts {
		if a.Number != 1 {
			g.again = append(g.again, a)
			continue
		}
		at := millis(a.StartedAt)
		g.firsts = append(g.firsts, a.Issue, a.Subscriber, a.Chunk, a.Language, string(newsletter.Attempting), a.MessageID, 0, "", "", "", at, at, a.Epoch)
		g.rows++
	}
	if n := g.rows; n > 0 {
		g.write, err = db.ready(ctx, n)
	}
	return g, err
}

// Record makes outcomes and new attempts durable in one transaction. Attempts are
// fenced by their chunk's epoch; outcomes are facts and are not. With an error,
// attempts that are not another worker's may have been written: TakeBack undoes them.
func (db *DB) Record(ctx context.Context, outcomes []newsletter.Outcome, attempts []newsletter.Attempt) error {
	if len(outcomes)+len(attempts) == 0 {
		return nil
	}
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
	if len(g.others)+len(g.again) == 0 { // one statement is a transaction of its own
		written, err := g.run(ctx, g.write)
		if err != nil || written {
			return err
		}
		return ours(ctx, db.write, attempts)
	}
	return db.tx(ctx, func(t *tx) error { return t.record(g, attempts) })
}

// run reports whether every row of the first tries was written.
func (g group) run(ctx context.Context, s *sqlx.Stmt) (written bool, err error) {
	result, err := s.ExecContext(ctx, g.firsts...)
	if err != nil {
		return false, fmt.Errorf("record first tries: %w", err)
	}
	n, err := result.RowsAffected()
	return n == int64(g.rows), err
}

// ours finds out why rows of a group were not written: outcomes that were settled
// already, which is well, or first tries that are not this worker's to make. Then
// none of the group may be made.
func ours(ctx context.Context, q sqlx.QueryerContext, attempts []newsletter.Attempt) error {
	for _, a := range attempts {
		if a.Number != 1 {
			continue
		}
		var n int
		if err := sqlx.GetContext(ctx, q, &n, `SELECT COUNT(*) FROM deliveries d JOIN chunks c ON c.issue_id = d.issue_id AND c.number = d.chunk
			WHERE d.issue_id = $1 AND d.subscriber_id = $2 AND d.state = 'attempting' AND d.attempts = 1 AND d.started_at = $3 AND c.epoch = $4`,
			a.Issue, a.Subscriber, millis(a.StartedAt), a.Epoch); err != nil {
			return fmt.Errorf("check attempts: %w", err)
		}
		if n == 0 {
			return fault.Conflictf("another worker took over chunk %d", a.Chunk)
		}
	}
	return nil
}

// TakeBack undoes attempts that may have been written and were certainly not
// made: they are due again at once, also where the worker was buried meanwhile.
// What another worker has made of them since stays.
func (db *DB) TakeBack(ctx context.Context, attempts []newsletter.Attempt) error {
	for _, a := range attempts {
		if _, err := db.write.ExecContext(ctx, `UPDATE deliveries SET state = 'deferred', next_at = 0, reply = 'not sent: the ledger could not be written'
			WHERE issue_id = $1 AND subscriber_id = $2 AND attempts = $3 AND state = 'attempting' AND started_at = $4
			AND EXISTS (SELECT 1 FROM chunks c WHERE c.issue_id = $1 AND c.number = $5 AND (c.epoch = $6 OR c.epoch = $6 + 1 AND c.worker = ''))`,
			a.Issue, a.Subscriber, a.Number, millis(a.StartedAt), a.Chunk, a.Epoch); err != nil {
			return fmt.Errorf("take attempts back: %w", err)
		}
	}
	return nil
}

// record is for groups in which something went wrong, or is tried again.
func (t *tx) record(g group, attempts []newsletter.Attempt) error {
	for _, o := range g.others {
		if err := t.outcome(o); err != nil {
			return fmt.Errorf("record outcome: %w", err)
		}
	}
	if g.rows > 0 {
		written, err := g.run(t.ctx, t.StmtxContext(t.ctx, g.write))
		if err == nil && !written {
			err = ours(t.ctx, t, attempts)
		}
		if err != nil {
			return err
		}
	}
	if err := t.fence(g.again); err != nil {
		return err
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
}

// fence refuses later tries of a worker that was taken over; first ones fence themselves.
func (t *tx) fence(attempts []newsletter.Attempt) error {
	query := `SELECT epoch FROM chunks WHERE issue_id = $1 AND number = $2`
	if t.db.postgres {
		query += ` FOR SHARE` // so that no claim comes between this reading and the commit; SQLite has one writer
	}
	for _, a := range attempts {
		var epoch int64
		if err := t.get(&epoch, query, a.Issue, a.Chunk); err != nil {
			return fmt.Errorf("read epoch: %w", err)
		}
		if epoch != a.Epoch {
			return fault.Conflictf("another worker took over chunk %d", a.Chunk)
		}
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
	switch {
	case err != nil || n == 0:
		return err
	case o.HardBounce:
		return t.bounced(o)
	case o.State == newsletter.Deferred:
		return t.lateDeferral(o)
	}
	return nil
}

// lateDeferral opens a chunk again that was finished while the outcome of one of
// its copies was still out: it is due again, if there is time.
func (t *tx) lateDeferral(o newsletter.Outcome) error {
	n, err := t.exec(`UPDATE chunks SET finished_at = 0 WHERE issue_id = $1 AND number = $2 AND finished_at <> 0
		AND EXISTS (SELECT 1 FROM sends s WHERE s.issue_id = $1 AND s.give_up_at > $3)`, o.Issue, o.Chunk, t.now)
	if err != nil {
		return err
	}
	if n == 0 {
		_, err := t.exec(`UPDATE deliveries SET state = 'cancelled', next_at = 0 WHERE issue_id = $1 AND subscriber_id = $2 AND state = 'deferred'
			AND EXISTS (SELECT 1 FROM chunks c WHERE c.issue_id = $1 AND c.number = $3 AND c.finished_at <> 0)`, o.Issue, o.Subscriber, o.Chunk)
		return err
	}
	if _, err := t.exec(`UPDATE sends SET finished_at = 0 WHERE issue_id = $1`, o.Issue); err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE issues SET state = 'sending', updated_at = $1 WHERE id = $2 AND state = 'sent'`, t.now, o.Issue); err != nil {
		return err
	}
	return t.decided(o.Issue)
}

// bounced keeps mail from an address whose mailbox is gone, on every list.
func (t *tx) bounced(o newsletter.Outcome) error {
	if _, err := t.exec(`INSERT INTO suppressions (address_key, reason, note, created_at) SELECT address_key, 'hard_bounce', $1, $2 FROM subscribers WHERE id = $3 ON CONFLICT (address_key) DO NOTHING`,
		strings.TrimSpace(strconv.Itoa(o.Code)+" "+o.Enhanced), millis(o.At), o.Subscriber); err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE subscriptions SET state = 'ended', end_reason = 'bounced', ended_at = $1 WHERE list_id IN (SELECT id FROM lists) AND subscriber_id = $2 AND ended_at = 0`, millis(o.At), o.Subscriber); err != nil {
		return err
	}
	return t.insertEvents([]subscribers.Event{{SubscriberID: o.Subscriber, At: o.At, By: "relay", How: "mail", Action: "suppressed",
		Detail: strings.TrimSpace("hard_bounce "+strconv.Itoa(o.Code)+" "+o.Enhanced) + "; every subscription ended as bounced"}})
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
