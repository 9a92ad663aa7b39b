package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"broadsheet/subscribers"
)

// The directory is what find looks through: on each page a line for some dozens of
// people, of id, address and name in lower case. Neither engine has an index for
// parts of words that the other has too, and keeping one would cost an import more
// than all else; a million people are 45 MB of pages, which either reads through in
// some hundredths of a second. Pages are short enough that PostgreSQL does not pack them.
const pagePeople = 32

// list writes the lines of people; one whose key is empty gets none.
func (t *tx) list(people []*subscribers.Subscriber) error {
	rows := t.rows(`directory (page, people)`)
	for len(people) > 0 {
		number := people[0].ID / pagePeople
		n := 1
		for n < len(people) && people[n].ID/pagePeople == number {
			n++
		}
		text, err := t.page(number, people[:n])
		if err != nil {
			return err
		}
		if err := rows.add(number, text); err != nil {
			return fmt.Errorf("write the directory: %w", err)
		}
		people = people[n:]
	}
	return rows.end()
}

// page returns a page with the lines of people written anew, and takes away the one that is there.
func (t *tx) page(number int64, people []*subscribers.Subscriber) (string, error) {
	var b strings.Builder
	if len(people) < pagePeople {
		var old string
		if err := t.get(&old, `DELETE FROM directory WHERE page = $1 RETURNING people`, number); err != nil && !missing(err) {
			return "", fmt.Errorf("read the directory: %w", err)
		}
		for line := range strings.Lines(old) {
			if id, _ := entry(line); id < people[0].ID || id > people[len(people)-1].ID {
				b.WriteString(line)
			}
		}
	}
	for _, s := range people {
		if s.Key != "" {
			b.WriteString(strconv.FormatInt(s.ID, 10) + "\t" + strings.ToLower(s.Address+"\t"+s.Name) + "\n")
		}
	}
	return b.String(), nil
}

func entry(line string) (id int64, text string) {
	number, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
	id, _ = strconv.ParseInt(number, 10, 64) // we wrote it
	return id, text
}

// Find returns up to limit subscribers whose address or name contains text, whatever the case.
func (db *DB) Find(ctx context.Context, text string, limit int) ([]subscribers.Subscriber, error) {
	text = strings.ToLower(text)
	position := map[bool]string{false: "instr", true: "strpos"}[db.postgres]
	pages, err := db.read.QueryContext(ctx, `SELECT people FROM directory WHERE `+position+`(people, $1) > 0 ORDER BY page`, text)
	if err != nil {
		return nil, fmt.Errorf("find subscribers: %w", err)
	}
	defer pages.Close()
	var ids []int64
	for len(ids) < limit && pages.Next() {
		var page string
		if err := pages.Scan(&page); err != nil {
			return nil, fmt.Errorf("find subscribers: %w", err)
		}
		for line := range strings.Lines(page) {
			if id, known := entry(line); len(ids) < limit && strings.Contains(known, text) {
				ids = append(ids, id)
			}
		}
	}
	if err := pages.Err(); err != nil {
		return nil, fmt.Errorf("find subscribers: %w", err)
	}
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
