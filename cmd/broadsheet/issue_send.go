package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers/csvfile"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

type sendFlags struct {
	dryRun, rehearse, yes bool
	count                 int
	digest                string
}

func (c *cli) sendCommand() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use: "send ISSUE", Short: "Mail an approved issue to its lists",
		Long: `Shows the plan and wants a list's name typed; in scripts --yes with --expect-count
and --expect-digest stand for that. A send that was stopped goes on where it stopped:
run the same command again. What is deferred is tried again by "broadsheet serve", or
by running this again.`,
		Example: "  broadsheet issue send monthly/1 --dry-run\n  broadsheet issue send monthly/1 --yes --expect-count 250 --expect-digest 3f9a1c0b2d4e\n  broadsheet issue send monthly/1 --rehearse", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error { return c.send(ctx, a, args[0], f) }),
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "show the plan and send nothing")
	flags.BoolVar(&f.rehearse, "rehearse", false, "write every message into outbox/ instead")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	flags.IntVar(&f.count, "expect-count", -1, "send only to exactly `N` recipients")
	flags.StringVar(&f.digest, "expect-digest", "", "send only this `DIGEST` (at least 12 characters)")
	return c.withNow(c.withAs(cmd))
}

func (c *cli) send(ctx context.Context, a *app.App, slug string, f sendFlags) error {
	if f.rehearse {
		return c.rehearse(ctx, a, slug)
	}
	plan, err := a.Desk.Plan(ctx, slug)
	if err != nil {
		return err
	}
	if f.dryRun {
		return c.print(plan, func() error { return c.table(planRows(plan)) })
	}
	if err := a.Desk.CanSend(); err != nil {
		return err
	}
	if err := c.confirm(plan, f); err != nil {
		return err
	}
	bar := c.bar(plan.Audience)
	status, err := a.Desk.Send(ctx, slug, c.actor(), desk.Ask{Count: f.count, Digest: f.digest}, bar.show)
	bar.end()
	if err != nil {
		return err
	}
	if err := c.printStatus(status); err != nil {
		return err
	}
	c.nextSteps(status)
	if left := status.Pending + status.Attempting; left > 0 && status.Send.PausedAt.IsZero() {
		return refuse("%d copies of %s are still to be sent: run this again", left, slug)
	}
	return nil
}

func planRows(p desk.Plan) [][]string {
	return [][]string{{"issue", p.Issue}, {"state", string(p.State)}, {"digest", p.Digest}, {"lists", strings.Join(p.Lists, ", ")},
		{"recipients", fmt.Sprint(p.Audience)}, {"suppressed", fmt.Sprint(p.Suppressed)}, {"given up at", p.GiveUpAt.Format(time.RFC3339)}}
}

// confirm makes sure that whoever sends knows what to how many. What is ordered already needs no second word.
func (c *cli) confirm(plan desk.Plan, f sendFlags) error {
	if f.count >= 0 && f.count != plan.Audience {
		return refuse("%d recipients were expected, but %s would go to %d: nothing was sent", f.count, plan.Issue, plan.Audience)
	}
	if f.digest != "" && (len(f.digest) < 12 || !strings.HasPrefix(plan.Digest, f.digest)) {
		return refuse("digest %s was expected, but %s has %s: nothing was sent", f.digest, plan.Issue, plan.Digest)
	}
	if plan.State != newsletter.Approved || f.yes && f.count >= 0 && f.digest != "" {
		return nil
	}
	if f.yes {
		return errUsage{fmt.Errorf("--yes needs --expect-count and --expect-digest; see them with --dry-run")}
	}
	for _, row := range planRows(plan) {
		fmt.Fprintf(c.err, "  %-12s %s\n", row[0], row[1])
	}
	if !terminal(os.Stdin) {
		return errUsage{fmt.Errorf("without a terminal, confirm with --yes --expect-count %d --expect-digest %.12s", plan.Audience, plan.Digest)}
	}
	fmt.Fprintf(c.err, "Type the name of a list (%s) to send: ", strings.Join(plan.Lists, ", "))
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil || !slices.Contains(plan.Lists, strings.TrimSpace(answer)) {
		return refuse("%q is not a list of this issue: nothing was sent", strings.TrimSpace(answer))
	}
	return nil
}

func (c *cli) rehearse(ctx context.Context, a *app.App, slug string) error {
	dir, n, err := a.Desk.Rehearse(ctx, slug, c.actor())
	if err != nil {
		return err
	}
	return c.print(map[string]any{"issue": slug, "outbox": dir, "messages": n, "accepted": 0}, func() error {
		_, err := fmt.Fprintf(c.out, "%d messages of %s are in %s; nothing was sent\n", n, slug, dir)
		return err
	})
}

func (c *cli) nextSteps(s desk.Status) {
	if s.Deferred > 0 {
		c.say("%d deferred: `broadsheet serve` tries them again, or run this again later", s.Deferred)
	}
	if s.Send != nil && !s.Send.PausedAt.IsZero() {
		c.say("it is paused: `broadsheet issue resume %s`", s.Issue)
	}
	if s.Held > 0 {
		c.say("%d held: they may or may not have a copy; `broadsheet delivery list %s --state held` names them, `broadsheet delivery release %s` sends one more under the same Message-ID to those who were tried once", s.Held, s.Issue, s.Issue)
	}
	if s.Unknown > 0 && s.State != newsletter.Sending {
		c.say("%d unknown: they may or may not have a copy, and the time for more is over; `broadsheet issue receipt %s` names them", s.Unknown, s.Issue)
	}
}

// A bar shows progress on a terminal and is silent elsewhere.
type bar struct {
	progress *mpb.Progress
	line     *mpb.Bar
}

func (c *cli) bar(total int) bar {
	if !terminal(c.err) || c.json {
		return bar{}
	}
	p := mpb.New(mpb.WithOutput(c.err), mpb.WithWidth(40))
	return bar{p, p.AddBar(int64(total), mpb.PrependDecorators(decor.Name("sending "), decor.CountersNoUnit("%d/%d")), mpb.AppendDecorators(decor.AverageSpeed(0, "%.0f/s")))}
}

func (b bar) show(t newsletter.Tally) {
	if b.line != nil {
		b.line.SetCurrent(int64(t.Audience - t.Pending - t.Attempting))
	}
}

func (b bar) end() {
	if b.line != nil {
		b.line.Abort(false)
		b.progress.Wait()
	}
}

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
