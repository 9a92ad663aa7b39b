package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// issueLog shows every revision of an issue with what it changed, and who did what else.
func (s *Site) issueLog(w http.ResponseWriter, r *http.Request) error {
	return s.showLog(w, r, http.StatusOK, nil)
}

func (s *Site) showLog(w http.ResponseWriter, r *http.Request, status int, problem error) error {
	slug := slugOf(r)
	issue, pub, err := s.Desk.Open(r.Context(), slug)
	if err != nil {
		return err
	}
	changes, err := s.Desk.Changes(r.Context(), slug)
	if err != nil {
		return err
	}
	acts, err := s.Desk.IssueLog(r.Context(), slug)
	if err != nil {
		return err
	}
	slices.Reverse(changes)
	view := struct {
		deskView
		IssueTabs              tabRow
		Slug, Heading, Problem string
		State                  newsletter.IssueState
		Revision               int
		Editable               bool
		Editors                []editor
		Changes                []changeLine
		Acts                   []actLine
	}{s.deskView(r, "History of "+slug), issueTabs(slug, "/log"), slug, "History of " + pub.Title.In("en", pub.Fallback()) + ", No. " + strconv.Itoa(issue.Number), "", issue.State, issue.Revision, issue.State.Editable(), s.editors(r), nil, nil}
	if problem != nil {
		view.Problem = problem.Error()
	}
	for _, c := range changes {
		view.Changes = append(view.Changes, changeLine{c, when(c.At, pub), c.Number == issue.Revision})
	}
	for _, a := range acts {
		view.Acts = append(view.Acts, actLine{a, when(a.At, pub)})
	}
	return s.page(w, status, "issue-log", view)
}

type changeLine struct {
	desk.Revision
	When string
	Last bool
}

type actLine struct {
	desk.LogEntry
	When string
}

// when is a moment as the publication's people say it.
func when(t time.Time, pub newsletter.Publication) string {
	return t.In(pub.Location()).Format("2 January 2006, 15:04")
}

// revert takes the button beside an old revision.
func (s *Site) revert(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.Invalidf("the form cannot be read: %w", err)
	}
	to, err := strconv.Atoi(r.PostForm.Get("to"))
	if err != nil {
		return fault.Invalidf("no revision was named")
	}
	actor, err := s.actor(r)
	if err == nil {
		_, _, err = s.Desk.Revert(r.Context(), slugOf(r), to, actor)
	}
	switch {
	case err == nil:
		http.Redirect(w, r, "/issues/"+slugOf(r)+"/log", http.StatusSeeOther)
		return nil
	case statusOf(err) == http.StatusInternalServerError:
		return err
	}
	return s.showLog(w, r, statusOf(err), err)
}
