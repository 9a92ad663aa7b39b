package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
)

// An inserter inserts many rows into a table: add adds one, end writes the last.
type inserter interface {
	add(values ...any) error
	end() error
}

// rows returns what inserts rows of some columns into a table.
func (t *tx) rows(table string, columns ...string) inserter {
	if t.db.postgres {
		return &copier{t: t, table: table, columns: columns}
	}
	return &multirow{t: t, table: table, columns: columns}
}

// copier gives PostgreSQL rows by COPY, in its text format, on the transaction's own connection.
type copier struct {
	t       *tx
	table   string
	columns []string
	text    []byte
	n       int // rows in it
}

// copyRows is how many rows PostgreSQL is given at once.
const copyRows = 4000

func (c *copier) add(values ...any) error {
	for i, v := range values {
		if i > 0 {
			c.text = append(c.text, '\t')
		}
		v, err := driver.DefaultParameterConverter.ConvertValue(v)
		if err != nil {
			return err
		}
		switch v := v.(type) {
		case int64:
			c.text = strconv.AppendInt(c.text, v, 10)
		case string:
			c.text = appendCopied(c.text, v)
		default: // no column holds anything else
			return fmt.Errorf("copy into %s: %T is neither a number nor a text", c.table, v)
		}
	}
	c.text = append(c.text, '\n')
	if c.n++; c.n < copyRows {
		return nil
	}
	return c.end()
}

// end gives the rows to PostgreSQL, which takes longer to put them into its indexes
// than it takes to make the next ones: that is done meanwhile.
func (c *copier) end() error {
	if c.n == 0 {
		return nil
	}
	if err := c.t.settle(); err != nil {
		return err
	}
	text, done := c.text, make(chan error, 1)
	c.text, c.n, c.t.copying = nil, 0, done
	go func() {
		done <- c.t.conn.Raw(func(conn any) error {
			_, err := conn.(*stdlib.Conn).Conn().PgConn().CopyFrom(c.t.ctx, bytes.NewReader(text), "COPY "+c.table+" ("+strings.Join(c.columns, ", ")+") FROM STDIN")
			if err != nil {
				return fmt.Errorf("copy into %s: %w", c.table, err)
			}
			return nil
		})
	}()
	return nil
}

// settle waits for what is being copied.
func (t *tx) settle() error {
	if t.copying == nil {
		return nil
	}
	done := t.copying
	t.copying = nil
	return <-done
}

// appendCopied appends a text as COPY reads it.
func appendCopied(b []byte, text string) []byte {
	from := 0
	for i := range len(text) {
		if c := text[i]; c <= '\r' || c == '\\' {
			if at := strings.IndexByte("\\\t\n\r", c); at >= 0 {
				b = append(append(b, text[from:i]...), '\\', `\tnr`[at])
				from = i + 1
			}
		}
	}
	return append(b, text[from:]...)
}

// multirow gives SQLite many rows in one statement.
type multirow struct {
	t       *tx
	table   string
	columns []string
	args    []driver.NamedValue
	full    driver.Stmt // for bulkRows
}

// bulkRows is how many rows one statement inserts: with fewer the statement itself
// costs more, with more nothing is gained.
const bulkRows = 50

func (b *multirow) add(values ...any) error {
	for _, v := range values {
		v, err := driver.DefaultParameterConverter.ConvertValue(v)
		if err != nil {
			return err
		}
		b.args = append(b.args, driver.NamedValue{Ordinal: len(b.args) + 1, Value: v})
	}
	if len(b.args) < bulkRows*len(b.columns) {
		return nil
	}
	return b.run(&b.full)
}

func (b *multirow) end() error {
	if len(b.args) == 0 {
		return nil
	}
	var rest driver.Stmt
	return b.run(&rest)
}

// run inserts what is there, past database/sql, which wraps every value anew and has
// a goroutine watch the context for every statement.
func (b *multirow) run(s *driver.Stmt) error {
	if err := b.t.ctx.Err(); err != nil {
		return err
	}
	err := b.t.conn.Raw(func(conn any) (err error) {
		if *s == nil {
			if *s, err = conn.(driver.Conn).Prepare(b.statement(len(b.args) / len(b.columns))); err != nil {
				return err
			}
			b.t.open = append(b.t.open, *s)
		}
		_, err = (*s).(driver.StmtExecContext).ExecContext(context.Background(), b.args)
		return err
	})
	if err != nil {
		return fmt.Errorf("insert into %s: %w", b.table, err)
	}
	b.args = b.args[:0]
	return nil
}

// statement has unnumbered marks: the driver looks up the name of every numbered
// one, which costs more than the inserting. FAIL says that a statement which breaks
// off need not be undone by itself, since the transaction is: without it SQLite
// writes every page that it touches twice.
func (b *multirow) statement(rows int) string {
	row := "(" + strings.Repeat("?,", len(b.columns)-1) + "?)"
	return "INSERT OR FAIL INTO " + b.table + " (" + strings.Join(b.columns, ", ") + ") VALUES " + strings.Repeat(row+",", rows-1) + row
}
