package desk

import (
	"context"
	"slices"

	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// Readable returns a proof with its marks filled for nobody in particular: its
// links unsubscribe no one.
func (d *Desk) Readable(pub newsletter.Publication, issue newsletter.Issue, proof newsletter.Proof) newsletter.Proof {
	v := d.Links.Test(pub, issue, "", "", proof.Language)
	proof.HTML = mime.Personalise(proof.HTML, true, proof.Reader, v)
	proof.Page = mime.Personalise(proof.Page, true, proof.Reader, v)
	proof.Text = mime.Personalise(proof.Text, false, proof.Reader, v)
	return proof
}

// WebView returns what the public may read of an issue: the approved proof, from
// the moment it is sent. Anything else is NotFound.
func (d *Desk) WebView(ctx context.Context, publicID, language string) (newsletter.Proof, error) {
	issue, err := d.Issues.IssueByPublicID(ctx, publicID)
	if err != nil {
		return newsletter.Proof{}, err
	}
	pub, err := d.Publication(issue.Publication)
	if err != nil {
		return newsletter.Proof{}, err
	}
	if pub.Archive == "none" || issue.State != newsletter.Sending && issue.State != newsletter.Sent {
		return newsletter.Proof{}, fault.NotFoundf("this issue is not published")
	}
	proofs, err := d.Issues.Proofs(ctx, issue.ID, issue.Revision)
	if err != nil {
		return newsletter.Proof{}, err
	}
	at := slices.IndexFunc(proofs, func(p newsletter.Proof) bool { return p.Language == language })
	if at < 0 {
		return newsletter.Proof{}, fault.NotFoundf("this issue has no language %s", language)
	}
	proof := proofs[at]
	if proof.Page != "" { // the message was shortened; the web has the rest
		proof.HTML = proof.Page
	}
	return d.Readable(pub, issue, proof), nil
}

// Published returns the issues that a publication's public archive shows, newest first.
func (d *Desk) Published(ctx context.Context, pub newsletter.Publication) ([]newsletter.Issue, error) {
	if pub.Archive != "public" {
		return nil, nil
	}
	issues, err := d.Issues.Issues(ctx, pub.ID)
	return slices.DeleteFunc(issues, func(i newsletter.Issue) bool {
		return i.State != newsletter.Sending && i.State != newsletter.Sent
	}), err
}
