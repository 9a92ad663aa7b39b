package main

import (
	"context"

	"broadsheet/internal/app"
)

// wanting says what an issue's pictures lack that only a person can add.
func (c *cli) wanting(ctx context.Context, a *app.App, slug string) error {
	issue, _, err := a.Desk.Open(ctx, slug)
	if err != nil {
		return err
	}
	for _, line := range issue.Content.Wanting() {
		c.say("warning: %s", line)
	}
	return nil
}
