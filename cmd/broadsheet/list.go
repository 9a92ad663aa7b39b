package main

import (
	"context"
	"fmt"

	"broadsheet/internal/app"
	"broadsheet/subscribers"
	"broadsheet/subscribers/segment"

	"github.com/spf13/cobra"
)

type listLine struct {
	subscribers.List
	subscribers.Counts
	Mailable int `json:"mailable"`
}

func (c *cli) listCommand() *cobra.Command {
	l := subscribers.List{Signup: subscribers.SignupClosed}
	var title string
	create := &cobra.Command{
		Use: "create ID", Short: "Create a list in the database", Example: `  broadsheet list create partners --title "Partner organisations" --opt-in double`, Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			l.ID, l.Title = args[0], subscribers.Text{"": title}
			if title == "" {
				l.Title[""] = args[0]
			}
			if err := a.People.CreateList(ctx, l); err != nil {
				return err
			}
			return c.list(ctx, a, args[0])
		}),
	}
	create.Flags().StringVar(&title, "title", "", "what readers see (default: the id)")
	create.Flags().StringVar((*string)(&l.OptIn), "opt-in", "double", "single or double")
	create.Flags().StringVar((*string)(&l.Basis), "basis", "consent", "consent or mandate")
	list := &cobra.Command{
		Use: "list", Short: "List the lists with their numbers", Example: "  broadsheet list list", Args: noArgs,
		RunE: c.with(func(ctx context.Context, a *app.App, _ []string) error { return c.lists(ctx, a) }),
	}
	show := &cobra.Command{
		Use: "show ID", Short: "Show one list", Example: "  broadsheet list show members --json", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error { return c.list(ctx, a, args[0]) }),
	}
	return noun("list", "Manage lists", "  broadsheet list list", create, list, show)
}

func (c *cli) lists(ctx context.Context, a *app.App) error {
	lists, err := a.People.Lists(ctx)
	if err != nil {
		return err
	}
	lines := []listLine{}
	rows := [][]string{{"LIST", "OPT-IN", "BASIS", "CONFIRMED", "PENDING", "ENDED", "MAILABLE"}}
	for _, l := range lists {
		n, err := a.People.Counts(ctx, l.ID, segment.Filter{})
		if err != nil {
			return err
		}
		lines = append(lines, listLine{l, n, n.Mailable()})
		rows = append(rows, []string{l.ID, string(l.OptIn), string(l.Basis), fmt.Sprint(n.Confirmed), fmt.Sprint(n.Pending), fmt.Sprint(n.Ended), fmt.Sprint(n.Mailable())})
	}
	return c.print(lines, func() error { return c.table(rows) })
}

func (c *cli) list(ctx context.Context, a *app.App, id string) error {
	l, err := a.People.List(ctx, id)
	if err != nil {
		return err
	}
	n, err := a.People.Counts(ctx, id, segment.Filter{})
	if err != nil {
		return err
	}
	return c.print(listLine{l, n, n.Mailable()}, func() error {
		return c.table([][]string{{"list", l.ID}, {"title", l.Title.In("en", "")}, {"signup", string(l.Signup)}, {"opt-in", string(l.OptIn)}, {"basis", string(l.Basis)}, {"managed in", l.Managed},
			{"confirmed", fmt.Sprint(n.Confirmed)}, {"pending", fmt.Sprint(n.Pending)}, {"ended", fmt.Sprint(n.Ended)}, {"suppressed", fmt.Sprint(n.Suppressed)}, {"mailable", fmt.Sprint(n.Mailable())}})
	})
}
