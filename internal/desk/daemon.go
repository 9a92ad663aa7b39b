package desk

import (
	"context"
	"errors"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/notice"
	"broadsheet/internal/schedule"
)

// Tick does what the schedule asks for now: it writes the slots that have come
// due, composes, and orders sends. Each slot is settled once, over restarts and
// clock changes; a slot that was missed is done within the send window and after
// that left to a person.
func (d *Desk) Tick(ctx context.Context) error {
	var failed error
	for _, pub := range d.Publications {
		if err := d.plan(ctx, pub); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		slots, err := d.Slots.PlannedSlots(ctx, pub.ID)
		failed = errors.Join(failed, err)
		for _, slot := range slots {
			failed = errors.Join(failed, d.slot(ctx, pub, slot))
		}
	}
	return failed
}

// plan writes the slots between the last look and now. The first look ever
// begins now: a new installation has missed nothing.
func (d *Desk) plan(ctx context.Context, pub newsletter.Publication) error {
	now := d.Now()
	for kind, text := range map[string]string{"compose": pub.Schedule.Compose, "send": pub.Schedule.Send} {
		if text == "" {
			continue
		}
		looked, err := d.Slots.LookedUntil(ctx, pub.ID, kind)
		if err != nil {
			return err
		}
		if looked.IsZero() {
			looked = now
		}
		if now.Before(looked) { // the clock went back: nothing is due twice
			continue
		}
		until := now
		due, err := schedule.Slots(text, pub.Location(), pub.Schedule.Closed, looked, until)
		for err == nil && len(due) == schedule.Most { // there may be more: look less far, and at the rest next time
			until = looked.Add(until.Sub(looked) / 2)
			due, err = schedule.Slots(text, pub.Location(), pub.Schedule.Closed, looked, until)
		}
		if err != nil {
			return err
		}
		slots := make([]newsletter.Slot, len(due))
		for i, s := range due {
			slots[i] = newsletter.Slot{Publication: pub.ID, Kind: kind, Label: s.Label, DueAt: s.At}
		}
		if err := d.Slots.PlanSlots(ctx, pub.ID, kind, slots, until); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) slot(ctx context.Context, pub newsletter.Publication, slot newsletter.Slot) error {
	if d.Now().Before(slot.DueAt) { // it was written by a clock that was ahead: its time is yet to come
		return nil
	}
	late := d.Now().Sub(slot.DueAt) > time.Duration(pub.Schedule.SendWindow)
	switch {
	case late && slot.Kind == "compose":
		return d.settle(ctx, slot, "missed", "the time for it had passed; compose by hand")
	case slot.Kind == "compose":
		made, err := d.Compose(ctx, pub.ID, Scheduler)
		if err != nil {
			return err
		}
		if made.Outcome == StillOpen {
			return d.settle(ctx, slot, "refused", made.Issue.Slug()+" is still open: send it by hand or cancel it, then compose")
		}
		return d.settle(ctx, slot, "done", made.Outcome)
	}
	return d.sendSlot(ctx, pub, slot, late)
}

func (d *Desk) settle(ctx context.Context, slot newsletter.Slot, state, note string) error {
	won, err := d.Slots.SettleSlot(ctx, slot, state, note)
	if won {
		d.Log.Info("slot settled", "publication", slot.Publication, "kind", slot.Kind, "slot", slot.Label, "state", state, "note", note)
	}
	return err
}

// sendSlot orders the issue that is for a slot. While it waits for approval the slot stays planned, and the reason is noted.
func (d *Desk) sendSlot(ctx context.Context, pub newsletter.Publication, slot newsletter.Slot, late bool) error {
	issues, err := d.Issues.Issues(ctx, pub.ID)
	if err != nil {
		return err
	}
	var issue *newsletter.Issue
	for i := range issues {
		if issues[i].Slot == slot.Label {
			issue = &issues[i]
		}
	}
	wait := func(note string) error {
		alarm := notice.Alarm{Kind: "waits", Since: slot.DueAt, Until: slot.DueAt.Add(time.Duration(pub.Schedule.SendWindow)), Why: note, Link: d.Links.Issue("")}
		if issue != nil {
			alarm.Link = d.Links.Issue(issue.Slug())
		}
		if late {
			alarm.Kind = "missed"
		}
		alarm.Dedupe = alarm.Kind + " " + pub.ID + " " + slot.Label
		if err := d.alarm(ctx, pub, alarm); err != nil {
			return err
		}
		if late {
			return d.settle(ctx, slot, "missed", note+"; send by hand")
		}
		if slot.Note != note {
			d.Log.Warn("slot waits", "publication", pub.ID, "slot", slot.Label, "note", note)
		}
		return d.Slots.NoteSlot(ctx, slot, note)
	}
	switch {
	case issue == nil:
		return wait("there is no issue for it")
	case issue.State == newsletter.Sending || issue.State == newsletter.Sent:
		return d.settle(ctx, slot, "done", issue.Slug())
	case issue.State == newsletter.Cancelled:
		return d.settle(ctx, slot, "refused", issue.Slug()+" is cancelled")
	case issue.State != newsletter.Approved:
		return wait(issue.Slug() + " is not approved")
	case late:
		return wait(issue.Slug() + " was approved too late")
	case d.CanSend() != nil:
		return d.settle(ctx, slot, "refused", "no relay is configured")
	}
	if err := d.order(ctx, issue, pub, Scheduler, Ask{Count: -1}); err != nil {
		return err
	}
	return d.settle(ctx, slot, "done", issue.Slug())
}

// noticeLease is how long one process has a notice to itself.
const noticeLease = 10 * time.Minute

// SendNotices hands over the service mail that waits. What the relay refuses for
// good, or what cannot be written, is given up; all else is tried again, at most
// ten times. A relay that cannot be reached costs no try.
func (d *Desk) SendNotices(ctx context.Context) (sent int, err error) {
	if d.CanSend() != nil {
		return 0, nil
	}
	waiting, err := d.Office.WaitingNotices(ctx, d.Now(), 100)
	if err != nil {
		return 0, err
	}
	for _, n := range waiting {
		mine, err := d.Office.ClaimNotice(ctx, n, d.Now().Add(noticeLease))
		if err != nil {
			return sent, err
		}
		if !mine {
			continue
		}
		state, next := d.sendNotice(ctx, n)
		if state == "sent" {
			sent++
		}
		if err := d.Office.SettleNotice(context.WithoutCancel(ctx), n.ID, state, next); err != nil {
			return sent, err
		}
	}
	return sent, nil
}

func (d *Desk) sendNotice(ctx context.Context, n newsletter.Notice) (state string, next time.Time) {
	pub := newsletter.Publication{From: n.Sender}
	later := d.Now().Add(deliver.RetryAfter(n.Attempts+1, n.Dedupe))
	headers := []mime.Header{{Name: "Auto-Submitted", Value: "auto-generated"}, {Name: "X-Auto-Response-Suppress", Value: "All"}}
	if n.Language != "" {
		headers = append(headers, mime.Header{Name: "Content-Language", Value: n.Language})
	}
	m, err := mime.Compile(mime.Content{From: n.Sender, Subject: n.Subject, HTML: n.HTML, Text: n.Text, Boundary: mime.BoundaryFor(n.Subject + n.Address), Headers: headers})
	var message []byte
	if err == nil {
		message, err = d.compose(m, mime.Values{Address: n.Address, MessageID: d.Links.MessageID(pub, "notice", n.Dedupe), Date: d.Now()})
	}
	if err != nil {
		d.Log.Error("service mail cannot be written", "notice", n.ID, "kind", n.Kind, "error", err)
		return "refused", later
	}
	res, err := d.Delivery.Engine.One(ctx, d.returnPath(pub), n.Address, message)
	switch {
	case err != nil:
		d.Log.Warn("service mail waits for the relay", "notice", n.ID, "kind", n.Kind, "error", err)
		return "unreached", d.Now().Add(time.Minute)
	case res.State == newsletter.Accepted || res.State == newsletter.Unknown: // twice is worse than a second submit
		return "sent", later
	case res.State == newsletter.Rejected || n.Attempts >= 9:
		d.Log.Warn("service mail refused", "notice", n.ID, "kind", n.Kind, "code", res.Code)
		return "refused", later
	}
	return "waiting", later
}
