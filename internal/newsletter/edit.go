package newsletter

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// Edit is what people put in place of a source's words. It is kept beside the
// item, so that no later look at the source overwrites it.
type Edit struct {
	By       string            `json:"by"`
	At       time.Time         `json:"at"`
	Rejected bool              `json:"rejected,omitempty"`
	Pinned   bool              `json:"pinned,omitempty"`
	Words    map[string]string `json:"words,omitempty"` // by field; days as YYYY-MM-DD
}

// EditFields are the fields of an item that people can set.
var EditFields = []string{"title", "subtitle", "summary", "url", "place", "venue", "language", "status", "published_at", "starts_at", "ends_at", "image", "image_alt", "image_caption", "image_credit", "priority"}

// Check returns an error for a field that cannot be set, or not so.
func (e Edit) Check() error {
	if e.Rejected && e.Pinned {
		return fault.Invalidf("an item is rejected or pinned, not both")
	}
	for field, value := range e.Words {
		switch {
		case !slices.Contains(EditFields, field):
			return fault.WithHint(fault.Invalidf("%q is no field that can be set", field), "fields: %s", strings.Join(EditFields, ", "))
		case field == "title" && strings.TrimSpace(value) == "":
			return fault.Invalidf("an item needs a title")
		case field == "priority":
			if n, err := strconv.Atoi(value); value != "" && (err != nil || n < -9 || n > 9) {
				return fault.Invalidf("priority: %q is not a number from -9 to 9", value)
			}
		case field == "image" && value != "none" && value != "":
			return fault.WithHint(fault.Invalidf("image: %q is not none", value), "none leaves the picture out; a picture comes from the source alone")
		case strings.HasSuffix(field, "_at"):
			if _, err := time.Parse(time.DateOnly, value); value != "" && err != nil {
				return fault.Invalidf("%s: %q is not a day such as 2026-03-21", field, value)
			}
		}
	}
	return nil
}

// With returns the item as people want it.
func (i Item) With(e Edit) Item {
	i.EditedBy, i.Rejected, i.Pinned = e.By, e.Rejected, e.Pinned
	i.Priority, _ = strconv.Atoi(e.Words["priority"]) // none is 0
	texts := map[string]*string{"title": &i.Title, "subtitle": &i.Subtitle, "summary": &i.Summary, "url": &i.URL, "place": &i.Place, "venue": &i.Venue, "language": &i.Language, "status": &i.Status}
	days := map[string]*time.Time{"published_at": &i.PublishedAt, "starts_at": &i.StartsAt, "ends_at": &i.EndsAt}
	for field, value := range e.Words {
		if text := texts[field]; text != nil {
			*text = value
		}
		if day, err := time.Parse(time.DateOnly, value); err == nil && days[field] != nil {
			*days[field] = day
			i.Precision = Day
			i.AllDay = i.AllDay || field != "published_at"
		}
	}
	if i.Image != nil {
		image := *i.Image
		for field, text := range map[string]*string{"image_alt": &image.Alt, "image_caption": &image.Caption, "image_credit": &image.Credit} {
			if word, set := e.Words[field]; set {
				*text = word
			}
		}
		i.Image = &image
	}
	if e.Words["image"] == "none" {
		i.Image = nil
	}
	if _, own := e.Words["summary"]; own {
		i.Body = "" // which says the same in the source's words
	}
	return i
}
