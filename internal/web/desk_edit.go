package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/staff"
)

// editView is the page on which a person edits an issue: buttons for the order, and
// the whole issue as the file that `issue edit` opens.
type editView struct {
	deskView
	IssueTabs                 tabRow
	Slug, Heading, Text, Done string
	State                     newsletter.IssueState
	Revision                  int
	Problems                  []string
	Hint                      string
	Editors                   []editor
	Sections                  []sectionLine
	Editable, Voids           bool
}

type editor struct {
	Address, Name string
	Chosen        bool
}

type sectionLine struct {
	ID, Title, Off string
	Lines          []editLine
}

type editLine struct {
	ID                         int64
	Title, Lang, Meta          string
	Pinned, Again, First, Last bool
}

func slugOf(r *http.Request) string { return r.PathValue("publication") + "/" + r.PathValue("number") }

// issueTabs are the pages of an issue.
func issueTabs(slug, here string) tabRow {
	row := tabRow{Label: "This issue"}
	for _, page := range [][2]string{{"Preview", ""}, {"Edit", "/edit"}, {"History", "/log"}} {
		row.Tabs = append(row.Tabs, navLink{page[0], "/issues/" + slug + page[1], page[1] == here})
	}
	return row
}

func (s *Site) edit(w http.ResponseWriter, r *http.Request) error {
	text, err := s.Desk.EditFile(r.Context(), slugOf(r), "")
	if err != nil {
		return err
	}
	done := map[string]string{"saved": "Saved as a new revision.", "same": "Nothing was changed.", "moved": "Done."}[r.URL.Query().Get("done")]
	return s.showEdit(w, r, http.StatusOK, text, done, nil)
}

// showEdit shows the page with a text, which after a fault is the one that was posted.
func (s *Site) showEdit(w http.ResponseWriter, r *http.Request, status int, text, done string, problem error) error {
	slug := slugOf(r)
	issue, pub, err := s.Desk.Open(r.Context(), slug)
	if err != nil {
		return err
	}
	v := editView{deskView: s.deskView(r, "Edit "+slug), IssueTabs: issueTabs(slug, "/edit"), Slug: slug, Heading: "Edit " + pub.Title.In("en", pub.Fallback()) + ", No. " + strconv.Itoa(issue.Number), Text: text, Done: done,
		State: issue.State, Revision: issue.Revision, Editors: s.editors(r), Editable: issue.State.Editable(), Voids: issue.State != newsletter.Draft}
	if problem != nil {
		v.Problems, v.Hint = strings.Split(problem.Error(), "\n"), fault.Hint(problem)
	}
	for _, section := range issue.Content.Ordered(pub.Sections) {
		v.Sections = append(v.Sections, s.sectionLine(r, section, issue, pub))
	}
	return s.page(w, status, "edit", v)
}

func (s *Site) sectionLine(r *http.Request, section newsletter.Section, issue newsletter.Issue, pub newsletter.Publication) sectionLine {
	line := sectionLine{ID: section.ID, Title: section.Title.In("en", pub.Fallback())}
	hidden := slices.DeleteFunc(slices.Clone(pub.Languages), func(tag string) bool { return !issue.Content.Hidden(section.ID, tag) })
	if len(hidden) > 0 {
		line.Off = strings.Join(hidden, ", ")
	}
	for _, e := range issue.Content.Entries {
		if e.Section != section.ID {
			continue
		}
		title, language := e.Headlined(pub.Fallback(), pub.Fallback())
		l := editLine{ID: e.Item.ID, Title: title, Lang: language, Meta: fmt.Sprintf("No. %d, %s, from %s, in %s", e.Item.ID, whenText(e.Item), e.Item.Source, strings.Join(e.Languages(), ", ")),
			Again: e.Again, First: len(line.Lines) == 0}
		if now, err := s.Desk.Items.Item(r.Context(), e.Item.ID); err == nil { // as it is now: the issue keeps it as it was
			l.Pinned = now.Pinned
		}
		line.Lines = append(line.Lines, l)
	}
	if n := len(line.Lines); n > 0 {
		line.Lines[n-1].Last = true
	}
	return line
}

// editors are who may edit. The desk has no sign-in yet: who edits says so.
func (s *Site) editors(r *http.Request) (out []editor) {
	chosen := r.FormValue("as")
	for _, p := range s.Desk.Team.With(staff.Editor, s.Desk.Now()) {
		name := p.Name
		if name == "" {
			name = p.Email
		}
		out = append(out, editor{p.Email, name, strings.EqualFold(p.Email, chosen)})
	}
	if len(out) == 0 {
		out = append(out, editor{desk.Operator, "the operator of this machine", true})
	}
	return out
}

// actor is the editor whom a form names.
func (s *Site) actor(r *http.Request) (string, error) {
	all := s.editors(r)
	if at := slices.IndexFunc(all, func(e editor) bool { return e.Chosen }); at >= 0 {
		return all[at].Address, nil
	}
	return "", fault.Invalidf("say who is editing")
}

// saveEdit takes the text area. Whatever is wrong with it, the text comes back.
func (s *Site) saveEdit(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.WithHint(fault.Invalidf("the form cannot be read: %w", err), "go back in your browser: your text is still there")
	}
	text := strings.ReplaceAll(r.PostForm.Get("text"), "\r\n", "\n")
	actor, err := s.actor(r)
	changed := false
	if err == nil {
		_, changed, err = s.Desk.Edit(r.Context(), slugOf(r), text, actor)
	}
	switch {
	case err != nil && statusOf(err) == http.StatusInternalServerError:
		s.Log.Error("edit failed", "issue", slugOf(r), "error", err)
		return s.showEdit(w, r, http.StatusInternalServerError, text, "", fault.Unavailablef("something broke on this machine; the log says what, and your text is kept below"))
	case err != nil:
		return s.showEdit(w, r, statusOf(err), text, "", err)
	}
	s.back(w, r, actor, map[bool]string{true: "saved", false: "same"}[changed], "")
	return nil
}

// moveEntry takes a button beside an entry: "up 12". Text that was typed and not
// saved is kept, and nothing is moved under it.
func (s *Site) moveEntry(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.WithHint(fault.Invalidf("the form cannot be read: %w", err), "go back in your browser: your text is still there")
	}
	text := strings.ReplaceAll(r.PostForm.Get("text"), "\r\n", "\n")
	how, number, _ := strings.Cut(r.PostForm.Get("act"), " ")
	item, badItem := strconv.ParseInt(number, 10, 64)
	revision, badRevision := strconv.Atoi(r.PostForm.Get("revision"))
	if badItem != nil || badRevision != nil {
		return fault.Invalidf("the form says not what to do with which entry")
	}
	current, err := s.Desk.EditFile(r.Context(), slugOf(r), "")
	if err != nil {
		return err
	}
	if text != "" && text != current {
		return s.showEdit(w, r, http.StatusConflict, text, "", fault.Conflictf("you changed the text below, or someone else the issue: save the text first, then move entries. Nothing was moved"))
	}
	actor, err := s.actor(r)
	if err == nil {
		err = s.arrange(r, how, item, revision, actor)
	}
	if err != nil && statusOf(err) != http.StatusInternalServerError {
		return s.showEdit(w, r, statusOf(err), current, "", err)
	}
	if err == nil {
		s.back(w, r, actor, "moved", "#e"+number)
	}
	return err
}

func (s *Site) arrange(r *http.Request, how string, item int64, revision int, actor string) error {
	switch how {
	case "pin", "unpin":
		return s.Desk.Pin(r.Context(), slugOf(r), revision, item, how == "pin", actor)
	}
	_, _, err := s.Desk.Move(r.Context(), slugOf(r), revision, item, how, actor)
	return err
}

// back leads to the page by GET, so that loading it again does nothing again.
func (s *Site) back(w http.ResponseWriter, r *http.Request, actor, done, at string) {
	q := url.Values{"as": {actor}, "done": {done}}
	http.Redirect(w, r, "/issues/"+slugOf(r)+"/edit?"+q.Encode()+at, http.StatusSeeOther)
}
