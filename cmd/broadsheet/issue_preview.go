package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"broadsheet/internal/app"

	"github.com/spf13/cobra"
)

// previewAsk is what a person wants to see of an issue.
type previewAsk struct {
	format, language, subscriber, to string
	open, watch                      bool
	listen                           string
}

func (c *cli) previewCommand() *cobra.Command {
	ask := previewAsk{}
	cmd := &cobra.Command{
		Use: "preview ISSUE", Short: "Write an issue as a reader would get it, or show it while it is worked on",
		Long: `Writes the very bytes that would be sent: html, text, the whole message (eml), or
the frozen proof (json). Without --to they go to standard output. Only the date of
the message, and signatures over it, are those of this moment.

With --watch it serves the issue on this machine instead, and loads the page anew
whenever the issue, the configuration or a file in templates/ is changed. What is
wrong is shown in the page, above the last that worked.`,
		Example: "  broadsheet issue preview monthly/1 --open\n  broadsheet issue preview monthly/1 --watch --open\n  broadsheet issue preview monthly/1 --format text --language fr\n  broadsheet issue preview monthly/1 --format eml --as-subscriber ana@example.org --to ana.eml", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if ask.watch {
				return c.watch(cmd, args[0], ask)
			}
			return c.with(func(ctx context.Context, a *app.App, args []string) error { return c.preview(ctx, a, args[0], ask) })(cmd, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&ask.format, "format", "html", "html, text, eml or json")
	flags.StringVar(&ask.language, "language", "", "the `LANGUAGE` (default: the subscriber's, or the publication's first)")
	flags.StringVar(&ask.subscriber, "as-subscriber", "", "with the name, links and language of this subscriber (`ADDRESS` or id)")
	flags.StringVar(&ask.to, "to", "", "write to this `FILE`")
	flags.BoolVar(&ask.open, "open", false, "open it in the browser")
	flags.BoolVar(&ask.watch, "watch", false, "serve it on this machine and follow changes")
	flags.StringVar(&ask.listen, "listen", "127.0.0.1:0", "with --watch: the loopback `ADDRESS` to listen on")
	return c.withNow(cmd)
}

func (c *cli) preview(ctx context.Context, a *app.App, slug string, ask previewAsk) error {
	body, err := previewBody(ctx, a, slug, ask)
	if err == nil {
		err = c.wanting(ctx, a, slug)
	}
	if err != nil {
		return err
	}
	if ask.open && ask.to == "" {
		ask.to = filepath.Join(os.TempDir(), "broadsheet-"+strings.ReplaceAll(slug, "/", "-")+"."+extension(ask.format))
	}
	if ask.to == "" {
		c.printed = true
		_, err = c.out.Write(body)
		return err
	}
	if err := os.WriteFile(ask.to, body, 0o600); err != nil {
		return err
	}
	c.say("wrote %s", ask.to)
	if ask.open {
		openBrowser(ask.to)
	}
	return nil
}

func previewBody(ctx context.Context, a *app.App, slug string, ask previewAsk) ([]byte, error) {
	preview, err := a.Desk.Preview(ctx, slug, ask.language, ask.subscriber)
	if err != nil {
		return nil, err
	}
	switch ask.format {
	case "html":
		return []byte(preview.HTML), nil
	case "text":
		return []byte(preview.Text), nil
	case "eml":
		return preview.Message, nil
	case "json":
		return marshal(preview.Proof)
	}
	return nil, errUsage{fmt.Errorf("--format %q is not html, text, eml or json", ask.format)}
}

// watch serves the preview until it is interrupted.
func (c *cli) watch(cmd *cobra.Command, slug string, ask previewAsk) error {
	for _, other := range []string{"to", "format", "language", "as-subscriber"} {
		if cmd.Flags().Changed(other) {
			return errUsage{fmt.Errorf("--watch has --%s in its page: leave it out", other)}
		}
	}
	host, _, err := net.SplitHostPort(ask.listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errUsage{fmt.Errorf("--listen %q is not a loopback address such as 127.0.0.1:8090", ask.listen)}
	}
	now, rehearsal, err := c.clock()
	if err != nil {
		return err
	}
	w := app.Watched{Slug: slug, Config: c.config, Listen: ask.listen, Load: c.load, Options: app.Options{Now: now, Rehearsal: rehearsal, Version: version()}}
	return w.Run(cmd.Context(), func(address string) {
		c.say("%s is at %s and follows changes; press Ctrl-C to end", slug, address)
		if ask.open {
			openBrowser(address)
		}
	})
}

func extension(format string) string {
	if format == "text" {
		return "txt"
	}
	return format
}

// openBrowser shows a file or address where there is a browser; without one nothing happens.
func openBrowser(target string) {
	name, args := "xdg-open", []string{target}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", target}
	}
	_ = exec.Command(name, args...).Start() // the address was printed too
}
