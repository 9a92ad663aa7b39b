package main

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"broadsheet/internal/app"
	"broadsheet/internal/newsletter"

	"github.com/spf13/cobra"
)

func (c *cli) collectCommand() *cobra.Command {
	var due bool
	cmd := &cobra.Command{
		Use: "collect [SOURCE...]", Short: "Read the sources and store what is new", Example: "  broadsheet collect\n  broadsheet collect incb meetings --json",
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error { return c.collect(ctx, a, args, due) }),
	}
	cmd.Flags().BoolVar(&due, "due", false, "only the sources whose time has come")
	return c.withNow(cmd)
}

func (c *cli) collect(ctx context.Context, a *app.App, sources []string, due bool) error {
	runs := []newsletter.SourceRun{}
	if err := a.Desk.Collect(ctx, sources, due, func(r newsletter.SourceRun) { runs = append(runs, r) }); err != nil {
		return err
	}
	sort.Slice(runs, func(i, j int) bool { return runs[i].Source < runs[j].Source })
	failed := 0
	for _, r := range runs {
		if r.Bad() {
			failed++
		}
	}
	if err := c.print(runs, func() error { return c.table(runRows(runs)) }); err != nil {
		return err
	}
	for _, r := range runs {
		for _, why := range r.Reasons {
			c.say("%s: %s", r.Source, why)
		}
	}
	if failed > 0 {
		return refuse("%d of %d sources could not be read; the others are stored", failed, len(runs))
	}
	return nil
}

func runRows(runs []newsletter.SourceRun) [][]string {
	rows := [][]string{{"SOURCE", "STATUS", "NEW", "CHANGED", "UNCHANGED", "REFUSED"}}
	for _, r := range runs {
		rows = append(rows, []string{r.Source, strings.ReplaceAll(r.Status, "_", " "), fmt.Sprint(r.New), fmt.Sprint(r.Changed), fmt.Sprint(r.Unchanged), fmt.Sprint(r.Refused)})
	}
	return rows
}
