package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"broadsheet/internal/app"

	"github.com/spf13/cobra"
)

func (c *cli) newCommand() *cobra.Command {
	var special bool
	var title string
	cmd := &cobra.Command{
		Use: "new [PUBLICATION]", Short: "Make an issue because you want one: the next, however little is new, or a special one", Args: between(0, 1),
		Long: `Makes the next regular issue by the same rules as compose, also with less than the
publication's minimum. With --special it makes an issue outside any slot, empty: place
items of any age with "broadsheet issue edit", and send it by hand.`,
		Example: "  broadsheet issue new\n  broadsheet issue new monthly --special --title \"World Drug Day\" --as ana@example.org",
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			issue, err := a.Desk.NewIssue(ctx, first(args), special, title, c.actor())
			if err != nil {
				return err
			}
			c.say("next: broadsheet issue edit %s", issue.Slug())
			return c.print(line(issue), func() error {
				_, err := fmt.Fprintf(c.out, "%s made (%s, %s, %d entries)\n", issue.Slug(), issue.Kind, issue.State, len(issue.Content.Entries))
				return err
			})
		}),
	}
	cmd.Flags().BoolVar(&special, "special", false, "outside any slot, filled by hand")
	cmd.Flags().StringVar(&title, "title", "", "its `HEADLINE`, in the publication's first language")
	return c.withNow(c.withAs(cmd))
}

func (c *cli) diffCommand() *cobra.Command {
	var from, to int
	cmd := &cobra.Command{
		Use: "diff ISSUE", Short: "Show what an edit changed, as a unified diff of the edit files", Args: exactly(1),
		Long:    "Without --from and --to: what the last revision changed. `broadsheet issue log` lists the revisions.",
		Example: "  broadsheet issue diff monthly/1\n  broadsheet issue diff monthly/1 --from 1 --to 4",
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			text, err := a.Desk.Diff(ctx, args[0], from, to)
			if err != nil {
				return err
			}
			return c.print(map[string]any{"issue": args[0], "from": from, "to": to, "diff": text}, func() error {
				if text == "" {
					c.say("nothing that people can edit differs")
				}
				_, err := io.WriteString(c.out, text)
				return err
			})
		}),
	}
	cmd.Flags().IntVar(&from, "from", 0, "the older `REVISION` (default: the one before --to)")
	cmd.Flags().IntVar(&to, "to", 0, "the newer `REVISION` (default: the last)")
	return cmd
}

func (c *cli) revertCommand() *cobra.Command {
	var to int
	cmd := &cobra.Command{
		Use: "revert ISSUE --to N", Short: "Make a new revision that says what an earlier one said", Args: exactly(1),
		Long:    "Nothing is lost: the revisions in between stay, and reverting can be reverted. It voids an approval, as every edit does.",
		Example: "  broadsheet issue log monthly/1\n  broadsheet issue revert monthly/1 --to 2 --as ana@example.org",
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if to < 1 {
				return errUsage{fmt.Errorf("--to is missing: the revision whose content is to come back")}
			}
			issue, changed, err := a.Desk.Revert(ctx, args[0], to, c.actor())
			if err != nil {
				return err
			}
			return c.print(map[string]any{"issue": args[0], "revision": issue.Revision, "state": issue.State, "changed": changed}, func() error {
				what := "says that already"
				if changed {
					what = fmt.Sprintf("is as revision %d was", to)
				}
				_, err := fmt.Fprintf(c.out, "%s %s (%s, revision %d)\n", args[0], what, issue.State, issue.Revision)
				return err
			})
		}),
	}
	cmd.Flags().IntVar(&to, "to", 0, "the `REVISION`")
	return c.withNow(c.withAs(cmd))
}

// logCommand lists who did what, with what each revision changed.
func (c *cli) logCommand() *cobra.Command {
	return &cobra.Command{
		Use: "log ISSUE", Short: "Say who did what with an issue, and when, revision by revision", Example: "  broadsheet issue log monthly/1\n  broadsheet issue diff monthly/1 --from 1", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			log, err := a.Desk.IssueLog(ctx, args[0])
			if err != nil {
				return err
			}
			rows := [][]string{{"WHEN", "WHO", "WHAT", "", "LINES"}}
			for _, e := range log {
				lines := ""
				if e.Added+e.Removed > 0 {
					lines = fmt.Sprintf("+%d -%d", e.Added, e.Removed)
				}
				rows = append(rows, []string{e.At.Format("2006-01-02T15:04:05Z07:00"), e.Actor, e.Action, strings.TrimSpace(e.Detail), lines})
			}
			return c.print(log, func() error { return c.table(rows) })
		}),
	}
}
