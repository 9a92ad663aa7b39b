package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/config"
	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/subscribers"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// cli is what every command shares.
type cli struct {
	out, err io.Writer
	config   string
	json     bool
	now      string
	as       string
	printed  bool // something is on standard output
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "broadsheet",
		Short: "The newsletter that writes itself and never mails anyone wrongly",
		Long: `broadsheet collects news, reports and agenda entries from feeds, pages, calendars
and files, composes them into an issue, has it approved, and mails it to lists.

Begin with "broadsheet demo" to see it, or "broadsheet init" to use it.`,
		Example:       "  broadsheet init\n  broadsheet collect\n  broadsheet issue compose\n  broadsheet issue preview monthly/1 --open",
		SilenceErrors: true, SilenceUsage: true,
		Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(c.out)
	root.SetErr(c.err)
	flags := root.PersistentFlags()
	flags.StringVar(&c.config, "config", "broadsheet.yaml", "configuration `FILE`")
	flags.BoolVar(&c.json, "json", false, "print JSON on standard output")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return errUsage{err} })
	root.AddCommand(c.initCommand(), c.configCommand(), c.sourceCommand(), c.collectCommand(), c.itemCommand(), c.issueCommand(),
		c.deliveryCommand(), c.listCommand(), c.subscriberCommand(), c.dkimCommand(), c.templateCommand(), c.dbCommand(), c.serveCommand(), c.demoCommand(), c.versionCommand())
	root.InitDefaultCompletionCmd("completion")
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Example = "  broadsheet completion bash > /etc/bash_completion.d/broadsheet"
			for _, shell := range cmd.Commands() {
				shell.Example = "  broadsheet completion " + shell.Name()
			}
		}
	}
	return root
}

// noun is a command that only groups verbs.
func noun(use, short, example string, verbs ...*cobra.Command) *cobra.Command {
	n := &cobra.Command{Use: use, Short: short, Example: example, Args: func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return errUsage{fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())}
		}
		return nil
	}, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	n.AddCommand(verbs...)
	return n
}

func noArgs(cmd *cobra.Command, args []string) error { return exactly(0)(cmd, args) }

func exactly(n int) cobra.PositionalArgs { return between(n, n) }

func between(low, high int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < low:
			return errUsage{fmt.Errorf("%s: an argument is missing: %s", cmd.CommandPath(), cmd.Use)}
		case len(args) > high && !cmd.HasParent():
			return errUsage{fmt.Errorf("unknown command %q", args[0])}
		case len(args) > high:
			return errUsage{fmt.Errorf("%s: too many arguments: %s", cmd.CommandPath(), cmd.Use)}
		}
		return nil
	}
}

// say talks to the person, on standard error.
func (c *cli) say(format string, args ...any) {
	fmt.Fprintf(c.err, "broadsheet: "+format+"\n", args...)
}

// table prints aligned columns on standard output.
func (c *cli) table(rows [][]string) error {
	w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	for _, row := range rows {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// print writes v as JSON when that is asked for, else calls text.
func (c *cli) print(v any, text func() error) error {
	c.printed = true
	if !c.json {
		return text()
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// failed writes an error as JSON where that is asked for and nothing else was printed.
func (c *cli) failed(err error) {
	if !c.json || c.printed {
		return
	}
	out := map[string]any{"ok": false, "error": err.Error(), "hint": fault.Hint(err)}
	var faults config.Faults
	if errors.As(err, &faults) {
		out["problems"] = faults.Problems
	}
	_ = c.print(out, nil) // the error itself is said on standard error
}

func (c *cli) actor() string {
	if c.as != "" {
		return c.as
	}
	return desk.Operator
}

// act is who changes people from the command line, and how.
func (c *cli) act(how string) subscribers.Act { return subscribers.Act{By: c.actor(), How: how} }

// withAs adds --as to a command that is a person's act.
func (c *cli) withAs(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&c.as, "as", "", "act as the team member with this `ADDRESS`")
	return cmd
}

// withNow adds --now to a command that may be rehearsed.
func (c *cli) withNow(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&c.now, "now", "", "rehearse at this `TIME` (2027-03-01T06:00:00+01:00); nothing is really sent")
	return cmd
}

// clock is the real one, or one that starts at --now.
func (c *cli) clock() (now func() time.Time, rehearsal bool, err error) {
	if c.now == "" {
		return time.Now, false, nil
	}
	at, err := time.Parse(time.RFC3339, c.now)
	if err != nil {
		return nil, false, errUsage{fmt.Errorf("--now %q is not a time such as 2027-03-01T06:00:00+01:00", c.now)}
	}
	began := time.Now()
	return func() time.Time { return at.Add(time.Since(began)) }, true, nil
}

func (c *cli) load() (*config.Config, error) {
	now, _, err := c.clock()
	if err != nil {
		return nil, err
	}
	return config.Load(c.config, now(), os.LookupEnv)
}

// open loads the configuration and opens everything over it.
func (c *cli) open(ctx context.Context, log *slog.Logger) (*app.App, error) {
	cfg, err := c.load()
	if err != nil {
		return nil, err
	}
	now, rehearsal, err := c.clock()
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, cfg, app.Options{Now: now, Rehearsal: rehearsal, Log: log, Version: version()})
}

// with opens the app for one command and closes it after.
func (c *cli) with(run func(ctx context.Context, a *app.App, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		if c.as != "" && !strings.Contains(c.as, "@") {
			return errUsage{fmt.Errorf("--as %q is not an address", c.as)}
		}
		a, err := c.open(cmd.Context(), nil)
		if err != nil {
			return err
		}
		defer func() {
			if closed := a.Close(); err == nil {
				err = closed
			}
		}()
		return run(cmd.Context(), a, args)
	}
}

func terminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func refuse(format string, args ...any) error { return fault.Conflictf(format, args...) }
