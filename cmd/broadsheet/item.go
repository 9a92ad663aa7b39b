package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/newsletter"

	"github.com/spf13/cobra"
)

// itemView is an item as --json shows it: times RFC 3339, days YYYY-MM-DD.
type itemView struct {
	newsletter.Item
	Variants    []int64               `json:"variants"`
	PublishedAt string                `json:"published_at,omitempty"`
	StartsAt    string                `json:"starts_at,omitempty"`
	EndsAt      string                `json:"ends_at,omitempty"`
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

func (c *cli) itemCommand() *cobra.Command {
	var since, kind string
	list := &cobra.Command{
		Use: "list", Short: "List what was collected", Example: "  broadsheet item list --kind report --since 2017-01-01", Args: noArgs,
		RunE: c.with(func(ctx context.Context, a *app.App, _ []string) error { return c.items(ctx, a, since, kind) }),
	}
	list.Flags().StringVar(&since, "since", "", "from this `DATE` on (default: the last 31 days)")
	list.Flags().StringVar(&kind, "kind", "", "only news, report, event or media")
	show := &cobra.Command{
		Use: "show ID", Short: "Show one item whole", Example: "  broadsheet item show 12 --json", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error { return c.item(ctx, a, args[0]) }),
	}
	return noun("item", "Look at what was collected", "  broadsheet item list", c.withNow(list), show)
}

func (c *cli) items(ctx context.Context, a *app.App, since, kind string) error {
	from := a.Desk.Now().AddDate(0, 0, -31)
	if since != "" {
		at, err := time.Parse(time.DateOnly, since)
		if err != nil {
			return errUsage{fmt.Errorf("--since %q is not a date such as 2017-03-01", since)}
		}
		from = at
	}
	items, err := a.Desk.Items.Items(ctx, from)
	if err != nil {
		return err
	}
	views := []itemView{}
	rows := [][]string{{"ID", "KIND", "WHEN", "LANGUAGE", "SOURCE", "TITLE"}}
	for _, item := range items {
		if kind != "" && string(item.Kind) != kind {
			continue
		}
		v := viewItem(item, c.zone(a, item))
		views = append(views, v)
		rows = append(rows, []string{strconv.FormatInt(v.ID, 10), string(v.Kind), v.when(), v.Language, v.Source, short(v.Title, 60)})
	}
	return c.print(views, func() error { return c.table(rows) })
}

// zone is the timezone of an item's source; sources leave the configuration, their items stay.
func (c *cli) zone(a *app.App, item newsletter.Item) *time.Location {
	if src, err := a.Desk.Source(item.Source); err == nil {
		return src.Location()
	}
	return time.UTC
}

func (c *cli) item(ctx context.Context, a *app.App, text string) error {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errUsage{fmt.Errorf("%q is not an item's number", text)}
	}
	item, err := a.Desk.Items.Item(ctx, id)
	if err != nil {
		return err
	}
	v := viewItem(item, c.zone(a, item))
	return c.print(v, func() error {
		rows := [][]string{{"title", v.Title}, {"kind", string(v.Kind)}, {"source", v.Source}, {"when", v.when()}, {"language", v.Language}, {"place", v.Place}, {"venue", v.Venue}, {"address", v.URL}, {"summary", v.Summary}}
		for _, d := range v.Documents {
			rows = append(rows, []string{"document " + d.Language, d.URL})
		}
		for _, l := range v.Links {
			rows = append(rows, []string{l.Role, l.URL})
		}
		for _, k := range v.Contacts {
			rows = append(rows, []string{"contact", k.Name + " <" + k.Email + ">"})
		}
		return c.table(rows)
	})
}
