package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"broadsheet/internal/app"

	"github.com/spf13/cobra"
)

func (c *cli) dkimCommand() *cobra.Command {
	var kind, out string
	keygen := &cobra.Command{
		Use: "keygen", Short: "Make a signing key in a file of its own", Example: "  broadsheet dkim keygen --type ed25519 --out dkim-n2026.pem", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if out == "" {
				return errUsage{fmt.Errorf("--out is missing: the file for the key")}
			}
			text, err := app.NewKey(kind)
			if err != nil {
				return err
			}
			file, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // never over another key
			if err != nil {
				return err
			}
			if _, err := file.Write(text); err != nil {
				return errors.Join(err, file.Close())
			}
			c.say("name it under dkim: with its domain and selector, then run `broadsheet dkim record`")
			return errors.Join(file.Close(), c.print(map[string]any{"key": out, "type": kind}, func() error {
				_, err := fmt.Fprintf(c.out, "wrote %s\n", out)
				return err
			}))
		},
	}
	keygen.Flags().StringVar(&kind, "type", "rsa", "rsa (2048 bits) or ed25519; both may sign together")
	keygen.Flags().StringVar(&out, "out", "", "the `FILE`")
	record := &cobra.Command{
		Use: "record", Short: "Print the DNS records that publish the configured keys", Example: "  broadsheet dkim record", Args: noArgs,
		RunE: c.with(func(_ context.Context, a *app.App, _ []string) error { return c.records(a) }),
	}
	check := &cobra.Command{
		Use: "check", Short: "Look up whether the configured keys are published", Example: "  broadsheet dkim check", Args: noArgs,
		RunE: c.with(func(ctx context.Context, a *app.App, _ []string) error {
			keys, err := a.Keys()
			if err == nil && len(keys) == 0 {
				err = refuse("no keys stand under dkim: in the configuration")
			}
			for _, k := range keys {
				if failed := k.Published(ctx); failed != nil {
					err = errors.Join(err, failed)
				} else {
					c.say("%s is published", k.Name())
				}
			}
			return err
		}),
	}
	return noun("dkim", "Make, publish and check signing keys", "  broadsheet dkim keygen --out dkim-n2026.pem\n  broadsheet dkim record", keygen, record, check)
}

func (c *cli) records(a *app.App) error {
	keys, err := a.Keys()
	if err != nil {
		return err
	}
	type line struct {
		Name   string `json:"name"`
		Type   string `json:"type"`
		Record string `json:"record"`
	}
	lines := []line{}
	for _, k := range keys {
		text, err := k.Record()
		if err != nil {
			return err
		}
		lines = append(lines, line{k.Name(), "TXT", text})
	}
	return c.print(lines, func() error {
		for _, l := range lines {
			if _, err := fmt.Fprintf(c.out, "%s. IN TXT %s\n", l.Name, zoneText(l.Record)); err != nil {
				return err
			}
		}
		return nil
	})
}

// zoneText writes a TXT record for a zone file, in strings of at most 255 (RFC 1035 section 3.3).
func zoneText(record string) string {
	var parts []string
	for len(record) > 255 {
		parts, record = append(parts, strconv.Quote(record[:255])), record[255:]
	}
	parts = append(parts, strconv.Quote(record))
	if len(parts) == 1 {
		return parts[0]
	}
	return "( " + strings.Join(parts, " ") + " )"
}
