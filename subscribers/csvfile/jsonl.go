package csvfile

import (
	"encoding/json"
	"strconv"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

// jsonRecords are objects, one a line: a member as it is exported, or one whose
// keys are named as the columns of a CSV file.
type jsonRecords struct {
	*lines
	first string // the line that was read already
	o     Options
}

func (r *jsonRecords) record() (text string, number int, ok bool) {
	if text, r.first = r.first, ""; text == "" {
		text, ok = r.next()
		return text, r.number, ok
	}
	return text, r.number, true
}

func (r *jsonRecords) address(text string) string {
	var row subscribers.Row
	_ = fillJSON(&row, text, r.o) // what is wrong is told when the line is read
	return row.Address
}

func (r *jsonRecords) row(text string, number int) (subscribers.Row, error) {
	row := subscribers.Row{Line: number, Text: []string{text}}
	return row, fillJSON(&row, text, r.o)
}

func fillJSON(row *subscribers.Row, text string, o Options) error {
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
