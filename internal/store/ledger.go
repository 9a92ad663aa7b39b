package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers"
)

// chunkSize is how many recipients a slice of an audience has at most.
const chunkSize = 1000

// audienceClause says who a send to lists would reach now.
const audienceClause = ` EXISTS (SELECT 1 FROM subscriptions x WHERE x.subscriber_id = s.id AND x.list_id IN (?) AND x.state = 'confirmed')
	AND NOT EXISTS (SELECT 1 FROM suppressions p WHERE p.address_key = s.address_key)`

// StartSend is approve-to-send in one transaction: compare-and-set on state and
// digest, the audience frozen and counted per chunk, the order written. Starting
// again adds nothing.
//
// The audience is written as rows. Deciding it later from the times of
// subscriptions and suppressions needs clocks that never differ by a
// millisecond and suppressions that are never lifted; one who slipped through
// would be mailed without being counted, or counted for ever.
func (db *DB) StartSend(ctx context.Context, issue *newsletter.Issue, order newsletter.Order) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE issues SET state = 'sending', updated_at = $1 WHERE id = $2 AND state = 'approved' AND digest = $3 AND revision = $4`, t.now, issue.ID, order.Digest, issue.Revision)
		if err != nil {
			return fmt.Errorf("start sending %s: %w", issue.Slug(), err)
		}
		if n == 0 {
			return fault.Conflictf("issue %s is not approved with digest %.12s", issue.Slug(), order.Digest)
		}
		if _, err := t.exec(`INSERT INTO sends (issue_id, digest, lists, frozen_at, audience, give_up_at, ordered_by, finished_at) VALUES ($1, $2, $3, $4, 0, $5, $6, 0)`,
			issue.ID, order.Digest, toJSON(order.Lists), t.now, t.now+order.GiveUpAfter.Milliseconds(), order.By); err != nil {
			return fmt.Errorf("start sending %s: %w", issue.Slug(), err)
		}
		audience, err := t.freeze(issue.ID, order.Lists)
		switch {
		case err != nil:
			return fmt.Errorf("freeze the audience of %s: %w", issue.Slug(), err)
		case audience == 0:
			return fault.WithHint(fault.Conflictf("issue %s has no recipients: nobody on %v is confirmed", issue.Slug(), order.Lists), "see `broadsheet list show`")
		case order.Expect >= 0 && order.Expect != audience:
			return fault.Conflictf("%d recipients were expected, but %s would go to %d: nothing was sent", order.Expect, issue.Slug(), audience)
		}
		_, err = t.exec(`UPDATE sends SET audience = $1 WHERE issue_id = $2`, audience, issue.ID)
		issue.State = newsletter.Sending
		return err
	})
}

func (t *tx) freeze(issue int64, lists []string) (audience int, err error) {
	query, args, err := in(`INSERT INTO audience (issue_id, subscriber_id) SELECT CAST(? AS BIGINT), s.id FROM subscribers s WHERE`+audienceClause, issue, lists)
	if err != nil {
		return 0, err
	}
	if _, err := t.exec(query, args...); err != nil {
		return 0, err
	}
	chunks, audience, err := t.cut(issue)
	if err != nil {
		return 0, err
	}
	for _, c := range chunks {
		if _, err := t.exec(`INSERT INTO chunks (issue_id, number, first_id, last_id, members, epoch, finished_at) VALUES ($1, $2, $3, $4, $5, 0, 0)`, issue, c.Number, c.First, c.Last, c.Count); err != nil {
			return 0, err
		}
	}
	return audience, nil
}

// cut divides a frozen audience into ranges of ids.
func (t *tx) cut(issue int64) (chunks []newsletter.Chunk, audience int, err error) {
	rows, err := t.QueryContext(t.ctx, `SELECT subscriber_id FROM audience WHERE issue_id = $1 ORDER BY subscriber_id`, issue)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, 0, err
		}
		if audience%chunkSize == 0 {
			chunks = append(chunks, newsletter.Chunk{Number: len(chunks) + 1, First: id})
		}
		last := &chunks[len(chunks)-1]
		last.Last, last.Count = id, last.Count+1
		audience++
	}
	return chunks, audience, rows.Err()
}

// Send returns the order behind an issue that is or was sent.
func (db *DB) Send(ctx context.Context, issue int64) (s newsletter.Send, err error) {
	var r struct {
		Digest     string `db:"digest"`
		Lists      string `db:"lists"`
		FrozenAt   int64  `db:"frozen_at"`
		Audience   int    `db:"audience"`
		GiveUpAt   int64  `db:"give_up_at"`
		OrderedBy  string `db:"ordered_by"`
		FinishedAt int64  `db:"finished_at"`
	}
	err = db.read.GetContext(ctx, &r, `SELECT digest, lists, frozen_at, audience, give_up_at, ordered_by, finished_at FROM sends WHERE issue_id = $1`, issue)
	if missing(err) {
		return s, fault.NotFoundf("this issue was not sent")
	}
	if err != nil {
		return s, fmt.Errorf("read send: %w", err)
	}
	s = newsletter.Send{Issue: issue, Digest: r.Digest, FrozenAt: instant(r.FrozenAt), Audience: r.Audience, GiveUpAt: instant(r.GiveUpAt), OrderedBy: r.OrderedBy, FinishedAt: instant(r.FinishedAt)}
	return s, json.Unmarshal([]byte(r.Lists), &s.Lists)
}

// Chunks returns the unfinished chunks of an issue.
func (db *DB) Chunks(ctx context.Context, issue int64) ([]newsletter.Chunk, error) {
	var rows []struct {
		Number int   `db:"number"`
		First  int64 `db:"first_id"`
		Last   int64 `db:"last_id"`
		Count  int   `db:"members"`
		Epoch  int64 `db:"epoch"`
	}
	if err := db.write.SelectContext(ctx, &rows, `SELECT number, first_id, last_id, members, epoch FROM chunks WHERE issue_id = $1 AND finished_at = 0 ORDER BY number`, issue); err != nil {
		return nil, fmt.Errorf("read chunks: %w", err)
	}
	chunks := make([]newsletter.Chunk, len(rows))
	for i, r := range rows {
		chunks[i] = newsletter.Chunk{Issue: issue, Number: r.Number, First: r.First, Last: r.Last, Count: r.Count, Epoch: r.Epoch}
	}
	return chunks, nil
}

// ClaimChunk raises a chunk's epoch, which fences out whoever worked on it
// before, and turns attempts without outcome into unknown: their owner is gone.
func (db *DB) ClaimChunk(ctx context.Context, c *newsletter.Chunk) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.get(&c.Epoch, `UPDATE chunks SET epoch = epoch + 1 WHERE issue_id = $1 AND number = $2 RETURNING epoch`, c.Issue, c.Number); err != nil {
			return fmt.Errorf("claim chunk %d: %w", c.Number, err)
		}
		if _, err := t.exec(`INSERT INTO attempts (issue_id, subscriber_id, number, started_at, finished_at, outcome, code, enhanced, reply, relay)
			SELECT issue_id, subscriber_id, attempts, started_at, $1, 'unknown', 0, '', '', '' FROM deliveries WHERE issue_id = $2 AND chunk = $3 AND state = 'attempting'
			ON CONFLICT (issue_id, subscriber_id, number) DO NOTHING`, t.now, c.Issue, c.Number); err != nil {
			return fmt.Errorf("recover chunk %d: %w", c.Number, err)
		}
		_, err := t.exec(`UPDATE deliveries SET state = CASE WHEN unknowns > 0 THEN 'held' ELSE 'unknown' END, unknowns = unknowns + 1, updated_at = $1
			WHERE issue_id = $2 AND chunk = $3 AND state = 'attempting'`, t.now, c.Issue, c.Number)
		if err != nil {
			return fmt.Errorf("recover chunk %d: %w", c.Number, err)
		}
		return nil
	})
}

// standing are the columns that say what became of a recipient since the freeze.
const standing = `CASE WHEN EXISTS (SELECT 1 FROM suppressions p WHERE p.address_key = s.address_key) THEN 1 ELSE 0 END AS suppressed,
	CASE WHEN EXISTS (SELECT 1 FROM subscriptions y WHERE y.subscriber_id = s.id AND y.list_id IN (?) AND y.state = 'confirmed') THEN 0 ELSE 1 END AS gone`

// Untried returns up to limit recipients of a chunk with id > after that have no delivery yet.
func (db *DB) Untried(ctx context.Context, send newsletter.Send, c newsletter.Chunk, after int64, limit int) ([]newsletter.Copy, error) {
	return db.copies(ctx, `SELECT `+subscriberColumns+`, 0 AS attempts, '' AS message_id, `+standing+`
		FROM audience a JOIN subscribers s ON s.id = a.subscriber_id
		WHERE a.issue_id = ? AND a.subscriber_id > ? AND a.subscriber_id >= ? AND a.subscriber_id <= ?
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.issue_id = a.issue_id AND d.subscriber_id = a.subscriber_id) ORDER BY a.subscriber_id LIMIT ?`,
		send.Lists, send.Issue, after, c.First, c.Last, limit)
}

// Retriable returns recipients of a chunk in one of the states whose time has come.
func (db *DB) Retriable(ctx context.Context, send newsletter.Send, c newsletter.Chunk, state newsletter.DeliveryState, now time.Time, limit int) ([]newsletter.Copy, error) {
	return db.copies(ctx, `SELECT `+subscriberColumns+`, d.attempts, d.message_id, `+standing+`
		FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id
		WHERE d.issue_id = ? AND d.chunk = ? AND d.state = ? AND d.next_at <= ? ORDER BY d.next_at, s.id LIMIT ?`,
		send.Lists, send.Issue, c.Number, state, millis(now), limit)
}

// Audience returns up to limit people with id > after whom a send to the lists would reach now.
func (db *DB) Audience(ctx context.Context, lists []string, after int64, limit int) ([]newsletter.Copy, error) {
	return db.copies(ctx, `SELECT `+subscriberColumns+`, 0 AS attempts, '' AS message_id, 0 AS suppressed, 0 AS gone
		FROM subscribers s WHERE s.id > ? AND`+audienceClause+` ORDER BY s.id LIMIT ?`, after, lists, limit)
}

func (db *DB) copies(ctx context.Context, query string, args ...any) ([]newsletter.Copy, error) {
	query, args, err := in(query, args...)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		subscriberRow
		Attempts   int    `db:"attempts"`
		MessageID  string `db:"message_id"`
		Suppressed int    `db:"suppressed"`
		Gone       int    `db:"gone"`
	}
	if err := db.read.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read recipients: %w", err)
	}
	out := make([]newsletter.Copy, len(rows))
	for i, r := range rows {
		s := r.subscriber()
		out[i] = newsletter.Copy{Recipient: subscribers.Recipient{SubscriberID: s.ID, PublicID: s.PublicID, Address: s.Address, Name: s.Name, Language: s.Language},
			Attempts: r.Attempts, MessageID: r.MessageID, Suppressed: r.Suppressed == 1, Gone: r.Gone == 1}
	}
	return out, nil
}

// Record makes outcomes and new attempts durable in one transaction. Attempts are
// fenced by their chunk's epoch; outcomes are facts and are not.
func (db *DB) Record(ctx context.Context, outcomes []newsletter.Outcome, attempts []newsletter.Attempt) error {
	return db.tx(ctx, func(t *tx) error {
		for _, o := range outcomes {
			if err := t.outcome(o); err != nil {
				return fmt.Errorf("record outcome: %w", err)
			}
		}
		checked := map[int]bool{}
		for _, a := range attempts {
			if !checked[a.Chunk] {
				var epoch int64
				if err := t.StmtxContext(t.ctx, t.db.prepared[readEpoch]).GetContext(t.ctx, &epoch, a.Issue, a.Chunk); err != nil {
					return fmt.Errorf("read epoch: %w", err)
				}
				if epoch != a.Epoch {
					return fault.Conflictf("another worker took over chunk %d", a.Chunk)
				}
				checked[a.Chunk] = true
			}
			if err := t.attempt(a); err != nil {
				return fmt.Errorf("record attempt: %w", err)
			}
		}
		return nil
	})
}

// What runs for every message. A try is on disk as its delivery in state
// attempting with its number and epoch; a row of its own in attempts is written
// for every try but a first that was accepted, when its outcome is known or its
// owner is found gone: the history of what went wrong, at no cost where nothing did.
const (
	readEpoch  = `SELECT epoch FROM chunks WHERE issue_id = $1 AND number = $2`
	beginFirst = `INSERT INTO deliveries (issue_id, subscriber_id, chunk, language, state, attempts, unknowns, message_id, code, enhanced, reply, relay, next_at, started_at, updated_at)
		VALUES ($1, $2, $3, $4, 'attempting', 1, 0, $5, 0, '', '', '', 0, $6, $6)`
	beginAgain = `UPDATE deliveries SET state = 'attempting', attempts = $1, started_at = $2, updated_at = $2
		WHERE issue_id = $3 AND subscriber_id = $4 AND state IN ('deferred', 'unknown')`
	settleDelivery = `UPDATE deliveries SET state = CASE WHEN $1 = 'unknown' AND unknowns > 0 THEN 'held' ELSE $1 END,
		unknowns = unknowns + CASE WHEN $1 = 'unknown' THEN 1 ELSE 0 END, code = $2, enhanced = $3, reply = $4, relay = $5, next_at = $6, updated_at = $7
		WHERE issue_id = $8 AND subscriber_id = $9 AND attempts = $10 AND state IN ('attempting', 'unknown')`
	keepAttempt = `INSERT INTO attempts (issue_id, subscriber_id, number, started_at, finished_at, outcome, code, enhanced, reply, relay)
		SELECT issue_id, subscriber_id, attempts, started_at, $1, $2, $3, $4, $5, $6 FROM deliveries WHERE issue_id = $7 AND subscriber_id = $8 AND attempts = $9
		ON CONFLICT (issue_id, subscriber_id, number) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome, code = excluded.code,
		enhanced = excluded.enhanced, reply = excluded.reply, relay = excluded.relay WHERE attempts.outcome = 'unknown'`
)

var hotStatements = []string{readEpoch, beginFirst, beginAgain, settleDelivery, keepAttempt}

func (t *tx) attempt(a newsletter.Attempt) error {
	if a.Number == 1 {
		return t.often(beginFirst, a.Issue, a.Subscriber, a.Chunk, a.Language, a.MessageID, millis(a.StartedAt))
	}
	return t.often(beginAgain, a.Number, millis(a.StartedAt), a.Issue, a.Subscriber)
}

// outcome is monotone: it settles the attempt it names, also where a new owner called it unknown meanwhile.
func (t *tx) outcome(o newsletter.Outcome) error {
	if o.State != newsletter.Accepted || o.Number > 1 {
		if err := t.often(keepAttempt, millis(o.At), string(o.State), o.Code, o.Enhanced, o.Reply, o.Relay, o.Issue, o.Subscriber, o.Number); err != nil {
			return err
		}
	}
	return t.often(settleDelivery, string(o.State), o.Code, o.Enhanced, o.Reply, o.Relay, millis(o.NextAt), millis(o.At), o.Issue, o.Subscriber, o.Number)
}

// PassOver writes recipients of a chunk that get no copy: suppressed or gone since the freeze, or given up.
func (db *DB) PassOver(ctx context.Context, c newsletter.Chunk, copies []newsletter.Copy, state newsletter.DeliveryState, why string) error {
	if len(copies) == 0 {
		return nil
	}
	return db.tx(ctx, func(t *tx) error {
		for _, r := range copies {
			if _, err := t.exec(`INSERT INTO deliveries (issue_id, subscriber_id, chunk, language, state, attempts, unknowns, message_id, code, enhanced, reply, relay, next_at, started_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, 0, 0, '', 0, '', $6, '', 0, 0, $7)
				ON CONFLICT (issue_id, subscriber_id) DO UPDATE SET state = excluded.state, reply = excluded.reply, updated_at = excluded.updated_at
				WHERE deliveries.state = 'deferred'`,
				c.Issue, r.SubscriberID, c.Number, r.Language, state, why, t.now); err != nil {
				return fmt.Errorf("pass over recipient: %w", err)
			}
		}
		return nil
	})
}

// FinishChunks marks the chunks that have nothing left to try, and the send when
// all are; it returns when the next deferred copy is due (zero: none).
func (db *DB) FinishChunks(ctx context.Context, issue *newsletter.Issue) (finished bool, next time.Time, err error) {
	var due sql.NullInt64
	err = db.tx(ctx, func(t *tx) error {
		if _, err := t.exec(`UPDATE chunks SET finished_at = $1 WHERE issue_id = $2 AND finished_at = 0
			AND members = (SELECT COUNT(*) FROM deliveries d WHERE d.issue_id = chunks.issue_id AND d.chunk = chunks.number AND d.state NOT IN ('attempting', 'deferred'))`, t.now, issue.ID); err != nil {
			return err
		}
		var open int
		if err := t.get(&open, `SELECT COUNT(*) FROM chunks WHERE issue_id = $1 AND finished_at = 0`, issue.ID); err != nil {
			return err
		}
		if err := t.get(&due, `SELECT MIN(next_at) FROM deliveries WHERE issue_id = $1 AND state = 'deferred'`, issue.ID); err != nil {
			return err
		}
		if finished = open == 0; !finished {
			return nil
		}
		if _, err := t.exec(`UPDATE sends SET finished_at = $1 WHERE issue_id = $2 AND finished_at = 0`, t.now, issue.ID); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE issues SET state = 'sent', updated_at = $1 WHERE id = $2 AND state = 'sending'`, t.now, issue.ID)
		return err
	})
	if err != nil {
		return false, time.Time{}, fmt.Errorf("finish sending %s: %w", issue.Slug(), err)
	}
	if finished {
		issue.State = newsletter.Sent
	}
	return finished, instant(due.Int64), nil
}

// ReopenUnknown makes the unknown deliveries of an issue due for one more try, by a person's decision.
func (db *DB) ReopenUnknown(ctx context.Context, issue *newsletter.Issue) (n int64, err error) {
	err = db.tx(ctx, func(t *tx) error {
		if n, err = t.exec(`UPDATE deliveries SET state = 'deferred', next_at = 0, updated_at = $1 WHERE issue_id = $2 AND state = 'unknown'`, t.now, issue.ID); err != nil || n == 0 {
			return err
		}
		if _, err := t.exec(`UPDATE chunks SET finished_at = 0 WHERE issue_id = $1 AND number IN (SELECT chunk FROM deliveries WHERE issue_id = $1 AND state = 'deferred')`, issue.ID); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE sends SET finished_at = 0 WHERE issue_id = $1`, issue.ID); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE issues SET state = 'sending', updated_at = $1 WHERE id = $2 AND state IN ('sending', 'sent')`, t.now, issue.ID)
		issue.State = newsletter.Sending
		return err
	})
	return n, err
}

// Tally counts an issue's audience by state; the parts add up to the whole.
func (db *DB) Tally(ctx context.Context, issue int64) (tally newsletter.Tally, err error) {
	send, err := db.Send(ctx, issue)
	if err != nil {
		return tally, err
	}
	tally.Audience = send.Audience
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT state, COUNT(*) AS n FROM deliveries WHERE issue_id = $1 GROUP BY state`, issue); err != nil {
		return tally, fmt.Errorf("count deliveries: %w", err)
	}
	for _, r := range rows {
		tally.Add(newsletter.DeliveryState(r.State), r.N)
	}
	tally.Settle()
	return tally, nil
}

// Receipt calls each for every recipient of a frozen audience, in order.
func (db *DB) Receipt(ctx context.Context, send newsletter.Send, each func(newsletter.ReceiptLine) error) error {
	rows, err := db.read.QueryxContext(ctx, `SELECT s.public_id, s.address, COALESCE(d.language, s.language) AS language, COALESCE(d.state, 'pending') AS state,
		COALESCE(d.attempts, 0) AS attempts, COALESCE(d.message_id, '') AS message_id, COALESCE(d.code, 0) AS code, COALESCE(d.enhanced, '') AS enhanced,
		COALESCE(d.reply, '') AS reply, COALESCE(d.updated_at, 0) AS updated_at
		FROM audience a JOIN subscribers s ON s.id = a.subscriber_id LEFT JOIN deliveries d ON d.issue_id = a.issue_id AND d.subscriber_id = a.subscriber_id
		WHERE a.issue_id = $1 ORDER BY a.subscriber_id`, send.Issue)
	if err != nil {
		return fmt.Errorf("read receipt: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r struct {
			PublicID  string `db:"public_id"`
			Address   string `db:"address"`
			Language  string `db:"language"`
			State     string `db:"state"`
			Attempts  int    `db:"attempts"`
			MessageID string `db:"message_id"`
			Code      int    `db:"code"`
			Enhanced  string `db:"enhanced"`
			Reply     string `db:"reply"`
			UpdatedAt int64  `db:"updated_at"`
		}
		if err := rows.StructScan(&r); err != nil {
			return fmt.Errorf("read receipt: %w", err)
		}
		if err := each(newsletter.ReceiptLine{Subscriber: r.PublicID, Address: r.Address, Language: r.Language, State: newsletter.DeliveryState(r.State), Attempts: r.Attempts,
			MessageID: r.MessageID, Code: r.Code, Enhanced: r.Enhanced, Reply: r.Reply, At: instant(r.UpdatedAt)}); err != nil {
			return err
		}
	}
	return rows.Err()
}

// CountAudience returns how many a send to the lists would reach now, and how
// many are confirmed but suppressed.
func (db *DB) CountAudience(ctx context.Context, lists []string) (reached, suppressed int, err error) {
	query, args, err := in(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM suppressions p WHERE p.address_key = s.address_key) THEN 1 ELSE 0 END), 0)
		FROM subscribers s WHERE EXISTS (SELECT 1 FROM subscriptions x WHERE x.subscriber_id = s.id AND x.list_id IN (?) AND x.state = 'confirmed')`, lists)
	if err != nil {
		return 0, 0, err
	}
	if err := db.read.QueryRowxContext(ctx, query, args...).Scan(&reached, &suppressed); err != nil {
		return 0, 0, fmt.Errorf("count the audience: %w", err)
	}
	return reached - suppressed, suppressed, nil
}
