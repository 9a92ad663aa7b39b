// Package csvfile reads and writes files of subscribers: CSV and its kin with any
// usual delimiter and encoding, XLSX, JSON lines, and what listmonk and Mailchimp
// export. It gives a row, or a reason, for every line, and reads back what it
// wrote. It knows no rule of consent: what a row may become is decided elsewhere.
package csvfile

import (
	"bufio"
	"bytes"
	"io"
	"iter"
	"os"
	"strings"
	"sync/atomic"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

// Options say what is known of a file beforehand.
type Options struct {
	Encoding string            // a name such as windows-1252; "" finds out
	Columns  map[string]string // column name to field (address, name, attr.country), or "-" to leave it out
}

// Format is how a file was understood.
type Format struct {
	Kind      string            `json:"kind"`                // csv | xlsx | jsonl
	Encoding  string            `json:"encoding,omitempty"`  // of csv and jsonl
	Delimiter string            `json:"delimiter,omitempty"` // of csv
	Layout    string            `json:"layout,omitempty"`    // listmonk | mailchimp
	Columns   map[string]string `json:"columns,omitempty"`   // column name to field
	LeftOut   []string          `json:"left_out,omitempty"`  // columns that mean nothing here
	Names     []string          `json:"-"`                   // the columns in their order
}

// File is an open file of subscribers.
type File struct {
	Format Format
	Size   int64 // in octets; 0 where it is not known

	rows  iter.Seq2[subscribers.Row, error]
	taken *atomic.Int64
	close func() error
}

// Rows returns the rows with their line numbers, once. A row that cannot be read
// comes with an error, and the next line is read all the same. An error with line
// 0 means that the file itself is wrong. The rows of a long text file come sorted
// by address as far as its lines fit into memory, so that a database is quick to
// take them; two of one address stay in their order.
func (f *File) Rows() iter.Seq2[subscribers.Row, error] { return f.rows }

// Taken returns how many octets of the file were read so far.
func (f *File) Taken() int64 { return f.taken.Load() }

// Close closes the file.
func (f *File) Close() error { return f.close() }

// Open opens a file; "-" is standard input.
func Open(path string, o Options) (*File, error) {
	in := os.Stdin
	var size int64
	if path != "-" {
		var err error
		if in, err = os.Open(path); err != nil {
			return nil, err
		}
		if info, err := in.Stat(); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
	}
	f, err := Read(in, o)
	if err != nil {
		_ = in.Close() // the first error is the one to tell
		return nil, err
	}
	f.Size = size
	inner := f.close
	f.close = func() error {
		if err := inner(); err != nil {
			return err
		}
		return in.Close()
	}
	return f, nil
}

// sampleSize is how much of a file is looked at to find out what it is.
const sampleSize = 64 << 10

// Read begins to read a file: what it is, and what its columns mean.
func Read(in io.Reader, o Options) (*File, error) {
	taken := &atomic.Int64{}
	buffered := bufio.NewReaderSize(counted{in, taken}, sampleSize)
	sample, err := buffered.Peek(sampleSize)
	if err != nil && err != io.EOF {
		return nil, fault.Invalidf("read the file: %w", err)
	}
	f := &File{taken: taken, close: func() error { return nil }}
	if bytes.HasPrefix(sample, []byte("PK\x03\x04")) {
		return f, f.readXLSX(buffered, o)
	}
	text, encoding, err := decode(buffered, sample, o.Encoding)
	if err != nil {
		return nil, err
	}
	f.Format.Encoding = encoding
	l := newLines(text)
	first, ok := l.next()
	for ok && strings.TrimSpace(first) == "" {
		first, ok = l.next()
	}
	switch {
	case l.err() != nil:
		return nil, l.err()
	case !ok:
		return nil, fault.Invalidf("the file is empty")
	case strings.HasPrefix(strings.TrimSpace(first), "{"):
		f.Format.Kind = "jsonl"
		f.rows = sorted(&jsonRecords{l, first, o}, windowRoom)
		return f, nil
	}
	return f, f.readCSV(l, first, o)
}

type counted struct {
	in io.Reader
	n  *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n.Add(int64(n))
	return n, err
}
