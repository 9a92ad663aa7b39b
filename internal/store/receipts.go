package store

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/newsletter"
)

// outcomeCounts are an issue's copies that are there, and the numbers of those that retention took away.
const outcomeCounts = `SELECT state, code, enhanced, COUNT(*) AS n FROM deliveries WHERE issue_id = $1 GROUP BY state, code, enhanced
	UNION ALL SELECT state, code, enhanced, n FROM outcomes WHERE issue_id = $1`

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
	if err := db.read.SelectContext(ctx, &rows, `SELECT state, CAST(SUM(n) AS BIGINT) AS n FROM (`+outcomeCounts+`) c GROUP BY state`, issue); err != nil {
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
		COALESCE(d.reply, '') AS reply, COALESCE(d.next_at, 0) AS next_at, COALESCE(d.updated_at, 0) AS updated_at
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
			NextAt    int64  `db:"next_at"`
			UpdatedAt int64  `db:"updated_at"`
		}
		if err := rows.StructScan(&r); err != nil {
			return fmt.Errorf("read receipt: %w", err)
		}
		if err := each(newsletter.ReceiptLine{Subscriber: r.PublicID, Address: r.Address, Language: r.Language, State: newsletter.DeliveryState(r.State), Attempts: r.Attempts,
			MessageID: r.MessageID, Code: r.Code, Enhanced: r.Enhanced, Reply: r.Reply, NextAt: instant(r.NextAt), At: instant(r.UpdatedAt)}); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Outcomes counts an issue's copies by state and reply code.
func (db *DB) Outcomes(ctx context.Context, issue int64) ([]newsletter.Outcomes, error) {
	var rows []struct {
		State    string `db:"state"`
		Code     int    `db:"code"`
		Enhanced string `db:"enhanced"`
		N        int    `db:"n"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT state, code, enhanced, CAST(SUM(n) AS BIGINT) AS n FROM (`+outcomeCounts+`) c GROUP BY state, code, enhanced ORDER BY 4 DESC, state, code, enhanced`, issue); err != nil {
		return nil, fmt.Errorf("count outcomes: %w", err)
	}
	out := make([]newsletter.Outcomes, len(rows))
	for i, r := range rows {
		out[i] = newsletter.Outcomes{State: newsletter.DeliveryState(r.State), Code: r.Code, Enhanced: r.Enhanced, Count: r.N}
	}
	return out, nil
}

// Tries returns the kept attempts at one recipient, oldest first.
func (db *DB) Tries(ctx context.Context, issue, subscriber int64) ([]newsletter.Try, error) {
	var rows []struct {
		Number     int    `db:"number"`
		StartedAt  int64  `db:"started_at"`
		FinishedAt int64  `db:"finished_at"`
		Outcome    string `db:"outcome"`
		Code       int    `db:"code"`
		Enhanced   string `db:"enhanced"`
		Reply      string `db:"reply"`
		Relay      string `db:"relay"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT number, started_at, finished_at, outcome, code, enhanced, reply, relay FROM attempts WHERE issue_id = $1 AND subscriber_id = $2 ORDER BY number`, issue, subscriber); err != nil {
		return nil, fmt.Errorf("read attempts: %w", err)
	}
	out := make([]newsletter.Try, len(rows))
	for i, r := range rows {
		out[i] = newsletter.Try{Number: r.Number, State: newsletter.DeliveryState(r.Outcome), StartedAt: instant(r.StartedAt), FinishedAt: instant(r.FinishedAt), Code: r.Code, Enhanced: r.Enhanced, Reply: r.Reply, Relay: r.Relay}
	}
	return out, nil
}

// Reopen makes copies in one of the states due now, those of all recipients or
// of the named ones, and the send open again where it had ended. A copy that was
// unknown twice stays as it is: there is never a third.
func (db *DB) Reopen(ctx context.Context, issue *newsletter.Issue, people []int64, states []newsletter.DeliveryState) (n int64, err error) {
	err = db.tx(ctx, func(t *tx) error {
		if n, err = t.change(`state = 'deferred', next_at = 0`, issue.ID, people, states, ` AND unknowns < 2`); err != nil || n == 0 {
			return err
		}
		if _, err := t.exec(`UPDATE chunks SET finished_at = 0 WHERE issue_id = $1 AND number IN (SELECT chunk FROM deliveries WHERE issue_id = $1 AND state = 'deferred')`, issue.ID); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE sends SET finished_at = 0 WHERE issue_id = $1`, issue.ID); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE issues SET state = 'sending', updated_at = $1 WHERE id = $2 AND state IN ('sending', 'sent')`, t.now, issue.ID); err != nil {
			return err
		}
		issue.State = newsletter.Sending
		return t.decided(issue.ID)
	})
	return n, err
}

// CancelCopies settles copies that wait, as cancelled.
func (db *DB) CancelCopies(ctx context.Context, issue int64, people []int64, states []newsletter.DeliveryState) (n int64, err error) {
	err = db.tx(ctx, func(t *tx) error {
		n, err = t.change(`state = 'cancelled', next_at = 0`, issue, people, states, "")
		return err
	})
	return n, err
}

func (t *tx) change(set string, issue int64, people []int64, states []newsletter.DeliveryState, more string) (int64, error) {
	query := `UPDATE deliveries SET ` + set + `, updated_at = ? WHERE issue_id = ? AND state IN (?)` + more
	args := []any{t.now, issue, states}
	if len(people) > 0 {
		query, args = query+` AND subscriber_id IN (?)`, append(args, people)
	}
	query, args, err := in(query, args...)
	if err != nil {
		return 0, err
	}
	n, err := t.exec(query, args...)
	if err != nil {
		return 0, fmt.Errorf("change deliveries: %w", err)
	}
	return n, nil
}

// Stalled notes how far a send is and returns since when nothing has moved.
func (db *DB) Stalled(ctx context.Context, issue int64, done int) (since time.Time, err error) {
	err = db.tx(ctx, func(t *tx) error {
		if _, err := t.exec(`UPDATE sends SET moved = $1, moved_at = $2 WHERE issue_id = $3 AND moved <> $1`, done, t.now, issue); err != nil {
			return err
		}
		var at int64
		err := t.get(&at, `SELECT moved_at FROM sends WHERE issue_id = $1`, issue)
		since = instant(at)
		return err
	})
	if err != nil {
		return since, fmt.Errorf("note progress: %w", err)
	}
	return since, nil
}
