package csvfile

import (
	"io"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"

	"github.com/xuri/excelize/v2"
)

// maxUnpacked is how large a workbook may be when it is unpacked, and maxInMemory
// how much of it is kept in memory; the rest is on disk while it is read.
const (
	maxUnpacked = 2 << 30
	maxInMemory = 16 << 20
)

// readXLSX reads the first sheet of a workbook; its first row names the columns.
func (f *File) readXLSX(in io.Reader, o Options) error {
	book, err := excelize.OpenReader(in, excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxInMemory})
	if err != nil {
		return fault.Invalidf("the workbook cannot be read: %w", err)
	}
	f.close = book.Close
	f.Format.Kind = "xlsx"
	rows, err := book.Rows(book.GetSheetName(0))
	if err != nil {
		return fault.Invalidf("the workbook cannot be read: %w", err)
	}
	if !rows.Next() {
		return fault.Invalidf("the first sheet is empty")
	}
	names, err := rows.Columns()
	if err != nil {
		return fault.Invalidf("the first row cannot be read: %w", err)
	}
	columns, err := f.understand(names, o)
	if err != nil {
		return err
	}
	f.rows = func(yield func(subscribers.Row, error) bool) {
		for number := 2; rows.Next(); number++ {
			record, err := rows.Columns()
			row := subscribers.Row{Line: number, Text: record}
			switch {
			case err != nil:
			case strings.TrimSpace(strings.Join(record, "")) == "":
				continue
			case len(record) > len(columns):
				err = fault.Invalidf("%d cells, but the first row names %d columns", len(record), len(columns))
			default:
				f.dates(record)
				err = columns.fill(&row, record, func(s string) string { return s })
			}
			if !yield(row, err) {
				return
			}
		}
		if err := rows.Error(); err != nil {
			yield(subscribers.Row{}, fault.Invalidf("the workbook cannot be read: %w", err))
		}
	}
	return nil
}

// dates turns days as workbooks count them, since 1900, into text.
func (f *File) dates(record []string) {
	for i, cell := range record {
		field := f.Format.Columns[f.Format.Names[i]]
		if !strings.HasSuffix(field, "_at") && !strings.HasSuffix(field, "_date") && field != "paused_until" {
			continue
		}
		if n, err := strconv.ParseFloat(cell, 64); err == nil && n > 366 && n < 100000 {
			if t, err := excelize.ExcelDateToTime(n, false); err == nil {
				record[i] = t.Round(time.Second).Format(time.RFC3339)
			}
		}
	}
}

// xlsxWriter writes a workbook of one sheet as it goes.
type xlsxWriter struct {
	out  io.Writer
	book *excelize.File
	rows *excelize.StreamWriter
	n    int
}

func newXLSXWriter(out io.Writer) (*xlsxWriter, error) {
	w := &xlsxWriter{out: out, book: excelize.NewFile()}
	var err error
	if w.rows, err = w.book.NewStreamWriter("Sheet1"); err != nil {
		return nil, err
	}
	return w, w.write(header)
}

func (w *xlsxWriter) write(record []string) error {
	if w.n++; w.n > excelize.TotalRows {
		return fault.WithHint(fault.Invalidf("a workbook holds %d rows at most", excelize.TotalRows), "use --format csv or jsonl")
	}
	cells := make([]any, len(record))
	for i, v := range record {
		cells[i] = v // a text is no formula
	}
	return w.rows.SetRow("A"+strconv.Itoa(w.n), cells)
}

func (w *xlsxWriter) Write(m subscribers.Member) error { return w.write(record(m)) }

func (w *xlsxWriter) Close() error {
	defer w.book.Close()
	if err := w.rows.Flush(); err != nil {
		return err
	}
	return w.book.Write(w.out)
}
