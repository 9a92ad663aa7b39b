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
}

// Explain says for every section that takes the item's kind why it comes into the
// issue that Compose would make, or why not.
func Explain(in Input, item newsletter.Item) []Verdict {
	if !slices.ContainsFunc(in.Items, func(i newsletter.Item) bool { return i.ID == item.ID }) {
		in.Items = append(slices.Clone(in.Items), item) // too old to be looked at
	}
	var out []Verdict
	in.compose(func(s newsletter.Section, e newsletter.Entry, why string) {
		if e.Holds(item.ID) && s.Kind == item.Kind {
			out = append(out, Verdict{s.ID, why == "", why})
		}
	})
	if len(out) == 0 {
		return []Verdict{{Why: "no section of the publication takes " + string(item.Kind)}}
	}
	return out
}
