package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"

	"github.com/spf13/cobra"
)

func (c *cli) deliveryCommand() *cobra.Command {
	return noun("delivery", "See and decide what becomes of single copies of an issue", "  broadsheet delivery list monthly/1 --state held\n  broadsheet delivery show monthly/1 ana@example.org",
		c.deliveryListCommand(), c.deliveryShowCommand(),
		c.decideCommand("retry", "Try deferred copies now, and rejected ones that are named", "  broadsheet delivery retry monthly/1\n  broadsheet delivery retry monthly/1 ana@example.org",
			"made due now; `broadsheet serve` or `broadsheet issue send %s` tries them", (*desk.Desk).Retry),
		c.decideCommand("release", "Try held copies once more, under the same Message-ID; never a third time", "  broadsheet delivery release monthly/1\n  broadsheet delivery release monthly/1 ana@example.org",
			"released; `broadsheet serve` or `broadsheet issue send %s` tries them", (*desk.Desk).Release),
		c.decideCommand("cancel", "Try deferred, held or unknown copies no more", "  broadsheet delivery cancel monthly/1 ana@example.org", "cancelled", (*desk.Desk).CancelCopies),
		c.policyCommand())
}

var deliveryStates = []string{"pending", "attempting", "accepted", "deferred", "rejected", "unknown", "held", "suppressed", "cancelled"}

func (c *cli) deliveryListCommand() *cobra.Command {
	var state string
	var limit int
	cmd := &cobra.Command{
		Use: "list ISSUE", Short: "List copies by what became of them", Example: "  broadsheet delivery list monthly/1 --state deferred", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if state != "" && !slices.Contains(deliveryStates, state) {
				return errUsage{fmt.Errorf("--state %q is none of %s", state, strings.Join(deliveryStates, ", "))}
			}
			return c.deliveries(ctx, a, args[0], newsletter.DeliveryState(state), limit)
		}),
	}
	cmd.Flags().StringVar(&state, "state", "", "only those in this `STATE`: "+strings.Join(deliveryStates, ", "))
	cmd.Flags().IntVar(&limit, "limit", 100, "at most `N`; 0 lists all")
	return cmd
}

func (c *cli) deliveries(ctx context.Context, a *app.App, slug string, state newsletter.DeliveryState, limit int) error {
	lines, more := []newsletter.ReceiptLine{}, 0
	err := a.Desk.Receipt(ctx, slug, func(l newsletter.ReceiptLine) error {
		switch {
		case state != "" && l.State != state:
		case limit > 0 && len(lines) == limit:
			more++
		default:
			lines = append(lines, l)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if more > 0 {
		c.say("%d more; --limit 0 lists all, `broadsheet issue receipt %s` writes a file", more, slug)
	}
	return c.print(lines, func() error {
		rows := [][]string{{"ADDRESS", "STATE", "TRIES", "REPLY", "NEXT"}}
		for _, l := range lines {
			next := ""
			if l.State == newsletter.Deferred {
				next = l.NextAt.Format(time.RFC3339)
			}
			rows = append(rows, []string{l.Address, string(l.State), fmt.Sprint(l.Attempts), reply(l.Code, l.Reply), next})
		}
		return c.table(rows)
	})
}

func reply(code int, text string) string {
	if code == 0 {
		return text
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, text))
}

func (c *cli) deliveryShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show ISSUE ADDRESS", Short: "Show one recipient's copy and every try at it", Example: "  broadsheet delivery show monthly/1 ana@example.org", Args: exactly(2),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			h, err := a.Desk.CopyHistory(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			return c.print(h, func() error {
				rows := [][]string{{"address", h.Address}, {"state", string(h.State)}, {"tries", fmt.Sprint(h.Attempts)}, {"message id", h.MessageID}, {"reply", reply(h.Code, h.Reply)}, {"class", h.Class}}
				for _, t := range h.Tries {
					rows = append(rows, []string{fmt.Sprintf("try %d", t.Number), fmt.Sprintf("%s %s %s %s", t.StartedAt.Format(time.RFC3339), t.State, t.Relay, reply(t.Code, t.Reply))})
				}
				return c.table(rows)
			})
		}),
	}
}

// decideCommand is a person's decision on some copies, or all that wait.
func (c *cli) decideCommand(verb, short, example, done string, decide func(*desk.Desk, context.Context, string, desk.Copies) (int64, error)) *cobra.Command {
	return c.withAs(&cobra.Command{
		Use: verb + " ISSUE [ADDRESS...]", Short: short, Example: example, Args: between(1, 10_000),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			n, err := decide(a.Desk, ctx, c.actor(), desk.Copies{Issue: args[0], People: args[1:]})
			if err != nil {
				return err
			}
			if strings.Contains(done, "%s") {
				done = fmt.Sprintf(done, args[0])
			}
			return c.print(map[string]any{"issue": args[0], "changed": n}, func() error {
				_, err := fmt.Fprintf(c.out, "%d copies %s\n", n, done)
				return err
			})
		}),
	})
}

func (c *cli) policyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "policy", Short: "Say what is done with each kind of answer from a mail server", Example: "  broadsheet delivery policy", Args: noArgs,
		RunE: func(_ *cobra.Command, _ []string) error {
			policy := desk.Policy()
			return c.print(policy, func() error {
				rows := [][]string{}
				for _, r := range policy {
					rows = append(rows, []string{r.When, r.Then})
				}
				return c.table(rows)
			})
		},
	}
}
