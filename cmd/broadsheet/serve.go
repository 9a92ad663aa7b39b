package main

import (
	"context"
	"log/slog"
	"os"

	"broadsheet/internal/app"

	"github.com/spf13/cobra"
)

func (c *cli) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Run the daemon: schedule, collecting, sending, and both web doors",
		Long: `Collects, composes and sends as the schedule says, and serves two doors: the desk
for the team and the public side for subscribers. It stops cleanly on SIGTERM and
goes on where it stopped when it starts again, however it ended.`,
		Example: "  broadsheet serve --config /etc/broadsheet/broadsheet.yaml", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := slog.New(slog.NewTextHandler(os.Stderr, nil))
			cfg, err := c.load()
			if err != nil {
				return err
			}
			for _, w := range cfg.Warnings {
				c.say("warning: %s:%s", c.config, w)
			}
			a, err := c.open(cmd.Context(), log)
			if err != nil {
				return err
			}
			defer a.Close()
			return c.run(cmd.Context(), a, log)
		},
	}
}

func (c *cli) run(ctx context.Context, a *app.App, log *slog.Logger) error {
	err := a.Run(ctx, func(at app.Addresses) {
		log.Info("serving", "public", at.Public.String(), "desk", at.Desk.String(), "version", version())
	})
	log.Info("stopped")
	return err
}

func (c *cli) dbCommand() *cobra.Command {
	migrate := &cobra.Command{
		Use: "migrate", Short: "Bring the database's tables up to date (every command does so too)", Example: "  broadsheet db migrate", Args: noArgs,
		RunE: c.with(func(context.Context, *app.App, []string) error {
			c.say("the database is up to date")
			return nil
		}),
	}
	return noun("db", "Look after the database", "  broadsheet db migrate", migrate)
}
