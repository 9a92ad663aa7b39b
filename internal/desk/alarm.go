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
	countEvery      = time.Minute
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
	seen := map[string]watched{}
	for _, issue := range issues {
		slug := issue.Slug()
		send, err := d.Sends.Send(ctx, issue.ID)
		if err != nil {
			failed, seen[slug] = errors.Join(failed, err), d.watched[slug]
			continue
		}
		w := watched{stateOf(send), d.watched[slug].counted}
		if w.state != d.watched[slug].state {
			d.Log.Info("issue "+w.state, "issue", slug)
		}
		if send.PausedAt.IsZero() && d.Now().Sub(w.counted) >= countEvery {
			w.counted = d.Now()
			failed = errors.Join(failed, d.count(ctx, issue, send))
		}
		seen[slug] = w
	}
	d.watched = seen
	return failed
}

// watched is how a send stood when it was last looked at.
type watched struct {
	state   string
	counted time.Time
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

// count tells the team if an issue has not moved for long.
func (d *Desk) count(ctx context.Context, issue newsletter.Issue, send newsletter.Send) error {
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
