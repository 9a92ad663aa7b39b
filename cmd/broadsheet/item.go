package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/newsletter"

	"github.com/spf13/cobra"
)

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
	return noun("item", "Look at what was collected", "  broadsheet item list", c.withNow(list), show, c.withAs(c.setCommand()), c.withNow(c.whyCommand()))
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
	return c.print(v, func() error { return c.showItem(v) })
}

func (c *cli) showItem(v itemView) error {
	rows := [][]string{{"title", v.Title}, {"kind", string(v.Kind)}, {"source", v.Source}, {"when", v.when()}, {"language", v.Language}, {"place", v.Place}, {"venue", v.Venue}, {"status", v.Status}, {"moved from", v.MovedFrom},
		{"under embargo until", v.Embargo}, {"address", v.URL}, {"summary", v.Summary}, {"by", strings.Join(v.Authors, ", ")}, {"about", strings.Join(v.Categories, ", ")}, {"edited by", v.EditedBy}, {"rejected", map[bool]string{true: "yes"}[v.Rejected]}, {"pinned", map[bool]string{true: "yes"}[v.Pinned]}, {"priority", unlessZero(v.Priority)}}
	rows = slices.DeleteFunc(rows, func(row []string) bool { return row[1] == "" })
	rows = append(rows, pictureRows(v.Image)...)
	for _, d := range v.Documents {
		rows = append(rows, []string{"document " + d.Language, d.URL + extent(d)})
	}
	for _, l := range v.Links {
		rows = append(rows, []string{l.Role, l.URL})
	}
	for _, k := range v.Contacts {
		rows = append(rows, []string{"contact", k.Name + " <" + k.Email + ">"})
	}
	return c.table(rows)
}

// unlessZero writes a number that is set, "" for 0.
func unlessZero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
