package csvfile

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

// Writer writes members of a list, one at a time. Close writes what is left; it
// does not close what is written to.
type Writer interface {
	Write(m subscribers.Member) error
	Close() error
}

// Formats are the names that NewWriter knows.
var Formats = []string{"csv", "tsv", "xlsx", "jsonl"}

// NewWriter writes a format: csv, tsv, xlsx or jsonl.
func NewWriter(out io.Writer, format string) (Writer, error) {
	switch format {
	case "csv", "tsv":
		w := &csvWriter{csv.NewWriter(out)}
		if format == "tsv" {
			w.csv.Comma = '\t'
		}
		return w, w.csv.Write(header)
	case "xlsx":
		return newXLSXWriter(out)
	case "jsonl":
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		return jsonWriter{e}, nil
	}
	return nil, fault.Invalidf("format %q is not one of %s", format, strings.Join(Formats, ", "))
}

var header = []string{"email", "name", "language", "state", "end_reason", "consent_source", "consent_date", "consent_wording", "id",
	"consent_version", "consent_language", "consent_purpose", "consent_from", "confirmed_at", "ended_at", "paused_until", "may_ask", "suppressed", "attributes"}

func record(m subscribers.Member) []string {
	x, c := m.Subscription, m.Subscription.Consent
	attributes, suppressed, mayAsk := "", "", ""
	if len(m.Attributes) > 0 {
		text, err := json.Marshal(m.Attributes)
		if err == nil { // strings always marshal
			attributes = string(text)
		}
	}
	if m.Suppressed {
		suppressed = "yes"
	}
	if x.MayAsk {
		mayAsk = strconv.FormatBool(x.MayAsk)
	}
	return []string{m.Address, m.Name, m.Language, string(x.State), string(x.EndReason), c.Source, when(c.GivenAt), c.Wording, m.PublicID,
		c.Version, c.Language, c.Purpose, c.From, when(x.ConfirmedAt), when(x.EndedAt), when(x.PausedUntil), mayAsk, suppressed, attributes}
}

// when writes a day as a day, any other instant to the millisecond.
func when(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02T15:04:05.999Z07:00")
}

type csvWriter struct{ csv *csv.Writer }

func (w *csvWriter) Write(m subscribers.Member) error {
	fields := record(m)
	for i := range fields {
		fields[i] = Neutralise(fields[i])
	}
	return w.csv.Write(fields)
}

func (w *csvWriter) Close() error {
	w.csv.Flush()
	return w.csv.Error()
}

type jsonWriter struct{ *json.Encoder }

func (w jsonWriter) Write(m subscribers.Member) error { return w.Encode(m) }
func (jsonWriter) Close() error                       { return nil }

// Neutralise keeps spreadsheets from running a field as a formula; Read undoes it.
func Neutralise(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r'") {
		return "'" + s
	}
	return s
}

func restore(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsAny(s[1:2], "=+-@\t\r'") {
		return s[1:]
	}
	return s
}
