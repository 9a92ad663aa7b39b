package csvfile

import (
	"encoding/json"
	"iter"
	"strconv"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

// jsonRows reads an object a line: a member as it is exported, or one whose keys
// are named as the columns of a CSV file.
func jsonRows(l *lines, first string, o Options) iter.Seq2[subscribers.Row, error] {
	return func(yield func(subscribers.Row, error) bool) {
		for text, ok := first, true; ok; text, ok = l.next() {
			if strings.TrimSpace(text) == "" {
				continue
			}
			row := subscribers.Row{Line: l.number, Text: []string{text}}
			if err := jsonRow(&row, text, o); !yield(row, err) {
				return
			}
		}
		if err := l.err(); err != nil {
			yield(subscribers.Row{}, err)
		}
	}
}

func jsonRow(row *subscribers.Row, text string, o Options) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return fault.Invalidf("not a JSON object on one line: %v", err)
	}
	if _, exported := values["subscription"]; exported {
		var m subscribers.Member
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return fault.Invalidf("not a member as it is exported: %v", err)
		}
		return fillMember(row, m)
	}
	l := line{row: row}
	for name, raw := range values {
		set, err := setter(meaning(strings.ToLower(name), nil, o.Columns))
		if err != nil {
			return err
		}
		if value := plain(raw); set != nil && value != "" {
			if err := set(&l, value); err != nil {
				return err
			}
		}
	}
	return l.finish()
}

// plain is a JSON value as a cell would hold it.
func plain(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	case bool:
		return strconv.FormatBool(v)
	}
	return string(raw)
}

// fillMember makes a row of a member.
func fillMember(row *subscribers.Row, m subscribers.Member) error {
	x := m.Subscription
	row.Address, row.Name, row.Language, row.Attributes = m.Address, m.Name, m.Language, m.Attributes
	row.MayAsk, row.PausedUntil, row.ConfirmedAt, row.EndedAt = x.MayAsk, x.PausedUntil, x.ConfirmedAt, x.EndedAt
	l := line{row: row, consent: x.Consent, state: string(x.State), reason: x.EndReason}
	if m.Suppressed {
		row.Suppress = subscribers.Manual
	}
	l.consent.Basis = "" // the list's
	return l.finish()
}
