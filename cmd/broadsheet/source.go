package main

import (
	"context"
	"strings"

	"broadsheet/internal/app"
	"broadsheet/internal/newsletter"

	"github.com/spf13/cobra"
)

func (c *cli) sourceCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the sources, their last runs and what is wrong", Example: "  broadsheet source list", Args: noArgs,
		RunE: c.with(func(ctx context.Context, a *app.App, _ []string) error { return c.sources(ctx, a) }),
	}
	check := &cobra.Command{
		Use: "check [SOURCE...]", Short: "Read sources now and say how each is, without storing", Example: "  broadsheet source check\n  broadsheet source check incb --json",
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error { return c.checkSources(ctx, a, args) }),
	}
	accept := &cobra.Command{
		Use: "accept SOURCE", Short: "Take what a source gives from now on as right, whatever it gave before", Example: "  broadsheet source accept incb --as ana@example.org", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if err := a.Desk.AcceptSource(ctx, args[0], c.actor()); err != nil {
				return err
			}
			c.say("source %s is taken as it is; the next look at it is its first", args[0])
			return nil
		}),
	}
	return noun("source", "Look at sources", "  broadsheet source try incb", list, c.withNow(c.tryCommand()), c.withNow(check), c.discoverCommand(), c.withAs(accept))
}

func (c *cli) sources(ctx context.Context, a *app.App) error {
	healths, err := a.Desk.Items.SourceHealth(ctx)
	if err != nil {
		return err
	}
	lines := []sourceLine{}
	for _, s := range a.Desk.Sources {
		lines = append(lines, viewSource(s, healths[s.ID]))
	}
	return c.print(lines, func() error { return c.sourceTable(lines) })
}

func (c *cli) checkSources(ctx context.Context, a *app.App, ids []string) error {
	lines, bad := []sourceLine{}, 0
	seen := map[string]sourceLine{}
	err := a.Desk.CheckSources(ctx, ids, func(h newsletter.SourceHealth) {
		src, _ := a.Desk.Source(h.Run.Source) // one of those that were asked for
		seen[src.ID] = viewSource(src, h)
		c.say("%s: %s, items %d, left out %d", src.ID, strings.ReplaceAll(h.Run.Status, "_", " "), h.Run.Unchanged, h.Run.Refused)
	})
	if err != nil {
		return err
	}
	for _, s := range a.Desk.Sources {
		if l, ok := seen[s.ID]; ok {
			lines = append(lines, l)
			if l.Trouble != nil {
				bad++
			}
		}
	}
	if err := c.print(lines, func() error { return c.sourceTable(lines) }); err != nil {
		return err
	}
	if bad > 0 {
		return refuse("%d of %d sources are not well", bad, len(lines))
	}
	return nil
}
