package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/internal/newsletter"
)

// Take takes once from each allowance, if all have room. Else it takes from none
// and returns the key of the first that has not.
func (db *DB) Take(ctx context.Context, of ...newsletter.Allowance) (refused string, err error) {
	err = db.tx(ctx, func(t *tx) error {
		refused, err = t.take(of...)
		return err
	})
	return refused, err
}

// AddWish writes down what someone asked for, if first has room, and then the rest
// together. What is taken from first stays taken. It returns the key of the first
// allowance that has no room.
func (db *DB) AddWish(ctx context.Context, w newsletter.Wish, first newsletter.Allowance, rest ...newsletter.Allowance) (refused string, err error) {
	err = db.tx(ctx, func(t *tx) error {
		if refused, err = t.take(first); err != nil || refused != "" {
			return err
		}
		if refused, err = t.take(rest...); err != nil || refused != "" {
			return err
		}
		id, err := t.ids("wishes", 1)
		if err != nil {
			return err
		}
		if _, err = t.exec(`INSERT INTO wishes (id, kind, publication_id, request, asked_at) VALUES ($1, $2, $3, $4, $5)`, id, w.Kind, w.Publication, toJSON(w.Request), t.now); err != nil {
			return fmt.Errorf("write wish: %w", err)
		}
		return nil
	})
	return refused, err
}

// remembered is how long what was taken is kept: the longest span of an allowance.
const remembered = 24 * time.Hour

func (t *tx) take(of ...newsletter.Allowance) (refused string, err error) {
	id, err := t.ids("takes", len(of)) // others wait here, so that no two count the same
	if err != nil {
		return "", err
	}
	if _, err := t.exec(`DELETE FROM takes WHERE at <= $1`, t.now-remembered.Milliseconds()); err != nil {
		return "", fmt.Errorf("forget what was taken: %w", err)
	}
	for _, a := range of {
		var taken int
		if err := t.get(&taken, `SELECT COUNT(*) FROM takes WHERE name = $1 AND at > $2`, a.Key, t.now-a.Within.Milliseconds()); err != nil {
			return "", fmt.Errorf("count what was taken: %w", err)
		}
		if taken >= a.Most {
			return a.Key, nil
		}
	}
	rows, written := t.rows("takes", "id", "name", "at"), map[string]bool{}
	for i, a := range of {
		if written[a.Key] { // two spans of one thing
			continue
		}
		written[a.Key] = true
		if err := rows.add(id+int64(i), a.Key, t.now); err != nil {
			return "", fmt.Errorf("take: %w", err)
		}
	}
	return "", rows.end()
}

// WaitingWishes returns up to limit wishes that nothing was done about yet, the oldest first.
func (db *DB) WaitingWishes(ctx context.Context, limit int) ([]newsletter.Wish, error) {
	var rows []struct {
		ID          int64  `db:"id"`
		Kind        string `db:"kind"`
		Publication string `db:"publication_id"`
		Request     string `db:"request"`
		AskedAt     int64  `db:"asked_at"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT id, kind, publication_id, request, asked_at FROM wishes ORDER BY id LIMIT $1`, limit); err != nil {
		return nil, fmt.Errorf("read wishes: %w", err)
	}
	out := make([]newsletter.Wish, len(rows))
	for i, r := range rows {
		out[i] = newsletter.Wish{ID: r.ID, Kind: r.Kind, Publication: r.Publication, AskedAt: instant(r.AskedAt)}
		if err := json.Unmarshal([]byte(r.Request), &out[i].Request); err != nil {
			return nil, fmt.Errorf("read wish %d: %w", r.ID, err)
		}
	}
	return out, nil
}

// DropWish forgets a wish that was done, or cannot be.
func (db *DB) DropWish(ctx context.Context, id int64) error {
	return db.tx(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM wishes WHERE id = $1`, id)
		return err
	})
}
