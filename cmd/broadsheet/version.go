package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Set by the Makefile with -ldflags.
var (
	release = ""
	commit  = ""
)

func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  broadsheet version --json", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			v := map[string]string{"version": version(), "commit": commit, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
			return c.print(v, func() error {
				_, err := fmt.Fprintf(c.out, "broadsheet %s %s (%s, %s)\n", v["version"], v["commit"], v["go"], v["platform"])
				return err
			})
		},
	}
}
