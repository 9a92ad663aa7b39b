package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"broadsheet/internal/newsletter"
	"broadsheet/internal/notice"
	"broadsheet/internal/staff"
)

const (
	stalledPending  = 30 * time.Minute // nothing moved though copies were never tried
	stalledDeferred = 6 * time.Hour    // nothing moved and all that is left was deferred: receivers may ask for patience
)

// Watch says in the log how each send changes state, whoever changed it, and
// tells the team of those that stand still, once for each time.
func (d *Desk) Watch(ctx context.Context) error {
	issues, err := d.Issues.Sending(ctx)
	if err != nil {
		return err
	}
	var failed error
	now := map[string]string{}
	for _, issue := range issues {
		send, err := d.Sends.Send(ctx, issue.ID)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		now[issue.Slug()] = stateOf(send)
		failed = errors.Join(failed, d.watch(ctx, issue, send))
	}
	for slug, state := range now {
		if d.watched[slug] != state {
			d.Log.Info("issue "+state, "issue", slug)
		}
	}
	d.watched = now
	return failed
}

func stateOf(s newsletter.Send) string {
	switch {
	case s.CancelledBy != "":
		return "is being cancelled"
	case !s.PausedAt.IsZero():
		return "paused"
	}
	return "sending"
}

// watch counts an issue that is being sent once a minute.
func (d *Desk) watch(ctx context.Context, issue newsletter.Issue, send newsletter.Send) error {
	if !send.PausedAt.IsZero() || d.Now().Sub(d.counted[issue.ID]) < time.Minute {
		return nil
	}
	if d.counted == nil {
		d.counted = map[int64]time.Time{}
	}
	d.counted[issue.ID] = d.Now()
	tally, err := d.Receipts.Tally(ctx, issue.ID)
	if err != nil {
		return err
	}
	done := tally.Audience - tally.Pending - tally.Attempting - tally.Deferred
	since, err := d.Sends.Stalled(ctx, issue.ID, done)
	if err != nil {
		return err
	}
	patience := stalledDeferred
	if tally.Pending > 0 {
		patience = stalledPending
	}
	if d.Now().Sub(since) < patience {
		return nil
	}
	pub, err := d.Publication(issue.Publication)
	if err != nil {
		return err
	}
	return d.alarm(ctx, pub, notice.Alarm{Kind: "stalled", Number: issue.Number, Since: since, Until: send.GiveUpAt, Done: done, All: tally.Audience,
		Link: d.Links.Issue(issue.Slug()), Dedupe: fmt.Sprintf("stalled %s %d", issue.PublicID, since.UnixMilli())})
}

// alarm writes to the editors and admins, each once; the log has it besides.
func (d *Desk) alarm(ctx context.Context, pub newsletter.Publication, a notice.Alarm) error {
	told := map[string]bool{}
	for _, role := range []staff.Role{staff.Admin, staff.Editor, staff.Approver} {
		if role == staff.Approver && len(told) > 0 {
			break
		}
		for _, person := range d.Team.With(role, d.Now()) {
			if told[person.Email] {
				continue
			}
			told[person.Email] = true
			language := pub.Fallback()
			if len(person.Languages) > 0 {
				language = person.Languages[0]
			}
			n, err := d.Notices.Alarm(pub, a, person.Email, language)
			if err != nil {
				return fmt.Errorf("write alarm: %w", err)
			}
			if err := d.Office.AddNotice(ctx, n); err != nil {
				return err
			}
		}
	}
	return nil
}
