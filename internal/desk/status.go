package desk

import (
	"context"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/staff"
)

// Status is where an issue stands. Its numbers always add up to the audience.
type Status struct {
	Issue     string                `json:"issue"`
	State     newsletter.IssueState `json:"state"`
	Revision  int                   `json:"revision"`
	Digest    string                `json:"digest,omitempty"`
	Approvals []newsletter.Approval `json:"approvals"`
	Needed    int                   `json:"approvals_needed"`
	Slot      string                `json:"slot,omitempty"`
	Send      *newsletter.Send      `json:"send,omitempty"`
	newsletter.Tally
	Outcomes  []newsletter.Outcomes `json:"outcomes,omitempty"` // by class and code, the most frequent first
	UpdatedAt time.Time             `json:"updated_at"`
}

// Status says where an issue stands.
func (d *Desk) Status(ctx context.Context, slug string) (Status, error) {
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return Status{}, err
	}
	s := Status{Issue: slug, State: issue.State, Revision: issue.Revision, Digest: issue.Digest, Slot: issue.Slot, UpdatedAt: issue.UpdatedAt, Approvals: []newsletter.Approval{}}
	given, needed, err := d.Approvals(ctx, issue, pub)
	if err != nil {
		return s, err
	}
	s.Approvals, s.Needed = append(s.Approvals, given...), needed
	send, err := d.Sends.Send(ctx, issue.ID)
	if fault.Is(err, fault.NotFound) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Send = &send
	if s.Tally, err = d.Receipts.Tally(ctx, issue.ID); err != nil {
		return s, err
	}
	s.Outcomes, err = d.Receipts.Outcomes(ctx, issue.ID)
	for i, o := range s.Outcomes {
		if s.Outcomes[i].Class = deliver.Class(o.Code, o.Enhanced); o.State == newsletter.Suppressed || o.State == newsletter.DeliveryCancelled {
			s.Outcomes[i].Class = "other"
		}
	}
	return s, err
}

// History returns what people and the schedule did with an issue, oldest first.
func (d *Desk) History(ctx context.Context, slug string) ([]staff.AuditEntry, error) {
	if _, _, err := d.Open(ctx, slug); err != nil {
		return nil, err
	}
	return d.Office.Audit(ctx, slug)
}

// Receipt calls each for everyone of an issue's audience, and what became of their copy.
func (d *Desk) Receipt(ctx context.Context, slug string, each func(newsletter.ReceiptLine) error) error {
	issue, _, err := d.Open(ctx, slug)
	if err != nil {
		return err
	}
	send, err := d.Sends.Send(ctx, issue.ID)
	if err != nil {
		return fault.WithHint(err, "a receipt exists from `broadsheet issue send` on")
	}
	return d.Receipts.Receipt(ctx, send, each)
}
