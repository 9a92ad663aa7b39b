package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// bulkRows is how many rows one statement inserts: with fewer the statement
	// itself costs more, with more nothing is gained.
	bulkRows = 50
	// copyRows is how many rows PostgreSQL is given at once, by COPY.
	copyRows = 2000
)

// An inserter inserts many rows into a table.
type inserter struct {
	t       *tx
	table   string
	columns []string
	args    []any
	full    driver.Stmt // of SQLite: inserts bulkRows
	named   []driver.NamedValue
}

// rows returns what inserts rows of some columns into a table.
func (t *tx) rows(table string, columns ...string) *inserter {
	return &inserter{t: t, table: table, columns: columns}
}

// add adds a row; end writes the last ones.
func (b *inserter) add(values ...any) error {
	b.args = append(b.args, values...)
	most, write := bulkRows, b.insert
	if b.t.db.postgres {
		most, write = copyRows, b.copy
	}
	if len(b.args) < most*len(b.columns) {
		return nil
	}
	err := write()
	b.args = b.args[:0]
	return err
}

func (b *inserter) end() (err error) {
	n := len(b.args) / len(b.columns)
	switch {
	case b.t.db.postgres && n > bulkRows:
		err = b.copy()
	case n > 0:
		_, err = b.t.ExecContext(b.t.ctx, b.statement(n), b.args...)
	}
	if b.full != nil {
		if closed := b.full.Close(); err == nil {
			err = closed
		}
	}
	return err
}

// insert gives SQLite bulkRows rows, past database/sql, which wraps every value anew
// and watches the context with a goroutine for every statement.
func (b *inserter) insert() error {
	err := b.t.conn.Raw(func(conn any) (err error) {
		if b.full == nil {
			if b.full, err = conn.(driver.Conn).Prepare(b.statement(bulkRows)); err != nil {
				return err
			}
			b.named = make([]driver.NamedValue, len(b.args))
		}
		for i, v := range b.args {
			if v, err = driver.DefaultParameterConverter.ConvertValue(v); err != nil {
				return err
			}
			b.named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
		}
		_, err = b.full.(driver.StmtExecContext).ExecContext(context.Background(), b.named)
		return err
	})
	if err != nil {
		return fmt.Errorf("insert into %s: %w", b.table, err)
	}
	return b.t.ctx.Err()
}

// copy gives PostgreSQL the rows by COPY, on the transaction's own connection.
func (b *inserter) copy() error {
	n := len(b.columns)
	rows := pgx.CopyFromSlice(len(b.args)/n, func(i int) ([]any, error) { return b.args[i*n : (i+1)*n], nil })
	err := b.t.conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(b.t.ctx, pgx.Identifier{b.table}, b.columns, rows)
		return err
	})
	return err
}

// statement has unnumbered marks for SQLite: it looks up the name of every
// numbered one, which costs more than the inserting. FAIL says that a statement
// which breaks off need not be undone by itself, since the transaction is: without
// it SQLite writes every page that it touches twice.
func (b *inserter) statement(rows int) string {
	var s strings.Builder
	s.WriteString(map[bool]string{true: "INSERT INTO ", false: "INSERT OR FAIL INTO "}[b.t.db.postgres] + b.table + " (" + strings.Join(b.columns, ", ") + ") VALUES ")
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
