package desk

import (
	"context"
	"reflect"
	"slices"
	"time"

	"broadsheet/internal/compose"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/schedule"
)

// A composition is all that decides the next issue, or the open one, and its slot.
type composition struct {
	compose.Input
	slot string
}

func (d *Desk) composition(ctx context.Context, pub newsletter.Publication, open *newsletter.Issue) (c composition, err error) {
	c.Input = compose.Input{Publication: pub, Sources: d.Sources, Now: d.Now(), Carried: map[int64]bool{}}
	var except int64
	if open != nil {
		except, c.Since = open.ID, open.Content.Since
	} else if err := d.period(ctx, pub, &c.Input); err != nil {
		return c, err
	}
	if c.slot, err = d.nextSlot(ctx, pub, open); err != nil {
		return c, err
	}
	if c.slot != "" {
		if c.SendAt, err = schedule.Instant(c.slot, pub.Location(), pub.Schedule.Closed); err != nil {
			return c, err
		}
	}
	if c.Placed, err = d.Items.PlacedItems(ctx, pub.ID, except); err != nil {
		return c, err
	}
	return c, d.considered(ctx, pub, open, &c.Input)
}

// considered loads the items that may come in: those of the time, of the last
// issue's time what it had no room for, and what people pinned.
func (d *Desk) considered(ctx context.Context, pub newsletter.Publication, open *newsletter.Issue, in *compose.Input) error {
	from := in.Since
	if from.IsZero() {
		from = in.Now.Add(-compose.FirstPeriod)
	}
	last, err := d.lastIssue(ctx, pub, open)
	if err != nil {
		return err
	}
	for _, id := range last.Content.Left {
		in.Carried[id] = true
	}
	if len(last.Content.Left) > 0 && last.Content.Since.Before(from) {
		from = last.Content.Since
	}
	if in.Items, err = d.Items.Items(ctx, from.Add(-compose.Late)); err != nil {
		return err
	}
	pinned, err := d.Items.PinnedItems(ctx)
	for _, item := range pinned {
		if !slices.ContainsFunc(in.Items, func(i newsletter.Item) bool { return i.ID == item.ID }) {
			in.Items = append(in.Items, item)
		}
	}
	return err
}

// lastIssue returns the newest regular issue before open that was not cancelled.
func (d *Desk) lastIssue(ctx context.Context, pub newsletter.Publication, open *newsletter.Issue) (newsletter.Issue, error) {
	issues, err := d.Issues.Issues(ctx, pub.ID)
	for _, issue := range issues { // newest first
		if issue.Kind == "regular" && issue.State != newsletter.Cancelled && (open == nil || issue.ID < open.ID) {
			return issue, err
		}
	}
	return newsletter.Issue{}, err
}

// period says from when on items count: a set span, or since the last issue. A
// cancelled issue covered nothing: what it would have covered counts again.
func (d *Desk) period(ctx context.Context, pub newsletter.Publication, in *compose.Input) error {
	if span, err := newsletter.ParseDuration(pub.Period); err == nil {
		in.Since = in.Now.Add(-span)
		return nil
	}
	issues, err := d.Issues.Issues(ctx, pub.ID)
	for _, issue := range issues { // newest first
		switch {
		case issue.Kind != "regular":
		case issue.State == newsletter.Cancelled:
			in.Since = issue.Content.Since
		default:
			in.Since = issue.CreatedAt
			return nil
		}
	}
	return err
}

// nextSlot is the label of the next planned send that has no issue but perhaps
// this one, "" without a schedule.
func (d *Desk) nextSlot(ctx context.Context, pub newsletter.Publication, open *newsletter.Issue) (string, error) {
	if pub.Schedule.Send == "" {
		return "", nil
	}
	issues, err := d.Issues.Issues(ctx, pub.ID)
	if err != nil {
		return "", err
	}
	taken := map[string]bool{}
	for _, i := range issues {
		if open == nil || i.ID != open.ID {
			taken[i.Slot] = true
		}
	}
	if open != nil && d.stillDue(pub, open.Slot) {
		return open.Slot, nil
	}
	after := d.Now()
	for {
		slot, ok := schedule.Next(pub.Schedule.Send, pub.Location(), pub.Schedule.Closed, after)
		if !ok {
			return "", nil
		}
		if !taken[slot.Label] {
			return slot.Label, nil
		}
		after = slot.At
	}
}

// stillDue reports whether a slot may yet be done: an issue keeps it so long.
func (d *Desk) stillDue(pub newsletter.Publication, slot string) bool {
	at, err := schedule.Instant(slot, pub.Location(), pub.Schedule.Closed)
	return err == nil && d.Now().Before(at.Add(time.Duration(pub.Schedule.SendWindow)))
}

func sameContent(a, b newsletter.Content) bool {
	a.Date, b.Date = time.Time{}, time.Time{}
	if !a.Since.Equal(b.Since) || len(a.Entries) != len(b.Entries) {
		return false
	}
	return slices.EqualFunc(a.Entries, b.Entries, func(x, y newsletter.Entry) bool {
		return x.Section == y.Section && x.Item.Digest() == y.Item.Digest() && len(x.Others) == len(y.Others) && reflect.DeepEqual(digests(x.Others), digests(y.Others))
	})
}

func digests(items map[string]newsletter.Item) map[string]string {
	out := map[string]string{}
	for language, item := range items {
		out[language] = item.Digest()
	}
	return out
}
