package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"broadsheet/internal/app"
	"broadsheet/subscribers"

	"github.com/spf13/cobra"
)

func (c *cli) subscriberCommand() *cobra.Command {
	return noun("subscriber", "Manage subscribers", "  broadsheet subscriber import people.csv --list members",
		c.addCommand(), c.importCommand(), c.exportCommand(), c.findCommand(), c.showCommand(), c.historyCommand(), c.subscriberSetCommand(), c.moveCommand(),
		c.endCommand(), c.suppressCommand(), c.unsuppressCommand(), c.eraseCommand())
}

func (c *cli) addCommand() *cobra.Command {
	var list, source, revive string
	var row subscribers.Row
	var dryRun bool
	cmd := &cobra.Command{
		Use: "add ADDRESS", Short: "Subscribe one person to a list",
		Long: `On a list with double opt-in the person is asked by mail to confirm, unless
--consent says where the consent was given. Someone whom an import left pending is
asked so too. Who left the list, or is suppressed, stays away but for --revive.`,
		Example: `  broadsheet subscriber add ana@example.org --list members --name "Ana Example" --language fr
  broadsheet subscriber add luc@example.org --list members --consent "paper form of 2026-03-01" --attribute country=GE`, Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			l, err := c.wanted(ctx, a, list)
			if err != nil {
				return err
			}
			row.Address = args[0]
			if source != "" {
				row.Consent = &subscribers.Consent{Source: source, GivenAt: time.Now()}
			}
			result, err := people(a, dryRun).Add(ctx, subscribers.Import{List: l, Revive: revive, Act: c.act("cli")}, row)
			if err != nil {
				return err
			}
			if result.Outcome == subscribers.Refused {
				return refuse("%s: %s", result.Address, result.Reason)
			}
			if !dryRun {
				if err := c.askToConfirm(ctx, a, list, result); err != nil {
					return err
				}
			}
			return c.printResult(result)
		}),
	}
	cmd.Flags().StringVar(&list, "list", "", "the `LIST`")
	cmd.Flags().StringVar(&row.Name, "name", "", "the person's name")
	cmd.Flags().StringVar(&row.Language, "language", "", "the language to write in")
	cmd.Flags().StringToStringVar(&row.Attributes, "attribute", nil, "what else is known, as `NAME=VALUE` (may stand more than once)")
	cmd.Flags().StringVar(&source, "consent", "", "where the consent was given; without it the person is asked to confirm")
	cmd.Flags().StringVar(&revive, "revive", "", "bring back who left or is suppressed, for this `REASON`")
	dry(cmd, &dryRun)
	return c.withAs(cmd)
}

// people returns the rules; with dryRun nothing of what they decide is written.
func people(a *app.App, dryRun bool) *subscribers.Service {
	if dryRun {
		return a.People.Rehearse()
	}
	return a.People
}

func dry(cmd *cobra.Command, dryRun *bool) {
	cmd.Flags().BoolVar(dryRun, "dry-run", false, "say what would happen and change nothing")
}

func (c *cli) printResult(r subscribers.Result) error {
	return c.print(r, func() error {
		_, err := fmt.Fprintln(c.out, strings.TrimSpace(fmt.Sprintf("%s: %s %s", r.Address, r.Outcome, r.Reason)))
		return err
	})
}

func (c *cli) wanted(ctx context.Context, a *app.App, list string) (subscribers.List, error) {
	if list == "" {
		return subscribers.List{}, errUsage{fmt.Errorf("--list is missing")}
	}
	return a.People.List(ctx, list)
}

// askToConfirm writes to the person if they wait, once; without a relay the mail waits for one.
func (c *cli) askToConfirm(ctx context.Context, a *app.App, list string, result subscribers.Result) error {
	asked, err := a.Desk.AskToConfirm(ctx, list, []subscribers.Result{result})
	if err != nil || asked == 0 {
		return err
	}
	if sent, err := a.Desk.SendNotices(ctx); err != nil || sent == 0 {
		c.say("the mail that asks for confirmation was sent before, or waits for a relay")
	}
	return nil
}

func (c *cli) findCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use: "find TEXT", Short: "Find subscribers by any part of address or name", Example: "  broadsheet subscriber find example.org", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			found, err := a.People.Find(ctx, args[0], limit)
			if err != nil {
				return err
			}
			rows := [][]string{{"ADDRESS", "NAME", "LANGUAGE", "ID"}}
			for _, s := range found {
				rows = append(rows, []string{s.Address, s.Name, s.Language, s.PublicID})
			}
			if len(found) == limit {
				c.say("there may be more than %d: --limit shows them", limit)
			}
			return c.print(append([]subscribers.Subscriber{}, found...), func() error { return c.table(rows) })
		}),
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "at most this many")
	return cmd
}

func (c *cli) showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show ADDRESS", Short: "Show everything held on one person", Example: "  broadsheet subscriber show ana@example.org --json", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			p, err := a.People.Held(ctx, args[0])
			if err != nil {
				return err
			}
			return c.print(p, func() error { return c.table(profileRows(p)) })
		}),
	}
}

func profileRows(p subscribers.Profile) [][]string {
	rows := [][]string{{"address", p.Address}, {"name", p.Name}, {"language", p.Language}, {"id", p.PublicID}, {"since", p.CreatedAt.Format(time.RFC3339)}}
	rows = append(rows, attributeRows(p.Attributes)...)
	for _, x := range p.Subscriptions {
		state := fmt.Sprint(x.State, " ", x.EndReason)
		if !x.PausedUntil.IsZero() {
			state += "paused until " + x.PausedUntil.Format(time.DateOnly)
		}
		rows = append(rows, []string{"list " + x.ListID, strings.TrimSpace(state)})
		if k := x.Consent; !k.GivenAt.IsZero() {
			rows = append(rows, []string{"  " + string(k.Basis), strings.TrimSpace(fmt.Sprint(k.Source, ", ", k.GivenAt.Format(time.DateOnly), " ", k.Wording))})
		}
	}
	if p.Suppression != nil {
		rows = append(rows, []string{"suppressed", strings.TrimSpace(string(p.Suppression.Reason) + " " + p.Suppression.Note)})
	}
	return rows
}

func (c *cli) historyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "history ADDRESS", Short: "Show every change to a person: who made it, and how", Example: "  broadsheet subscriber history ana@example.org", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			p, err := a.People.Held(ctx, args[0])
			if err != nil {
				return err
			}
			rows := [][]string{{"WHEN", "WHO", "HOW", "WHAT", "LIST", ""}}
			for _, e := range p.History {
				rows = append(rows, []string{e.At.Format(time.RFC3339), e.By, e.How, e.Action, e.List, e.Detail})
			}
			return c.print(append([]subscribers.Event{}, p.History...), func() error { return c.table(rows) })
		}),
	}
}
