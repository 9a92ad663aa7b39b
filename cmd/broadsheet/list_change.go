package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"broadsheet/internal/app"
	"broadsheet/subscribers"

	"github.com/spf13/cobra"
)

func (c *cli) listArchiveCommand() *cobra.Command {
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use: "archive ID", Short: "Close a list for good", Long: "Nobody joins it any more, and nothing is sent to it. Its subscriptions and their evidence stay.", Example: "  broadsheet list archive partners --yes", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			l, err := a.People.List(ctx, args[0])
			if err != nil {
				return err
			}
			if !dryRun {
				if err := c.sure(yes, l.ID, "list %s would be closed for good", l.ID); err != nil {
					return err
				}
			}
			if err := people(a, dryRun).ArchiveList(ctx, l.ID); err != nil {
				return err
			}
			if l, err = a.People.List(ctx, l.ID); err != nil {
				return err
			}
			return c.showList(ctx, a, l, "")
		}),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	dry(cmd, &dryRun)
	return cmd
}

func (c *cli) listMergeCommand() *cobra.Command {
	var into string
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use: "merge ID", Short: "Move everybody of a list to another, and archive it",
		Long:    "Whoever left the other list stays away from it, and whoever is here by mandate is not moved to a list that needs consent; both stay on the archived list.",
		Example: "  broadsheet list merge partners --into members --dry-run", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if into == "" {
				return errUsage{fmt.Errorf("--into is missing")}
			}
			merge := func(dry bool) (map[subscribers.Outcome]int, error) {
				counts := map[subscribers.Outcome]int{subscribers.Changed: 0, subscribers.Refused: 0}
				err := people(a, dry).MergeLists(ctx, args[0], into, c.act("cli"), func(r subscribers.Result) error { counts[r.Outcome]++; return nil })
				return counts, err
			}
			counts, err := merge(true)
			if err == nil && !dryRun {
				if err = c.sure(yes, into, "%d people would go on in %s, %d would not, and list %s would be closed for good", counts[subscribers.Changed], into, counts[subscribers.Refused], args[0]); err == nil {
					counts, err = merge(false)
				}
			}
			if err != nil {
				return err
			}
			return c.print(counts, func() error {
				_, err := fmt.Fprintf(c.out, "moved %d, not moved %d\n", counts[subscribers.Changed], counts[subscribers.Refused])
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&into, "into", "", "the `LIST` they go on in")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	dry(cmd, &dryRun)
	return c.withAs(cmd)
}

type monthLine struct {
	Month string         `json:"month"`
	Joins int            `json:"confirmed"`
	Ends  map[string]int `json:"ended"`
}

func (c *cli) listStatsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "stats ID", Short: "Show who joined and left, by month and reason", Example: "  broadsheet list stats members", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if _, err := a.People.List(ctx, args[0]); err != nil {
				return err
			}
			growth, err := a.People.Growth(ctx, args[0])
			if err != nil {
				return err
			}
			lines := []monthLine{}
			rows := [][]string{{"MONTH", "CONFIRMED", "ENDED", ""}}
			for _, month := range slices.Sorted(maps.Keys(growth)) {
				l := monthLine{Month: month, Joins: growth[month]["confirmed"], Ends: map[string]int{}}
				ended, why := 0, ""
				for _, reason := range slices.Sorted(maps.Keys(growth[month])) {
					if n := growth[month][reason]; reason != "confirmed" {
						l.Ends[reason], ended, why = n, ended+n, fmt.Sprint(why, reason, " ", n, " ")
					}
				}
				lines = append(lines, l)
				rows = append(rows, []string{month, fmt.Sprint(l.Joins), fmt.Sprint(ended), why})
			}
			return c.print(lines, func() error { return c.table(rows) })
		}),
	}
}

func (c *cli) listReconfirmCommand() *cobra.Command {
	var until string
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use: "reconfirm ID", Short: "Ask those who are pending, and may be asked, to confirm",
		Long: `Only people whom the import marked with may_ask, or who asked themselves, get the mail
that asks them to confirm. Who is silent until the day, midnight in UTC, is ended then
by ` + "`broadsheet serve`" + `, and forgotten where nothing else is known of them.`,
		Example: "  broadsheet list reconfirm members --until 2027-03-31 --dry-run", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			day, err := time.Parse(time.DateOnly, until)
			if err != nil {
				return errUsage{fmt.Errorf("--until needs a day such as 2027-03-31")}
			}
			if _, err := a.Desk.PublicationOf(args[0]); err != nil {
				return err
			}
			asked, err := a.Desk.Reconfirm(ctx, args[0], day, c.act("cli"), true)
			if err == nil && !dryRun && asked > 0 {
				if err = c.sure(yes, args[0], "%d people of %s would be asked by mail, and silence until %s would end their subscription", asked, args[0], until); err == nil {
					asked, err = a.Desk.Reconfirm(ctx, args[0], day, c.act("cli"), false)
				}
			}
			if err != nil {
				return err
			}
			if !dryRun {
				if _, err := a.Desk.SendNotices(ctx); err != nil {
					return err
				}
			}
			return c.print(map[string]any{"list": args[0], "asked": asked, "until": until}, func() error {
				_, err := fmt.Fprintf(c.out, "%s: asked %d until %s\n", args[0], asked, until)
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&until, "until", "", "the `DATE` until which they may answer")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	dry(cmd, &dryRun)
	return c.withAs(cmd)
}
