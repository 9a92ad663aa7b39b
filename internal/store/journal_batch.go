package store

import (
	"context"
	"encoding/binary"
	"time"

	"broadsheet/internal/newsletter"
)

// A batch is what a journal holds, a row a copy: its first try, its acceptance, or both.
type batch struct {
	rows  map[copyKey]*copyRow
	order []*copyRow
}

type copyKey struct{ issue, subscriber int64 }

type copyRow struct {
	attempt newsletter.Attempt
	outcome newsletter.Outcome
	tried   bool // attempt is known
	settled bool // outcome is known
}

func newBatch() batch { return batch{rows: map[copyKey]*copyRow{}} }

func (b *batch) row(issue, subscriber int64) *copyRow {
	key := copyKey{issue, subscriber}
	row := b.rows[key]
	if row == nil {
		row = &copyRow{}
		b.rows[key] = row
		b.order = append(b.order, row)
	}
	return row
}

func (b *batch) add(outcomes []newsletter.Outcome, attempts []newsletter.Attempt) {
	for _, o := range outcomes {
		row := b.row(o.Issue, o.Subscriber)
		row.outcome, row.settled = o, true
	}
	for _, a := range attempts {
		row := b.row(a.Issue, a.Subscriber)
		row.attempt, row.tried = a, true
	}
}

// args are a row's in firstsHead. The journal has fenced it already.
func (r *copyRow) args() []any {
	a, o := r.attempt, r.outcome
	state, at := newsletter.Attempting, a.StartedAt
	if !r.tried { // its try is in the tables
		a.Issue, a.Subscriber, a.Chunk = o.Issue, o.Subscriber, o.Chunk
	}
	if r.settled {
		state, at = o.State, o.At
	}
	return []any{a.Issue, a.Subscriber, a.Chunk, a.Language, string(state), a.MessageID, o.Code, o.Enhanced, o.Reply, o.Relay, millis(a.StartedAt), millis(at), 0}
}

// settleRows writes a batch in one transaction. Rows that are there already stay,
// but for attempts that are accepted now: writing a batch twice is writing it once.
func (db *DB) settleRows(ctx context.Context, b batch) error {
	whole, err := db.ready(ctx, bulk)
	if err != nil {
		return err
	}
	rest, err := db.ready(ctx, max(1, len(b.order)%bulk))
	if err != nil {
		return err
	}
	return db.tx(ctx, func(t *tx) error {
		for rows := b.order; len(rows) > 0; rows = rows[min(bulk, len(rows)):] {
			write, args := whole, make([]any, 0, firstsArgs*bulk)
			if len(rows) < bulk {
				write = rest
			}
			for _, row := range rows[:min(bulk, len(rows))] {
				args = append(args, row.args()...)
			}
			if _, err := t.StmtxContext(ctx, write).ExecContext(ctx, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// encode appends what is recorded together, as decode reads it.
func encode(to []byte, outcomes []newsletter.Outcome, attempts []newsletter.Attempt) []byte {
	for _, o := range outcomes {
		to = numbers(append(to, 'o'), o.Issue, o.Subscriber, int64(o.Chunk), int64(o.Code), millis(o.At))
		to = texts(to, o.Enhanced, o.Reply, o.Relay)
	}
	for _, a := range attempts {
		to = numbers(append(to, 'a'), a.Issue, a.Subscriber, int64(a.Chunk), a.Epoch, millis(a.StartedAt))
		to = texts(to, a.Language, a.MessageID)
	}
	return to
}

func numbers(to []byte, values ...int64) []byte {
	for _, v := range values {
		to = binary.AppendVarint(to, v)
	}
	return to
}

func texts(to []byte, values ...string) []byte {
	for _, v := range values {
		to = append(binary.AppendUvarint(to, uint64(len(v))), v...)
	}
	return to
}

// A reading goes through a group; after the first fault it gives zeros.
type reading struct {
	left []byte
	bad  bool
}

func (r *reading) number() int64 {
	v, n := binary.Varint(r.left)
	if n <= 0 {
		r.left, r.bad = nil, true
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reading) text() string {
	length, n := binary.Uvarint(r.left)
	if n <= 0 || length > uint64(len(r.left)-n) {
		r.left, r.bad = nil, true
		return ""
	}
	text := string(r.left[n : n+int(length)])
	r.left = r.left[n+int(length):]
	return text
}

// decode adds a group to a batch and reports whether it could be read whole.
func (b *batch) decode(group []byte) bool {
	r := reading{left: group}
	for len(r.left) > 0 {
		kind := r.left[0]
		r.left = r.left[1:]
		issue, subscriber, chunk, third, at := r.number(), r.number(), int(r.number()), r.number(), time.UnixMilli(r.number())
		switch kind {
		case 'o':
			o := newsletter.Outcome{Issue: issue, Subscriber: subscriber, Chunk: chunk, Number: 1, State: newsletter.Accepted, Code: int(third), At: at, Enhanced: r.text(), Reply: r.text(), Relay: r.text()}
			if !r.bad {
				b.add([]newsletter.Outcome{o}, nil)
			}
		case 'a':
			a := newsletter.Attempt{Issue: issue, Subscriber: subscriber, Chunk: chunk, Epoch: third, Number: 1, StartedAt: at, Language: r.text(), MessageID: r.text()}
			if !r.bad {
				b.add(nil, []newsletter.Attempt{a})
			}
		default:
			return false
		}
	}
	return !r.bad
}
