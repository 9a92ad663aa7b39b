package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"

	"broadsheet/internal/app"
	"broadsheet/subscribers"
	"broadsheet/subscribers/csvfile"
	"broadsheet/subscribers/segment"

	"github.com/spf13/cobra"
)

func (c *cli) importCommand() *cobra.Command {
	var list, report string
	var dryRun, quiet bool
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Import subscribers from CSV, with a word on every line",
		Long: `The first line names the columns: email, name, language, consent_source,
consent_date (YYYY-MM-DD), consent_wording. On a list with double opt-in a row
without evidence of consent stays pending and is not mailed. Nobody who left the
list or is suppressed is brought back. Importing a file twice changes nothing.`,
		Example: "  broadsheet subscriber import people.csv --list members --report report.csv\n  broadsheet subscriber import people.csv --list members --dry-run --json", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			return c.importFile(ctx, a, args[0], list, report, dryRun, quiet)
		}),
	}
	cmd.Flags().StringVar(&list, "list", "", "the `LIST`")
	cmd.Flags().StringVar(&report, "report", "", "write a CSV `FILE` with what became of every line")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would happen and change nothing")
	cmd.Flags().BoolVar(&quiet, "quiet", false, "do not name refused lines on standard error")
	return cmd
}

func (c *cli) importFile(ctx context.Context, a *app.App, path, list, report string, dryRun, quiet bool) (err error) {
	l, err := c.wanted(ctx, a, list)
	if err != nil {
		return err
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	var lines *csv.Writer
	if report != "" {
		out, err := os.OpenFile(report, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer out.Close()
		lines = csv.NewWriter(out)
		if err := lines.Write([]string{"line", "address", "outcome", "reason"}); err != nil {
			return err
		}
	}
	counts := map[subscribers.Outcome]int{subscribers.Added: 0, subscribers.Waiting: 0, subscribers.Changed: 0, subscribers.Unchanged: 0, subscribers.Refused: 0}
	err = a.People.Import(ctx, subscribers.Import{List: l, DryRun: dryRun, Act: c.act("import")}, csvfile.Read(in), func(r subscribers.Result) error {
		counts[r.Outcome]++
		if r.Outcome == subscribers.Refused && !quiet {
			c.say("%s:%d: %s", path, r.Line, r.Reason)
		}
		if lines != nil {
			return lines.Write([]string{fmt.Sprint(r.Line), csvfile.Neutralise(r.Address), string(r.Outcome), csvfile.Neutralise(r.Reason)})
		}
		return nil
	})
	if lines != nil {
		lines.Flush()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := c.print(counts, func() error {
		_, err := fmt.Fprintf(c.out, "added %d, pending %d, changed %d, unchanged %d, refused %d\n", counts[subscribers.Added], counts[subscribers.Waiting], counts[subscribers.Changed], counts[subscribers.Unchanged], counts[subscribers.Refused])
		return err
	}); err != nil {
		return err
	}
	if n := counts[subscribers.Refused]; n > 0 {
		return refuse("lines refused: %d; the others are %s", n, map[bool]string{false: "imported", true: "good"}[dryRun])
	}
	return nil
}

func (c *cli) exportCommand() *cobra.Command {
	var list string
	cmd := &cobra.Command{
		Use: "export", Short: "Export a list as CSV", Example: "  broadsheet subscriber export --list members > members.csv", Args: noArgs,
		RunE: c.with(func(ctx context.Context, a *app.App, _ []string) error {
			if _, err := c.wanted(ctx, a, list); err != nil {
				return err
			}
			if c.json {
				members := []subscribers.Member{}
				if err := a.People.Export(ctx, list, segment.Filter{}, func(m subscribers.Member) error { members = append(members, m); return nil }); err != nil {
					return err
				}
				return c.print(members, nil)
			}
			w, err := csvfile.NewWriter(c.out)
			if err != nil {
				return err
			}
			if err := a.People.Export(ctx, list, segment.Filter{}, w.Write); err != nil {
				return err
			}
			return w.Flush()
		}),
	}
	cmd.Flags().StringVar(&list, "list", "", "the `LIST`")
	return cmd
}
