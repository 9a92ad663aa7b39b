package store

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/newsletter"
)

// PlanSlots writes slots that are not there yet and remembers up to when the
// schedule was looked at, in one transaction.
func (db *DB) PlanSlots(ctx context.Context, publication, kind string, slots []newsletter.Slot, until time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		for _, s := range slots {
			if _, err := t.exec(`INSERT INTO slots (publication_id, kind, label, due_at, state, note, changed_at) VALUES ($1, $2, $3, $4, 'planned', '', $5)
				ON CONFLICT (publication_id, kind, label) DO NOTHING`, publication, kind, s.Label, millis(s.DueAt), t.now); err != nil {
				return fmt.Errorf("plan slot: %w", err)
			}
		}
		_, err := t.exec(`INSERT INTO schedules (publication_id, kind, looked_until) VALUES ($1, $2, $3)
			ON CONFLICT (publication_id, kind) DO UPDATE SET looked_until = excluded.looked_until`, publication, kind, millis(until))
		return err
	})
}

// LookedUntil returns up to when a schedule was looked at, zero if never.
func (db *DB) LookedUntil(ctx context.Context, publication, kind string) (time.Time, error) {
	var at int64
	err := db.read.GetContext(ctx, &at, `SELECT looked_until FROM schedules WHERE publication_id = $1 AND kind = $2`, publication, kind)
	if missing(err) {
		return time.Time{}, nil
	}
	return instant(at), err
}

// PlannedSlots returns the slots of a publication that nobody has settled, oldest first.
func (db *DB) PlannedSlots(ctx context.Context, publication string) ([]newsletter.Slot, error) {
	var rows []struct {
		Kind  string `db:"kind"`
		Label string `db:"label"`
		DueAt int64  `db:"due_at"`
		Note  string `db:"note"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT kind, label, due_at, note FROM slots WHERE publication_id = $1 AND state = 'planned' ORDER BY due_at, kind`, publication); err != nil {
		return nil, fmt.Errorf("read slots: %w", err)
	}
	out := make([]newsletter.Slot, len(rows))
	for i, r := range rows {
		out[i] = newsletter.Slot{Publication: publication, Kind: r.Kind, Label: r.Label, DueAt: instant(r.DueAt), State: "planned", Note: r.Note}
	}
	return out, nil
}

// SettleSlot takes a planned slot to done, missed or refused, once; it reports whether this call did.
func (db *DB) SettleSlot(ctx context.Context, s newsletter.Slot, state, note string) (won bool, err error) {
	err = db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE slots SET state = $1, note = $2, changed_at = $3 WHERE publication_id = $4 AND kind = $5 AND label = $6 AND state = 'planned'`,
			state, note, t.now, s.Publication, s.Kind, s.Label)
		won = n == 1
		return err
	})
	return won, err
}

// NoteSlot says why a planned slot waits.
func (db *DB) NoteSlot(ctx context.Context, s newsletter.Slot, note string) error {
	return db.tx(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE slots SET note = $1, changed_at = $2 WHERE publication_id = $3 AND kind = $4 AND label = $5 AND state = 'planned' AND note <> $1`, note, t.now, s.Publication, s.Kind, s.Label)
		return err
	})
}
