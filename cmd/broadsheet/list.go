package main

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/app"
	"broadsheet/subscribers"
	"broadsheet/subscribers/segment"

	"github.com/spf13/cobra"
)

type listLine struct {
	subscribers.List
	subscribers.Counts
	Mailable int    `json:"mailable"`
	Where    string `json:"where,omitempty"`
}

func (c *cli) listCommand() *cobra.Command {
	return noun("list", "Manage lists", "  broadsheet list list", c.listCreateCommand(), c.listListCommand(), c.listShowCommand(), c.listEditCommand(),
		c.listArchiveCommand(), c.listMergeCommand(), c.listStatsCommand(), c.listReconfirmCommand(), c.listFormCommand())
}

func listFlags(cmd *cobra.Command, l *subscribers.List, title *string) {
	cmd.Flags().StringVar(title, "title", "", "what readers see")
	cmd.Flags().StringVar((*string)(&l.Signup), "signup", "closed", "open (anybody may ask to join) or closed")
	cmd.Flags().StringVar((*string)(&l.OptIn), "opt-in", "double", "single, or double: the address confirms")
	cmd.Flags().StringVar((*string)(&l.Basis), "basis", "consent", "consent, or mandate: designated correspondents")
}

func (c *cli) listCreateCommand() *cobra.Command {
	var l subscribers.List
	var title string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "create ID", Short: "Create a list in the database", Example: `  broadsheet list create partners --title "Partner organisations" --opt-in double`, Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			l.ID, l.Title = args[0], subscribers.Text{"": title}
			if title == "" {
				l.Title[""] = args[0]
			}
			if err := people(a, dryRun).CreateList(ctx, l); err != nil {
				return err
			}
			l.Managed = "database"
			return c.printList(listLine{List: l})
		}),
	}
	listFlags(cmd, &l, &title)
	dry(cmd, &dryRun)
	return cmd
}

func (c *cli) listEditCommand() *cobra.Command {
	var asked subscribers.List
	var title string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "edit ID", Short: "Change a list of the database", Long: "Lists of the configuration file are changed there.", Example: `  broadsheet list edit partners --title "Partners" --signup open`, Args: exactly(1),
	}
	listFlags(cmd, &asked, &title)
	dry(cmd, &dryRun)
	cmd.RunE = c.with(func(ctx context.Context, a *app.App, args []string) error {
		l, err := a.People.List(ctx, args[0])
		if err != nil {
			return err
		}
		set := cmd.Flags().Changed
		if set("title") {
			l.Title = subscribers.Text{"": title}
		}
		if set("signup") {
			l.Signup = asked.Signup
		}
		if set("opt-in") {
			l.OptIn = asked.OptIn
		}
		if set("basis") {
			l.Basis = asked.Basis
		}
		if err := people(a, dryRun).EditList(ctx, l); err != nil {
			return err
		}
		return c.showList(ctx, a, l, "")
	})
	return cmd
}

func (c *cli) listListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the lists with their numbers", Example: "  broadsheet list list", Args: noArgs,
		RunE: c.with(func(ctx context.Context, a *app.App, _ []string) error {
			lists, err := a.People.Lists(ctx)
			if err != nil {
				return err
			}
			lines := []listLine{}
			rows := [][]string{{"LIST", "SIGNUP", "OPT-IN", "BASIS", "CONFIRMED", "PENDING", "ENDED", "MAILABLE", ""}}
			for _, l := range lists {
				n, err := a.People.Counts(ctx, l.ID, segment.Filter{})
				if err != nil {
					return err
				}
				lines = append(lines, listLine{List: l, Counts: n, Mailable: n.Mailable()})
				rows = append(rows, []string{l.ID, string(l.Signup), string(l.OptIn), string(l.Basis), fmt.Sprint(n.Confirmed), fmt.Sprint(n.Pending), fmt.Sprint(n.Ended), fmt.Sprint(n.Mailable()), archived(l)})
			}
			return c.print(lines, func() error { return c.table(rows) })
		}),
	}
}

func archived(l subscribers.List) string {
	if l.ArchivedAt.IsZero() {
		return ""
	}
	return "archived " + l.ArchivedAt.Format(time.DateOnly)
}

func (c *cli) listShowCommand() *cobra.Command {
	var where string
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show one list, or how many of it a filter lets through", Example: "  broadsheet list show members --json\n  broadsheet list show members --where \"language = fr and attr.country in (GE, MD)\"", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			l, err := a.People.List(ctx, args[0])
			if err != nil {
				return err
			}
			return c.showList(ctx, a, l, where)
		}),
	}
	cmd.Flags().StringVar(&where, "where", "", "only those whom this `FILTER` lets through")
	return cmd
}

func (c *cli) showList(ctx context.Context, a *app.App, l subscribers.List, where string) error {
	filter, err := segment.Parse(where)
	if err != nil {
		return err
	}
	n, err := a.People.Counts(ctx, l.ID, filter)
	if err != nil {
		return err
	}
	return c.printList(listLine{l, n, n.Mailable(), where})
}

func (c *cli) printList(l listLine) error {
	rows := [][]string{{"list", l.ID}, {"title", l.Title.In("en", "")}, {"signup", string(l.Signup)}, {"opt-in", string(l.OptIn)}, {"basis", string(l.Basis)}, {"managed in", l.Managed}}
	if !l.ArchivedAt.IsZero() {
		rows = append(rows, []string{"archived", l.ArchivedAt.Format(time.DateOnly)})
	}
	if l.Where != "" {
		rows = append(rows, []string{"where", l.Where})
	}
	for _, n := range []struct {
		name string
		n    int
	}{{"confirmed", l.Confirmed}, {"pending", l.Pending}, {"ended", l.Ended}, {"suppressed", l.Suppressed}, {"paused", l.Paused}, {"mailable", l.Mailable}} {
		rows = append(rows, []string{n.name, fmt.Sprint(n.n)})
	}
	return c.print(l, func() error { return c.table(rows) })
}
