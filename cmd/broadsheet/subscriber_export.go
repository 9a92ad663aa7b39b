package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"broadsheet/internal/app"
	"broadsheet/subscribers"
	"broadsheet/subscribers/csvfile"
	"broadsheet/subscribers/segment"

	"github.com/spf13/cobra"
)

func (c *cli) exportCommand() *cobra.Command {
	var list, where, format, to string
	cmd := &cobra.Command{
		Use: "export", Short: "Export a list, those who left included",
		Long: `What is exported is complete, and import reads it back. --where picks people:
language = fr and attr.country in (GE, MD) and subscribed < 2025-01-01.`,
		Example: `  broadsheet subscriber export --list members > members.csv
  broadsheet subscriber export --list members --where "language = fr" --to french.xlsx`, Args: noArgs,
		RunE: c.with(func(ctx context.Context, a *app.App, _ []string) error {
			if _, err := c.wanted(ctx, a, list); err != nil {
				return err
			}
			filter, err := segment.Parse(where)
			if err != nil {
				return err
			}
			if format == "" {
				if format = strings.TrimPrefix(strings.ToLower(filepath.Ext(to)), "."); format == "" {
					format = "csv"
				}
			}
			if c.json {
				return c.exportJSON(ctx, a, list, filter)
			}
			out, finish, err := c.exportTo(to)
			if err != nil {
				return err
			}
			n, err := export(ctx, a, out, format, list, filter)
			if err := finish(err); err != nil {
				return err
			}
			if to != "" {
				c.say("%d subscriptions are in %s", n, to)
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&list, "list", "", "the `LIST`")
	cmd.Flags().StringVar(&where, "where", "", "only those whom this `FILTER` lets through")
	cmd.Flags().StringVar(&format, "format", "", "csv, tsv, xlsx or jsonl (default: by the name of --to, else csv)")
	cmd.Flags().StringVar(&to, "to", "", "write to this `FILE` (default: standard output)")
	return cmd
}

// exportJSON prints one array, a member at a time.
func (c *cli) exportJSON(ctx context.Context, a *app.App, list string, where segment.Filter) error {
	c.printed = true
	out := bufio.NewWriter(c.out)
	between := "[\n"
	w, err := csvfile.NewWriter(out, "jsonl")
	if err != nil {
		return err
	}
	err = a.People.Export(ctx, list, where, func(m subscribers.Member) error {
		if _, err := out.WriteString(between); err != nil {
			return err
		}
		between = ","
		return w.Write(m)
	})
	if err != nil {
		return err
	}
	if between != "," {
		fmt.Fprint(out, "[")
	}
	fmt.Fprintln(out, "]")
	return out.Flush()
}

// exportTo opens where an export goes. A file is there only when it is whole.
func (c *cli) exportTo(path string) (io.Writer, func(error) error, error) {
	if path == "" {
		out := bufio.NewWriterSize(c.out, 64<<10)
		return out, func(err error) error {
			if flushed := out.Flush(); err == nil {
				err = flushed
			}
			return err
		}, nil
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // for nobody else to read
	if err != nil {
		return nil, nil, err
	}
	out := bufio.NewWriterSize(file, 64<<10)
	return out, func(err error) error {
		if flushed := out.Flush(); err == nil {
			err = flushed
		}
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err == nil {
			return os.Rename(file.Name(), path)
		}
		_ = os.Remove(file.Name()) // half of it is of no use
		return err
	}, nil
}

func export(ctx context.Context, a *app.App, out io.Writer, format, list string, where segment.Filter) (n int, err error) {
	w, err := csvfile.NewWriter(out, format)
	if err != nil {
		return 0, err
	}
	if err := a.People.Export(ctx, list, where, func(m subscribers.Member) error { n++; return w.Write(m) }); err != nil {
		return n, err
	}
	return n, w.Close()
}
