// Package review owns the way from a proof to an approval that is bound to its
// digest: what an approver saw is what may be sent, and nothing else. It never
// mails and never knows how a person signed in; the desk checks roles.
package review

import (
	"context"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// Store keeps proofs and decisions.
type Store interface {
	SaveProofs(ctx context.Context, proofs []newsletter.Proof) error
	MoveIssue(ctx context.Context, issue *newsletter.Issue, to newsletter.IssueState, digest string) error
	// Approve writes an approval, once per person, and makes the issue approved once it has needed of them, in one transaction.
	Approve(ctx context.Context, issue *newsletter.Issue, a newsletter.Approval, needed int) error
	// Return writes a return and makes the issue a draft again, in one transaction.
	Return(ctx context.Context, issue *newsletter.Issue, a newsletter.Approval) error
	Approvals(ctx context.Context, issue int64) ([]newsletter.Approval, error)
}

// Service holds the rules of approval.
type Service struct{ store Store }

// New returns the rules over a store.
func New(store Store) *Service { return &Service{store} }

// Submit freezes the proofs of a draft and puts it to the approvers. An issue
// that is in review already with the same digest stays as it is.
func (s *Service) Submit(ctx context.Context, issue *newsletter.Issue, proofs []newsletter.Proof) error {
	digest := newsletter.IssueDigest(proofs)
	if issue.Digest == digest && (issue.State == newsletter.InReview || issue.State == newsletter.Approved) {
		return nil
	}
	if len(issue.Content.Entries) == 0 && len(issue.Content.Editorial) == 0 {
		return fault.WithHint(fault.Conflictf("issue %s is empty", issue.Slug()), "collect, or place items with `broadsheet issue edit`")
	}
	if err := s.store.SaveProofs(ctx, proofs); err != nil {
		return err
	}
	return s.store.MoveIssue(ctx, issue, newsletter.InReview, digest)
}

// Approve writes a person's approval of exactly the digest they name, and makes
// the issue approved once it has as many as the rule asks for. Approving twice changes nothing.
func (s *Service) Approve(ctx context.Context, issue *newsletter.Issue, rule newsletter.Review, person, digest string) error {
	if digest != issue.Digest {
		return fault.WithHint(fault.Conflictf("issue %s was changed since you saw it (digest %.12s, now %.12s)", issue.Slug(), digest, issue.Digest), "look at the new preview and approve that")
	}
	if issue.State == newsletter.Approved {
		return nil
	}
	if issue.State != newsletter.InReview {
		return fault.Conflictf("issue %s is %s, not in review", issue.Slug(), issue.State)
	}
	if issue.Content.Author == person && !rule.AllowOwnEdits {
		return fault.WithHint(fault.Forbiddenf("%s made the last edit of %s and cannot approve it", person, issue.Slug()), "another approver must, or set allow_own_edits: true")
	}
	return s.store.Approve(ctx, issue, newsletter.Approval{Issue: issue.ID, Revision: issue.Revision, Digest: digest, Person: person, Decision: newsletter.DecisionApproved}, rule.Approvals)
}

// Return sends an issue back to draft with a comment.
func (s *Service) Return(ctx context.Context, issue *newsletter.Issue, person, digest, comment string) error {
	if digest != issue.Digest {
		return fault.Conflictf("issue %s was changed since you saw it", issue.Slug())
	}
	if issue.State != newsletter.InReview && issue.State != newsletter.Approved {
		return fault.Conflictf("issue %s is %s, not in review", issue.Slug(), issue.State)
	}
	return s.store.Return(ctx, issue, newsletter.Approval{Issue: issue.ID, Revision: issue.Revision, Digest: digest, Person: person, Decision: newsletter.DecisionReturned, Comment: comment})
}

// Given returns the approvals that hold for an issue as it is: of its digest, and not followed by a return.
func (s *Service) Given(ctx context.Context, issue newsletter.Issue) ([]newsletter.Approval, error) {
	all, err := s.store.Approvals(ctx, issue.ID)
	if err != nil {
		return nil, err
	}
	return newsletter.Standing(all, issue.Revision, issue.Digest), nil
}
