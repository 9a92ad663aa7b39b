package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// SourceState returns what is known of a source; the zero state when it was never read.
func (db *DB) SourceState(ctx context.Context, source string) (s newsletter.SourceState, err error) {
	var r struct {
		ETag         string `db:"etag"`
		LastModified string `db:"last_modified"`
		Reading      string `db:"reading"`
		NextAt       int64  `db:"next_at"`
		Failures     int    `db:"failures"`
	}
	err = db.read.GetContext(ctx, &r, `SELECT etag, last_modified, reading, next_at, failures FROM source_states WHERE source_id = $1`, source)
	if missing(err) {
		return newsletter.SourceState{Source: source}, nil
	}
	return newsletter.SourceState{Source: source, ETag: r.ETag, LastModified: r.LastModified, Reading: r.Reading, NextAt: instant(r.NextAt), Failures: r.Failures}, err
}

// SaveRun writes new and changed items, the run with its counts, and the state, in one transaction.
func (db *DB) SaveRun(ctx context.Context, run *newsletter.SourceRun, state newsletter.SourceState, items []newsletter.Item) error {
	err := db.tx(ctx, func(t *tx) error {
		for _, item := range items {
			if err := t.saveItem(item, run); err != nil {
				return err
			}
		}
		id, err := t.ids("source_runs", 1)
		if err != nil {
			return err
		}
		if _, err := t.exec(`INSERT INTO source_runs (id, source_id, started_at, finished_at, status, new_items, changed, unchanged, refused, reasons)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, id, run.Source, millis(run.StartedAt), millis(run.FinishedAt), run.Status,
			run.New, run.Changed, run.Unchanged, run.Refused, toJSON(run.Reasons)); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO source_states (source_id, etag, last_modified, reading, next_at, failures) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (source_id) DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified, reading = excluded.reading, next_at = excluded.next_at, failures = excluded.failures`,
			run.Source, state.ETag, state.LastModified, state.Reading, millis(state.NextAt), state.Failures)
		return err
	})
	if err != nil {
		return fmt.Errorf("save run of source %s: %w", run.Source, err)
	}
	return nil
}

func (t *tx) saveItem(item newsletter.Item, run *newsletter.SourceRun) error {
	var known struct {
		ID          int64  `db:"id"`
		Digest      string `db:"digest"`
		FirstSeenAt int64  `db:"first_seen_at"`
	}
	digest := item.Digest()
	err := t.get(&known, `SELECT id, digest, first_seen_at FROM items WHERE source_id = $1 AND identity = $2`, item.Source, item.Identity)
	switch {
	case missing(err):
		run.New++
		item.FirstSeenAt, item.ChangedAt = instant(t.now), instant(t.now)
		id, err := t.ids("items", 1)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO items (id, source_id, identity, kind, at, first_seen_at, changed_at, digest, content) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)`,
			id, item.Source, item.Identity, item.Kind, millis(item.When()), t.now, digest, toJSON(item))
		return err
	case err != nil:
		return err
	case known.Digest == digest:
		run.Unchanged++
		return nil
	}
	run.Changed++
	item.FirstSeenAt, item.ChangedAt = instant(known.FirstSeenAt), instant(t.now)
	_, err = t.exec(`UPDATE items SET kind = $1, at = $2, changed_at = $3, digest = $4, content = $5 WHERE id = $6`,
		item.Kind, millis(item.When()), t.now, digest, toJSON(item), known.ID)
	return err
}

type itemRow struct {
	ID       int64  `db:"id"`
	Identity string `db:"identity"`
	Content  string `db:"content"`
}

func (r itemRow) item() (newsletter.Item, error) {
	var item newsletter.Item
	if err := json.Unmarshal([]byte(r.Content), &item); err != nil {
		return item, fmt.Errorf("read item %d: %w", r.ID, err)
	}
	item.ID, item.Identity = r.ID, r.Identity
	return item, nil
}

// Items returns items whose instant is not before since, oldest first.
func (db *DB) Items(ctx context.Context, since time.Time) ([]newsletter.Item, error) {
	var rows []itemRow
	if err := db.read.SelectContext(ctx, &rows, `SELECT id, identity, content FROM items WHERE at >= $1 ORDER BY at, id`, millis(since)); err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	items := make([]newsletter.Item, len(rows))
	for i, r := range rows {
		item, err := r.item()
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	return items, nil
}

// Item returns one item.
func (db *DB) Item(ctx context.Context, id int64) (newsletter.Item, error) {
	var r itemRow
	err := db.read.GetContext(ctx, &r, `SELECT id, identity, content FROM items WHERE id = $1`, id)
	if missing(err) {
		return newsletter.Item{}, fault.WithHint(fault.NotFoundf("no item %d", id), "`broadsheet item list` shows their numbers")
	}
	if err != nil {
		return newsletter.Item{}, fmt.Errorf("read item %d: %w", id, err)
	}
	return r.item()
}

// PlacedItems returns the ids of items in the current revision of any issue of the publication but one
// (0: none left out). One that was cancelled does not count, unless some of it went out.
func (db *DB) PlacedItems(ctx context.Context, publication string, except int64) (map[int64]bool, error) {
	var ids []int64
	if err := db.read.SelectContext(ctx, &ids, `SELECT DISTINCT e.item_id FROM entries e JOIN issues i ON i.id = e.issue_id AND i.revision = e.revision
		WHERE i.publication_id = $1 AND i.id <> $2 AND (i.state <> 'cancelled' OR EXISTS (SELECT 1 FROM sends n WHERE n.issue_id = i.id))`, publication, except); err != nil {
		return nil, fmt.Errorf("read placed items: %w", err)
	}
	placed := map[int64]bool{}
	for _, id := range ids {
		placed[id] = true
	}
	return placed, nil
}

// SourceRuns returns the last run of every source that was ever read.
func (db *DB) SourceRuns(ctx context.Context) (map[string]newsletter.SourceRun, error) {
	var rows []struct {
		Source     string `db:"source_id"`
		StartedAt  int64  `db:"started_at"`
		FinishedAt int64  `db:"finished_at"`
		Status     string `db:"status"`
		New        int    `db:"new_items"`
		Changed    int    `db:"changed"`
		Unchanged  int    `db:"unchanged"`
		Refused    int    `db:"refused"`
		Reasons    string `db:"reasons"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT r.source_id, r.started_at, r.finished_at, r.status, r.new_items, r.changed, r.unchanged, r.refused, r.reasons
		FROM source_runs r JOIN (SELECT source_id, MAX(id) AS id FROM source_runs GROUP BY source_id) l ON l.id = r.id`); err != nil {
		return nil, fmt.Errorf("read source runs: %w", err)
	}
	out := map[string]newsletter.SourceRun{}
	for _, r := range rows {
		run := newsletter.SourceRun{Source: r.Source, StartedAt: instant(r.StartedAt), FinishedAt: instant(r.FinishedAt), Status: r.Status,
			New: r.New, Changed: r.Changed, Unchanged: r.Unchanged, Refused: r.Refused}
		if err := json.Unmarshal([]byte(r.Reasons), &run.Reasons); err != nil {
			return nil, fmt.Errorf("read run of source %s: %w", r.Source, err)
		}
		out[r.Source] = run
	}
	return out, nil
}
