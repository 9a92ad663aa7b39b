package desk

import (
	"context"
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
	Segment    string                `json:"segment,omitempty"` // of those lists, only whom this filter lets through
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
	plan := Plan{Issue: slug, State: issue.State, Digest: issue.Digest, Lists: pub.Lists, Segment: pub.Segment, GiveUpAt: d.Now().Add(time.Duration(pub.Schedule.GiveUpAfter))}
	switch issue.State {
	case newsletter.Sending, newsletter.Sent:
		send, err := d.Sends.Send(ctx, issue.ID)
		plan.Lists, plan.Segment, plan.Audience, plan.GiveUpAt = send.Lists, send.Segment, send.Audience, send.GiveUpAt
		return plan, err
	case newsletter.Approved:
		if plan.Lists, err = d.lists(ctx, pub); err != nil {
			return plan, err
		}
		plan.Audience, plan.Suppressed, err = d.Receipts.CountAudience(ctx, plan.Lists, plan.Segment)
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

// lists returns the lists of a publication that something may still be sent to.
func (d *Desk) lists(ctx context.Context, pub newsletter.Publication) (open []string, err error) {
	lists, err := d.People.Lists(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range lists {
		if slices.Contains(pub.Lists, l.ID) && l.ArchivedAt.IsZero() {
			open = append(open, l.ID)
		}
	}
	if len(open) == 0 {
		return nil, fault.WithHint(fault.Conflictf("publication %s has no list to send to: there are none of its lists, or they are archived", pub.ID), "see `broadsheet list list`")
	}
	return open, nil
}

// Ask is what a person wants of a send.
type Ask struct {
	Count  int    // send to exactly so many; -1 takes all
	Digest string // send only an issue whose digest begins so; "" takes what is approved
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
	if issue.State == newsletter.Sending {
		if err := d.runOrWatch(ctx, &issue, pub, progress); err != nil {
			return Status{}, err
		}
	}
	return d.Status(context.WithoutCancel(ctx), slug)
}

// CanSend says why nothing can really be sent from here: a rehearsal clock, or no relay.
func (d *Desk) CanSend() error {
	if d.Delivery.Rehearsal {
		return fault.WithHint(fault.Forbiddenf("with --now nothing is really sent"), "use --rehearse to write files into the outbox")
	}
	if d.Delivery.Engine == nil {
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
	lists, err := d.lists(ctx, pub)
	if err != nil {
		return err
	}
	order := newsletter.Order{Digest: issue.Digest, Lists: lists, Segment: pub.Segment, By: actor, GiveUpAfter: time.Duration(pub.Schedule.GiveUpAfter), HoldUnknown: pub.Schedule.Unknown == "hold", Expect: ask.Count}
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

// signatureHolds checks our own signature on a message of the issue before anybody gets one.
func (d *Desk) signatureHolds(job deliver.Job, pub newsletter.Publication, issue newsletter.Issue) error {
	if d.Delivery.Signer == nil {
		return nil
	}
	v := d.Links.Test(pub, issue, "reader@example.org", "Reader", job.Fallback)
	v.MessageID, v.Date = d.Links.MessageID(pub, "proof of signature", issue.PublicID), d.Now()
	message, err := d.compose(job.Messages[job.Fallback], v)
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
	job, err := d.job(&issue, pub, proofs)
	if err != nil {
		return "", 0, err
	}
	if job.Send.Lists, err = d.lists(ctx, pub); err != nil {
		return "", 0, err
	}
	job.Send.Segment = pub.Segment
	dir = filepath.Join(d.Delivery.Outbox, strings.ReplaceAll(slug, "/", "-"))
	n, err = deliver.Rehearse(ctx, d.Receipts, job, dir)
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
	res, err := d.Delivery.Engine.One(ctx, d.returnPath(pub), to, message)
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
	message, err := d.compose(m, v)
	return message, pub, err
}
