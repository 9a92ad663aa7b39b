package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"broadsheet/internal/app"
	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"

	"github.com/spf13/cobra"
)

func (c *cli) issueCommand() *cobra.Command {
	compose := &cobra.Command{
		Use: "compose [PUBLICATION]", Short: "Compose the next issue, or bring its unedited draft up to date", Example: "  broadsheet issue compose monthly", Args: between(0, 1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error { return c.compose(ctx, a, first(args)) }),
	}
	list := &cobra.Command{
		Use: "list [PUBLICATION]", Short: "List issues, newest first", Example: "  broadsheet issue list --json", Args: between(0, 1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error { return c.issues(ctx, a, first(args)) }),
	}
	show := &cobra.Command{
		Use: "show ISSUE", Short: "Show what stands in an issue", Example: "  broadsheet issue show monthly/1", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error { return c.issue(ctx, a, args[0]) }),
	}
	return noun("issue", "Compose, edit, approve and send issues",
		"  broadsheet issue compose\n  broadsheet issue preview monthly/1 --open\n  broadsheet issue submit monthly/1\n  broadsheet issue send monthly/1",
		c.withNow(c.withAs(compose)), c.newCommand(), list, show, c.editCommand(), c.diffCommand(), c.revertCommand(), c.previewCommand(), c.submitCommand(), c.approveCommand(), c.returnCommand(),
		c.cancelCommand(), c.logCommand(), c.testCommand(), c.sendCommand(), c.pauseCommand(true), c.pauseCommand(false), c.statusCommand(), c.receiptCommand())
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (c *cli) compose(ctx context.Context, a *app.App, publication string) error {
	made, err := a.Desk.Compose(ctx, publication, c.actor())
	if err != nil {
		return err
	}
	out := map[string]any{"outcome": made.Outcome, "issue": "", "state": "", "revision": 0, "items": countKinds(made.Issue)}
	if made.Issue.ID != 0 {
		out["issue"], out["state"], out["revision"] = made.Issue.Slug(), made.Issue.State, made.Issue.Revision
	}
	return c.print(out, func() error {
		if made.Outcome == desk.TooFew {
			c.say("%d new since the last issue, and it takes %d: no issue was made; `broadsheet issue new` makes one all the same", made.New, made.Minimum)
			return nil
		}
		if made.Issue.ID == 0 {
			c.say("nothing new since the last issue: no issue was made")
			return nil
		}
		if made.Outcome == desk.StillOpen {
			c.say("%s has missed its time: send it by hand, or run `broadsheet issue cancel %s`, then compose again", made.Issue.Slug(), made.Issue.Slug())
		} else {
			c.say("next: broadsheet issue preview %s --open", made.Issue.Slug())
		}
		_, err := fmt.Fprintf(c.out, "%s %s (%s, revision %d, %d entries)\n", made.Issue.Slug(), made.Outcome, made.Issue.State, made.Issue.Revision, len(made.Issue.Content.Entries))
		return err
	})
}

func countKinds(issue newsletter.Issue) map[newsletter.Kind]int {
	kinds := map[newsletter.Kind]int{newsletter.News: 0, newsletter.Report: 0, newsletter.Event: 0, newsletter.Media: 0}
	for _, e := range issue.Content.Entries {
		kinds[e.Item.Kind]++
	}
	return kinds
}

type issueLine struct {
	Issue    string                `json:"issue"`
	State    newsletter.IssueState `json:"state"`
	Kind     string                `json:"kind"`
	Revision int                   `json:"revision"`
	Slot     string                `json:"slot,omitempty"`
	Date     string                `json:"date"`
	Entries  int                   `json:"entries"`
	Digest   string                `json:"digest,omitempty"`
}

func line(i newsletter.Issue) issueLine {
	return issueLine{i.Slug(), i.State, i.Kind, i.Revision, i.Slot, i.Content.Date.Format("2006-01-02"), len(i.Content.Entries), i.Digest}
}

func (c *cli) issues(ctx context.Context, a *app.App, publication string) error {
	issues, err := a.Desk.Issues.Issues(ctx, publication)
	if err != nil {
		return err
	}
	lines := []issueLine{}
	rows := [][]string{{"ISSUE", "STATE", "DATE", "REVISION", "ENTRIES", "FOR"}}
	for _, i := range issues {
		l := line(i)
		lines = append(lines, l)
		when := l.Slot
		if l.Kind == "special" {
			when = "by hand, special"
		}
		rows = append(rows, []string{l.Issue, string(l.State), l.Date, fmt.Sprint(l.Revision), fmt.Sprint(l.Entries), when})
	}
	return c.print(lines, func() error { return c.table(rows) })
}

func (c *cli) issue(ctx context.Context, a *app.App, slug string) error {
	issue, pub, err := a.Desk.Open(ctx, slug)
	if err != nil {
		return err
	}
	type entry struct {
		Section  string          `json:"section"`
		Item     itemView        `json:"item"`
		Headline newsletter.Text `json:"headline,omitempty"`
		Summary  newsletter.Text `json:"summary,omitempty"`
		Note     newsletter.Text `json:"note,omitempty"`
		Again    bool            `json:"again,omitempty"`
	}
	entries := []entry{}
	rows := [][]string{{"SECTION", "ITEM", "WHEN", "LANGUAGES", "TITLE"}}
	for _, e := range issue.Content.Entries {
		v := viewItem(e.Item, c.zone(a, e.Item))
		for _, language := range slices.Sorted(maps.Keys(e.Others)) {
			v.Variants = append(v.Variants, e.Others[language].ID)
		}
		title, _ := e.Headlined(pub.Fallback(), pub.Fallback())
		entries = append(entries, entry{e.Section, v, e.Headline, e.Summary, e.Note, e.Again})
		rows = append(rows, []string{e.Section, fmt.Sprint(v.ID), v.when(), strings.Join(e.Languages(), ","), short(title, 60)})
	}
	full := struct {
		issueLine
		Since     string          `json:"since"`
		Author    string          `json:"author"`
		Headline  newsletter.Text `json:"headline,omitempty"`
		Summary   newsletter.Text `json:"summary,omitempty"`
		Editorial newsletter.Text `json:"editorial,omitempty"`
		Entries   []entry         `json:"entries"`

		Order []string                   `json:"order,omitempty"`
		Off   map[string][]string        `json:"off,omitempty"`
		Notes map[string]newsletter.Text `json:"notes,omitempty"`
	}{line(issue), issue.Content.Since.Format("2006-01-02"), issue.Content.Author, issue.Content.Headline, issue.Content.Summary, issue.Content.Editorial, entries, issue.Content.Order, issue.Content.Off, issue.Content.Notes}
	return c.print(full, func() error {
		c.say("%s is %s at revision %d, last edited by %s", slug, issue.State, issue.Revision, issue.Content.Author)
		return c.table(rows)
	})
}
