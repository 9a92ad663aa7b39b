package desk

import (
	"bytes"
	"context"
	"slices"

	"broadsheet/internal/deliver"
	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// Preview is an issue as one reader would get it.
type Preview struct {
	HTML, Text string
	Message    []byte // complete, as it would be handed to the relay
	Proof      newsletter.Proof

	issue newsletter.Issue
	pub   newsletter.Publication
}

// Header is the message up to its body.
func (p Preview) Header() string {
	header, _, _ := bytes.Cut(p.Message, []byte("\r\n\r\n"))
	return string(bytes.ReplaceAll(header, []byte("\r\n"), []byte("\n")))
}

// Preview returns an issue as one reader would get it: with subscriber, an address
// or public id, their name, links and language; with "" links that change nothing.
// A language of "" is the subscriber's, or the publication's first. But for the
// date, and the signatures over it, the message is the one that would be sent.
func (d *Desk) Preview(ctx context.Context, slug, language, subscriber string) (Preview, error) {
	p := Preview{}
	var err error
	if p.issue, p.pub, err = d.Open(ctx, slug); err != nil {
		return p, err
	}
	if language != "" && !slices.Contains(p.pub.Languages, language) {
		return p, fault.NotFoundf("%s has no language %q", p.pub.ID, language)
	}
	proofs, err := d.Proofs(ctx, p.issue, p.pub)
	if err != nil {
		return p, err
	}
	job, err := d.job(&p.issue, p.pub, proofs)
	if err != nil {
		return p, err
	}
	v, language, err := d.reader(ctx, job, p.pub, language, subscriber)
	if err != nil {
		return p, err
	}
	at := slices.IndexFunc(proofs, func(x newsletter.Proof) bool { return x.Language == language })
	if at < 0 {
		return p, fault.NotFoundf("%s was submitted without the language %q", slug, language)
	}
	p.Proof = proofs[at]
	p.HTML, p.Text = mime.Personalise(p.Proof.HTML, true, p.Proof.Reader, v), mime.Personalise(p.Proof.Text, false, p.Proof.Reader, v)
	p.Message, err = d.compose(job.Messages[language], v)
	return p, err
}

// reader returns the values of who an issue is previewed for, and their language.
func (d *Desk) reader(ctx context.Context, job deliver.Job, pub newsletter.Publication, language, subscriber string) (mime.Values, string, error) {
	if subscriber == "" {
		language = job.Language(language)
		v := d.Links.Test(pub, *job.Issue, "reader@example.org", "", language)
		v.MessageID, v.Date = d.Links.MessageID(pub, "preview", job.Issue.Slug()), d.Now().In(pub.Location())
		return v, language, nil
	}
	profile, err := d.People.Show(ctx, subscriber)
	if err != nil {
		return mime.Values{}, "", err
	}
	if language == "" {
		language = job.Language(profile.Language)
	}
	c := newsletter.Copy{}
	c.SubscriberID, c.PublicID, c.Address, c.Name = profile.ID, profile.PublicID, profile.Address, profile.Name
	return job.Values(c, language), language, nil
}

// Differs says how the text of a preview differs from that of the revision
// before, whose number it returns; 0 where there is none before.
func (d *Desk) Differs(ctx context.Context, p Preview) (lines []Line, before int, err error) {
	if p.issue.Revision < 2 {
		return nil, 0, nil
	}
	past, err := d.Revisions.IssueAt(ctx, p.issue, p.issue.Revision-1)
	if err != nil {
		return nil, 0, err
	}
	proofs, err := d.Renderer.Proofs(p.pub, past)
	if err != nil {
		return nil, 0, err
	}
	at := slices.IndexFunc(proofs, func(x newsletter.Proof) bool { return x.Language == p.Proof.Language })
	if at < 0 {
		return nil, 0, fault.NotFoundf("revision %d of %s has no language %q", past.Revision, p.issue.Slug(), p.Proof.Language)
	}
	return changes(d.plain(p.pub, past, proofs[at]), d.plain(p.pub, p.issue, p.Proof)), past.Revision, nil
}

// plain is what is compared of a proof: its subject and its text, as nobody in particular reads it.
func (d *Desk) plain(pub newsletter.Publication, issue newsletter.Issue, proof newsletter.Proof) string {
	return proof.Subject + "\n\n" + d.Readable(pub, issue, proof).Text
}
