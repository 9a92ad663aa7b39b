package main

import (
	"context"
	"fmt"

	"broadsheet/internal/app"

	"github.com/spf13/cobra"
)

func (c *cli) listFormCommand() *cobra.Command {
	var language string
	cmd := &cobra.Command{
		Use: "form ID", Short: "Print a form that subscribes to an open list, for other web pages",
		Long: `Prints HTML to be pasted into any page. It needs no script, brings no style of its
own, and posts to the public side; whoever fills it in is asked by mail to confirm.`,
		Example: "  broadsheet list form members --language fr > form.html", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			form, err := a.Form(ctx, args[0], language)
			if err != nil {
				return err
			}
			return c.print(map[string]string{"list": args[0], "html": form}, func() error {
				_, err := fmt.Fprint(c.out, form)
				return err
			})
		}),
	}
	cmd.Flags().StringVar(&language, "language", "", "the form's `LANGUAGE` (default: the publication's first)")
	return cmd
}
