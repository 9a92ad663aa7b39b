// Command broadsheet collects, composes, proves, approves and mails newsletters.
// This package only parses, calls and prints; what happens stands in internal/desk.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a machine or container without zoneinfo has timezones all the same

	"broadsheet/internal/fault"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:])) }

// errUsage marks what a person typed wrongly: exit status 2.
type errUsage struct{ error }

func (e errUsage) Unwrap() error { return e.error }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	c := &cli{out: os.Stdout, err: os.Stderr}
	root := c.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	c.failed(err)
	var usage errUsage
	switch {
	case errors.As(err, &usage):
		c.say("%v", err)
		c.say("see `%s --help`", commandFor(root, args).CommandPath())
		return 2
	case errors.Is(err, context.Canceled):
		c.say("stopped; nothing is lost, the same command goes on from here")
		return 1
	}
	c.say("%v", err)
	if hint := fault.Hint(err); hint != "" {
		c.say("%s", hint)
	}
	return 1
}

func commandFor(root *cobra.Command, args []string) *cobra.Command {
	if found, _, err := root.Find(args); err == nil {
		return found
	}
	return root
}
