package desk

import (
	"context"
	"sync"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
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
	Remaining int                   `json:"remaining"`          // not accepted, refused or given up yet
	Rate      float64               `json:"rate_per_minute"`    // of the last minute where this process watched it, else since the start
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
	s.Remaining = s.Open()
	s.Rate = d.pulse.rate(slug, s.Audience-s.Remaining, send, d.Now())
	s.Outcomes, err = d.Receipts.Outcomes(ctx, issue.ID)
	for i, o := range s.Outcomes {
		if s.Outcomes[i].Class = deliver.Class(o.Code, o.Enhanced); o.State == newsletter.Suppressed || o.State == newsletter.DeliveryCancelled {
			s.Outcomes[i].Class = "other"
		}
	}
	return s, err
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

// A pulse knows how fast issues go that somebody watches.
type pulse struct {
	mu   sync.Mutex
	seen map[string][]beat
}

type beat struct {
	at   time.Time
	done int
}

const pulseFor = time.Minute

// rate is how many copies a minute were settled within the last one.
func (p *pulse) rate(issue string, done int, send newsletter.Send, now time.Time) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !send.FinishedAt.IsZero() {
		delete(p.seen, issue)
		return perMinute(done, send.FinishedAt.Sub(send.FrozenAt))
	}
	if p.seen == nil {
		p.seen = map[string][]beat{}
	}
	beats := p.seen[issue]
	for len(beats) > 0 && now.Sub(beats[0].at) > pulseFor {
		beats = beats[1:]
	}
	beats = append(beats, beat{now, done})
	p.seen[issue] = beats
	if first := beats[0]; len(beats) > 1 && now.After(first.at) {
		return perMinute(done-first.done, now.Sub(first.at))
	}
	return perMinute(done, now.Sub(send.FrozenAt))
}

func perMinute(n int, in time.Duration) float64 {
	return float64(n) / max(in, time.Second).Minutes()
}
