package web

import (
	"net/http"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/staff"
	"broadsheet/internal/token"
)

// reviewer is who a personal link was made for, and what they were asked.
type reviewer struct {
	person staff.Person
	digest string
	issue  newsletter.Issue
	pub    newsletter.Publication
}

func (s *Site) reviewer(r *http.Request) (reviewer, error) {
	now := s.Desk.Now()
	parts, err := s.Tokens.OpenAt(token.Review, r.PathValue("token"), now)
	if err != nil {
		return reviewer{}, fault.WithHint(err, "ask the editors to submit the issue again")
	}
	if len(parts) != 3 {
		return reviewer{}, fault.NotFoundf("this link is not valid")
	}
	v := reviewer{digest: parts[1]}
	for _, p := range s.Desk.Team.With(staff.Approver, now) {
		if s.Tokens.Name("person", strings.ToLower(p.Email)) == parts[2] {
			v.person = p
		}
	}
	if v.person.Email == "" {
		return v, fault.Forbiddenf("the person this link was made for is no longer an approver")
	}
	if v.issue, err = s.Desk.Issues.IssueByPublicID(r.Context(), parts[0]); err != nil {
		return v, err
	}
	v.pub, err = s.Desk.Publication(v.issue.Publication)
	return v, err
}

func (s *Site) review(w http.ResponseWriter, r *http.Request) error {
	v, err := s.reviewer(r)
	if err != nil {
		return err
	}
	return s.showReview(w, r, http.StatusOK, v, "", "", "")
}

func (s *Site) showReview(w http.ResponseWriter, r *http.Request, status int, v reviewer, done, problem, comment string) error {
	given, needed, err := s.Desk.Approvals(r.Context(), v.issue, v.pub)
	if err != nil {
		return err
	}
	preview, err := s.preview(r, previewed{slug: v.issue.Slug(), page: "/review/" + r.PathValue("token"), pub: v.pub})
	if err != nil {
		return err
	}
	name := v.person.Name
	if name == "" {
		name = v.person.Email
	}
	mine := false
	for _, a := range given {
		mine = mine || a.Person == v.person.Email
	}
	if v.digest != v.issue.Digest && problem == "" && done == "" {
		problem = "The issue was changed after you were asked. You see it as it is now; a new request comes when it is submitted again."
	}
	return s.page(w, status, "review", struct {
		deskView
		previewView
		Heading, Person, Done, Problem, Comment string
		State                                   newsletter.IssueState
		Needed                                  int
		Approvals                               []newsletter.Approval
		CanDecide                               bool
	}{s.deskView(r, "Review "+v.issue.Slug()), preview, v.pub.Title.In("en", v.pub.Fallback()) + ", " + v.issue.Slug(), name, done, problem, comment, v.issue.State, needed, given,
		v.issue.State == newsletter.InReview && v.digest == v.issue.Digest && !mine})
}

// decide acts on a person's button. Pressing twice is pressing once.
func (s *Site) decide(w http.ResponseWriter, r *http.Request) error {
	v, err := s.reviewer(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return fault.Invalidf("the form cannot be read: %w", err)
	}
	comment := strings.TrimSpace(r.PostForm.Get("comment"))
	done := ""
	switch r.PostForm.Get("decision") {
	case "approve":
		v.issue, err = s.Desk.Approve(r.Context(), v.issue.Slug(), v.digest, v.person.Email)
		done = "Thank you. Your approval is written down."
	case "return":
		if comment == "" {
			err = fault.Invalidf("say what is to be changed")
			break
		}
		v.issue, err = s.Desk.Return(r.Context(), v.issue.Slug(), v.digest, comment, v.person.Email)
		done = "The issue is back with the editors, with your comment."
	default:
		err = fault.Invalidf("no decision was given")
	}
	if err == nil {
		return s.showReview(w, r, http.StatusOK, v, done, "", "")
	}
	if statusOf(err) == http.StatusInternalServerError {
		return err
	}
	issue, openErr := s.Desk.Issues.IssueByPublicID(r.Context(), v.issue.PublicID)
	if openErr == nil {
		v.issue = issue
	}
	return s.showReview(w, r, statusOf(err), v, "", err.Error(), comment)
}

func (s *Site) reviewFrame(w http.ResponseWriter, r *http.Request) error {
	v, err := s.reviewer(r)
	if err != nil {
		return err
	}
	return s.showFrame(w, r, previewed{slug: v.issue.Slug(), pub: v.pub})
}
