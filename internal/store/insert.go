package store

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// bulkRows is how many rows one statement inserts: with fewer the statement
// itself costs more, with more nothing is gained.
const bulkRows = 50

// An inserter inserts many rows into a table.
type inserter struct {
	t       *tx
	into    string // table (columns)
	columns int
	full    *sql.Stmt
	args    []any
}

// rows returns what inserts rows of some columns into a table.
func (t *tx) rows(into string) *inserter {
	return &inserter{t: t, into: into, columns: strings.Count(into, ",") + 1}
}

// add adds a row; end writes the last ones.
func (b *inserter) add(values ...any) error {
	b.args = append(b.args, values...)
	if len(b.args) < bulkRows*b.columns {
		return nil
	}
	if b.full == nil {
		var err error
		if b.full, err = b.t.PrepareContext(b.t.ctx, b.statement(bulkRows)); err != nil {
			return fmt.Errorf("insert into %s: %w", b.into, err)
		}
	}
	_, err := b.full.ExecContext(b.t.ctx, b.args...)
	b.args = b.args[:0]
	return err
}

func (b *inserter) end() (err error) {
	if n := len(b.args) / b.columns; n > 0 {
		_, err = b.t.ExecContext(b.t.ctx, b.statement(n), b.args...)
	}
	if b.full != nil {
		if closed := b.full.Close(); err == nil {
			err = closed
		}
	}
	return err
}

// statement has unnumbered marks for SQLite: it looks up the name of every
// numbered one, which costs more than the inserting. FAIL says that a statement
// which breaks off need not be undone by itself, since the transaction is: without
// it SQLite writes every page that it touches twice.
func (b *inserter) statement(rows int) string {
	var s strings.Builder
	s.WriteString(map[bool]string{true: "INSERT INTO ", false: "INSERT OR FAIL INTO "}[b.t.db.postgres] + b.into + " VALUES ")
	n := 0
	for i := range rows {
		if i > 0 {
			s.WriteByte(',')
		}
		for j := range b.columns {
			s.WriteByte("(,"[min(j, 1)])
			s.WriteString(b.mark(&n))
		}
		s.WriteByte(')')
	}
	return s.String()
}

func (b *inserter) mark(n *int) string {
	if !b.t.db.postgres {
		return "?"
	}
	*n++
	return "$" + strconv.Itoa(*n)
}
