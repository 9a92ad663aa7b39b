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

// Pictured returns the content with an item's picture as people describe it now, or without it.
func (c Content) Pictured(item Item) Content {
	c.Entries = slices.Clone(c.Entries)
	for i, e := range c.Entries {
		if e.Item.ID == item.ID {
			c.Entries[i].Item.Image = described(e.Item.Image, item.Image)
		}
		others := maps.Clone(e.Others)
		for language, other := range others {
			if other.ID == item.ID {
				other.Image = described(other.Image, item.Image)
				others[language] = other
			}
		}
		c.Entries[i].Others = others
	}
	return c
}

// described is a picture with the words that stand by it now.
func described(picture, now *Image) *Image {
	if picture == nil || now == nil {
		return now
	}
	d := *picture
	d.Alt, d.Caption, d.Credit = now.Alt, now.Caption, now.Credit
	return &d
}
