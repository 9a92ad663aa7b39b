package csvfile

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

// fields are what a column may mean, and how it is put into a row.
var fields = map[string]func(*line, string) error{
	"address":          func(l *line, v string) error { l.row.Address = v; return nil },
	"name":             func(l *line, v string) error { l.row.Name = v; return nil },
	"first_name":       func(l *line, v string) error { l.row.Name = strings.TrimSpace(v + " " + l.row.Name); return nil },
	"last_name":        func(l *line, v string) error { l.row.Name = strings.TrimSpace(l.row.Name + " " + v); return nil },
	"language":         func(l *line, v string) error { l.row.Language = v; return nil },
	"attributes":       attributes,
	"state":            func(l *line, v string) error { l.state = strings.ToLower(v); return nil },
	"end_reason":       func(l *line, v string) error { l.reason = subscribers.EndReason(v); return nil },
	"ended_at":         instant(func(l *line, t time.Time) { l.row.EndedAt = t }),
	"confirmed_at":     instant(func(l *line, t time.Time) { l.row.ConfirmedAt = t }),
	"paused_until":     instant(func(l *line, t time.Time) { l.row.PausedUntil = t }),
	"may_ask":          func(l *line, v string) (err error) { l.row.MayAsk, err = yes(v); return err },
	"suppressed":       func(l *line, v string) error { l.row.Suppress = suppression(v); return nil },
	"consent_source":   func(l *line, v string) error { l.consent.Source = v; return nil },
	"consent_date":     instant(func(l *line, t time.Time) { l.consent.GivenAt = t }),
	"consent_wording":  func(l *line, v string) error { l.consent.Wording = v; return nil },
	"consent_version":  func(l *line, v string) error { l.consent.Version = v; return nil },
	"consent_language": func(l *line, v string) error { l.consent.Language = v; return nil },
	"consent_purpose":  func(l *line, v string) error { l.consent.Purpose = v; return nil },
	"consent_from":     func(l *line, v string) error { l.consent.From = v; return nil },
	"opted_in_at":      instant(func(l *line, t time.Time) { l.consent.GivenAt, l.consent.Source = t, "opt-in at the former service" }),
	"unsubscribed_at": instant(func(l *line, t time.Time) {
		l.state, l.reason, l.row.EndedAt = "ended", subscribers.Unsubscribed, t
	}),
	"cleaned_at": instant(func(l *line, t time.Time) {
		l.state, l.reason, l.row.EndedAt, l.row.Suppress = "ended", subscribers.Bounced, t, subscribers.HardBounce
	}),
}

// synonyms are names that a header may use for fields, in lower case.
var synonyms = map[string]string{
	"email": "address", "e-mail": "address", "email address": "address", "e-mail address": "address", "mail": "address", "courriel": "address", "adresse e-mail": "address",
	"full name": "name", "full_name": "name", "nom": "name", "firstname": "first_name", "first name": "first_name", "prénom": "first_name", "lastname": "last_name", "last name": "last_name", "surname": "last_name",
	"lang": "language", "langue": "language", "status": "state",
}

// layouts are the exports of others: what their columns mean besides, and what makes one known.
var layouts = []struct {
	name    string
	needs   []string
	columns map[string]string
}{
	{"listmonk", []string{"uuid", "email", "attributes", "status"}, map[string]string{"created_at": "-", "updated_at": "-", "uuid": "-"}},
	{"mailchimp", []string{"email address", "euid"}, map[string]string{"address": "-", "confirm_time": "opted_in_at", "optin_time": "-", "unsub_time": "unsubscribed_at", "clean_time": "cleaned_at", "cc": "attr.country", "timezone": "-"}},
}

// columns say of each column of a file which field it is; nil is left out.
type columns []func(*line, string) error

// line is a row in the making.
type line struct {
	row     *subscribers.Row
	consent subscribers.Consent
	state   string
	reason  subscribers.EndReason
}

// understand finds out what the columns mean.
func (f *File) understand(names []string, o Options) (columns, error) {
	known := map[string]int{}
	for i, n := range names {
		names[i] = strings.TrimSpace(n)
		known[strings.ToLower(names[i])] = i
	}
	special := map[string]string{}
	for _, l := range layouts {
		if !slices.ContainsFunc(l.needs, func(n string) bool { _, ok := known[n]; return !ok }) {
			f.Format.Layout, special = l.name, l.columns
		}
	}
	for name := range o.Columns {
		if _, ok := known[strings.ToLower(name)]; !ok {
			return nil, fault.WithHint(fault.Invalidf("the file has no column %q", name), "it has: %s", strings.Join(names, ", "))
		}
	}
	out := make(columns, len(names))
	f.Format.Names, f.Format.Columns = names, map[string]string{}
	for i, name := range names {
		field := meaning(strings.ToLower(name), special, o.Columns)
		set, err := setter(field)
		if err != nil {
			return nil, err
		}
		if out[i] = set; set == nil {
			f.Format.LeftOut = append(f.Format.LeftOut, name)
		} else {
			f.Format.Columns[name] = field
		}
	}
	if !slices.Contains(slices.Collect(maps.Values(f.Format.Columns)), "address") {
		return nil, fault.WithHint(fault.Invalidf("line 1 names no column with addresses: %s", strings.Join(names, ", ")), "begin the file with a line such as: email,name,language, or say which column is which: --map Mail=address")
	}
	return out, nil
}

func meaning(name string, special, asked map[string]string) string {
	for column, field := range asked {
		if strings.EqualFold(column, name) {
			return strings.ToLower(field)
		}
	}
	if field, ok := special[name]; ok {
		return field
	}
	if field, ok := synonyms[name]; ok {
		return field
	}
	if fields[name] != nil || strings.HasPrefix(name, "attr.") {
		return name
	}
	return "-"
}

func setter(field string) (func(*line, string) error, error) {
	if name, ok := strings.CutPrefix(field, "attr."); ok {
		return func(l *line, v string) error { l.attribute(name, v); return nil }, nil
	}
	if field == "-" || fields[field] != nil {
		return fields[field], nil
	}
	return nil, fault.WithHint(fault.Invalidf("no field %q", field), "the fields are attr.NAME, - (leave out) and %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
}

func (l *line) attribute(name, value string) {
	if l.row.Attributes == nil {
		l.row.Attributes = map[string]string{}
	}
	l.row.Attributes[name] = value
}

// fill puts a record into a row.
func (c columns) fill(row *subscribers.Row, record []string, restore func(string) string) error {
	l := line{row: row}
	var failed error
	for i, value := range record {
		if value = restore(strings.TrimSpace(value)); value == "" || c[i] == nil {
			continue
		}
		if err := c[i](&l, value); err != nil && failed == nil {
			failed = err
		}
	}
	if err := l.finish(); failed == nil {
		failed = err
	}
	return failed
}

// finish makes a row of what the columns said together.
func (l *line) finish() error {
	switch l.state {
	case "", "confirmed", "subscribed", "enabled", "active":
	case "pending", "unconfirmed":
		l.row.Pending = true
	case "ended", "unsubscribed", "disabled", "cleaned", "blocklisted", "blacklisted":
		l.row.Ended = l.reason
		if l.row.Ended == "" {
			l.row.Ended = map[string]subscribers.EndReason{"unsubscribed": subscribers.Unsubscribed, "cleaned": subscribers.Bounced}[l.state]
		}
		if l.row.Ended == "" {
			l.row.Ended = subscribers.Removed
		}
		if strings.HasPrefix(l.state, "bl") {
			l.row.Suppress = subscribers.Manual
		}
	default:
		return fault.Invalidf("state %q is not pending, confirmed or ended", l.state)
	}
	if l.consent == (subscribers.Consent{}) {
		return nil
	}
	if l.consent.Source == "" || l.consent.GivenAt.IsZero() {
		return fault.Invalidf("consent needs both consent_source and consent_date")
	}
	consent := l.consent
	l.row.Consent = &consent
	return nil
}

// attributes reads a JSON object; what is nested is kept as JSON.
func attributes(l *line, text string) error {
	var values map[string]any
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return fault.Invalidf("attributes are not a JSON object: %.40q", text)
	}
	for name, v := range values {
		switch v := v.(type) {
		case nil:
		case string:
			l.attribute(attributeName(name), v)
		case float64:
			l.attribute(attributeName(name), strconv.FormatFloat(v, 'f', -1, 64))
		case bool:
			l.attribute(attributeName(name), strconv.FormatBool(v))
		default:
			nested, err := json.Marshal(v)
			if err != nil {
				return err
			}
			l.attribute(attributeName(name), string(nested))
		}
	}
	return nil
}

// attributeName makes a name of others one of ours: "First city" is first_city.
func attributeName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '.' {
			return '_'
		}
		return r
	}, strings.ToLower(strings.TrimSpace(name)))
}

func instant(set func(*line, time.Time)) func(*line, string) error {
	return func(l *line, text string) error {
		t, err := parseTime(text)
		if err == nil {
			set(l, t)
		}
		return err
	}
}

// parseTime reads what is understood in one way only: 03/04/2026 is not.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", "2.1.2006", "2.1.2006 15:04", "2006/01/02", "2006-01-02 15:04:05.999999999-07:00"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 1970 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.Invalidf("%q is not a date such as 2026-03-01", text)
}

func yes(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "1", "true", "yes", "y", "oui", "x":
		return true, nil
	case "0", "false", "no", "n", "non":
		return false, nil
	}
	return false, fault.Invalidf("%q is not yes or no", text)
}

// suppression is the reason that a file gives for never mailing an address.
func suppression(text string) subscribers.SuppressionReason {
	switch r := subscribers.SuppressionReason(strings.ToLower(text)); r {
	case subscribers.HardBounce, subscribers.Complaint:
		return r
	case "false", "no", "0":
		return ""
	}
	return subscribers.Manual
}
