package desk

import (
	"context"
	"fmt"

	"broadsheet/internal/deliver"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/staff"
)

// Pause stops a send within a second, or lets it go on. What is with a relay at
// that moment gets its outcome.
func (d *Desk) Pause(ctx context.Context, slug, actor string, on bool) error {
	actor, err := d.who(actor, staff.Editor, staff.Approver)
	if err != nil {
		return err
	}
	issue, _, err := d.Open(ctx, slug)
	if err != nil {
		return err
	}
	if issue.State != newsletter.Sending {
		return fault.Conflictf("issue %s is %s: only what is being sent can be paused or resumed", slug, issue.State)
	}
	if err := d.Sends.Pause(ctx, issue.ID, on); err != nil {
		return fmt.Errorf("%s: %w", slug, err)
	}
	act := map[bool]string{true: "paused", false: "resumed"}[on]
	d.Log.Info("issue "+act, "issue", slug, "by", actor)
	return d.audit(ctx, actor, act, issue, "")
}

// Cancel ends an issue that is not sent yet. What its own send has not tried
// when it is cancelled is never tried; who has a copy keeps it in the receipt.
func (d *Desk) Cancel(ctx context.Context, slug, actor string) (newsletter.Issue, error) {
	actor, err := d.who(actor, staff.Editor)
	if err != nil {
		return newsletter.Issue{}, err
	}
	issue, _, err := d.Open(ctx, slug)
	if err != nil {
		return issue, err
	}
	switch {
	case issue.State == newsletter.Sending:
		if err := d.Sends.CancelSend(ctx, issue.ID, actor); err != nil {
			return issue, fmt.Errorf("%s: %w", slug, err)
		}
		if err := d.drain(ctx, &issue); err != nil {
			return issue, err
		}
	case !issue.State.Editable():
		return issue, fault.Conflictf("issue %s is %s and cannot be cancelled", slug, issue.State)
	default:
		if err := d.Issues.MoveIssue(ctx, &issue, newsletter.Cancelled, ""); err != nil {
			return issue, err
		}
	}
	d.Log.Info("issue cancelled", "issue", slug, "by", actor)
	return issue, d.audit(ctx, actor, "cancelled", issue, "")
}

// drain writes down what a cancelled send leaves untried, unless another process sends and does so.
func (d *Desk) drain(ctx context.Context, issue *newsletter.Issue) error {
	if d.CanSend() != nil {
		return nil
	}
	unlock, mine, err := d.Sends.LockEngine()
	if err != nil || !mine {
		return err
	}
	defer unlock()
	pub, err := d.Publication(issue.Publication)
	if err != nil {
		return err
	}
	return d.runHere(ctx, issue, pub, func(newsletter.Tally) {})
}

// Copies are copies of an issue that a person decides on: all in States, or
// those of named People (addresses or public ids).
type Copies struct {
	Issue  string
	People []string
	States []newsletter.DeliveryState
}

func (d *Desk) copies(ctx context.Context, actor string, c Copies) (issue newsletter.Issue, by string, people []int64, err error) {
	if by, err = d.who(actor, staff.Editor, staff.Approver); err != nil {
		return issue, by, nil, err
	}
	if issue, _, err = d.Open(ctx, c.Issue); err != nil {
		return issue, by, nil, err
	}
	if _, err = d.Sends.Send(ctx, issue.ID); err != nil {
		return issue, by, nil, err
	}
	for _, who := range c.People {
		p, err := d.People.Show(ctx, who)
		if err != nil {
			return issue, by, nil, err
		}
		people = append(people, p.ID)
	}
	return issue, by, people, nil
}

// Retry makes copies due now: deferred ones, or rejected ones that a person names.
func (d *Desk) Retry(ctx context.Context, actor string, c Copies) (int64, error) {
	if len(c.States) == 0 {
		c.States = []newsletter.DeliveryState{newsletter.Deferred}
		if len(c.People) > 0 {
			c.States = append(c.States, newsletter.Rejected)
		}
	}
	return d.reopen(ctx, actor, "retried", c)
}

// Release lets copies that are held, or unknown, be tried once more under the
// same Message-ID. One that was unknown twice is not: there is never a third copy.
func (d *Desk) Release(ctx context.Context, actor string, c Copies) (int64, error) {
	c.States = []newsletter.DeliveryState{newsletter.Held, newsletter.Unknown}
	return d.reopen(ctx, actor, "released", c)
}

func (d *Desk) reopen(ctx context.Context, actor, act string, c Copies) (int64, error) {
	issue, by, people, err := d.copies(ctx, actor, c)
	if err != nil {
		return 0, err
	}
	send, err := d.Sends.Send(ctx, issue.ID)
	if err != nil {
		return 0, err
	}
	if !d.Now().Before(send.GiveUpAt) || issue.State == newsletter.Cancelled {
		return 0, fault.Conflictf("the time for %s was over at %s: its copies stay as they are", c.Issue, send.GiveUpAt.Format("2006-01-02 15:04 MST"))
	}
	n, err := d.Receipts.Reopen(ctx, &issue, people, c.States)
	if err != nil || n == 0 {
		return n, err
	}
	return n, d.audit(ctx, by, act, issue, fmt.Sprintf("%d copies", n))
}

// CancelCopies settles copies that wait as cancelled: nothing more is tried for them.
func (d *Desk) CancelCopies(ctx context.Context, actor string, c Copies) (int64, error) {
	c.States = []newsletter.DeliveryState{newsletter.Deferred, newsletter.Held, newsletter.Unknown}
	issue, by, people, err := d.copies(ctx, actor, c)
	if err != nil {
		return 0, err
	}
	n, err := d.Receipts.CancelCopies(ctx, issue.ID, people, c.States)
	if err != nil || n == 0 {
		return n, err
	}
	return n, d.audit(ctx, by, "cancelled copies", issue, fmt.Sprintf("%d copies", n))
}

// History is all that is known of one recipient's copy.
type History struct {
	newsletter.ReceiptLine
	Class string           `json:"class,omitempty"`
	Tries []newsletter.Try `json:"tries"` // all but a first that was accepted
}

// CopyHistory returns the history of one recipient's copy.
func (d *Desk) CopyHistory(ctx context.Context, slug, who string) (h History, err error) {
	issue, _, err := d.Open(ctx, slug)
	if err != nil {
		return h, err
	}
	send, err := d.Sends.Send(ctx, issue.ID)
	if err != nil {
		return h, err
	}
	p, err := d.People.Show(ctx, who)
	if err != nil {
		return h, err
	}
	found := false
	if err := d.Receipts.Receipt(ctx, send, func(l newsletter.ReceiptLine) error {
		if l.Subscriber == p.PublicID {
			h.ReceiptLine, found = l, true
		}
		return nil
	}); err != nil {
		return h, err
	}
	if !found {
		return h, fault.NotFoundf("%s was not in the audience of %s", who, slug)
	}
	if h.Attempts > 0 {
		h.Class = deliver.Class(h.Code, h.Enhanced)
	}
	tries, err := d.Receipts.Tries(ctx, issue.ID, p.ID)
	h.Tries = append([]newsletter.Try{}, tries...)
	return h, err
}

// Policy is what is done with each kind of answer, in words.
func Policy() []deliver.Rule { return deliver.Policy() }
