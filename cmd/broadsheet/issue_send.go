package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"

	"github.com/spf13/cobra"
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
	return [][]string{{"issue", p.Issue}, {"state", string(p.State)}, {"digest", p.Digest}, {"lists", strings.TrimSpace(strings.Join(p.Lists, ", ") + " " + p.Segment)},
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
