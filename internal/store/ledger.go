package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers/segment"

	"github.com/jmoiron/sqlx"
)

// chunkSize is how many recipients a slice of an audience has at most.
const chunkSize = 1000

// audienceClause says who a send to lists would reach now.
const audienceClause = ` EXISTS (SELECT 1 FROM subscriptions x WHERE x.subscriber_id = s.id AND x.list_id IN (?) AND x.state = 'confirmed' AND x.paused_until <= ?)
	AND NOT EXISTS (SELECT 1 FROM suppressions p WHERE p.address_key = s.address_key)`

// reached says whom a send to a segment of lists reaches at a time.
func reached(lists []string, filter string, now int64) (clause string, args []any, err error) {
	where, err := segment.Parse(filter)
	if err != nil {
		return "", nil, err
	}
	clause, args = compile(where)
	return audienceClause + " AND " + clause, append([]any{lists, now}, args...), nil
}

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
		if _, err := t.exec(`INSERT INTO sends (issue_id, digest, lists, segment, frozen_at, audience, give_up_at, ordered_by, hold_unknown, paused_at, cancelled_by, finished_at, moved, moved_at, woken_at)
			VALUES ($1, $2, $3, $8, $4, 0, $5, $6, $7, 0, '', 0, 0, $4, 0)`,
			issue.ID, order.Digest, toJSON(order.Lists), t.now, t.now+order.GiveUpAfter.Milliseconds(), order.By, bit(order.HoldUnknown), order.Segment); err != nil {
			return fmt.Errorf("start sending %s: %w", issue.Slug(), err)
		}
		audience, err := t.freeze(issue.ID, order)
		switch {
		case err != nil:
			return fmt.Errorf("freeze the audience of %s: %w", issue.Slug(), err)
		case audience == 0:
			return fault.WithHint(fault.Conflictf("issue %s has no recipients: nobody on %s is confirmed", issue.Slug(), strings.TrimSpace(strings.Join(order.Lists, ", ")+" "+order.Segment)), "see `broadsheet list show`")
		case order.Expect >= 0 && order.Expect != audience:
			return fault.Conflictf("%d recipients were expected, but %s would go to %d: nothing was sent", order.Expect, issue.Slug(), audience)
		}
		if _, err = t.exec(`UPDATE sends SET audience = $1 WHERE issue_id = $2`, audience, issue.ID); err != nil {
			return err
		}
		issue.State = newsletter.Sending
		return t.queueChunks(issue.ID)
	})
}

func (t *tx) freeze(issue int64, order newsletter.Order) (audience int, err error) {
	clause, values, err := reached(order.Lists, order.Segment, t.now)
	if err != nil {
		return 0, err
	}
	query, args, err := in(`INSERT INTO audience (issue_id, subscriber_id) SELECT CAST(? AS BIGINT), s.id FROM subscribers s WHERE `+clause, append([]any{issue}, values...)...)
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
		if _, err := t.exec(`INSERT INTO chunks (issue_id, number, first_id, last_id, members, epoch, worker, tried, finished_at) VALUES ($1, $2, $3, $4, $5, 0, '', 0, 0)`, issue, c.Number, c.First, c.Last, c.Count); err != nil {
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
		Digest      string `db:"digest"`
		Lists       string `db:"lists"`
		Segment     string `db:"segment"`
		FrozenAt    int64  `db:"frozen_at"`
		Audience    int    `db:"audience"`
		GiveUpAt    int64  `db:"give_up_at"`
		OrderedBy   string `db:"ordered_by"`
		HoldUnknown int    `db:"hold_unknown"`
		PausedAt    int64  `db:"paused_at"`
		CancelledBy string `db:"cancelled_by"`
		FinishedAt  int64  `db:"finished_at"`
	}
	err = db.read.GetContext(ctx, &r, `SELECT digest, lists, segment, frozen_at, audience, give_up_at, ordered_by, hold_unknown, paused_at, cancelled_by, finished_at FROM sends WHERE issue_id = $1`, issue)
	if missing(err) {
		return s, fault.NotFoundf("this issue was not sent")
	}
	if err != nil {
		return s, fmt.Errorf("read send: %w", err)
	}
	s = newsletter.Send{Issue: issue, Digest: r.Digest, Segment: r.Segment, FrozenAt: instant(r.FrozenAt), Audience: r.Audience, GiveUpAt: instant(r.GiveUpAt), OrderedBy: r.OrderedBy,
		HoldUnknown: r.HoldUnknown == 1, PausedAt: instant(r.PausedAt), CancelledBy: r.CancelledBy, FinishedAt: instant(r.FinishedAt)}
	return s, json.Unmarshal([]byte(r.Lists), &s.Lists)
}

// Chunks returns the unfinished chunks of an issue.
func (db *DB) Chunks(ctx context.Context, issue int64) ([]newsletter.Chunk, error) {
	return chunks(ctx, db.write, `WHERE issue_id = $1 AND finished_at = 0 ORDER BY number`, issue)
}

// Chunk returns one chunk; a finished one is NotFound.
func (db *DB) Chunk(ctx context.Context, issue int64, number int) (newsletter.Chunk, error) {
	found, err := chunks(ctx, db.write, `WHERE issue_id = $1 AND number = $2 AND finished_at = 0`, issue, number)
	if err == nil && len(found) == 0 {
		err = fault.NotFoundf("chunk %d is finished", number)
	}
	if err != nil {
		return newsletter.Chunk{}, err
	}
	return found[0], nil
}

func chunks(ctx context.Context, q sqlx.QueryerContext, which string, args ...any) ([]newsletter.Chunk, error) {
	var rows []struct {
		Issue  int64 `db:"issue_id"`
		Number int   `db:"number"`
		First  int64 `db:"first_id"`
		Last   int64 `db:"last_id"`
		Count  int   `db:"members"`
		Epoch  int64 `db:"epoch"`
		Tried  int   `db:"tried"`
	}
	if err := sqlx.SelectContext(ctx, q, &rows, `SELECT issue_id, number, first_id, last_id, members, epoch, tried FROM chunks `+which, args...); err != nil {
		return nil, fmt.Errorf("read chunks: %w", err)
	}
	out := make([]newsletter.Chunk, len(rows))
	for i, r := range rows {
		out[i] = newsletter.Chunk{Issue: r.Issue, Number: r.Number, First: r.First, Last: r.Last, Count: r.Count, Epoch: r.Epoch, Tried: r.Tried == 1}
	}
	return out, nil
}

// ClaimChunk gives a chunk to a worker unless another that lives has it. It
// raises the epoch, which fences out whoever worked on it before, and turns
// attempts without outcome into unknown, or held: their owner is gone.
func (db *DB) ClaimChunk(ctx context.Context, c *newsletter.Chunk, worker string, hold bool) (won bool, err error) {
	err = db.tx(ctx, func(t *tx) error {
		err := t.get(&c.Epoch, `UPDATE chunks SET epoch = epoch + 1, worker = $1 WHERE issue_id = $2 AND number = $3 AND finished_at = 0 AND (worker = '' OR worker = $1) RETURNING epoch`,
			worker, c.Issue, c.Number)
		if missing(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("claim chunk %d: %w", c.Number, err)
		}
		won = true
		return t.recover(c, hold)
	})
	return won, err
}

func (t *tx) recover(c *newsletter.Chunk, hold bool) error {
	if _, err := t.exec(`INSERT INTO attempts (issue_id, subscriber_id, number, started_at, finished_at, outcome, code, enhanced, reply, relay)
		SELECT issue_id, subscriber_id, attempts, started_at, $1, 'unknown', 0, '', '', '' FROM deliveries WHERE issue_id = $2 AND subscriber_id BETWEEN $3 AND $4 AND state = 'attempting'
		ON CONFLICT (issue_id, subscriber_id, number) DO NOTHING`, t.now, c.Issue, c.First, c.Last); err != nil {
		return fmt.Errorf("recover chunk %d: %w", c.Number, err)
	}
	_, err := t.exec(`UPDATE deliveries SET state = CASE WHEN unknowns > 0 OR $1 = 1 THEN 'held' ELSE 'unknown' END, unknowns = unknowns + 1, next_at = 0, updated_at = $2
		WHERE issue_id = $3 AND subscriber_id BETWEEN $4 AND $5 AND state = 'attempting'`, bit(hold), t.now, c.Issue, c.First, c.Last)
	if err != nil {
		return fmt.Errorf("recover chunk %d: %w", c.Number, err)
	}
	return nil
}

// Holds reports whether a chunk is still the worker's who claimed it at this epoch.
func (db *DB) Holds(ctx context.Context, c newsletter.Chunk, worker string) (bool, error) {
	var n int
	err := db.write.GetContext(ctx, &n, `SELECT COUNT(*) FROM chunks WHERE issue_id = $1 AND number = $2 AND epoch = $3 AND worker = $4`, c.Issue, c.Number, c.Epoch, worker)
	if err != nil {
		return false, fmt.Errorf("look after chunk %d: %w", c.Number, err)
	}
	return n == 1, nil
}

// ReleaseChunk gives a chunk back and says how it stands. open are the states of
// copies that still have to be tried: with none left the chunk is finished, with
// the last chunk the send is.
func (db *DB) ReleaseChunk(ctx context.Context, c newsletter.Chunk, open []newsletter.DeliveryState) (rest newsletter.ChunkRest, err error) {
	err = db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE chunks SET worker = '', tried = $1 WHERE issue_id = $2 AND number = $3 AND epoch = $4`, bit(c.Tried), c.Issue, c.Number, c.Epoch)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Conflictf("another worker took over chunk %d", c.Number)
		}
		if rest, err = t.rest(c, open); err != nil {
			return err
		}
		if c.Tried { // its place in the window is free
			if err := t.queueChunks(c.Issue); err != nil {
				return err
			}
		}
		if rest.Open > 0 {
			return nil
		}
		if _, err := t.exec(`UPDATE chunks SET finished_at = $1 WHERE issue_id = $2 AND number = $3`, t.now, c.Issue, c.Number); err != nil {
			return err
		}
		return nil
	})
	if err == nil && rest.Open == 0 {
		// After the commit, and not within it: two that release the last two chunks
		// side by side would each see the other's as open.
		err = db.tx(ctx, func(t *tx) (err error) { rest.SendDone, err = t.finishSend(c.Issue); return err })
	}
	if err != nil && !fault.Is(err, fault.Conflict) {
		err = fmt.Errorf("give back chunk %d: %w", c.Number, err)
	}
	return rest, err
}

func (t *tx) rest(c newsletter.Chunk, open []newsletter.DeliveryState) (rest newsletter.ChunkRest, err error) {
	var rows []struct {
		State string        `db:"state"`
		N     int           `db:"n"`
		Next  sql.NullInt64 `db:"next"`
	}
	if err := t.SelectContext(t.ctx, &rows, `SELECT state, COUNT(*) AS n, MIN(next_at) AS next FROM deliveries WHERE issue_id = $1 AND subscriber_id BETWEEN $2 AND $3 GROUP BY state`, c.Issue, c.First, c.Last); err != nil {
		return rest, err
	}
	rest.Open = c.Count
	for _, r := range rows {
		rest.Unknown = rest.Unknown || r.State == string(newsletter.Unknown) && slices.Contains(open, newsletter.Unknown)
		if !slices.Contains(open, newsletter.DeliveryState(r.State)) {
			rest.Open -= r.N
		}
		if r.State == string(newsletter.Deferred) {
			rest.Next = instant(r.Next.Int64)
		}
	}
	return rest, nil
}

// finishSend ends a send that has no open chunk.
func (t *tx) finishSend(issue int64) (bool, error) {
	var open int
	if err := t.get(&open, `SELECT COUNT(*) FROM chunks WHERE issue_id = $1 AND finished_at = 0`, issue); err != nil || open > 0 {
		return false, err
	}
	if _, err := t.exec(`UPDATE sends SET finished_at = $1 WHERE issue_id = $2 AND finished_at = 0`, t.now, issue); err != nil {
		return false, err
	}
	_, err := t.exec(`UPDATE issues SET state = CASE WHEN (SELECT cancelled_by FROM sends WHERE issue_id = $1) = '' THEN 'sent' ELSE 'cancelled' END, updated_at = $2
		WHERE id = $1 AND state = 'sending'`, issue, t.now)
	return true, err
}

// Untouched counts the chunks of an issue, but for one, that have not been gone through once.
func (db *DB) Untouched(ctx context.Context, issue int64, but int) (n int, err error) {
	err = db.read.GetContext(ctx, &n, `SELECT COUNT(*) FROM chunks WHERE issue_id = $1 AND number <> $2 AND tried = 0 AND finished_at = 0`, issue, but)
	return n, err
}

// standing are the columns that say what became of a recipient since the freeze.
const standing = `CASE WHEN EXISTS (SELECT 1 FROM suppressions p WHERE p.address_key = s.address_key) THEN 1 ELSE 0 END AS suppressed,
	CASE WHEN EXISTS (SELECT 1 FROM subscriptions y WHERE y.subscriber_id = s.id AND y.list_id IN (?) AND y.state = 'confirmed' AND y.paused_until <= ?) THEN 0 ELSE 1 END AS gone`

// Copies returns up to w.Limit recipients of a chunk: those that have no delivery
// yet, or those in a state whose time has come. In a fresh chunk nobody beyond
// w.After has one, which need not be looked up for each.
func (db *DB) Copies(ctx context.Context, send newsletter.Send, c newsletter.Chunk, w newsletter.Wanted) ([]newsletter.Copy, error) {
	if w.State == "" {
		undecided := ` AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.issue_id = a.issue_id AND d.subscriber_id = a.subscriber_id)`
		if c.Fresh() {
			undecided = ""
		}
		return db.copies(ctx, `SELECT `+recipientColumns+`, 0 AS attempts, 0 AS unknowns, '' AS message_id, `+standing+`
			FROM audience a JOIN subscribers s ON s.id = a.subscriber_id
			WHERE a.issue_id = ? AND a.subscriber_id BETWEEN ? AND ?`+undecided+` ORDER BY a.subscriber_id LIMIT ?`,
			send.Lists, millis(db.now()), send.Issue, max(w.After+1, c.First), c.Last, w.Limit) // one lower bound: SQLite would search by the first of two
	}
	return db.copies(ctx, `SELECT `+recipientColumns+`, d.attempts, d.unknowns, d.message_id, `+standing+`
		FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id
		WHERE d.issue_id = ? AND d.subscriber_id BETWEEN ? AND ? AND d.state = ? AND d.next_at <= ? ORDER BY d.next_at, s.id LIMIT ?`,
		send.Lists, millis(db.now()), send.Issue, c.First, c.Last, w.State, millis(w.Now), w.Limit)
}

// Audience returns up to limit people with id > after whom a send to a segment of the lists would reach now.
func (db *DB) Audience(ctx context.Context, lists []string, segment string, after int64, limit int) ([]newsletter.Copy, error) {
	clause, args, err := reached(lists, segment, millis(db.now()))
	if err != nil {
		return nil, err
	}
	return db.copies(ctx, `SELECT `+recipientColumns+`, 0 AS attempts, 0 AS unknowns, '' AS message_id, 0 AS suppressed, 0 AS gone
		FROM subscribers s WHERE s.id > ? AND `+clause+` ORDER BY s.id LIMIT ?`, append(append([]any{after}, args...), limit)...)
}

// recipientColumns are what a message needs to know of a person; reading them is
// part of what every message costs.
const recipientColumns = `s.id, s.public_id, s.address, s.name, s.language`

func (db *DB) copies(ctx context.Context, query string, args ...any) (out []newsletter.Copy, err error) {
	query, args, err = in(query, args...)
	if err != nil {
		return nil, err
	}
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read recipients: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c newsletter.Copy
		if err := rows.Scan(&c.SubscriberID, &c.PublicID, &c.Address, &c.Name, &c.Language, &c.Attempts, &c.Unknowns, &c.MessageID, &c.Suppressed, &c.Gone); err != nil {
			return nil, fmt.Errorf("read recipients: %w", err)
		}
		out = append(out, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read recipients: %w", err)
	}
	return out, nil
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
				WHERE deliveries.state IN ('deferred', 'unknown')`,
				c.Issue, r.SubscriberID, c.Number, r.Language, state, why, t.now); err != nil {
				return fmt.Errorf("pass over recipient: %w", err)
			}
		}
		return nil
	})
}

// CountAudience returns how many a send to a segment of the lists would reach now, and how
// many are confirmed but suppressed.
func (db *DB) CountAudience(ctx context.Context, lists []string, filter string) (reached, suppressed int, err error) {
	where, err := segment.Parse(filter)
	if err != nil {
		return 0, 0, err
	}
	clause, values := compile(where)
	query, args, err := in(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM suppressions p WHERE p.address_key = s.address_key) THEN 1 ELSE 0 END), 0)
		FROM subscribers s WHERE EXISTS (SELECT 1 FROM subscriptions x WHERE x.subscriber_id = s.id AND x.list_id IN (?) AND x.state = 'confirmed' AND x.paused_until <= ?) AND `+clause, append([]any{lists, millis(db.now())}, values...)...)
	if err != nil {
		return 0, 0, err
	}
	if err := db.read.QueryRowxContext(ctx, query, args...).Scan(&reached, &suppressed); err != nil {
		return 0, 0, fmt.Errorf("count the audience: %w", err)
	}
	return reached - suppressed, suppressed, nil
}
