package main

import (
	"bufio"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"broadsheet/internal/config"
	"broadsheet/subscribers"

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
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.init(first(args), a, noSource || cmd.Flags().Changed("source"))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&a.Name, "name", "", "the newsletter's name")
	flags.StringSliceVar(&a.Languages, "languages", nil, "its languages, the fallback first: en,fr")
	flags.StringVar(&a.From, "from", "", "its sender: Name <address>")
	flags.StringVar(&a.Timezone, "timezone", "", "its timezone: Europe/Paris")
	flags.StringVar(&a.Source, "source", "", "its first source: address of a feed or .ics calendar, or a pattern such as news/*.md or agenda.csv")
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

// A question is one thing that init needs to know.
type question struct {
	flag, text string
	given      bool
	take       func(string) error
}

// ask fills in what the flags left out; without a terminal a missing answer is an error.
func (c *cli) ask(a *config.Answers, noSource bool) error {
	in := bufio.NewReader(os.Stdin)
	var missing []string
	for _, q := range questions(a, noSource) {
		switch {
		case q.given:
		case !terminal(os.Stdin):
			missing = append(missing, "--"+q.flag)
		default:
			if err := c.question(in, q); err != nil {
				return err
			}
		}
	}
	if len(missing) > 0 {
		return errUsage{fmt.Errorf("without a terminal, init needs %s", strings.Join(missing, ", "))}
	}
	return nil
}

// question asks until the answer can be used.
func (c *cli) question(in *bufio.Reader, q question) error {
	for {
		fmt.Fprintf(c.err, "%s: ", q.text)
		answer, err := in.ReadString('\n')
		if err != nil {
			return refuse("the questions were not answered, so nothing was written")
		}
		if err = q.take(strings.TrimSpace(answer)); err == nil {
			return nil
		}
		c.say("%v", err)
	}
}

func questions(a *config.Answers, noSource bool) []question {
	words := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
	}
	return []question{
		{"name", "Name of the newsletter", a.Name != "", func(s string) error {
			a.Name = s
			return needed(s)
		}},
		{"languages", "Languages, the fallback first (en,fr)", len(a.Languages) > 0, func(s string) error {
			a.Languages = words(s)
			for _, tag := range a.Languages {
				if _, err := subscribers.CleanLanguage(tag); err != nil {
					return err
				}
			}
			return needed(s)
		}},
		{"from", "Sender (Name <address>)", a.From != "", func(s string) error {
			a.From = s
			if _, err := mail.ParseAddress(s); err != nil {
				return refuse("%q is not a sender such as News <news@example.org>", s)
			}
			return nil
		}},
		{"timezone", "Timezone (Europe/Paris)", a.Timezone != "", func(s string) error {
			a.Timezone = s
			if _, err := time.LoadLocation(s); err != nil || s == "" {
				return refuse("no timezone %q", s)
			}
			return nil
		}},
		{"source", "First source: a feed or .ics calendar on the web, or files such as news/*.md (empty: none yet)", a.Source != "" || noSource, func(s string) error {
			a.Source = s
			return nil
		}},
		{"team", "Addresses of the team, who edit and approve", len(a.Team) > 0, func(s string) error {
			a.Team = words(s)
			for _, address := range a.Team {
				if _, _, err := subscribers.ParseAddress(address); err != nil {
					return err
				}
			}
			return needed(s)
		}},
	}
}

func needed(answer string) error {
	if answer == "" {
		return refuse("this is needed")
	}
	return nil
}
