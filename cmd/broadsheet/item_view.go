package main

import (
	"fmt"
	"time"

	"broadsheet/internal/newsletter"
)

// itemView is an item as --json shows it: times RFC 3339, days YYYY-MM-DD.
type itemView struct {
	newsletter.Item
	Variants    []int64               `json:"variants"`
	PublishedAt string                `json:"published_at,omitempty"`
	StartsAt    string                `json:"starts_at,omitempty"`
	EndsAt      string                `json:"ends_at,omitempty"`
	Embargo     string                `json:"embargo_until,omitempty"`
	MovedFrom   string                `json:"moved_from,omitempty"`
	Contacts    []newsletter.Contact  `json:"contacts"`
	Links       []newsletter.Link     `json:"links"`
	Documents   []newsletter.Document `json:"documents"`
}

func viewItem(item newsletter.Item, loc *time.Location) itemView {
	write := func(t time.Time, day bool) string {
		switch {
		case t.IsZero():
			return ""
		case day:
			return t.Format(time.DateOnly)
		}
		return t.In(loc).Format(time.RFC3339)
	}
	return itemView{Item: item, Variants: append([]int64{}, item.Variants...),
		PublishedAt: write(item.PublishedAt, item.Precision == newsletter.Day), StartsAt: write(item.StartsAt, item.AllDay), EndsAt: write(item.EndsAt, item.AllDay),
		Embargo: write(item.Embargo, false), MovedFrom: write(item.MovedFrom, item.AllDay),
		Contacts: append([]newsletter.Contact{}, item.Contacts...), Links: append([]newsletter.Link{}, item.Links...), Documents: append([]newsletter.Document{}, item.Documents...)}
}

func (v itemView) when() string {
	switch {
	case v.StartsAt != "" && v.EndsAt != "" && v.EndsAt != v.StartsAt:
		return v.StartsAt + "/" + v.EndsAt
	case v.StartsAt != "":
		return v.StartsAt
	}
	return v.PublishedAt
}

func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// extent is how large and how long a document is, as far as it is known.
func extent(d newsletter.Document) string {
	text := ""
	if d.Bytes > 0 {
		text += fmt.Sprintf(", %d kB", (d.Bytes+999)/1000)
	}
	if d.Pages > 0 {
		text += fmt.Sprintf(", %d pages", d.Pages)
	}
	return text
}

// pictureRows are what is known of an item's picture.
func pictureRows(image *newsletter.Image) (rows [][]string) {
	if image == nil {
		return nil
	}
	rows = [][]string{{"picture", image.URL}}
	for _, row := range [][]string{{"picture shows", image.Alt}, {"picture caption", image.Caption}, {"picture by", image.Credit}, {"our copy", image.File}} {
		if row[1] != "" {
			rows = append(rows, row)
		}
	}
	return rows
}
