package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"broadsheet/internal/app"
	"broadsheet/subscribers"

	"github.com/spf13/cobra"
)

func attributeRows(attributes map[string]string) [][]string {
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		rows = append(rows, []string{name, attributes[name]})
	}
	return rows
}

func (c *cli) subscriberSetCommand() *cobra.Command {
	var address, name, language string
	var attributes map[string]string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "set ADDRESS", Short: "Change what is known of a person",
		Long: "Only what is named changes. --attribute NAME= takes one away. Subscriptions go on under a new address.",
		Example: `  broadsheet subscriber set ana@example.org --name "Ana Example" --attribute country=GE
  broadsheet subscriber set ana@example.org --address ana@example.com`, Args: exactly(1),
	}
	cmd.Flags().StringVar(&address, "address", "", "their new `ADDRESS`")
	cmd.Flags().StringVar(&name, "name", "", "their name")
	cmd.Flags().StringVar(&language, "language", "", "the language they are written to in")
	cmd.Flags().StringToStringVar(&attributes, "attribute", nil, "what else is known, as `NAME=VALUE` (may stand more than once)")
	cmd.RunE = c.with(func(ctx context.Context, a *app.App, args []string) error {
		want := subscribers.Setting{Attributes: attributes}
		who := args[0]
		for flag, target := range map[string]**string{"address": &want.Address, "name": &want.Name, "language": &want.Language} {
			if f := cmd.Flags().Lookup(flag); f.Changed {
				value := f.Value.String()
				*target = &value
			}
		}
		if want.Address == nil && want.Name == nil && want.Language == nil && len(attributes) == 0 {
			return errUsage{fmt.Errorf("nothing to change: name --address, --name, --language or --attribute")}
		}
		if err := people(a, dryRun).Set(ctx, who, want, c.act("cli")); err != nil {
			return err
		}
		if want.Address != nil && !dryRun {
			who = *want.Address
		}
		p, err := a.People.Show(ctx, who)
		if err != nil {
			return err
		}
		return c.print(p, func() error { return c.table(profileRows(p)) })
	})
	dry(cmd, &dryRun)
	return c.withAs(cmd)
}

func (c *cli) moveCommand() *cobra.Command {
	var from, to string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "move ADDRESS", Short: "Let a person go on in another list, on the same evidence", Example: "  broadsheet subscriber move ana@example.org --from partners --to members", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if from == "" || to == "" {
				return errUsage{fmt.Errorf("--from and --to are needed")}
			}
			r, err := people(a, dryRun).Move(ctx, args[0], from, to, c.act("cli"))
			if err != nil {
				return err
			}
			if r.Outcome == subscribers.Refused {
				return refuse("%s: %s", r.Address, r.Reason)
			}
			return c.printResult(r)
		}),
	}
	cmd.Flags().StringVar(&from, "from", "", "the `LIST` they leave")
	cmd.Flags().StringVar(&to, "to", "", "the `LIST` they go on in")
	dry(cmd, &dryRun)
	return c.withAs(cmd)
}

func (c *cli) endCommand() *cobra.Command {
	var lists []string
	var note, reason string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "end ADDRESS", Short: "End a person's subscriptions", Example: `  broadsheet subscriber end ana@example.org --list members
  broadsheet subscriber end ana@example.org --reason unsubscribed --note "asked by telephone"`, Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if r := subscribers.EndReason(reason); r != subscribers.Removed && r != subscribers.Unsubscribed && r != subscribers.Complained {
				return errUsage{fmt.Errorf("--reason %q is not removed, unsubscribed or complained", reason)}
			}
			n, err := people(a, dryRun).End(ctx, args[0], subscribers.EndReason(reason), note, c.act("cli"), lists...)
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
	cmd.Flags().StringVar(&reason, "reason", "removed", "removed, unsubscribed (they asked) or complained")
	cmd.Flags().StringVar(&note, "note", "", "what they said")
	dry(cmd, &dryRun)
	return c.withAs(cmd)
}

func (c *cli) suppressCommand() *cobra.Command {
	var note, reason string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "suppress ADDRESS", Short: "Never mail an address, over all lists", Example: `  broadsheet subscriber suppress ana@example.org --note "asked by phone"`, Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if r := subscribers.SuppressionReason(reason); r != subscribers.Manual && r != subscribers.Complaint && r != subscribers.HardBounce {
				return errUsage{fmt.Errorf("--reason %q is not manual, complaint or hard_bounce", reason)}
			}
			if err := people(a, dryRun).Suppress(ctx, args[0], note, subscribers.SuppressionReason(reason), c.act("cli")); err != nil {
				return err
			}
			return c.print(map[string]any{"address": args[0], "suppressed": true}, func() error {
				_, err := fmt.Fprintf(c.out, "%s is suppressed\n", args[0])
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&note, "note", "", "why")
	cmd.Flags().StringVar(&reason, "reason", "manual", "manual, complaint or hard_bounce")
	dry(cmd, &dryRun)
	return c.withAs(cmd)
}

func (c *cli) unsuppressCommand() *cobra.Command {
	var note string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "unsuppress ADDRESS", Short: "Allow mail to an address again", Example: `  broadsheet subscriber unsuppress ana@example.org --note "the mailbox is back"`, Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			lifted, err := people(a, dryRun).Unsuppress(ctx, args[0], note, c.act("cli"))
			if err != nil {
				return err
			}
			return c.print(map[string]any{"address": args[0], "suppressed": false, "lifted": lifted}, func() error {
				_, err := fmt.Fprintln(c.out, args[0], map[bool]string{true: "may be mailed again", false: "was not suppressed"}[lifted])
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&note, "note", "", "why")
	dry(cmd, &dryRun)
	return c.withAs(cmd)
}

func (c *cli) eraseCommand() *cobra.Command {
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use: "erase ADDRESS", Short: "Forget a person, but for the proof of their consent",
		Long: `Address, name, language, attributes and what was noted go for good. What stays is the
proof of what they agreed to, without a name, and a keyed hash of the address, so that
no import brings them back; only they themselves can come back.`,
		Example: "  broadsheet subscriber erase ana@example.org\n  broadsheet subscriber erase ana@example.org --yes", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			p, err := a.People.Show(ctx, args[0])
			if err != nil {
				return err
			}
			if !dryRun {
				if err := c.sure(yes, strings.ToLower(args[0]), "%s and all that is known of them would be forgotten; this cannot be undone", p.Address); err != nil {
					return err
				}
				if err := a.People.Erase(ctx, p.PublicID, c.act("cli")); err != nil {
					return err
				}
			}
			return c.print(map[string]any{"id": p.PublicID, "erased": !dryRun, "subscriptions": len(p.Subscriptions)}, func() error {
				_, err := fmt.Fprintf(c.out, "%s\n", map[bool]string{true: "would be erased: ", false: "erased; the proof is under "}[dryRun]+p.PublicID)
				return err
			})
		}),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	dry(cmd, &dryRun)
	return c.withAs(cmd)
}
