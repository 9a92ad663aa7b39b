package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"broadsheet/internal/app"
	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"

	"github.com/spf13/cobra"
)

func (c *cli) setCommand() *cobra.Command {
	var mark marks
	words := map[string]*string{}
	cmd := &cobra.Command{
		Use: "set ID", Short: "Put words in place of a source's, reject or pin an item, or take that back", Args: exactly(1),
		Long:    "Put words in place of a source's. They stand whatever the source says later; an empty word takes the source's own again. A rejected item comes into no issue. A pinned one comes into the next, before others, whatever its age and however full the section, unless it is an event that is over. A priority (-9 to 9) moves it among the others, on top of its source's. Days are written YYYY-MM-DD. A draft that already holds the item takes only what is said of its picture; the rest is for `broadsheet issue edit`.",
		Example: "  broadsheet item set 12 --title \"A shorter title\" --as ana@example.org\n  broadsheet item set 12 --place \"\"\n  broadsheet item set 12 --reject\n  broadsheet item set 12 --pin --priority 2",
	}
	for _, field := range newsletter.EditFields {
		words[field] = cmd.Flags().String(strings.ReplaceAll(field, "_", "-"), "", "the item's "+strings.ReplaceAll(field, "_", " "))
	}
	cmd.Flags().BoolVar(&mark.reject, "reject", false, "keep it out of every issue")
	cmd.Flags().BoolVar(&mark.accept, "accept", false, "take a rejection back")
	cmd.Flags().BoolVar(&mark.pin, "pin", false, "put it into the next issue, before others")
	cmd.Flags().BoolVar(&mark.unpin, "unpin", false, "take a pin back")
	cmd.MarkFlagsMutuallyExclusive("reject", "accept")
	cmd.MarkFlagsMutuallyExclusive("reject", "pin")
	cmd.MarkFlagsMutuallyExclusive("pin", "unpin")
	cmd.RunE = c.with(func(ctx context.Context, a *app.App, args []string) error {
		edit := newsletter.Edit{Words: map[string]string{}}
		for field, word := range words {
			if cmd.Flags().Changed(strings.ReplaceAll(field, "_", "-")) {
				edit.Words[field] = *word
			}
		}
		if len(edit.Words) == 0 && mark == (marks{}) {
			return errUsage{fmt.Errorf("nothing is to be set; --title, --summary, --reject, --pin and others say what")}
		}
		return c.set(ctx, a, args[0], edit, mark)
	})
	return cmd
}

// marks are what people set on an item beside its words.
type marks struct{ reject, accept, pin, unpin bool }

func (c *cli) set(ctx context.Context, a *app.App, text string, edit newsletter.Edit, mark marks) error {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errUsage{fmt.Errorf("%q is not an item's number", text)}
	}
	item, err := a.Desk.Items.Item(ctx, id)
	if err != nil {
		return err
	}
	edit.Rejected = mark.reject || item.Rejected && !mark.accept && !mark.pin
	edit.Pinned = mark.pin || item.Pinned && !mark.unpin && !mark.reject
	if item, err = a.Desk.EditItem(ctx, id, edit, c.actor()); err != nil {
		return err
	}
	c.say("item %d is stored; `broadsheet item why %d` says what becomes of it", id, id)
	v := viewItem(item, c.zone(a, item))
	return c.print(v, func() error { return c.showItem(v) })
}

func (c *cli) whyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "why ID|URL", Short: "Say why an item is in or out of the next issue", Args: exactly(1),
		Example: "  broadsheet item why 12\n  broadsheet item why https://www.incb.org/incb/en/news/press-releases/2026.html",
		RunE: c.with(func(ctx context.Context, a *app.App, args []string) error {
			found, err := a.Desk.Why(ctx, args[0])
			if err != nil {
				return err
			}
			views := []whyView{}
			for _, w := range found {
				views = append(views, whyView{viewItem(w.Item, c.zone(a, w.Item)), w.Publications})
			}
			return c.print(views, func() error { return c.whyTable(found) })
		}),
	}
}

type whyView struct {
	Item         itemView              `json:"item"`
	Publications []desk.WhyPublication `json:"publications"`
}

func (c *cli) whyTable(found []desk.Why) error {
	rows := [][]string{{"ITEM", "PUBLICATION", "SECTION", "IN", "WHY"}}
	for _, w := range found {
		id := strconv.FormatInt(w.Item.ID, 10)
		for _, p := range w.Publications {
			for _, where := range p.Stands {
				rows = append(rows, []string{id, p.ID, "", "yes", "it stands in " + where})
			}
			for _, v := range p.Verdicts {
				rows = append(rows, []string{id, p.ID, v.Section, map[bool]string{true: "yes", false: "no"}[v.In], verdictText(v.In, v.Why, v.For, p.Next)})
			}
			if p.Waits != "" {
				c.say("%s: %s", p.ID, p.Waits)
			}
		}
		c.say("%d: %s", w.Item.ID, w.Item.Title)
	}
	return c.table(rows)
}

func verdictText(in bool, against, reason, next string) string {
	text := "it comes into the next issue"
	switch {
	case !in:
		return against
	case next != "":
		text = "it comes into " + next + " when that is composed anew"
	}
	if reason != "" {
		text += ": " + reason
	}
	return text
}
