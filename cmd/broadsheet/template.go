package main

import (
	"fmt"

	"broadsheet/internal/app"

	"github.com/spf13/cobra"
)

func (c *cli) templateCommand() *cobra.Command {
	export := &cobra.Command{
		Use: "export DIR", Short: "Write the built-in themes, mails, pages and labels into a folder", Args: exactly(1),
		Long:    "Write the built-in themes, mails, pages and labels into a folder, with a README that says what each may do. What you change goes into templates/ beside the configuration, file by file; leave out what you do not change, and you get its improvements.",
		Example: "  broadsheet template export theirs\n  mkdir -p templates/default && cp theirs/default/style.css templates/default/",
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := app.ExportTemplates(args[0])
			if err != nil {
				return err
			}
			c.say("%d files written; copy those that you change into templates/ beside the configuration, then: broadsheet template check", len(files))
			return c.print(files, func() error {
				for _, file := range files {
					if _, err := fmt.Fprintln(c.out, file); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	check := &cobra.Command{
		Use: "check [DIR]", Short: "Try the themes of a folder, or of templates/ beside the configuration, on a sample issue", Args: between(0, 1),
		Example: "  broadsheet template check\n  broadsheet template check templates --json",
		RunE:    func(_ *cobra.Command, args []string) error { return c.checkTemplates(first(args)) },
	}
	return noun("template", "Change how issues, mails and pages look", "  broadsheet template export theirs", export, check)
}

func (c *cli) checkTemplates(dir string) error {
	if dir == "" {
		dir = app.OwnTemplates(c.config)
	}
	findings, err := app.CheckTemplates(dir)
	if err != nil {
		return err
	}
	name := dir
	if dir == "" {
		name = "the built-in templates"
	}
	view := map[string]any{"ok": len(findings) == 0, "templates": dir, "findings": append([]string{}, findings...)}
	if err := c.print(view, func() error {
		for _, finding := range findings {
			if _, err := fmt.Fprintln(c.out, finding); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if len(findings) > 0 {
		return refuse("%s: %d findings", name, len(findings))
	}
	c.say("%s: good in both themes, light and dark, in every language of the sample", name)
	return nil
}
