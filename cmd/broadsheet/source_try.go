package main

import (
	"context"
	"strconv"
	"strings"

	"broadsheet/internal/app"
	"broadsheet/internal/desk"

	"github.com/spf13/cobra"
)

func (c *cli) tryCommand() *cobra.Command {
	return &cobra.Command{
		Use: "try SOURCE", Short: "Read a source now and show what it gives and what changed, without storing", Args: exactly(1),
		Long:    "Read a source now and show every item it gives, held against what is stored: new, changed (and in what), the same, or no longer given. Nothing is stored.",
		Example: "  broadsheet source try incb --json",
		RunE:    c.with(func(ctx context.Context, a *app.App, args []string) error { return c.try(ctx, a, args[0]) }),
	}
}

type trialView struct {
	itemView
	State   string   `json:"state"`
	Changed []string `json:"changed,omitempty"`
}

func (c *cli) try(ctx context.Context, a *app.App, id string) error {
	trial, err := a.Desk.Try(ctx, id)
	if err != nil {
		return err
	}
	items, gone := []trialView{}, []itemView{}
	rows := [][]string{{"STATE", "WHEN", "LANGUAGE", "TITLE", "PLACE", "WHERE"}}
	for _, item := range trial.Items {
		v := trialView{viewItem(item.Item, trial.Source.Location()), item.State, item.Changed}
		items = append(items, v)
		rows = append(rows, []string{stateText(item), v.when(), v.Language, short(v.Title, 60), short(v.Place, 20), v.URL})
	}
	for _, item := range trial.Gone {
		v := viewItem(item, trial.Source.Location())
		gone = append(gone, v)
		rows = append(rows, []string{"not given now", v.when(), v.Language, short(v.Title, 60), short(v.Place, 20), v.URL})
	}
	for _, why := range trial.Found.Refused {
		c.say("left out: %s", why)
	}
	for _, note := range trial.Found.Notes {
		c.say("%s", note)
	}
	count := map[string]int{}
	for _, v := range items {
		count[v.State]++
	}
	c.say("%s: items %d (new %d, changed %d, same %d), left out %d; nothing was stored", id, len(items), count["new"], count["changed"], count["same"], len(trial.Found.Refused))
	view := map[string]any{"source": id, "items": items, "gone": gone, "refused": append([]string{}, trial.Found.Refused...), "notes": append([]string{}, trial.Found.Notes...)}
	return c.print(view, func() error { return c.table(rows) })
}

func stateText(item desk.TrialItem) string {
	text := item.State
	if item.State == "changed" {
		text += ": " + strings.Join(item.Changed, ", ")
	}
	if status := item.Item.Status; status != "" && status != "confirmed" {
		text += " (" + status + ")"
	}
	return text
}

func (c *cli) discoverCommand() *cobra.Command {
	var private bool
	cmd := &cobra.Command{
		Use: "discover URL", Short: "Find a site's feeds, calendars and sitemaps", Example: "  broadsheet source discover https://www.incb.org/", Args: exactly(1),
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			return c.discover(ctx, a, args[0], private)
		}),
	}
	cmd.Flags().BoolVar(&private, "allow-private", false, "also at loopback and private addresses")
	return cmd
}

type leadView struct {
	Way   string `json:"way"`
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
}

func (c *cli) discover(ctx context.Context, a *app.App, address string, private bool) error {
	leads, err := a.Desk.Discover(ctx, address, private)
	if err != nil {
		return err
	}
	views := []leadView{}
	rows := [][]string{{"WAY", "WHERE", "TITLE"}}
	for _, l := range leads {
		views = append(views, leadView(l))
		rows = append(rows, []string{l.Way, l.URL, short(l.Title, 60)})
	}
	if err := c.print(views, func() error { return c.table(rows) }); err != nil {
		return err
	}
	if len(views) == 0 {
		return refuse("%s names no feed, calendar or sitemap; read the page itself with rules (README: adding a source)", address)
	}
	way := views[0].Way
	if way == "sitemap" {
		way = "page" // read by the same door
	}
	c.say("to take the first: add {id: SITE, %s: %s} under sources:, then `broadsheet source try SITE`", way, strconv.Quote(views[0].URL))
	return nil
}
