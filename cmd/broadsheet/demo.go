package main

import (
	"fmt"

	"broadsheet/internal/demo"

	"github.com/spf13/cobra"
)

func (c *cli) demoCommand() *cobra.Command {
	var once, noBrowser bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Show the whole job, offline: sample sources to 250 copies in an inbox",
		Long: `Serves sample sites on loopback, collects them, composes the month, has it
approved, mails it to 250 sample subscribers through a local mail server, and
opens the desk. Nothing is installed and nothing leaves this machine.`,
		Example: "  broadsheet demo\n  broadsheet demo --once --json", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := demo.Options{Version: version(), Say: c.say}
			if !once {
				o.Ready = func(desk, public string) {
					c.say("the desk:       %s", desk)
					c.say("the public side: %s", public)
					c.say("the inbox:      %s/mail", desk)
					c.say("press Ctrl-C to end")
					if !noBrowser {
						openBrowser(desk + "/issues/monthly/1")
					}
				}
			}
			s, err := demo.Run(cmd.Context(), o)
			if err != nil {
				return err
			}
			return c.print(s, func() error {
				_, err := fmt.Fprintf(c.out, "%d sources, %d news, %d reports, %d events, %d media; %s (%.12s) accepted for %d of %d: %d en, %d fr, %d ar; %d ms\n", s.Sources,
					s.Items["news"], s.Items["report"], s.Items["event"], s.Items["media"], s.Issue, s.Digest, s.Accepted, s.Audience, s.Recipients["en"], s.Recipients["fr"], s.Recipients["ar"], s.ElapsedMS)
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "do it once, print a summary and end; exit 0 only if all of it is true")
	cmd.Flags().BoolVar(&noBrowser, "no-browser", false, "do not open the browser")
	return cmd
}
