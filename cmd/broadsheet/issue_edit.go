package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"broadsheet/internal/app"
	"broadsheet/internal/newsletter"

	"github.com/spf13/cobra"
)

func (c *cli) editCommand() *cobra.Command {
	var from, language string
	var show bool
	cmd := &cobra.Command{
		Use: "edit ISSUE", Short: "Edit an issue as one Markdown file: order, drop, place, headlines, summaries, notes, editorial, sections",
		Long: `Opens the issue in $EDITOR, or takes an edited file with --from. Order its lines to
order entries and sections, delete one to drop an entry, add "- [12]" or "- https://..."
to place any item that was collected. An edit makes a new revision and voids an
approval; a file that changes nothing changes nothing. A file of an older revision is
refused, and your text is kept.`,
		Example: "  broadsheet issue edit monthly/1\n  broadsheet issue edit monthly/1 --print > draft.md\n  broadsheet issue edit monthly/1 --from draft.md --as ana@example.org", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			if show {
				text, err := a.Desk.EditFile(ctx, args[0], language)
				if err == nil {
					_, err = io.WriteString(c.out, text)
				}
				return err
			}
			return c.edit(ctx, a, args[0], from, language)
		}),
	}
	cmd.Flags().StringVar(&from, "from", "", "take the edited `FILE` (- for standard input)")
	cmd.Flags().StringVar(&language, "language", "", "only the words in this `LANGUAGE` (default: all of the publication's)")
	cmd.Flags().BoolVar(&show, "print", false, "print the file instead of opening it")
	return c.withNow(c.withAs(cmd))
}

func (c *cli) edit(ctx context.Context, a *app.App, slug, from, language string) error {
	if from != "" && language != "" {
		return errUsage{fmt.Errorf("with --from the file says its language: leave --language out")}
	}
	text, kept, err := c.edited(ctx, a, slug, from, language)
	var issue newsletter.Issue
	changed := false
	if err == nil {
		issue, changed, err = a.Desk.Edit(ctx, slug, text, c.actor())
	}
	if err != nil {
		if kept != "" {
			c.say("your text is kept in %s; mend it and run: broadsheet issue edit %s --from %s", kept, slug, kept)
		}
		return err
	}
	if kept != "" {
		if err := os.Remove(kept); err != nil {
			return err
		}
	}
	return c.print(map[string]any{"issue": slug, "revision": issue.Revision, "state": issue.State, "changed": changed}, func() error {
		what := "unchanged"
		if changed {
			what = "saved"
		}
		_, err := fmt.Fprintf(c.out, "%s %s (%s, revision %d)\n", slug, what, issue.State, issue.Revision)
		return err
	})
}

// edited returns the text of --from, or what a person made of it in their editor and the file it is kept in.
func (c *cli) edited(ctx context.Context, a *app.App, slug, from, language string) (text, kept string, err error) {
	switch from {
	case "":
	case "-":
		b, err := io.ReadAll(os.Stdin)
		return string(b), "", err
	default:
		b, err := os.ReadFile(from)
		return string(b), "", err
	}
	before, err := a.Desk.EditFile(ctx, slug, language)
	if err != nil {
		return "", "", err
	}
	editor := os.Getenv("VISUAL")
	if editor == "" {
		editor = os.Getenv("EDITOR")
	}
	if editor == "" {
		return "", "", errUsage{fmt.Errorf("no editor: set $EDITOR, or use --print and --from")}
	}
	kept, err = draftFile(slug, before)
	if err != nil {
		return "", "", err
	}
	parts := strings.Fields(editor)
	run := exec.CommandContext(ctx, parts[0], append(parts[1:], kept)...)
	run.Stdin, run.Stdout, run.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := run.Run(); err != nil {
		return "", kept, fmt.Errorf("%s: %w", editor, err)
	}
	b, err := os.ReadFile(kept)
	return string(b), kept, err
}

// draftFile writes a text into a file of its own: one that was kept before is not written over.
func draftFile(slug, text string) (path string, err error) {
	f, err := os.CreateTemp("", "broadsheet-"+strings.ReplaceAll(slug, "/", "-")+"-*.md")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	return f.Name(), errors.Join(err, f.Close())
}
