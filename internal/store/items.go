package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// saveItem writes an item that is new or changed. What people put in place of its
// words stands beside it and is not touched.
func (t *tx) saveItem(item newsletter.Item, run *newsletter.SourceRun, present []string) error {
	known, found, err := t.knownItem(item, present)
	if err != nil {
		return err
	}
	if !found {
		run.New++
		return t.newItem(item)
	}
	if item.Precision == newsletter.Undated && known.old.Precision != newsletter.Undated && item.Kind != newsletter.Event {
		item.PublishedAt, item.Precision = known.old.PublishedAt, known.old.Precision // a date that was there once stays
	}
	digest := item.Digest()
	if known.Digest == digest && known.Identity == item.Identity {
		run.Unchanged++
		return nil
	}
	if known.Digest == digest {
		run.Unchanged++
	} else {
		run.Changed++
	}
	item = item.Since(known.old, instant(t.now))
	item.FirstSeenAt, item.ChangedAt = known.old.FirstSeenAt, known.old.ChangedAt
	if known.Digest != digest {
		item.ChangedAt = instant(t.now)
	}
	_, err = t.exec(`UPDATE items SET identity = $1, kind = $2, at = $3, changed_at = $4, digest = $5, likeness = $6, content = $7 WHERE id = $8`,
		item.Identity, item.Kind, millis(item.When()), millis(item.ChangedAt), digest, item.Likeness(), toJSON(item), known.ID)
	return err
}

type knownItem struct {
	itemRow
	Digest string `db:"digest"`
	old    newsletter.Item
}

// knownItem finds the item that a source has named before: by its identity, or,
// where the source has renamed it, by being the same in all else. An item that is
// still there under its own name is another one.
func (t *tx) knownItem(item newsletter.Item, present []string) (known knownItem, found bool, err error) {
	const columns = `SELECT id, identity, content, edit, digest FROM items WHERE source_id = $1 AND `
	err = t.get(&known, columns+`identity = $2`, item.Source, item.Identity)
	if missing(err) && item.Likeness() != "" {
		err = t.get(&known, columns+`likeness = $2 ORDER BY id DESC LIMIT 1`, item.Source, item.Likeness())
		if err == nil && slices.Contains(present, known.Identity) {
			return known, false, nil
		}
	}
	if missing(err) {
		return known, false, nil
	}
	if err != nil {
		return known, false, fmt.Errorf("look for item: %w", err)
	}
	known.old, err = known.source()
	return known, true, err
}

func (t *tx) newItem(item newsletter.Item) error {
	item.FirstSeenAt, item.ChangedAt = instant(t.now), instant(t.now)
	id, err := t.ids("items", 1)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO items (id, source_id, identity, kind, at, first_seen_at, changed_at, digest, likeness, content) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)`,
		id, item.Source, item.Identity, item.Kind, millis(item.When()), t.now, item.Digest(), item.Likeness(), toJSON(item))
	return err
}

type itemRow struct {
	ID       int64  `db:"id"`
	Identity string `db:"identity"`
	Content  string `db:"content"`
	Edit     string `db:"edit"`
}

// item is what people see; source is what the source says.
func (r itemRow) item() (newsletter.Item, error) {
	item, err := r.source()
	if err != nil || r.Edit == "" {
		return item, err
	}
	var edit newsletter.Edit
	if err := json.Unmarshal([]byte(r.Edit), &edit); err != nil {
		return item, fmt.Errorf("read edit of item %d: %w", r.ID, err)
	}
	return item.With(edit), nil
}

func (r itemRow) source() (newsletter.Item, error) {
	var item newsletter.Item
	if err := json.Unmarshal([]byte(r.Content), &item); err != nil {
		return item, fmt.Errorf("read item %d: %w", r.ID, err)
	}
	item.ID, item.Identity = r.ID, r.Identity
	return item, nil
}

// Items returns items whose instant is not before since, oldest first.
func (db *DB) Items(ctx context.Context, since time.Time) ([]newsletter.Item, error) {
	return db.items(ctx, `at >= $1 ORDER BY at, id`, millis(since))
}

// Item returns one item.
func (db *DB) Item(ctx context.Context, id int64) (newsletter.Item, error) {
	var r itemRow
	err := db.read.GetContext(ctx, &r, `SELECT id, identity, content, edit FROM items WHERE id = $1`, id)
	if missing(err) {
		return newsletter.Item{}, noItem(id)
	}
	if err != nil {
		return newsletter.Item{}, fmt.Errorf("read item %d: %w", id, err)
	}
	return r.item()
}

// PinnedItems returns the items that people want in the next issue, oldest first.
func (db *DB) PinnedItems(ctx context.Context) ([]newsletter.Item, error) {
	return db.items(ctx, `pinned = 1 ORDER BY at, id`)
}

func (db *DB) items(ctx context.Context, which string, args ...any) ([]newsletter.Item, error) {
	var rows []itemRow
	if err := db.read.SelectContext(ctx, &rows, `SELECT id, identity, content, edit FROM items WHERE `+which, args...); err != nil {
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

// SourceItems returns the items of a source with one of the identities, by identity,
// in the source's own words.
func (db *DB) SourceItems(ctx context.Context, source string, identities []string) (map[string]newsletter.Item, error) {
	out := map[string]newsletter.Item{}
	if len(identities) == 0 {
		return out, nil
	}
	query, args, err := in(`SELECT id, identity, content, edit FROM items WHERE source_id = ? AND identity IN (?)`, source, identities)
	if err != nil {
		return nil, err
	}
	var rows []itemRow
	if err := db.read.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read items of source %s: %w", source, err)
	}
	for _, r := range rows {
		if out[r.Identity], err = r.source(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FindItems returns the items with an address, newest first.
func (db *DB) FindItems(ctx context.Context, address string) ([]newsletter.Item, error) {
	var rows []itemRow
	if err := db.read.SelectContext(ctx, &rows, `SELECT id, identity, content, edit FROM items ORDER BY at DESC, id DESC`); err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	var items []newsletter.Item
	for _, r := range rows {
		item, err := r.item()
		if err != nil {
			return nil, err
		}
		if item.URL == address || item.Identity == address {
			items = append(items, item)
		}
	}
	return items, nil
}

// EditItem merges an edit into what people have put in place of an item's words.
// An empty word takes the source's own again.
func (db *DB) EditItem(ctx context.Context, id int64, edit newsletter.Edit) error {
	return db.tx(ctx, func(t *tx) error {
		var r itemRow
		if err := t.get(&r, `SELECT id, identity, content, edit FROM items WHERE id = $1`, id); missing(err) {
			return noItem(id)
		} else if err != nil {
			return fmt.Errorf("read item %d: %w", id, err)
		}
		merged := newsletter.Edit{Words: map[string]string{}}
		if r.Edit != "" {
			if err := json.Unmarshal([]byte(r.Edit), &merged); err != nil {
				return fmt.Errorf("read edit of item %d: %w", id, err)
			}
		}
		for field, word := range edit.Words {
			if merged.Words[field] = word; word == "" {
				delete(merged.Words, field)
			}
		}
		merged.By, merged.At, merged.Rejected, merged.Pinned = edit.By, instant(t.now), edit.Rejected, edit.Pinned
		r.Edit = toJSON(merged)
		if len(merged.Words) == 0 && !merged.Rejected && !merged.Pinned {
			r.Edit = ""
		}
		item, err := r.item()
		if err != nil {
			return err
		}
		_, err = t.exec(`UPDATE items SET edit = $1, at = $2, pinned = $3 WHERE id = $4`, r.Edit, millis(item.When()), bit(merged.Pinned), id)
		return err
	})
}

func noItem(id int64) error {
	return fault.WithHint(fault.NotFoundf("no item %d", id), "`broadsheet item list` shows their numbers")
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
