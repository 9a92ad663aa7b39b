package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers/csvfile"

	"github.com/spf13/cobra"
)

// pauseCommand is pause, and resume.
func (c *cli) pauseCommand(on bool) *cobra.Command {
	verb, short := "resume", "Go on with a send that was paused"
	if on {
		verb, short = "pause", "Stop a send within a second; nothing is lost, and it can be resumed or cancelled"
	}
	return c.withAs(&cobra.Command{
		Use: verb + " ISSUE", Short: short, Example: "  broadsheet issue " + verb + " monthly/1", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if err := a.Desk.Pause(ctx, args[0], c.actor(), on); err != nil {
				return err
			}
			status, err := a.Desk.Status(ctx, args[0])
			if err != nil {
				return err
			}
			if !on {
				c.say("`broadsheet serve` goes on with it, or run `broadsheet issue send %s`", args[0])
			}
			return c.printStatus(status)
		}),
	})
}

func (c *cli) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status ISSUE", Short: "Say where an issue stands, in numbers that add up", Example: "  broadsheet issue status monthly/1 --json", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			status, err := a.Desk.Status(ctx, args[0])
			if err != nil {
				return err
			}
			return c.printStatus(status)
		}),
	}
}

func (c *cli) printStatus(s desk.Status) error {
	return c.print(s, func() error {
		rows := [][]string{{"issue", s.Issue}, {"state", string(s.State)}, {"revision", fmt.Sprint(s.Revision)}, {"digest", s.Digest}, {"approvals", fmt.Sprintf("%d of %d", len(s.Approvals), s.Needed)}}
		if s.Send != nil {
			for _, n := range []struct {
				name string
				n    int
			}{{"audience", s.Audience}, {"accepted", s.Accepted}, {"pending", s.Pending}, {"attempting", s.Attempting}, {"deferred", s.Deferred}, {"rejected", s.Rejected},
				{"unknown", s.Unknown}, {"held", s.Held}, {"suppressed", s.Suppressed}, {"cancelled", s.Cancelled}} {
				rows = append(rows, []string{n.name, fmt.Sprint(n.n)})
			}
			rows = append(rows, []string{"remaining", fmt.Sprint(s.Remaining)}, []string{"a minute", fmt.Sprintf("%.0f", s.Rate)})
			for _, o := range s.Outcomes {
				rows = append(rows, []string{"", strings.TrimSpace(fmt.Sprintf("%d %s, %s: %s", o.Count, o.State, o.Class, reply(o.Code, o.Enhanced)))})
			}
		}
		return c.table(rows)
	})
}

func (c *cli) receiptCommand() *cobra.Command {
	return &cobra.Command{
		Use: "receipt ISSUE", Short: "Say for everyone of the audience what became of their copy (CSV, or JSON lines with --json)",
		Example: "  broadsheet issue receipt monthly/1 > receipt.csv", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if c.json {
				e := json.NewEncoder(c.out)
				return a.Desk.Receipt(ctx, args[0], func(l newsletter.ReceiptLine) error { return e.Encode(l) })
			}
			w := csv.NewWriter(c.out)
			if err := w.Write([]string{"address", "subscriber", "language", "state", "attempts", "message_id", "code", "enhanced", "reply", "at"}); err != nil {
				return err
			}
			err := a.Desk.Receipt(ctx, args[0], func(l newsletter.ReceiptLine) error {
				at := ""
				if !l.At.IsZero() {
					at = l.At.Format(time.RFC3339)
				}
				return w.Write([]string{csvfile.Neutralise(l.Address), l.Subscriber, l.Language, string(l.State), fmt.Sprint(l.Attempts), l.MessageID, fmt.Sprint(l.Code), l.Enhanced, csvfile.Neutralise(l.Reply), at})
			})
			w.Flush()
			if err == nil {
				err = w.Error()
			}
			return err
		}),
	}
}
