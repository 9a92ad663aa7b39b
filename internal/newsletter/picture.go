package newsletter

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Picture is a picture as we serve it. Name is that of its content: other content
// has another name, so that it may be cached for ever.
type Picture struct {
	Name          string
	Key           string // what it was made of and how
	Type          string // image/jpeg or image/png
	Width, Height int
	Body          []byte
}

// PictureURL is where the public side serves a picture.
func PictureURL(site, name string) string {
	return strings.TrimSuffix(site, "/") + "/picture/" + name
}

// Wanting says what of an issue's pictures a person should add: the words for
// readers who do not see them, and whose they are.
func (c Content) Wanting() (out []string) {
	for _, e := range c.Entries {
		items := []Item{e.Item}
		for _, language := range slices.Sorted(maps.Keys(e.Others)) {
			items = append(items, e.Others[language])
		}
		for _, item := range items {
			if item.Image == nil || item.Image.File == "" {
				continue
			}
			if item.Image.Alt == "" {
				out = append(out, fmt.Sprintf("the picture of %q has no alternative text: broadsheet item set %d --image-alt \"...\"", item.Title, item.ID))
			}
			if item.Image.Credit == "" {
				out = append(out, fmt.Sprintf("the picture of %q has no credit: broadsheet item set %d --image-credit \"...\"", item.Title, item.ID))
			}
		}
	}
	return out
}
