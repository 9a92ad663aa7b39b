package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"broadsheet/subscribers"
)

// The directory is what find looks through: on each page a line for some dozens of
// people, of id, address and name in lower case. Neither engine has an index for
// parts of words that the other has too, and keeping one would cost an import more
// than all else; a million people are 45 MB of pages, which either reads through in
// some hundredths of a second. Pages are short enough that PostgreSQL does not pack them.
const pagePeople = 24

// list writes the lines of people; one whose key is empty gets none.
func (t *tx) list(people []*subscribers.Subscriber) error {
	rows := t.rows("directory", "page", "people")
	var parts [][]*subscribers.Subscriber // of pages that others may stand on: those are read, which has to wait for what is being copied
	for len(people) > 0 {
		number := people[0].ID / pagePeople
		n := 1
		for n < len(people) && people[n].ID/pagePeople == number {
			n++
		}
		if n < pagePeople {
			parts = append(parts, people[:n])
		} else if err := rows.add(number, string(lines(nil, people[:n]))); err != nil {
			return fmt.Errorf("write the directory: %w", err)
		}
		people = people[n:]
	}
	for _, some := range parts {
		text, err := t.page(some)
		if err != nil {
			return err
		}
		if err := rows.add(some[0].ID/pagePeople, text); err != nil {
			return fmt.Errorf("write the directory: %w", err)
		}
	}
	return rows.end()
}

// page returns the page of some people with their lines written anew, and takes away the one that is there.
func (t *tx) page(people []*subscribers.Subscriber) (string, error) {
	var old string
	if err := t.get(&old, `DELETE FROM directory WHERE page = $1 RETURNING people`, people[0].ID/pagePeople); err != nil && !missing(err) {
		return "", fmt.Errorf("read the directory: %w", err)
	}
	var kept []byte
	for line := range strings.Lines(old) {
		if id, _ := entry(line); id < people[0].ID || id > people[len(people)-1].ID {
			kept = append(kept, line...)
		}
	}
	return string(lines(kept, people)), nil
}

// lines appends the lines of people.
func lines(text []byte, people []*subscribers.Subscriber) []byte {
	text = slices.Grow(text, len(people)*80)
	for _, s := range people {
		if s.Key != "" {
			text = strconv.AppendInt(text, s.ID, 10)
			text = append(append(text, '\t'), strings.ToLower(s.Address)...)
			text = append(append(text, '\t'), strings.ToLower(s.Name)...)
			text = append(text, '\n')
		}
	}
	return text
}

func entry(line string) (id int64, text string) {
	number, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
	id, _ = strconv.ParseInt(number, 10, 64) // we wrote it
	return id, text
}

// Find returns up to limit subscribers whose address or name contains text, whatever the case.
func (db *DB) Find(ctx context.Context, text string, limit int) ([]subscribers.Subscriber, error) {
	find := db.findInParts
	if db.postgres {
		find = db.findInDatabase
	}
	ids, err := find(ctx, strings.ToLower(text), limit)
	if err != nil {
		return nil, fmt.Errorf("find subscribers: %w", err)
	}
	slices.Sort(ids)
	ids = ids[:min(limit, len(ids))]
	rows, err := selectKeys[subscriberRow](ctx, db.read, `SELECT `+subscriberColumns+` FROM subscribers s WHERE s.id IN (?) ORDER BY s.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("find subscribers: %w", err)
	}
	attributes, err := attributes(ctx, db.read, ids)
	if err != nil {
		return nil, err
	}
	out := make([]subscribers.Subscriber, len(rows))
	for i, r := range rows {
		out[i] = r.subscriber()
		out[i].Attributes = attributes[r.ID]
	}
	return out, nil
}

// findInDatabase has PostgreSQL look through the pages: reading them all over a connection takes longer.
func (db *DB) findInDatabase(ctx context.Context, text string, limit int) ([]int64, error) {
	return db.look(ctx, text, limit, `SELECT people FROM directory WHERE strpos(people, $1) > 0 LIMIT $2`, text, limit)
}

// findInParts reads the pages of SQLite, which looks through a text letter by
// letter, on all its connections side by side.
func (db *DB) findInParts(ctx context.Context, text string, limit int) ([]int64, error) {
	var last int64
	if err := db.read.GetContext(ctx, &last, `SELECT COALESCE(MAX(rowid), 0) FROM directory`); err != nil {
		return nil, err
	}
	found := make([][]int64, readers)
	failed := make([]error, readers)
	var all sync.WaitGroup
	for i := range int64(readers) {
		all.Go(func() {
			found[i], failed[i] = db.look(ctx, text, limit, `SELECT people FROM directory WHERE rowid >= $1 AND rowid < $2`, i*(last+1)/readers, (i+1)*(last+1)/readers)
		})
	}
	all.Wait()
	return slices.Concat(found...), errors.Join(failed...)
}

// look returns the ids of up to limit lines that contain a text, on the pages of a query.
func (db *DB) look(ctx context.Context, text string, limit int, query string, args ...any) (ids []int64, err error) {
	pages, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer pages.Close()
	var page sql.RawBytes
	for len(ids) < limit && pages.Next() {
		if err := pages.Scan(&page); err != nil {
			return nil, err
		}
		if !bytes.Contains(page, []byte(text)) {
			continue
		}
		for line := range strings.Lines(string(page)) {
			if id, known := entry(line); len(ids) < limit && strings.Contains(known, text) {
				ids = append(ids, id)
			}
		}
	}
	return ids, pages.Err()
}
