package desk

import (
	"context"
	"fmt"
	"sync"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// jobs are the issues under way, compiled: a slice of work is short, and
// compiling an issue for each would cost more than the slice.
type jobs struct {
	mu   sync.Mutex
	kept map[int64]deliver.Job
}

// runOrWatch sends as one of the workers, or watches another process of this
// database send; should that one end before its work is done, this one takes over.
func (d *Desk) runOrWatch(ctx context.Context, issue *newsletter.Issue, pub newsletter.Publication, progress func(newsletter.Tally)) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		unlock, mine, err := d.Sends.LockEngine()
		if err != nil {
			return fmt.Errorf("take the right to send: %w", err)
		}
		if mine {
			defer unlock()
			return d.runHere(ctx, issue, pub, progress)
		}
		if done, err := d.look(ctx, *issue, progress); err != nil || done {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// look tells how far a send is and whether nothing can be done for it now.
func (d *Desk) look(ctx context.Context, issue newsletter.Issue, progress func(newsletter.Tally)) (done bool, err error) {
	tally, err := d.Receipts.Tally(ctx, issue.ID)
	if err != nil {
		return false, err
	}
	send, err := d.Sends.Send(ctx, issue.ID)
	if err != nil {
		return false, err
	}
	progress(tally)
	open := tally.Pending + tally.Attempting
	if !send.HoldUnknown && d.Now().Before(send.GiveUpAt) {
		open += tally.Unknown // tried once more, last
	}
	return open == 0 || !send.PausedAt.IsZero() || !send.FinishedAt.IsZero(), nil
}

// runHere delivers in this process, as one of the workers, until nothing can be
// delivered now; on PostgreSQL others may have part of it.
func (d *Desk) runHere(ctx context.Context, issue *newsletter.Issue, pub newsletter.Publication, progress func(newsletter.Tally)) error {
	alive := d.Delivery.Alive
	if err := alive.Join(ctx); err != nil {
		return err
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- alive.Run(beating) }()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		err := d.run(ctx, issue, pub, progress)
		done := false
		if err == nil {
			done, err = d.look(ctx, *issue, progress)
		}
		if err != nil || done {
			stop()
			left := <-ended
			if err == nil {
				err = left
			}
			return err
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// run sends what can be sent now.
func (d *Desk) run(ctx context.Context, issue *newsletter.Issue, pub newsletter.Publication, progress func(newsletter.Tally)) error {
	job, err := d.prepare(ctx, issue, pub)
	if err != nil {
		return err
	}
	tally, err := d.Receipts.Tally(ctx, issue.ID)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	job.Progress = func(state newsletter.DeliveryState) {
		mu.Lock()
		defer mu.Unlock()
		if tally.Pending == 0 { // it was tried before: those never tried come first
			switch {
			case tally.Deferred > 0:
				tally.Deferred--
			case tally.Unknown > 0:
				tally.Unknown--
			}
		}
		tally.Add(state, 1)
		tally.Settle()
		progress(tally)
	}
	chunks, err := d.Sends.Chunks(ctx, issue.ID)
	if err != nil {
		return err
	}
	_, err = d.Delivery.Engine.Run(ctx, job, chunks)
	return err
}

// DeliverChunk does a slice of work at a chunk and returns when to come again;
// zero means never. It is also recovery: a chunk whose worker died is simply
// worked at again.
func (d *Desk) DeliverChunk(ctx context.Context, issueID int64, number int) (again time.Time, err error) {
	issue, err := d.Issues.IssueByID(ctx, issueID)
	if err != nil {
		return time.Time{}, err
	}
	chunk, err := d.Sends.Chunk(ctx, issueID, number)
	if fault.Is(err, fault.NotFound) || err == nil && issue.State != newsletter.Sending {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	pub, err := d.Publication(issue.Publication)
	if err != nil {
		return time.Time{}, err
	}
	job, err := d.prepare(ctx, &issue, pub)
	if err != nil {
		return time.Time{}, err
	}
	again, err = d.Delivery.Engine.Slice(ctx, job, chunk)
	if issue.State != newsletter.Sending {
		d.finished(ctx, issue)
	}
	if fault.Is(err, fault.Conflict) { // taken over: whoever did goes on
		return d.Now().Add(time.Second), nil
	}
	return again, err
}

func (d *Desk) finished(ctx context.Context, issue newsletter.Issue) {
	d.jobs.mu.Lock()
	delete(d.jobs.kept, issue.ID)
	d.jobs.mu.Unlock()
	tally, err := d.Receipts.Tally(context.WithoutCancel(ctx), issue.ID)
	if err != nil {
		d.Log.Warn("the issue is sent but cannot be counted", "issue", issue.Slug(), "error", err)
		return
	}
	d.Log.Info("issue "+string(issue.State), "issue", issue.Slug(), "audience", tally.Audience, "accepted", tally.Accepted, "rejected", tally.Rejected,
		"unknown", tally.Unknown, "held", tally.Held, "cancelled", tally.Cancelled)
}

// prepare compiles an issue that was ordered, after checking that what is stored
// is what was approved and that our own signature holds.
func (d *Desk) prepare(ctx context.Context, issue *newsletter.Issue, pub newsletter.Publication) (deliver.Job, error) {
	d.jobs.mu.Lock()
	defer d.jobs.mu.Unlock()
	if job, ok := d.jobs.kept[issue.ID]; ok && job.Send.Digest == issue.Digest {
		job.Issue = issue
		return job, nil
	}
	send, err := d.Sends.Send(ctx, issue.ID)
	if err != nil {
		return deliver.Job{}, err
	}
	proofs, err := d.Issues.Proofs(ctx, issue.ID, issue.Revision)
	if err != nil {
		return deliver.Job{}, err
	}
	if got := newsletter.IssueDigest(reseal(proofs)); got != send.Digest {
		return deliver.Job{}, fault.Conflictf("the stored proofs of %s are not what was approved: sending stops", issue.Slug())
	}
	job, err := d.job(issue, pub, proofs)
	if err != nil {
		return job, err
	}
	job.Send = send
	if err := d.signatureHolds(job, pub, *issue); err != nil {
		return job, err
	}
	if d.jobs.kept == nil {
		d.jobs.kept = map[int64]deliver.Job{}
	}
	d.jobs.kept[issue.ID] = job
	return job, nil
}

func (d *Desk) job(issue *newsletter.Issue, pub newsletter.Publication, proofs []newsletter.Proof) (deliver.Job, error) {
	frozen := *issue
	job := deliver.Job{Issue: issue, Messages: map[string]*mime.Message{}, Fallback: pub.Fallback(), ReturnPath: d.returnPath(pub), VERP: d.Delivery.VERP,
		Values: func(c newsletter.Copy, language string) mime.Values {
			v := d.Links.Copy(pub, frozen, c, language)
			v.Date = d.Now().In(pub.Location())
			return v
		}}
	if d.Delivery.Signer != nil {
		job.Sign = d.Delivery.Signer.Sign
	}
	for _, p := range proofs {
		m, err := mime.Compile(content(pub, p, d.Links.Headers(pub, frozen)))
		if err != nil {
			return job, fmt.Errorf("compile %s in %s: %w", issue.Slug(), p.Language, err)
		}
		job.Messages[p.Language] = m
	}
	return job, nil
}

// compose writes one message and signs it.
func (d *Desk) compose(m *mime.Message, v mime.Values) ([]byte, error) {
	composed, err := m.Compose(nil, v)
	if err == nil && d.Delivery.Signer != nil {
		err = d.Delivery.Signer.Sign(&composed)
	}
	return composed.Bytes(), err
}
