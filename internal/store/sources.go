package store

import (
	"context"
	"encoding/json"
	"fmt"

	"broadsheet/internal/newsletter"
)

const stateColumns = `source_id, etag, last_modified, reading, next_at, failures, memory`

type stateRow struct {
	Source       string `db:"source_id"`
	ETag         string `db:"etag"`
	LastModified string `db:"last_modified"`
	Reading      string `db:"reading"`
	NextAt       int64  `db:"next_at"`
	Failures     int    `db:"failures"`
	Memory       string `db:"memory"`
}

func (r stateRow) state() (newsletter.SourceState, error) {
	s := newsletter.SourceState{Source: r.Source, ETag: r.ETag, LastModified: r.LastModified, Reading: r.Reading, NextAt: instant(r.NextAt), Failures: r.Failures}
	if err := json.Unmarshal([]byte(r.Memory), &s.Memory); err != nil {
		return s, fmt.Errorf("read memory of source %s: %w", r.Source, err)
	}
	return s, nil
}

// SourceState returns what is known of a source; the zero state when it was never read.
func (db *DB) SourceState(ctx context.Context, source string) (newsletter.SourceState, error) {
	var r stateRow
	err := db.read.GetContext(ctx, &r, `SELECT `+stateColumns+` FROM source_states WHERE source_id = $1`, source)
	if missing(err) {
		return newsletter.SourceState{Source: source}, nil
	}
	if err != nil {
		return newsletter.SourceState{}, fmt.Errorf("read state of source %s: %w", source, err)
	}
	return r.state()
}

// SaveRun writes new and changed items, the run with its counts, and the state, in one transaction.
func (db *DB) SaveRun(ctx context.Context, run *newsletter.SourceRun, state newsletter.SourceState, items []newsletter.Item) error {
	before := *run
	present := make([]string, len(items))
	for i, item := range items {
		present[i] = item.Identity
	}
	err := db.tx(ctx, func(t *tx) error {
		*run = before // a transaction may run twice
		for _, item := range items {
			if err := t.saveItem(item, run, present); err != nil {
				return err
			}
		}
		if run.Status == "ok" && run.New+run.Changed > 0 {
			state.Memory.Same = 0
		}
		if err := t.saveRun(*run); err != nil {
			return err
		}
		return t.saveState(state)
	})
	if err != nil {
		return fmt.Errorf("save run of source %s: %w", run.Source, err)
	}
	return nil
}

func (t *tx) saveRun(run newsletter.SourceRun) error {
	id, err := t.ids("source_runs", 1)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO source_runs (id, source_id, started_at, finished_at, status, new_items, changed, unchanged, refused, reasons)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, id, run.Source, millis(run.StartedAt), millis(run.FinishedAt), run.Status,
		run.New, run.Changed, run.Unchanged, run.Refused, toJSON(run.Reasons))
	return err
}

func (t *tx) saveState(s newsletter.SourceState) error {
	_, err := t.exec(`INSERT INTO source_states (`+stateColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (source_id) DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified, reading = excluded.reading,
		next_at = excluded.next_at, failures = excluded.failures, memory = excluded.memory`,
		s.Source, s.ETag, s.LastModified, s.Reading, millis(s.NextAt), s.Failures, toJSON(s.Memory))
	return err
}

// ForgetSource makes the next look at a source its first: nothing is known of what it used to give.
func (db *DB) ForgetSource(ctx context.Context, source string) error {
	return db.tx(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM source_states WHERE source_id = $1`, source)
		return err
	})
}

type runRow struct {
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

func (r runRow) run() (newsletter.SourceRun, error) {
	run := newsletter.SourceRun{Source: r.Source, StartedAt: instant(r.StartedAt), FinishedAt: instant(r.FinishedAt), Status: r.Status,
		New: r.New, Changed: r.Changed, Unchanged: r.Unchanged, Refused: r.Refused}
	if err := json.Unmarshal([]byte(r.Reasons), &run.Reasons); err != nil {
		return run, fmt.Errorf("read run of source %s: %w", r.Source, err)
	}
	return run, nil
}

// SourceHealth returns the last run of every source that was ever read, and what is wrong with it.
func (db *DB) SourceHealth(ctx context.Context) (map[string]newsletter.SourceHealth, error) {
	var rows []runRow
	if err := db.read.SelectContext(ctx, &rows, `SELECT r.source_id, r.started_at, r.finished_at, r.status, r.new_items, r.changed, r.unchanged, r.refused, r.reasons
		FROM source_runs r JOIN (SELECT source_id, MAX(id) AS id FROM source_runs GROUP BY source_id) l ON l.id = r.id`); err != nil {
		return nil, fmt.Errorf("read source runs: %w", err)
	}
	var states []stateRow
	if err := db.read.SelectContext(ctx, &states, `SELECT `+stateColumns+` FROM source_states`); err != nil {
		return nil, fmt.Errorf("read source states: %w", err)
	}
	out := map[string]newsletter.SourceHealth{}
	for _, r := range rows {
		run, err := r.run()
		if err != nil {
			return nil, err
		}
		out[r.Source] = newsletter.SourceHealth{Run: run}
	}
	for _, r := range states {
		s, err := r.state()
		if err != nil {
			return nil, err
		}
		h := out[r.Source]
		h.NextAt, h.MovedTo, h.Trouble = s.NextAt, s.Memory.MovedTo, s.Memory.Trouble
		out[r.Source] = h
	}
	return out, nil
}
