package main

import (
	"context"
	"encoding/json"
	"fmt"

	"broadsheet/internal/app"
	"broadsheet/internal/newsletter"

	"github.com/spf13/cobra"
)

func marshal(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	return append(b, '\n'), err
}

func (c *cli) decided(issue newsletter.Issue, what string) error {
	return c.print(map[string]any{"issue": issue.Slug(), "state": issue.State, "revision": issue.Revision, "digest": issue.Digest}, func() error {
		_, err := fmt.Fprintf(c.out, "%s %s (%s, digest %.12s)\n", issue.Slug(), what, issue.State, issue.Digest)
		return err
	})
}

func (c *cli) submitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "submit ISSUE", Short: "Freeze an issue's proofs and ask the approvers by mail",
		Example: "  broadsheet issue submit monthly/1 --as ana@example.org", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			issue, asked, err := a.Desk.Submit(ctx, args[0], c.actor())
			if err != nil {
				return err
			}
			if asked == 0 {
				c.say("warning: nobody on the team may approve this issue")
			}
			switch sent, err := a.Desk.SendNotices(ctx); {
			case err != nil:
				c.say("the requests to approve wait: %v", err)
			case a.Desk.Delivery.Engine == nil:
				c.say("no relay is configured, so no mail went to the approvers")
			case sent > 0:
				c.say("approvers asked by mail: %d", sent)
			}
			return c.decided(issue, "submitted")
		}),
	}
	return c.withNow(c.withAs(cmd))
}

func (c *cli) approveCommand() *cobra.Command {
	var digest string
	cmd := &cobra.Command{
		Use: "approve ISSUE", Short: "Approve exactly what was submitted", Example: "  broadsheet issue approve monthly/1 --as luc@example.org", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			issue, err := a.Desk.Approve(ctx, args[0], digest, c.actor())
			if err != nil {
				return err
			}
			return c.decided(issue, "approved by "+c.actor())
		}),
	}
	cmd.Flags().StringVar(&digest, "digest", "", "only if the issue still has this `DIGEST`")
	return c.withNow(c.withAs(cmd))
}

func (c *cli) returnCommand() *cobra.Command {
	var comment string
	cmd := &cobra.Command{
		Use: "return ISSUE", Short: "Send an issue back to the editors with a comment",
		Example: `  broadsheet issue return monthly/1 --as luc@example.org --comment "the date of the conference is wrong"`, Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if comment == "" {
				return errUsage{fmt.Errorf("--comment is missing: say what is to be changed")}
			}
			issue, err := a.Desk.Return(ctx, args[0], "", comment, c.actor())
			if err != nil {
				return err
			}
			return c.decided(issue, "returned by "+c.actor())
		}),
	}
	cmd.Flags().StringVar(&comment, "comment", "", "what is to be changed")
	return c.withNow(c.withAs(cmd))
}

func (c *cli) cancelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "cancel ISSUE", Short: "End an issue; while it is being sent, whatever is not sent yet stays unsent",
		Long: `Ends an issue that is not to be sent: its items may stand in another. One that is
being sent stops within a second; who has a copy stays in the receipt, everybody
else is written down as cancelled.`,
		Example: "  broadsheet issue cancel monthly/1 --as ana@example.org", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			issue, err := a.Desk.Cancel(ctx, args[0], c.actor())
			if err != nil {
				return err
			}
			return c.decided(issue, "cancelled")
		}),
	}
	return c.withAs(cmd)
}

func (c *cli) testCommand() *cobra.Command {
	var to, language string
	cmd := &cobra.Command{
		Use: "test ISSUE", Short: "Mail an issue to one address, with links that unsubscribe nobody",
		Example: "  broadsheet issue test monthly/1 --to ana@example.org --language fr", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if to == "" {
				return errUsage{fmt.Errorf("--to is missing: the address of the test copy")}
			}
			if err := a.Desk.Test(ctx, args[0], to, language, c.actor()); err != nil {
				return err
			}
			return c.print(map[string]any{"issue": args[0], "to": to, "outcome": "accepted"}, func() error {
				_, err := fmt.Fprintf(c.out, "a test copy of %s was accepted for %s\n", args[0], to)
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&to, "to", "", "the `ADDRESS`")
	cmd.Flags().StringVar(&language, "language", "", "the `LANGUAGE`")
	return c.withAs(cmd)
}
