package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/subscribers"
	"broadsheet/subscribers/segment"
)

type listRow struct {
	ID         string `db:"id"`
	Title      string `db:"title"`
	Signup     string `db:"signup"`
	OptIn      string `db:"opt_in"`
	Basis      string `db:"basis"`
	Managed    string `db:"managed"`
	ArchivedAt int64  `db:"archived_at"`
}

// Lists returns all lists by id.
func (db *DB) Lists(ctx context.Context) ([]subscribers.List, error) {
	var rows []listRow
	if err := db.read.SelectContext(ctx, &rows, `SELECT id, title, signup, opt_in, basis, managed, archived_at FROM lists ORDER BY id`); err != nil {
		return nil, fmt.Errorf("read lists: %w", err)
	}
	lists := make([]subscribers.List, len(rows))
	for i, r := range rows {
		lists[i] = subscribers.List{ID: r.ID, Signup: subscribers.Signup(r.Signup), OptIn: subscribers.OptIn(r.OptIn), Basis: subscribers.Basis(r.Basis), Managed: r.Managed, ArchivedAt: instant(r.ArchivedAt)}
		if err := json.Unmarshal([]byte(r.Title), &lists[i].Title); err != nil {
			return nil, fmt.Errorf("read list %s: %w", r.ID, err)
		}
	}
	return lists, nil
}

// PutList inserts or replaces a list.
func (db *DB) PutList(ctx context.Context, l subscribers.List) error {
	return db.tx(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO lists (id, title, signup, opt_in, basis, managed, archived_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET title = excluded.title, signup = excluded.signup, opt_in = excluded.opt_in, basis = excluded.basis, managed = excluded.managed, archived_at = excluded.archived_at`,
			l.ID, toJSON(l.Title), l.Signup, l.OptIn, l.Basis, l.Managed, millis(l.ArchivedAt))
		return err
	})
}

// Counts returns the numbers of a list, of those whom the filter lets through.
func (db *DB) Counts(ctx context.Context, list string, where segment.Filter) (c subscribers.Counts, err error) {
	clause, args := compile(where)
	query, args, err := in(`SELECT x.state, CASE WHEN p.address_key IS NULL THEN 0 ELSE 1 END AS suppressed, CASE WHEN x.paused_until > ? THEN 1 ELSE 0 END AS paused, COUNT(*) AS n
		FROM subscriptions x JOIN subscribers s ON s.id = x.subscriber_id LEFT JOIN suppressions p ON p.address_key = s.address_key
		WHERE x.list_id = ? AND `+clause+` GROUP BY 1, 2, 3`, append([]any{millis(db.now()), list}, args...)...)
	if err != nil {
		return c, err
	}
	var rows []struct {
		State      string `db:"state"`
		Suppressed int    `db:"suppressed"`
		Paused     int    `db:"paused"`
		N          int    `db:"n"`
	}
	if err := db.read.SelectContext(ctx, &rows, query, args...); err != nil {
		return c, fmt.Errorf("count list %s: %w", list, err)
	}
	for _, r := range rows {
		switch subscribers.State(r.State) {
		case subscribers.Pending:
			c.Pending += r.N
		case subscribers.Ended:
			c.Ended += r.N
		case subscribers.Confirmed:
			c.Confirmed += r.N
			if r.Suppressed == 1 {
				c.Suppressed += r.N
			} else if r.Paused == 1 {
				c.Paused += r.N
			}
		}
	}
	return c, nil
}

const day = int64(24 * time.Hour / time.Millisecond)

// Growth returns what happened on a list by month and by what it was.
func (db *DB) Growth(ctx context.Context, list string) (map[string]map[string]int, error) {
	var rows []struct {
		Day  int64  `db:"day"`
		What string `db:"what"`
		N    int    `db:"n"`
	}
	// Months are not the same in all calendars of databases: days are counted there, and put together here.
	if err := db.read.SelectContext(ctx, &rows, `SELECT confirmed_at / $1 AS day, 'confirmed' AS what, COUNT(*) AS n FROM subscriptions WHERE list_id = $2 AND confirmed_at > 0 GROUP BY confirmed_at / $1
		UNION ALL SELECT ended_at / $1, end_reason, COUNT(*) FROM subscriptions WHERE list_id = $2 AND ended_at > 0 GROUP BY ended_at / $1, end_reason`, day, list); err != nil {
		return nil, fmt.Errorf("read the growth of list %s: %w", list, err)
	}
	out := map[string]map[string]int{}
	for _, r := range rows {
		month := instant(r.Day*day + 1).Format("2006-01")
		if out[month] == nil {
			out[month] = map[string]int{}
		}
		out[month][r.What] += r.N
	}
	return out, nil
}
