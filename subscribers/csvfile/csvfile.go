// Package csvfile reads and writes lists of subscribers as CSV: comma, semicolon
// or tab, with or without a byte order mark, an error per line. What it writes
// it reads back.
package csvfile

import (
	"encoding/csv"
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
	"state": "state", "consent_source": "consent_source", "consent_date": "consent_date", "consent_wording": "consent_wording",
}

// Read returns the rows of a file with their line numbers. A row that cannot be
// read comes with an error, and the next line is read all the same: an open quote
// never swallows the lines after it. An error with line 0 means that the file
// itself is wrong.
func Read(in io.Reader) iter.Seq2[subscribers.Row, error] {
	return func(yield func(subscribers.Row, error) bool) {
		l := newLines(in)
		first, ok := l.next()
		if !ok {
			yield(subscribers.Row{}, fault.Invalidf("the file is empty"))
			return
		}
		comma := delimiter(first)
		place, fields, err := header(first, comma)
		if err != nil {
			yield(subscribers.Row{}, err)
			return
		}
		for {
			text, ok := l.next()
			if !ok {
				break
			}
			number := l.number
			if strings.TrimSpace(text) == "" {
				continue
			}
			record, err := l.record(text, comma)
			if err == nil && len(record) > fields {
				err = fault.Invalidf("%d fields, but line 1 names %d: is a comma in a name without quotes?", len(record), fields)
			}
			if err != nil {
				if !yield(subscribers.Row{Line: number}, err) {
					return
				}
				continue
			}
			if !yield(row(record, place, number)) {
				return
			}
		}
		if err := l.err(); err != nil {
			yield(subscribers.Row{}, err)
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

// header returns where the columns stand, and how many there are.
func header(line string, comma rune) (place map[string]int, fields int, err error) {
	record, err := parse(line, comma)
	if err != nil {
		return nil, 0, fault.Invalidf("line 1: %w", err)
	}
	place = map[string]int{}
	for i, name := range record {
		if meaning, ok := columns[strings.ToLower(strings.TrimSpace(name))]; ok {
			place[meaning] = i
		}
	}
	if _, ok := place["address"]; !ok {
		return nil, 0, fault.WithHint(fault.Invalidf("line 1 names no column with addresses: %s", strings.Join(record, ", ")), "begin the file with a line such as: email,name,language")
	}
	return place, len(record), nil
}

func row(record []string, place map[string]int, line int) (subscribers.Row, error) {
	field := func(name string) string {
		if i, ok := place[name]; ok && i < len(record) {
			return restore(strings.TrimSpace(record[i]))
		}
		return ""
	}
	out := subscribers.Row{Line: line, Address: field("address"), Name: field("name"), Language: field("language")}
	switch state := subscribers.State(field("state")); state {
	case "", subscribers.Confirmed:
	case subscribers.Pending:
		out.Pending = true
		return out, nil
	case subscribers.Ended:
		return out, fault.Invalidf("the person left: the row's state is ended")
	default:
		return out, fault.Invalidf("state %q is not pending, confirmed or ended", state)
	}
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
	if !m.Subscription.Consent.GivenAt.IsZero() {
		date = m.Subscription.Consent.GivenAt.Format(time.DateOnly)
	}
	record := []string{m.Address, m.Name, m.Language, string(m.Subscription.State), string(m.Subscription.EndReason), m.Subscription.Consent.Source, date, m.Subscription.Consent.Wording, m.PublicID}
	for i := range record {
		record[i] = Neutralise(record[i])
	}
	return w.csv.Write(record)
}

// Flush writes what is buffered.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// Neutralise keeps spreadsheets from running a field as a formula; Read undoes it.
func Neutralise(s string) string {
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
