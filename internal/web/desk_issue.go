package web

import (
	"net/http"
	"strings"

	"broadsheet/internal/newsletter"
)

type issueLine struct {
	Slug, Date, Slot string
	State            newsletter.IssueState
	Entries          int
}

func (s *Site) issues(w http.ResponseWriter, r *http.Request) error {
	issues, err := s.Desk.Issues.Issues(r.Context(), "")
	if err != nil {
		return err
	}
	view := struct {
		deskView
		Issues []issueLine
	}{deskView: s.deskView(r, "Issues")}
	for _, i := range issues {
		view.Issues = append(view.Issues, issueLine{i.Slug(), i.Content.Date.Format("2006-01-02"), i.Slot, i.State, len(i.Content.Entries)})
	}
	return s.page(w, http.StatusOK, "issues", view)
}

type number struct {
	Name string
	N    int
}

type entryLine struct {
	Section, Title, Languages, Source string
	ID                                int64
}

func (s *Site) issue(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("publication") + "/" + r.PathValue("number")
	issue, pub, err := s.Desk.Open(r.Context(), slug)
	if err != nil {
		return err
	}
	status, err := s.Desk.Status(r.Context(), slug)
	if err != nil {
		return err
	}
	preview, err := s.preview(r, previewed{slug: slug, page: "/issues/" + slug, pub: pub, anyone: true})
	if err != nil {
		return err
	}
	view := struct {
		deskView
		previewView
		Heading, Author, Digest, Slot string
		IssueTabs                     tabRow
		SendingURL                    string
		State                         newsletter.IssueState
		Revision, Needed              int
		Approvals                     []newsletter.Approval
		Numbers                       []number
		Entries                       []entryLine
		Wanting                       []string // what its pictures lack
	}{s.deskView(r, slug), preview, pub.Title.In("en", pub.Fallback()) + ", No. " + r.PathValue("number"), issue.Content.Author, issue.Digest, issue.Slot,
		issueTabs(slug, ""), "/issues/" + slug + "/sending", issue.State, issue.Revision, status.Needed, status.Approvals, nil, nil, nil}
	if status.Send != nil {
		t := status.Tally
		view.Numbers = []number{{"audience", t.Audience}, {"accepted", t.Accepted}, {"pending", t.Pending + t.Attempting}, {"deferred", t.Deferred}, {"rejected", t.Rejected}, {"unknown", t.Unknown + t.Held}, {"suppressed", t.Suppressed}, {"cancelled", t.Cancelled}}
	}
	if issue.State.Editable() {
		view.Wanting = issue.Content.Wanting()
	}
	for _, e := range issue.Content.Entries {
		title, _ := e.Headlined(pub.Fallback(), pub.Fallback())
		view.Entries = append(view.Entries, entryLine{e.Section, title, strings.Join(e.Languages(), ", "), e.Item.Source, e.Item.ID})
	}
	return s.page(w, http.StatusOK, "issue", view)
}
