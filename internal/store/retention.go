package store

import (
	"context"
	"fmt"
	"time"
)

// ForgetDeliveries takes away who got which issue, of sends that ended before an
// instant, and keeps the numbers. It returns how many copies were forgotten. A
// chunk at a time: nobody waits for it.
func (db *DB) ForgetDeliveries(ctx context.Context, before time.Time) (copies int64, err error) {
	err = db.oldChunks(ctx, before, func(t *tx, issue, number, first, last int64) error {
		for _, query := range []string{
			`INSERT INTO outcomes (issue_id, state, code, enhanced, n)
				SELECT issue_id, state, code, enhanced, COUNT(*) FROM deliveries WHERE issue_id = $1 AND subscriber_id BETWEEN $2 AND $3 GROUP BY issue_id, state, code, enhanced
				ON CONFLICT (issue_id, state, code, enhanced) DO UPDATE SET n = outcomes.n + excluded.n`,
			`DELETE FROM attempts WHERE issue_id = $1 AND subscriber_id BETWEEN $2 AND $3`,
			`DELETE FROM deliveries WHERE issue_id = $1 AND subscriber_id BETWEEN $2 AND $3`,
		} {
			if _, err := t.exec(query, issue, first, last); err != nil {
				return err
			}
		}
		n, err := t.exec(`DELETE FROM audience WHERE issue_id = $1 AND subscriber_id BETWEEN $2 AND $3`, issue, first, last)
		if err != nil {
			return err
		}
		copies += n
		_, err = t.exec(`DELETE FROM chunks WHERE issue_id = $1 AND number = $2`, issue, number)
		return err
	})
	return copies, err
}

// ForgetAddresses takes away the addresses in what was written down before an
// instant: former ones, those of service mail, and those in servers' replies.
func (db *DB) ForgetAddresses(ctx context.Context, before time.Time) (rows int64, err error) {
	for _, query := range []string{
		`UPDATE events SET detail = '' WHERE at < $1 AND action = 'address' AND detail <> ''`,
		`UPDATE notices SET address = '', html = '', body = '' WHERE created_at < $1 AND state <> 'waiting' AND address <> ''`,
	} {
		err := db.tx(ctx, func(t *tx) error {
			n, err := t.exec(query, millis(before))
			rows += n
			return err
		})
		if err != nil {
			return rows, fmt.Errorf("forget addresses: %w", err)
		}
	}
	err = db.oldChunks(ctx, before, func(t *tx, issue, _, first, last int64) error {
		for _, table := range []string{"deliveries", "attempts"} {
			n, err := t.exec(`UPDATE `+table+` SET reply = '' WHERE issue_id = $1 AND subscriber_id BETWEEN $2 AND $3 AND reply LIKE '%@%'`, issue, first, last)
			if err != nil {
				return err
			}
			rows += n
		}
		return nil
	})
	return rows, err
}

// oldChunks has work done on every chunk of the sends that ended before an instant, each in a transaction.
func (db *DB) oldChunks(ctx context.Context, before time.Time, work func(t *tx, issue, number, first, last int64) error) error {
	var chunks []struct {
		Issue  int64 `db:"issue_id"`
		Number int64 `db:"number"`
		First  int64 `db:"first_id"`
		Last   int64 `db:"last_id"`
	}
	if err := db.read.SelectContext(ctx, &chunks, `SELECT c.issue_id, c.number, c.first_id, c.last_id FROM sends s JOIN chunks c ON c.issue_id = s.issue_id WHERE s.finished_at > 0 AND s.finished_at < $1 ORDER BY c.issue_id, c.number`, millis(before)); err != nil {
		return fmt.Errorf("read old deliveries: %w", err)
	}
	for _, c := range chunks {
		if err := db.tx(ctx, func(t *tx) error { return work(t, c.Issue, c.Number, c.First, c.Last) }); err != nil {
			return fmt.Errorf("forget old deliveries: %w", err)
		}
	}
	return nil
}
