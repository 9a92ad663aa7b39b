// Package csvfile reads and writes lists of subscribers as CSV: comma, semicolon
// or tab, with or without a byte order mark, an error per line. What it writes
// it reads back.
package csvfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

// columns are the names a header may use, by what they mean.
var columns = map[string]string{
	"email": "address", "e-mail": "address", "address": "address", "email address": "address", "mail": "address",
	"name": "name", "full name": "name", "language": "language", "lang": "language",
	"consent_source": "consent_source", "consent_date": "consent_date", "consent_wording": "consent_wording",
}

// Read returns the rows of a file with their line numbers. A row that cannot be
// read comes with an error; an error with line 0 means that the file itself is wrong.
func Read(in io.Reader) iter.Seq2[subscribers.Row, error] {
	return func(yield func(subscribers.Row, error) bool) {
		buffered := bufio.NewReader(in)
		if mark, _ := buffered.Peek(3); string(mark) == "\xEF\xBB\xBF" {
			_, _ = buffered.Discard(3) // just peeked at
		}
		first, _ := buffered.Peek(4096)
		r := csv.NewReader(buffered)
		r.Comma, r.FieldsPerRecord, r.ReuseRecord = delimiter(string(first)), -1, true
		place, err := header(r)
		if err != nil {
			yield(subscribers.Row{}, err)
			return
		}
		for {
			record, err := r.Read()
			if err == io.EOF {
				return
			}
			var broken *csv.ParseError
			if errors.As(err, &broken) {
				if !yield(subscribers.Row{Line: broken.StartLine}, fault.Invalidf("not CSV: %w", broken.Err)) {
					return
				}
				continue
			}
			if err != nil {
				yield(subscribers.Row{}, fault.Invalidf("read the file: %w", err))
				return
			}
			line, _ := r.FieldPos(0)
			if !yield(row(record, place, line)) {
				return
			}
		}
	}
}

// delimiter is the one that stands most often in the first line.
func delimiter(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best, most := ',', strings.Count(line, ",")
	for _, d := range []rune{';', '\t'} {
		if n := strings.Count(line, string(d)); n > most {
			best, most = d, n
		}
	}
	return best
}

func header(r *csv.Reader) (map[string]int, error) {
	record, err := r.Read()
	if err == io.EOF {
		return nil, fault.Invalidf("the file is empty")
	}
	if err != nil {
		return nil, fault.Invalidf("line 1: %w", err)
	}
	place := map[string]int{}
	for i, name := range record {
		if meaning, ok := columns[strings.ToLower(strings.TrimSpace(name))]; ok {
			place[meaning] = i
		}
	}
	if _, ok := place["address"]; !ok {
		return nil, fault.WithHint(fault.Invalidf("line 1 names no column with addresses: %s", strings.Join(record, ", ")), "begin the file with a line such as: email,name,language")
	}
	return place, nil
}

func row(record []string, place map[string]int, line int) (subscribers.Row, error) {
	field := func(name string) string {
		if i, ok := place[name]; ok && i < len(record) {
			return restore(strings.TrimSpace(record[i]))
		}
		return ""
	}
	out := subscribers.Row{Line: line, Address: field("address"), Name: field("name"), Language: field("language")}
	source, date := field("consent_source"), field("consent_date")
	if source == "" && date == "" {
		return out, nil
	}
	if source == "" || date == "" {
		return out, fault.Invalidf("consent needs both consent_source and consent_date")
	}
	given, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return out, fault.Invalidf("consent_date %q is not a date such as 2026-03-01", date)
	}
	out.Consent = &subscribers.Consent{Source: source, Wording: field("consent_wording"), GivenAt: given}
	return out, nil
}

// Writer writes members of a list.
type Writer struct{ csv *csv.Writer }

// NewWriter writes the header line.
func NewWriter(out io.Writer) (*Writer, error) {
	w := &Writer{csv.NewWriter(out)}
	return w, w.csv.Write([]string{"email", "name", "language", "state", "end_reason", "consent_source", "consent_date", "consent_wording", "id"})
}

// Write writes one member.
func (w *Writer) Write(m subscribers.Member) error {
	date := ""
	if !m.Consent.GivenAt.IsZero() {
		date = m.Consent.GivenAt.Format(time.DateOnly)
	}
	record := []string{m.Address, m.Name, m.Language, string(m.Subscription.State), string(m.Subscription.EndReason), m.Consent.Source, date, m.Consent.Wording, m.PublicID}
	for i := range record {
		record[i] = neutralise(record[i])
	}
	return w.csv.Write(record)
}

// Flush writes what is buffered.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// neutralise keeps spreadsheets from running a field as a formula; restore undoes it.
func neutralise(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t'") {
		return "'" + s
	}
	return s
}

func restore(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsAny(s[1:2], "=+-@\t'") {
		return s[1:]
	}
	return s
}
