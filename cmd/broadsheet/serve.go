package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"broadsheet/internal/app"

	"github.com/spf13/cobra"
)

func (c *cli) serveCommand() *cobra.Command {
	var roles []string
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the daemon: schedule, collecting, sending, and both web doors",
		Long: `Collects, composes and sends as the schedule says, and serves two doors: the desk
for the team and the public side for subscribers. It stops cleanly on SIGTERM and
goes on where it stopped when it starts again, however it ended.

With a PostgreSQL database any number of machines may run it, each with the roles
it is given; there is no leader to name. What a machine was sending when it died
is taken over by the others within a minute.`,
		Example: "  broadsheet serve --config /etc/broadsheet/broadsheet.yaml\n  broadsheet serve --roles deliver", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, role := range roles {
				if !slices.Contains(app.Roles, role) {
					return errUsage{fmt.Errorf("--roles: %q is none of %s", role, strings.Join(app.Roles, ", "))}
				}
			}
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
			return c.run(cmd.Context(), a, roles, log)
		},
	}
	cmd.Flags().StringSliceVar(&roles, "roles", app.Roles, "what this process does, of `ROLES`")
	return cmd
}

func (c *cli) run(ctx context.Context, a *app.App, roles []string, log *slog.Logger) error {
	err := a.Run(ctx, roles, func(at app.Addresses) {
		args := []any{"version", version(), "roles", strings.Join(roles, ",")}
		if at.Public != nil {
			args = append(args, "public", at.Public.String())
		}
		if at.Desk != nil {
			args = append(args, "desk", at.Desk.String())
		}
		log.Info("serving", args...)
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
	check := &cobra.Command{
		Use: "check", Short: "Say which schema the database has, and who works on it", Example: "  broadsheet db check --json", Args: noArgs,
		RunE: c.with(func(ctx context.Context, a *app.App, _ []string) error {
			s, err := a.Schema(ctx)
			if err != nil {
				return err
			}
			return c.print(s, func() error {
				rows := [][]string{{"schema of the database", fmt.Sprint(s.Database)}, {"schema of this program", fmt.Sprint(s.Program)}, {"oldest program that may work on it", fmt.Sprint(s.Floor)}}
				for _, w := range s.Workers {
					rows = append(rows, []string{"delivers", w.Host + " " + w.Version + " " + w.ID})
				}
				return c.table(rows)
			})
		}),
	}
	return noun("db", "Look after the database", "  broadsheet db check", migrate, check)
}
