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

// Explain says for every section of the publication why an item comes into the
// issue that Compose would make, or why not.
func Explain(in Input, item newsletter.Item) []Verdict {
	if !slices.ContainsFunc(in.Items, func(i newsletter.Item) bool { return i.ID == item.ID }) {
		in.Items = append(slices.Clone(in.Items), item) // too old to be looked at
	}
	var out []Verdict
	in.compose(func(s newsletter.Section, e newsletter.Entry, why string) {
		if includes(e, item.ID) {
			out = append(out, Verdict{s.ID, why == "", why})
		}
	})
	return out
}

func includes(e newsletter.Entry, id int64) bool {
	if e.Item.ID == id {
		return true
	}
	for _, other := range e.Others {
		if other.ID == id {
			return true
		}
	}
	return false
}
