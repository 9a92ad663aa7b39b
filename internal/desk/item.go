package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"broadsheet/internal/compose"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/staff"
)

// EditItem puts a person's words in place of a source's, and accepts or rejects the
// item. No later look at the source undoes it. What is said of a picture reaches the
// drafts that hold it, as their edit file has no words for it.
func (d *Desk) EditItem(ctx context.Context, id int64, edit newsletter.Edit, actor string) (newsletter.Item, error) {
	actor, err := d.who(actor, staff.Editor)
	if err != nil {
		return newsletter.Item{}, err
	}
	if err := edit.Check(); err != nil {
		return newsletter.Item{}, err
	}
	edit.By = actor
	if err := d.Items.EditItem(ctx, id, edit); err != nil {
		return newsletter.Item{}, err
	}
	done := []string{}
	for _, field := range newsletter.EditFields {
		if _, set := edit.Words[field]; set {
			done = append(done, field)
		}
	}
	if edit.Rejected {
		done = append(done, "rejected")
	}
	if edit.Pinned {
		done = append(done, "pinned")
	}
	if err := d.Office.AddAudit(ctx, staff.AuditEntry{Actor: actor, Action: "item edited", Subject: fmt.Sprintf("item %d", id), Detail: strings.Join(done, ", ")}); err != nil {
		return newsletter.Item{}, err
	}
	item, err := d.Items.Item(ctx, id)
	if err == nil && slices.ContainsFunc(done, func(field string) bool { return strings.HasPrefix(field, "image") }) {
		err = d.picture(ctx, item, actor)
	}
	return item, err
}

// picture brings what a person said of an item's picture into the drafts that hold it.
func (d *Desk) picture(ctx context.Context, item newsletter.Item, actor string) error {
	for _, pub := range d.Publications {
		issues, err := d.Issues.Issues(ctx, pub.ID)
		if err != nil {
			return err
		}
		for _, issue := range issues {
			switch {
			case issue.State != newsletter.Draft || !slices.ContainsFunc(issue.Content.Entries, func(e newsletter.Entry) bool { return e.Holds(item.ID) }):
				continue
			case issue.Kind == "regular" && issue.Content.Author == Scheduler:
				_, err = d.Compose(ctx, pub.ID, actor)
			default:
				_, _, err = d.revise(ctx, issue.Slug(), actor, fmt.Sprintf("the picture of item %d", item.ID), func(now newsletter.Issue, _ newsletter.Publication) (newsletter.Content, bool, error) {
					return now.Content.Pictured(item), true, nil
				})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Why says where an item stands and why it is in or out of the next issue.
type Why struct {
	Item         newsletter.Item  `json:"item"`
	Publications []WhyPublication `json:"publications"`
}

// WhyPublication is one publication's part of it.
type WhyPublication struct {
	ID       string            `json:"id"`
	Stands   []string          `json:"stands"`          // issues and sections that hold it
	Next     string            `json:"next"`            // the open issue that the verdicts are about, "" for one yet to come
	Waits    string            `json:"waits,omitempty"` // why nothing is composed by the verdicts now
	Verdicts []compose.Verdict `json:"verdicts"`
}

// Why explains an item that is named by its number or its address.
func (d *Desk) Why(ctx context.Context, name string) ([]Why, error) {
	items, err := d.named(ctx, name)
	if err != nil {
		return nil, err
	}
	var out []Why
	for _, item := range items {
		w := Why{Item: item}
		for _, pub := range d.Publications {
			p, err := d.why(ctx, pub, item)
			if err != nil {
				return nil, err
			}
			w.Publications = append(w.Publications, p)
		}
		out = append(out, w)
	}
	return out, nil
}

func (d *Desk) named(ctx context.Context, name string) ([]newsletter.Item, error) {
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		item, err := d.Items.Item(ctx, id)
		return []newsletter.Item{item}, err
	}
	items, err := d.Items.FindItems(ctx, name)
	if err != nil || len(items) > 0 {
		return items, err
	}
	return nil, d.unknown(ctx, name)
}

// unknown says why an address may have come to nobody's notice.
func (d *Desk) unknown(ctx context.Context, address string) error {
	healths, err := d.Items.SourceHealth(ctx)
	if err != nil {
		return err
	}
	var hints []string
	for _, s := range d.Sources {
		if !reads(s, address) {
			continue
		}
		h := healths[s.ID]
		hint := fmt.Sprintf("source %s reads that site; last look: %s", s.ID, strings.ReplaceAll(h.Run.Status, "_", " "))
		if h.Run.Status == "" {
			hint = fmt.Sprintf("source %s reads that site and was never looked at", s.ID)
		}
		if h.Run.Refused > 0 {
			hint += fmt.Sprintf(", %d entries left out", h.Run.Refused)
		}
		if h.Trouble != nil {
			hint += ", " + h.Trouble.Why
		}
		hints = append(hints, hint)
	}
	if len(hints) == 0 {
		hints = []string{"no source reads that site; `broadsheet source discover " + address + "` looks for feeds and calendars there"}
	}
	return fault.WithHint(fault.NotFoundf("nothing was collected from %s", address), "%s", strings.Join(hints, "; "))
}

func (d *Desk) why(ctx context.Context, pub newsletter.Publication, item newsletter.Item) (WhyPublication, error) {
	out := WhyPublication{ID: pub.ID, Stands: []string{}, Verdicts: []compose.Verdict{}}
	issues, err := d.Issues.Issues(ctx, pub.ID)
	if err != nil {
		return out, err
	}
	for _, issue := range issues {
		for _, e := range issue.Content.Entries {
			if e.Holds(item.ID) {
				out.Stands = append(out.Stands, fmt.Sprintf("%s (%s), section %s", issue.Slug(), issue.State, e.Section))
			}
		}
	}
	open, err := d.openIssue(ctx, pub.ID)
	if err != nil {
		return out, err
	}
	if open != nil {
		out.Next = open.Slug()
	}
	c, err := d.composition(ctx, pub, open)
	if err != nil {
		return out, err
	}
	out.Verdicts = append(out.Verdicts, compose.Explain(c.Input, item)...)
	found := compose.Compose(c.Input).New()
	switch {
	case open == nil && found < max(1, pub.Minimum):
		out.Waits = fmt.Sprintf("no issue would be made now: %d new entries, and it takes %d", found, max(1, pub.Minimum))
	case open != nil && (open.State != newsletter.Draft || open.Content.Author != Scheduler):
		out.Waits = fmt.Sprintf("%s is in people's hands and not composed anew: place or drop the item with `broadsheet issue edit %s`", open.Slug(), open.Slug())
	}
	return out, nil
}
