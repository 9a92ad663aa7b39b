package store

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/newsletter"
	"broadsheet/internal/staff"
)

// AddNotice writes a service mail that is to go; one with the same Dedupe is written once.
func (db *DB) AddNotice(ctx context.Context, n newsletter.Notice) error {
	return db.tx(ctx, func(t *tx) error {
		id, err := t.ids("notices", 1)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO notices (id, dedupe, kind, address, sender, language, subject, html, body, state, attempts, next_at, created_at, sent_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', 0, $10, $10, 0) ON CONFLICT (dedupe) DO NOTHING`,
			id, n.Dedupe, n.Kind, n.Address, n.Sender, n.Language, n.Subject, n.HTML, n.Text, t.now)
		if err != nil {
			return fmt.Errorf("write notice: %w", err)
		}
		return nil
	})
}

// WaitingNotices returns up to limit notices whose time has come.
func (db *DB) WaitingNotices(ctx context.Context, now time.Time, limit int) ([]newsletter.Notice, error) {
	var rows []struct {
		ID       int64  `db:"id"`
		Dedupe   string `db:"dedupe"`
		Kind     string `db:"kind"`
		Address  string `db:"address"`
		Sender   string `db:"sender"`
		Language string `db:"language"`
		Subject  string `db:"subject"`
		HTML     string `db:"html"`
		Body     string `db:"body"`
		Attempts int    `db:"attempts"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT id, dedupe, kind, address, sender, language, subject, html, body, attempts FROM notices WHERE state = 'waiting' AND next_at <= $1 ORDER BY id LIMIT $2`, millis(now), limit); err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	out := make([]newsletter.Notice, len(rows))
	for i, r := range rows {
		out[i] = newsletter.Notice{ID: r.ID, Dedupe: r.Dedupe, Kind: r.Kind, Address: r.Address, Sender: r.Sender, Language: r.Language, Subject: r.Subject, HTML: r.HTML, Text: r.Body, Attempts: r.Attempts}
	}
	return out, nil
}

// ClaimNotice takes a waiting notice for oneself until an instant; it reports whether this call did.
func (db *DB) ClaimNotice(ctx context.Context, n newsletter.Notice, until time.Time) (won bool, err error) {
	err = db.tx(ctx, func(t *tx) error {
		rows, err := t.exec(`UPDATE notices SET attempts = attempts + 1, next_at = $1 WHERE id = $2 AND state = 'waiting' AND attempts = $3`, millis(until), n.ID, n.Attempts)
		won = rows == 1
		return err
	})
	return won, err
}

// SettleNotice writes what became of a claimed notice: sent, refused, waiting
// until next, or unreached (waiting, and the try does not count).
func (db *DB) SettleNotice(ctx context.Context, id int64, state string, next time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		if state == "unreached" {
			_, err := t.exec(`UPDATE notices SET attempts = attempts - 1, next_at = $1 WHERE id = $2`, millis(next), id)
			return err
		}
		_, err := t.exec(`UPDATE notices SET state = $1, next_at = $2, sent_at = CASE WHEN $1 = 'sent' THEN $3 ELSE sent_at END WHERE id = $4`, state, millis(next), t.now, id)
		return err
	})
}

// AddAudit appends what a person did.
func (db *DB) AddAudit(ctx context.Context, e staff.AuditEntry) error {
	return db.tx(ctx, func(t *tx) error {
		id, err := t.ids("audit", 1)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO audit (id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)`, id, t.now, e.Actor, e.Action, e.Subject, e.Detail)
		return err
	})
}

// Audit returns what was done to a subject, oldest first.
func (db *DB) Audit(ctx context.Context, subject string) ([]staff.AuditEntry, error) {
	var rows []struct {
		At     int64  `db:"at"`
		Actor  string `db:"actor"`
		Action string `db:"action"`
		Detail string `db:"detail"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT at, actor, action, detail FROM audit WHERE subject = $1 ORDER BY id`, subject); err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	out := make([]staff.AuditEntry, len(rows))
	for i, r := range rows {
		out[i] = staff.AuditEntry{At: instant(r.At), Actor: r.Actor, Action: r.Action, Subject: subject, Detail: r.Detail}
	}
	return out, nil
}
