package file

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"broadsheet/internal/fault"
)

// ours are names of an item's JSON that say what we know of it, not what it says:
// a list that we wrote ourselves can be read.
var ours = map[string]bool{"source": true, "variant": true, "variants": true, "precision": true, "first_seen_at": true, "changed_at": true, "news_at": true, "new_languages": true, "origin": true,
	"followed_at": true, "edited_by": true, "rejected": true, "moved_from": true, "state": true, "changed": true}

// list reads JSON: an array of items, or an object that has one under items.
func (f *reading) list(text string) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := toArray(d); err != nil {
		return fault.WithHint(invalid(f.src, f.name, "line %d: %w", lineAt(text, d.InputOffset()), err), `it must be [{"title": "..."}, ...] or {"items": [...]}`)
	}
	for n := 1; d.More() && !f.full(); n++ {
		var raw any
		if err := d.Decode(&raw); err != nil {
			return f.breaksOff(text, d, err)
		}
		where := fmt.Sprintf("entry %d", n)
		object, ok := raw.(map[string]any)
		if !ok {
			f.refuse(where, `it is no object such as {"title": "..."}`)
			continue
		}
		f.entry(where, f.fields(object))
	}
	if _, err := d.Token(); err != nil {
		return f.breaksOff(text, d, err)
	}
	return nil
}

// toArray goes to the beginning of the list.
func toArray(d *json.Decoder) error {
	first, err := d.Token()
	if err == io.EOF {
		return fmt.Errorf("the file is empty")
	}
	if err != nil || first == json.Delim('[') {
		return err
	}
	for first == json.Delim('{') && d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name == "items" {
			if open, err := d.Token(); err != nil || open == json.Delim('[') {
				return err
			}
			break
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	return fmt.Errorf("there is no list of items")
}

// breaksOff keeps what was whole before a fault of the file's form.
func (f *reading) breaksOff(text string, d *json.Decoder, err error) error {
	if len(f.drafts) == 0 {
		return invalid(f.src, f.name, "line %d: it is no JSON: %w", lineAt(text, d.InputOffset()), err)
	}
	f.refuse(fmt.Sprintf("line %d", lineAt(text, d.InputOffset())), fmt.Sprintf("the file breaks off after %d entries: %v", len(f.drafts), err))
	return nil
}

// lineAt is the line of what follows an offset.
func lineAt(text string, offset int64) int {
	at := min(int(offset), len(text))
	for at < len(text) && strings.IndexByte(" \t\r\n,", text[at]) >= 0 {
		at++
	}
	return 1 + strings.Count(text[:at], "\n")
}

// fields returns an object's fields, names in order.
func (f *reading) fields(object map[string]any) (out []field) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name := canonical(key)
		if name == "" {
			if !ours[key] {
				f.strange(key)
			}
			continue
		}
		if value := texts(object[key]); value != nil {
			out = append(out, field{name: name, value: value})
		}
	}
	return out
}

// texts makes all that is neither list nor object a text; null is nil.
func texts(value any) any {
	switch v := value.(type) {
	case nil, string:
		return v
	case []any:
		for i := range v {
			v[i] = texts(v[i])
		}
		return slices.DeleteFunc(v, func(part any) bool { return part == nil })
	case map[string]any:
		for key := range v {
			v[key] = texts(v[key])
		}
		return v
	}
	return fmt.Sprint(value)
}
