package main

import (
	"context"

	"broadsheet/internal/app"

	"github.com/spf13/cobra"
)

func (c *cli) sourceCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the sources and their last runs", Example: "  broadsheet source list", Args: noArgs,
		RunE: c.with(func(ctx context.Context, a *app.App, _ []string) error { return c.sources(ctx, a) }),
	}
	try := &cobra.Command{
		Use: "try SOURCE", Short: "Read a source now and show what it gives, without storing", Example: "  broadsheet source try incb --json", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error { return c.try(ctx, a, args[0]) }),
	}
	return noun("source", "Look at sources", "  broadsheet source try incb", list, c.withNow(try))
}

type sourceLine struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Way    string `json:"way"`
	URL    string `json:"url"`
	Status string `json:"status,omitempty"`
	LastAt string `json:"last_at,omitempty"`
	Why    string `json:"why,omitempty"`
}

func (c *cli) sources(ctx context.Context, a *app.App) error {
	healths, err := a.Desk.Items.SourceHealth(ctx)
	if err != nil {
		return err
	}
	lines := []sourceLine{}
	rows := [][]string{{"SOURCE", "KIND", "WAY", "LAST", "STATUS", "WHERE"}}
	for _, s := range a.Desk.Sources {
		l := sourceLine{ID: s.ID, Kind: string(s.Kind), Way: s.Way(), URL: s.URL()}
		if h, ok := healths[s.ID]; ok {
			r := h.Run
			l.Status, l.LastAt = r.Status, r.StartedAt.Format("2006-01-02T15:04:05Z07:00")
			if r.Status == "failed" && len(r.Reasons) > 0 {
				l.Why = r.Reasons[0]
			}
		}
		lines = append(lines, l)
		rows = append(rows, []string{l.ID, l.Kind, l.Way, l.LastAt, l.Status, l.URL})
	}
	return c.print(lines, func() error { return c.table(rows) })
}

func (c *cli) try(ctx context.Context, a *app.App, id string) error {
	src, found, err := a.Desk.Try(ctx, id)
	if err != nil {
		return err
	}
	items := []itemView{}
	rows := [][]string{{"WHEN", "LANGUAGE", "TITLE", "WHERE"}}
	for _, item := range found.Items {
		v := viewItem(item, src.Location())
		items = append(items, v)
		rows = append(rows, []string{v.when(), v.Language, short(v.Title, 60), v.URL})
	}
	for _, why := range found.Refused {
		c.say("left out: %s", why)
	}
	for _, note := range found.Notes {
		c.say("%s", note)
	}
	c.say("%s: items %d, left out %d; nothing was stored", id, len(found.Items), len(found.Refused))
	return c.print(map[string]any{"source": id, "items": items, "refused": append([]string{}, found.Refused...)}, func() error { return c.table(rows) })
}
