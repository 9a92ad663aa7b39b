package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"broadsheet/internal/app"

	"github.com/spf13/cobra"
)

func (c *cli) previewCommand() *cobra.Command {
	var format, language, subscriber, to string
	var open bool
	cmd := &cobra.Command{
		Use: "preview ISSUE", Short: "Write an issue as a reader would get it",
		Long: `Writes the very bytes that would be sent: html, text, the whole message (eml), or
the frozen proof (json). Without --to they go to standard output.`,
		Example: "  broadsheet issue preview monthly/1 --open\n  broadsheet issue preview monthly/1 --format text --language fr\n  broadsheet issue preview monthly/1 --format eml --as-subscriber ana@example.org --to ana.eml", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			body, err := previewBody(ctx, a, args[0], format, language, subscriber)
			if err != nil {
				return err
			}
			if open && to == "" {
				to = filepath.Join(os.TempDir(), "broadsheet-"+strings.ReplaceAll(args[0], "/", "-")+"."+extension(format))
			}
			if to == "" {
				_, err = c.out.Write(body)
				return err
			}
			if err := os.WriteFile(to, body, 0o600); err != nil {
				return err
			}
			c.say("wrote %s", to)
			if open {
				openBrowser(to)
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&format, "format", "html", "html, text, eml or json")
	cmd.Flags().StringVar(&language, "language", "", "the `LANGUAGE` (default: the publication's first)")
	cmd.Flags().StringVar(&subscriber, "as-subscriber", "", "with the name and links of this subscriber (`ADDRESS`)")
	cmd.Flags().StringVar(&to, "to", "", "write to this `FILE`")
	cmd.Flags().BoolVar(&open, "open", false, "open it in the browser")
	return c.withNow(cmd)
}

func extension(format string) string {
	if format == "text" {
		return "txt"
	}
	return format
}

func previewBody(ctx context.Context, a *app.App, slug, format, language, subscriber string) ([]byte, error) {
	preview, err := a.Desk.Preview(ctx, slug, language, subscriber)
	if err != nil {
		return nil, err
	}
	switch format {
	case "html":
		return []byte(preview.HTML), nil
	case "text":
		return []byte(preview.Text), nil
	case "eml":
		return preview.Message, nil
	case "json":
		return marshal(preview.Proof)
	}
	return nil, errUsage{fmt.Errorf("--format %q is not html, text, eml or json", format)}
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
