package desk

import (
	"context"
	"fmt"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/staff"
	"broadsheet/subscribers"
)

// Plan is what a send would do.
type Plan struct {
	Issue      string                `json:"issue"`
	State      newsletter.IssueState `json:"state"`
	Digest     string                `json:"digest"`
	Lists      []string              `json:"lists"`
	Audience   int                   `json:"audience"`
	Suppressed int                   `json:"suppressed"` // confirmed, but never mailed
	GiveUpAt   time.Time             `json:"give_up_at"`
}

// Plan says what sending an issue would do. An issue that may not be sent is a Conflict.
func (d *Desk) Plan(ctx context.Context, slug string) (Plan, error) {
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Issue: slug, State: issue.State, Digest: issue.Digest, Lists: pub.Lists, GiveUpAt: d.Now().Add(time.Duration(pub.Schedule.GiveUpAfter))}
	switch issue.State {
	case newsletter.Sending, newsletter.Sent:
		send, err := d.Sends.Send(ctx, issue.ID)
		plan.Lists, plan.Audience, plan.GiveUpAt = send.Lists, send.Audience, send.GiveUpAt
		return plan, err
	case newsletter.Approved:
		plan.Audience, plan.Suppressed, err = d.Sends.CountAudience(ctx, pub.Lists)
		return plan, err
	}
	return plan, fault.WithHint(fault.Conflictf("issue %s is not approved: it is %s", slug, issue.State), "%s", nextStep(issue))
}

func nextStep(issue newsletter.Issue) string {
	if issue.State == newsletter.InReview {
		return "an approver must run `broadsheet issue approve " + issue.Slug() + " --as ADDRESS`"
	}
	return "run `broadsheet issue submit " + issue.Slug() + "`"
}

// Ask is what a person wants of a send.
type Ask struct {
	Count        int    // send to exactly so many; -1 takes all
	Digest       string // send only an issue whose digest begins so; "" takes what is approved
	RetryUnknown bool   // try copies whose fate is unknown once more, under the same Message-ID
}

// Send orders an approved issue sent, and sends it unless another process does.
// On an issue that is being sent it goes on where the last run stopped.
// progress is called with the tally as it changes.
func (d *Desk) Send(ctx context.Context, slug, actor string, ask Ask, progress func(newsletter.Tally)) (Status, error) {
	actor, err := d.who(actor, staff.Editor, staff.Approver)
	if err != nil {
		return Status{}, err
	}
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return Status{}, err
	}
	if err := d.CanSend(); err != nil {
		return Status{}, err
	}
	if err := d.order(ctx, &issue, pub, actor, ask); err != nil {
		return Status{}, err
	}
	if ask.RetryUnknown {
		if err := d.reopen(ctx, &issue); err != nil {
			return Status{}, err
		}
	}
	if issue.State == newsletter.Sending {
		if err := d.runOrWatch(ctx, &issue, pub, progress); err != nil {
			return Status{}, err
		}
	}
	return d.Status(context.WithoutCancel(ctx), slug)
}

func (d *Desk) reopen(ctx context.Context, issue *newsletter.Issue) error {
	send, err := d.Sends.Send(ctx, issue.ID)
	if err != nil {
		return err
	}
	if !d.Now().Before(send.GiveUpAt) {
		return fault.Conflictf("the time for %s was over at %s: its unknown copies stay as they are", issue.Slug(), send.GiveUpAt.Format(time.RFC3339))
	}
	_, err = d.Sends.ReopenUnknown(ctx, issue)
	return err
}

// CanSend says why nothing can really be sent from here: a rehearsal clock, or no relay.
func (d *Desk) CanSend() error {
	if d.Delivery.Rehearsal {
		return fault.WithHint(fault.Forbiddenf("with --now nothing is really sent"), "use --rehearse to write files into the outbox")
	}
	if d.Delivery.Dialer == nil {
		return fault.WithHint(fault.Conflictf("no relay is configured, so nothing can be sent"), "add relays: to the configuration, or use `issue send --rehearse`")
	}
	return nil
}

// order starts the send of an approved issue; what was ordered already stays so.
func (d *Desk) order(ctx context.Context, issue *newsletter.Issue, pub newsletter.Publication, actor string, ask Ask) error {
	switch issue.State {
	case newsletter.Sending, newsletter.Sent:
		return nil
	case newsletter.Approved:
	default:
		return fault.WithHint(fault.Conflictf("issue %s is not approved: it is %s", issue.Slug(), issue.State), "%s", nextStep(*issue))
	}
	if !strings.HasPrefix(issue.Digest, ask.Digest) {
		return fault.Conflictf("digest %s was expected, but %s has %s: nothing was sent", ask.Digest, issue.Slug(), issue.Digest)
	}
	proofs, err := d.Issues.Proofs(ctx, issue.ID, issue.Revision)
	if err != nil {
		return err
	}
	if got := newsletter.IssueDigest(reseal(proofs)); got != issue.Digest {
		return fault.Conflictf("the stored proofs of %s are not what was approved (%.12s, not %.12s): nothing is sent", issue.Slug(), got, issue.Digest)
	}
	order := newsletter.Order{Digest: issue.Digest, Lists: pub.Lists, By: actor, GiveUpAfter: time.Duration(pub.Schedule.GiveUpAfter), Expect: ask.Count}
	if err := d.Sends.StartSend(ctx, issue, order); err != nil {
		return err
	}
	return d.audit(ctx, actor, "sent", *issue, issue.Digest)
}

// reseal computes digests anew from the stored bytes, so that a changed row cannot pass.
func reseal(proofs []newsletter.Proof) []newsletter.Proof {
	for i := range proofs {
		proofs[i].Seal()
	}
	return proofs
}

// runOrWatch sends, or watches another process of this database send; should
// that one end before its work is done, this one takes over.
func (d *Desk) runOrWatch(ctx context.Context, issue *newsletter.Issue, pub newsletter.Publication, progress func(newsletter.Tally)) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		unlock, mine, err := d.Sends.LockEngine(ctx)
		if err != nil {
			return fmt.Errorf("take the right to send: %w", err)
		}
		if mine {
			defer unlock()
			_, err := d.run(ctx, issue, pub, progress)
			return err
		}
		tally, err := d.Sends.Tally(ctx, issue.ID)
		if err != nil {
			return err
		}
		progress(tally)
		if tally.Pending+tally.Attempting == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// run sends what can be sent now; the engine lock is held.
func (d *Desk) run(ctx context.Context, issue *newsletter.Issue, pub newsletter.Publication, progress func(newsletter.Tally)) (next time.Time, err error) {
	send, err := d.Sends.Send(ctx, issue.ID)
	if err != nil {
		return next, err
	}
	proofs, err := d.Issues.Proofs(ctx, issue.ID, issue.Revision)
	if err != nil {
		return next, err
	}
	if got := newsletter.IssueDigest(reseal(proofs)); got != send.Digest {
		return next, fault.Conflictf("the stored proofs of %s are not what was approved: sending stops", issue.Slug())
	}
	job, err := d.job(*issue, pub, send, proofs)
	if err != nil {
		return next, err
	}
	job.Issue = issue
	if err := d.signatureHolds(job, pub, *issue); err != nil {
		return next, err
	}
	tally, err := d.Sends.Tally(ctx, issue.ID)
	if err != nil {
		return next, err
	}
	count := func(state newsletter.DeliveryState) {
		tally.Add(state, 1)
		tally.Settle()
		progress(tally)
	}
	_, next, err = deliver.New(d.Ledger, d.Delivery.Dialer, d.Now).Run(ctx, job, count)
	return next, err
}

func (d *Desk) job(issue newsletter.Issue, pub newsletter.Publication, send newsletter.Send, proofs []newsletter.Proof) (deliver.Job, error) {
	job := deliver.Job{Sign: d.sign, Send: send, Messages: map[string]*mime.Message{}, Fallback: pub.Fallback(), ReturnPath: d.returnPath(pub), Relay: d.Delivery.Relay, Connections: d.Delivery.Connections,
		Values: func(c newsletter.Copy, language string) mime.Values {
			v := d.Links.Copy(pub, issue, c, language)
			v.Date = d.Now().In(pub.Location())
			return v
		}}
	for _, p := range proofs {
		m, err := mime.Compile(content(pub, p, d.Links.Headers(pub, issue)))
		if err != nil {
			return job, fmt.Errorf("compile %s in %s: %w", issue.Slug(), p.Language, err)
		}
		job.Messages[p.Language] = m
	}
	return job, nil
}

// sign puts the signatures before a finished message.
func (d *Desk) sign(message []byte) ([]byte, error) {
	if d.Delivery.Signer == nil {
		return message, nil
	}
	header, err := d.Delivery.Signer.Sign(message)
	return append(header, message...), err
}

// signatureHolds checks our own signature on a message of the issue before anybody gets one.
func (d *Desk) signatureHolds(job deliver.Job, pub newsletter.Publication, issue newsletter.Issue) error {
	if d.Delivery.Signer == nil {
		return nil
	}
	v := d.Links.Test(pub, issue, "reader@example.org", "Reader", job.Fallback)
	v.MessageID, v.Date = d.Links.MessageID(pub, "proof of signature", issue.PublicID), d.Now()
	message, err := job.Messages[job.Fallback].Append(nil, v)
	if err == nil {
		message, err = d.sign(message)
	}
	if err == nil {
		err = d.Delivery.Signer.Verify(message)
	}
	if err != nil {
		return fault.WithHint(fault.Conflictf("%s is not sent: %w", issue.Slug(), err), "check dkim: and its keys")
	}
	return nil
}

func content(pub newsletter.Publication, p newsletter.Proof, headers []mime.Header) mime.Content {
	return mime.Content{From: pub.From, ReplyTo: pub.ReplyTo, Subject: p.Subject, HTML: p.HTML, Text: p.Text, Reader: p.Reader,
		Headers: append(slices.Clone(headers), mime.Header{Name: "Content-Language", Value: p.Language}), ListUnsubscribe: true, UnsubscribeMail: pub.ReplyTo, Boundary: mime.BoundaryFor(p.Digest)}
}

func (d *Desk) returnPath(pub newsletter.Publication) string {
	if d.Delivery.ReturnPath != "" {
		return d.Delivery.ReturnPath
	}
	from, err := mail.ParseAddress(pub.From)
	if err != nil {
		return "" // config has checked it
	}
	return from.Address
}

// Rehearse writes the message of everybody who would get an issue into the
// outbox. It needs no approval and no relay, and nothing of it is in the ledger.
func (d *Desk) Rehearse(ctx context.Context, slug, actor string) (dir string, n int, err error) {
	if _, err := d.who(actor, staff.Editor); err != nil {
		return "", 0, err
	}
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return "", 0, err
	}
	proofs, err := d.Proofs(ctx, issue, pub)
	if err != nil {
		return "", 0, err
	}
	job, err := d.job(issue, pub, newsletter.Send{Lists: pub.Lists}, proofs)
	if err != nil {
		return "", 0, err
	}
	dir = filepath.Join(d.Delivery.Outbox, strings.ReplaceAll(slug, "/", "-"))
	n, err = deliver.New(d.Ledger, nil, d.Now).Rehearse(ctx, job, deliver.Outbox{Dir: dir})
	return dir, n, err
}

// Test mails an issue as it stands to one address, with links that unsubscribe
// nobody and outside the ledger.
func (d *Desk) Test(ctx context.Context, slug, to, language, actor string) error {
	if _, err := d.who(actor, staff.Editor); err != nil {
		return err
	}
	if err := d.CanSend(); err != nil {
		return err
	}
	to, _, err := subscribers.ParseAddress(to)
	if err != nil {
		return err
	}
	message, pub, err := d.testCopy(ctx, slug, to, language)
	if err != nil {
		return err
	}
	res, err := deliver.One(ctx, d.Delivery.Dialer, d.returnPath(pub), to, message)
	if err != nil {
		return err
	}
	if res.State != newsletter.Accepted {
		return fault.Unavailablef("the relay did not take the test copy: %d %s", res.Code, res.Reply)
	}
	return nil
}

func (d *Desk) testCopy(ctx context.Context, slug, to, language string) ([]byte, newsletter.Publication, error) {
	issue, pub, proof, err := d.Proof(ctx, slug, language)
	if err != nil {
		return nil, pub, err
	}
	c := content(pub, proof, d.Links.Headers(pub, issue))
	c.Subject = "[test] " + c.Subject
	m, err := mime.Compile(c)
	if err != nil {
		return nil, pub, err
	}
	v := d.Links.Test(pub, issue, to, "", proof.Language)
	v.Date, v.MessageID = d.Now().In(pub.Location()), d.Links.MessageID(pub, "test", slug, to, d.Now().String())
	message, err := m.Append(nil, v)
	if err == nil {
		message, err = d.sign(message)
	}
	return message, pub, err
}

// Preview is an issue as one reader would get it.
type Preview struct {
	HTML, Text string
	Message    []byte // complete, as it would be handed to the relay
	Proof      newsletter.Proof
}

// Preview returns an issue as one reader would get it: with subscriber ("" for
// nobody) their name and links, else links that change nothing.
func (d *Desk) Preview(ctx context.Context, slug, language, subscriber string) (Preview, error) {
	issue, pub, proof, err := d.Proof(ctx, slug, language)
	if err != nil {
		return Preview{}, err
	}
	v := d.Links.Test(pub, issue, "reader@example.org", "", proof.Language)
	v.MessageID = d.Links.MessageID(pub, "preview", slug)
	if subscriber != "" {
		profile, err := d.People.Show(ctx, subscriber)
		if err != nil {
			return Preview{}, err
		}
		copy := newsletter.Copy{}
		copy.SubscriberID, copy.PublicID, copy.Address, copy.Name = profile.ID, profile.PublicID, profile.Address, profile.Name
		v = d.Links.Copy(pub, issue, copy, proof.Language)
	}
	v.Date = d.Now().In(pub.Location())
	m, err := mime.Compile(content(pub, proof, d.Links.Headers(pub, issue)))
	if err != nil {
		return Preview{}, err
	}
	message, err := m.Append(nil, v)
	if err == nil {
		message, err = d.sign(message)
	}
	return Preview{mime.Personalise(proof.HTML, true, proof.Reader, v), mime.Personalise(proof.Text, false, proof.Reader, v), message, proof}, err
}
