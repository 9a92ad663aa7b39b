package compose

import (
	"slices"

	"broadsheet/internal/newsletter"
)

// Verdict is what composing says of an item for one section.
type Verdict struct {
	Section string `json:"section"`
	In      bool   `json:"in"`
	Why     string `json:"why,omitempty"` // what speaks against it
	For     string `json:"for,omitempty"` // what speaks for it, where its date would not
}

// Explain says for every section that takes the item's kind why it comes into the
// issue that Compose would make, or why not.
func Explain(in Input, item newsletter.Item) []Verdict {
	if !slices.ContainsFunc(in.Items, func(i newsletter.Item) bool { return i.ID == item.ID }) {
		in.Items = append(slices.Clone(in.Items), item) // too old to be looked at
	}
	var out []Verdict
	var crowded []int // verdicts
	carried := false
	content := in.compose(func(s newsletter.Section, e newsletter.Entry, why string, full bool) {
		if !e.Holds(item.ID) || !s.Takes(item.Kind) {
			return
		}
		v := Verdict{Section: s.ID, In: why == "", Why: why}
		if v.In {
			v.For = in.reason(e)
		}
		if full {
			crowded = append(crowded, len(out))
		}
		carried = in.carried(e)
		out = append(out, v)
	})
	for _, i := range crowded {
		switch {
		case slices.Contains(content.Left, item.ID):
			out[i].Why += "; the next issue considers it again"
		case carried && !slices.ContainsFunc(out, func(v Verdict) bool { return v.In }):
			out[i].Why += "; it was carried over from the last issue already"
		}
	}
	if len(out) == 0 {
		return []Verdict{{Why: "no section of the publication takes " + string(item.Kind)}}
	}
	return out
}

// reason says what brings an entry in beside its date.
func (in Input) reason(e newsletter.Entry) string {
	switch {
	case pinned(e):
		for _, item := range all(e) {
			if item.Pinned {
				return "it is pinned by " + item.EditedBy
			}
		}
	case e.Again:
		return "it stood in an issue before, and the section lists what is still ahead"
	case in.placed(e):
		return "it has become news again since it stood in an issue"
	case in.carried(e):
		return "the last issue had no room for it"
	}
	return ""
}
