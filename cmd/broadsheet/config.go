package main

import (
	"fmt"

	"broadsheet/internal/config"

	"github.com/spf13/cobra"
)

func (c *cli) configCommand() *cobra.Command {
	check := &cobra.Command{
		Use: "check", Short: "Check the configuration and name every fault with its line", Example: "  broadsheet config check --config broadsheet.yaml", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			for _, w := range cfg.Warnings {
				c.say("warning: %s:%s", c.config, w)
			}
			summary := map[string]any{"ok": true, "publications": len(cfg.Publications), "sources": len(cfg.Sources), "lists": len(cfg.Lists), "warnings": append(config.Problems{}, cfg.Warnings...)}
			return c.print(summary, func() error {
				_, err := fmt.Fprintf(c.out, "%s is good (publications %d, sources %d, lists %d, warnings %d)\n", c.config, len(cfg.Publications), len(cfg.Sources), len(cfg.Lists), len(cfg.Warnings))
				return err
			})
		},
	}
	show := &cobra.Command{
		Use: "print", Short: "Print the configuration as it is understood, defaults included, secrets redacted", Example: "  broadsheet config print", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			text, err := cfg.Print(c.json)
			if err == nil {
				_, err = c.out.Write(text)
			}
			return err
		},
	}
	schema := &cobra.Command{
		Use: "schema", Short: "Print a JSON Schema of the configuration, for editors", Example: "  broadsheet config schema > broadsheet.schema.json", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := config.Schema()
			if err == nil {
				_, err = fmt.Fprintf(c.out, "%s\n", text)
			}
			return err
		},
	}
	return noun("config", "Check and show the configuration", "  broadsheet config check", check, show, schema)
}
