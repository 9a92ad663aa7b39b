package main

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/app"
	"broadsheet/subscribers"

	"github.com/spf13/cobra"
)

func (c *cli) subscriberCommand() *cobra.Command {
	return noun("subscriber", "Manage subscribers", "  broadsheet subscriber import people.csv --list members",
		c.addCommand(), c.importCommand(), c.exportCommand(), c.findCommand(), c.showCommand(), c.endCommand(), c.suppressCommand(), c.unsuppressCommand())
}

func (c *cli) addCommand() *cobra.Command {
	var list string
	var row subscribers.Row
	var source string
	cmd := &cobra.Command{
		Use: "add ADDRESS", Short: "Subscribe one person to a list",
		Long: `On a list with double opt-in the person is asked by mail to confirm, unless
--consent says where the consent was given. Someone whom an import left pending is
asked so too.`,
		Example: `  broadsheet subscriber add ana@example.org --list members --name "Ana Example" --language fr
  broadsheet subscriber add luc@example.org --list members --consent "paper form of 2026-03-01"`, Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			l, err := c.wanted(ctx, a, list)
			if err != nil {
				return err
			}
			row.Address = args[0]
			if source != "" {
				row.Consent = &subscribers.Consent{Source: source, GivenAt: time.Now()}
			}
			result, err := a.People.Add(ctx, subscribers.Import{List: l, Act: c.act("cli")}, row)
			if err != nil {
				return err
			}
			if result.Outcome == subscribers.Refused {
				return refuse("%s: %s", result.Address, result.Reason)
			}
			if err := c.askToConfirm(ctx, a, list, result); err != nil {
				return err
			}
			return c.print(result, func() error {
				_, err := fmt.Fprintf(c.out, "%s: %s %s\n", result.Address, result.Outcome, result.Reason)
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&list, "list", "", "the `LIST`")
	cmd.Flags().StringVar(&row.Name, "name", "", "the person's name")
	cmd.Flags().StringVar(&row.Language, "language", "", "the language to write in")
	cmd.Flags().StringVar(&source, "consent", "", "where the consent was given; without it the person is asked to confirm")
	return cmd
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
			p, err := a.People.Show(ctx, args[0])
			if err != nil {
				return err
			}
			return c.print(p, func() error {
				rows := [][]string{{"address", p.Address}, {"name", p.Name}, {"language", p.Language}, {"id", p.PublicID}, {"since", p.CreatedAt.Format(time.RFC3339)}}
				for _, s := range p.Subscriptions {
					rows = append(rows, []string{"list " + s.ListID, fmt.Sprint(s.State, " ", s.EndReason)})
				}
				if p.Suppression != nil {
					rows = append(rows, []string{"suppressed", string(p.Suppression.Reason) + " " + p.Suppression.Note})
				}
				return c.table(rows)
			})
		}),
	}
}

func (c *cli) endCommand() *cobra.Command {
	var lists []string
	cmd := &cobra.Command{
		Use: "end ADDRESS", Short: "End a person's subscriptions", Example: "  broadsheet subscriber end ana@example.org --list members", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			n, err := a.People.End(ctx, args[0], subscribers.Removed, "", c.act("cli"), lists...)
			if err != nil {
				return err
			}
			return c.print(map[string]any{"address": args[0], "ended": n}, func() error {
				_, err := fmt.Fprintf(c.out, "%s: %d subscriptions ended\n", args[0], n)
				return err
			})
		}),
	}
	cmd.Flags().StringSliceVar(&lists, "list", nil, "only this `LIST` (may stand more than once; default: all)")
	return cmd
}

func (c *cli) suppressCommand() *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use: "suppress ADDRESS", Short: "Never mail an address, over all lists", Example: `  broadsheet subscriber suppress ana@example.org --note "asked by phone"`, Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if err := a.People.Suppress(ctx, args[0], note, subscribers.Manual, c.act("cli")); err != nil {
				return err
			}
			return c.print(map[string]any{"address": args[0], "suppressed": true}, func() error {
				_, err := fmt.Fprintf(c.out, "%s is suppressed\n", args[0])
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&note, "note", "", "why")
	return cmd
}

func (c *cli) unsuppressCommand() *cobra.Command {
	return &cobra.Command{
		Use: "unsuppress ADDRESS", Short: "Allow mail to an address again", Example: "  broadsheet subscriber unsuppress ana@example.org", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if _, err := a.People.Unsuppress(ctx, args[0], "", c.act("cli")); err != nil {
				return err
			}
			return c.print(map[string]any{"address": args[0], "suppressed": false}, func() error {
				_, err := fmt.Fprintf(c.out, "%s may be mailed again\n", args[0])
				return err
			})
		}),
	}
}
