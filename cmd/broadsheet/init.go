package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"broadsheet/internal/config"

	"github.com/spf13/cobra"
)

func (c *cli) initCommand() *cobra.Command {
	var a config.Answers
	var noSource bool
	cmd := &cobra.Command{
		Use: "init [DIR]", Short: "Write a configuration that works",
		Long: `Asks for what is missing on a terminal, or takes it from flags. It invents nothing
and overwrites nothing.`,
		Example: `  broadsheet init
  broadsheet init news --name "Drug policy letter" --languages en,fr --from "Secretariat <news@example.org>" \
      --timezone Europe/Paris --source https://www.example.org/news.rss --team ana@example.org,luc@example.org`, Args: between(0, 1),
		RunE: func(_ *cobra.Command, args []string) error { return c.init(first(args), a, noSource) },
	}
	flags := cmd.Flags()
	flags.StringVar(&a.Name, "name", "", "the newsletter's name")
	flags.StringSliceVar(&a.Languages, "languages", nil, "its languages, the fallback first: en,fr")
	flags.StringVar(&a.From, "from", "", "its sender: Name <address>")
	flags.StringVar(&a.Timezone, "timezone", "", "its timezone: Europe/Paris")
	flags.StringVar(&a.Source, "source", "", "its first source: address of a feed or .ics calendar, or a pattern such as news/*.md")
	flags.BoolVar(&noSource, "no-source", false, "begin without a source")
	flags.StringSliceVar(&a.Team, "team", nil, "addresses of the team")
	return cmd
}

func (c *cli) init(dir string, a config.Answers, noSource bool) error {
	if dir == "" {
		dir = "."
	}
	if err := c.ask(&a, noSource); err != nil {
		return err
	}
	path, err := config.Init(dir, a)
	if err != nil {
		return err
	}
	cfg, err := config.Load(path, time.Now(), os.LookupEnv)
	if err != nil {
		for _, file := range []string{path, filepath.Join(dir, "broadsheet.secret")} {
			if removed := os.Remove(file); removed != nil {
				return removed
			}
		}
		return fmt.Errorf("these answers give no good configuration, so nothing was written: %w", err)
	}
	for _, w := range cfg.Warnings {
		c.say("warning: %s:%s", path, w)
	}
	c.say("next: broadsheet collect --config %s", path)
	return c.print(map[string]any{"config": path}, func() error {
		_, err := fmt.Fprintf(c.out, "wrote %s and its secret beside it\n", path)
		return err
	})
}

// ask fills in what the flags left out; without a terminal a missing answer is an error.
func (c *cli) ask(a *config.Answers, noSource bool) error {
	in := bufio.NewReader(os.Stdin)
	var missing []string
	question := func(flag, text string, set bool, take func(string)) error {
		if set {
			return nil
		}
		if !terminal(os.Stdin) {
			missing = append(missing, "--"+flag)
			return nil
		}
		fmt.Fprintf(c.err, "%s: ", text)
		answer, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		take(strings.TrimSpace(answer))
		return nil
	}
	split := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
	}
	for _, q := range []struct {
		flag, text string
		set        bool
		take       func(string)
	}{
		{"name", "Name of the newsletter", a.Name != "", func(s string) { a.Name = s }},
		{"languages", "Languages, the fallback first (en,fr)", len(a.Languages) > 0, func(s string) { a.Languages = split(s) }},
		{"from", "Sender (Name <address>)", a.From != "", func(s string) { a.From = s }},
		{"timezone", "Timezone (Europe/Paris)", a.Timezone != "", func(s string) { a.Timezone = s }},
		{"source", "First source: a feed, an .ics calendar, or files such as news/*.md (empty: none yet)", a.Source != "" || noSource, func(s string) { a.Source = s }},
		{"team", "Addresses of the team, who edit and approve", len(a.Team) > 0, func(s string) { a.Team = split(s) }},
	} {
		if err := question(q.flag, q.text, q.set, q.take); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return errUsage{fmt.Errorf("without a terminal, init needs %s", strings.Join(missing, ", "))}
	}
	return nil
}
