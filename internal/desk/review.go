package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/staff"
)

// reviewLife is how long an approver's link works.
const reviewLife = 14 * 24 * time.Hour

// Submit freezes an issue's proofs and writes to everybody who may approve it.
// Submitting again what is in review changes nothing.
func (d *Desk) Submit(ctx context.Context, slug, actor string) (newsletter.Issue, int, error) {
	actor, err := d.who(actor, staff.Editor)
	if err != nil {
		return newsletter.Issue{}, 0, err
	}
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return issue, 0, err
	}
	if !issue.State.Editable() {
		return issue, 0, fault.Conflictf("issue %s is %s", slug, issue.State)
	}
	approvers := d.approvers(issue, pub)
	if issue.State == newsletter.Approved {
		return issue, len(approvers), nil
	}
	proofs, err := d.toSubmit(ctx, &issue, pub)
	if err != nil {
		return issue, 0, err
	}
	before := issue.State
	if err := d.Reviews.Submit(ctx, &issue, proofs); err != nil {
		return issue, 0, err
	}
	for _, person := range approvers {
		if err := d.ask(ctx, pub, issue, proofs, person); err != nil {
			return issue, 0, err
		}
	}
	if before == issue.State {
		return issue, len(approvers), nil
	}
	return issue, len(approvers), d.audit(ctx, actor, "submitted", issue, issue.Digest)
}

// toSubmit returns the proofs of an issue as it is to be frozen. A draft that was
// frozen before and looks different now, as its publication or theme changed,
// becomes a new revision: what an approver once saw is never replaced.
func (d *Desk) toSubmit(ctx context.Context, issue *newsletter.Issue, pub newsletter.Publication) ([]newsletter.Proof, error) {
	proofs, err := d.Proofs(ctx, *issue, pub)
	if err != nil || issue.State != newsletter.Draft {
		return proofs, err
	}
	frozen, err := d.Issues.Proofs(ctx, issue.ID, issue.Revision)
	if err != nil || len(frozen) == 0 || newsletter.IssueDigest(frozen) == newsletter.IssueDigest(proofs) {
		return proofs, err
	}
	if err := d.Issues.SaveRevision(ctx, issue); err != nil {
		return nil, err
	}
	return d.Proofs(ctx, *issue, pub)
}

// approvers are those who may approve an issue as it stands.
func (d *Desk) approvers(issue newsletter.Issue, pub newsletter.Publication) []staff.Person {
	return slices.DeleteFunc(d.Team.With(staff.Approver, d.Now()), func(p staff.Person) bool {
		return p.Email == issue.Content.Author && !pub.Approval.AllowOwnEdits
	})
}

func (d *Desk) ask(ctx context.Context, pub newsletter.Publication, issue newsletter.Issue, proofs []newsletter.Proof, person staff.Person) error {
	proof := proofs[0]
	for _, language := range append(slices.Clone(person.Languages), pub.Fallback()) {
		if at := slices.IndexFunc(proofs, func(p newsletter.Proof) bool { return p.Language == language }); at >= 0 {
			proof = proofs[at]
			break
		}
	}
	until := d.Now().Add(reviewLife)
	n, err := d.Notices.Review(pub, issue, d.Readable(pub, issue, proof), person.Email, d.Links.Review(issue, person.Email, until), until)
	if err != nil {
		return fmt.Errorf("write the request to approve %s: %w", issue.Slug(), err)
	}
	return d.Office.AddNotice(ctx, n)
}

// Approve writes a person's approval of the digest they saw; "" means the digest as it is now.
func (d *Desk) Approve(ctx context.Context, slug, digest, actor string) (newsletter.Issue, error) {
	actor, err := d.who(actor, staff.Approver)
	if err != nil {
		return newsletter.Issue{}, err
	}
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return issue, err
	}
	digest = whole(digest, issue)
	if digest == "" {
		return issue, fault.WithHint(fault.Conflictf("issue %s was not submitted", slug), "run `broadsheet issue submit %s`", slug)
	}
	if issue.State == newsletter.Sending || issue.State == newsletter.Sent {
		return issue, fault.Conflictf("issue %s is %s", slug, issue.State)
	}
	before, err := d.Reviews.Given(ctx, issue)
	if err != nil {
		return issue, err
	}
	if err := d.Reviews.Approve(ctx, &issue, pub.Approval, actor, digest); err != nil {
		return issue, err
	}
	after, err := d.Reviews.Given(ctx, issue)
	if err != nil || len(after) == len(before) {
		return issue, err
	}
	return issue, d.audit(ctx, actor, "approved", issue, digest)
}

// whole completes a digest that a person gave by its beginning, as it is printed; "" is the issue's.
func whole(digest string, issue newsletter.Issue) string {
	if digest == "" || len(digest) >= 12 && strings.HasPrefix(issue.Digest, digest) {
		return issue.Digest
	}
	return digest
}

// Return sends an issue back to draft with a comment for the editors.
func (d *Desk) Return(ctx context.Context, slug, digest, comment, actor string) (newsletter.Issue, error) {
	actor, err := d.who(actor, staff.Approver)
	if err != nil {
		return newsletter.Issue{}, err
	}
	issue, _, err := d.Open(ctx, slug)
	if err != nil {
		return issue, err
	}
	digest = whole(digest, issue)
	if err := d.Reviews.Return(ctx, &issue, actor, digest, comment); err != nil {
		return issue, err
	}
	return issue, d.audit(ctx, actor, "returned", issue, comment)
}

// Approvals returns the approvals that hold for an issue, and how many it needs.
func (d *Desk) Approvals(ctx context.Context, issue newsletter.Issue, pub newsletter.Publication) ([]newsletter.Approval, int, error) {
	given, err := d.Reviews.Given(ctx, issue)
	return given, pub.Approval.Approvals, err
}
