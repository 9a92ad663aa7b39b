package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"broadsheet/internal/locale"
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
	preview, err := s.preview(r, issue, pub, "/issues/"+slug, "/issues/"+slug+"/frame/")
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
	}{s.deskView(r, slug), preview, pub.Title.In("en", pub.Fallback()) + ", No. " + r.PathValue("number"), issue.Content.Author, issue.Digest, issue.Slot,
		issueTabs(slug, ""), "/issues/" + slug + "/sending", issue.State, issue.Revision, status.Needed, status.Approvals, nil, nil}
	if status.Send != nil {
		t := status.Tally
		view.Numbers = []number{{"audience", t.Audience}, {"accepted", t.Accepted}, {"pending", t.Pending + t.Attempting}, {"deferred", t.Deferred}, {"rejected", t.Rejected}, {"unknown", t.Unknown + t.Held}, {"suppressed", t.Suppressed}, {"cancelled", t.Cancelled}}
	}
	for _, e := range issue.Content.Entries {
		languages := []string{e.Item.Language}
		for tag := range e.Others {
			languages = append(languages, tag)
		}
		slices.Sort(languages)
		view.Entries = append(view.Entries, entryLine{e.Section, e.Item.Title, strings.Join(languages, ", "), e.Item.Source, e.Item.ID})
	}
	return s.page(w, http.StatusOK, "issue", view)
}

// previewView shows a proof: as it looks, as text, or as source.
type previewView struct {
	Tabs           []tabRow
	Subject, Frame string
	Width          string
	Plain          string
}

type tabRow struct {
	Label string
	Tabs  []navLink
}

// preview builds the previews' tabs from the query: language, width, scheme and form.
func (s *Site) preview(r *http.Request, issue newsletter.Issue, pub newsletter.Publication, page, frames string) (previewView, error) {
	q := r.URL.Query()
	chosen := map[string]string{"language": pub.Fallback(), "as": "html", "width": "700", "scheme": "light"}
	options := []struct {
		key, label string
		values     [][2]string
	}{{"language", "Language", nil}, {"as", "Form", [][2]string{{"html", "As it looks"}, {"text", "Text part"}, {"source", "HTML source"}}},
		{"width", "Width", [][2]string{{"360", "Phone, 360 px"}, {"700", "Desktop, 700 px"}}}, {"scheme", "Colours", [][2]string{{"light", "Light"}, {"dark", "Dark"}}}}
	for _, tag := range pub.Languages {
		options[0].values = append(options[0].values, [2]string{tag, locale.Name(tag)})
	}
	for _, o := range options {
		if slices.ContainsFunc(o.values, func(v [2]string) bool { return v[0] == q.Get(o.key) }) {
			chosen[o.key] = q.Get(o.key)
		}
	}
	v := previewView{Width: chosen["width"]}
	for _, o := range options {
		row := tabRow{Label: o.label}
		for _, value := range o.values {
			link := url.Values{}
			for key, set := range chosen {
				link.Set(key, set)
			}
			link.Set(o.key, value[0])
			row.Tabs = append(row.Tabs, navLink{value[1], page + "?" + link.Encode(), chosen[o.key] == value[0]})
		}
		if chosen["as"] == "html" || o.key == "language" || o.key == "as" {
			v.Tabs = append(v.Tabs, row)
		}
	}
	proof, err := s.proof(r, issue, pub, chosen["language"])
	if err != nil {
		return v, err
	}
	v.Subject = proof.Subject
	switch chosen["as"] {
	case "text":
		v.Plain = proof.Text
	case "source":
		v.Plain = proof.HTML
	default:
		v.Frame = frames + proof.Language + "?scheme=" + chosen["scheme"]
	}
	return v, nil
}

func (s *Site) proof(r *http.Request, issue newsletter.Issue, pub newsletter.Publication, language string) (newsletter.Proof, error) {
	proofs, err := s.Desk.Proofs(r.Context(), issue, pub)
	if err != nil {
		return newsletter.Proof{}, err
	}
	at := slices.IndexFunc(proofs, func(p newsletter.Proof) bool { return p.Language == language })
	return s.Desk.Readable(pub, issue, proofs[max(at, 0)]), nil
}

func (s *Site) issueFrame(w http.ResponseWriter, r *http.Request) error {
	issue, pub, err := s.Desk.Open(r.Context(), r.PathValue("publication")+"/"+r.PathValue("number"))
	if err != nil {
		return err
	}
	return s.showFrame(w, r, issue, pub, r.PathValue("language"))
}

func (s *Site) showFrame(w http.ResponseWriter, r *http.Request, issue newsletter.Issue, pub newsletter.Publication, language string) error {
	proof, err := s.proof(r, issue, pub, language)
	if err != nil {
		return err
	}
	return frame(w, inScheme(proof.HTML, r.URL.Query().Get("scheme")))
}

// inScheme shows a message as programs in light or dark mode would, whatever
// this browser prefers: its own dark rules are switched on or off.
func inScheme(html, scheme string) string {
	const dark = "@media (prefers-color-scheme: dark)"
	if scheme == "dark" {
		return strings.Replace(strings.Replace(html, dark, "@media all", 1), `content="light dark"`, `content="dark"`, 1)
	}
	return strings.Replace(strings.Replace(html, dark, "@media not all", 1), `content="light dark"`, `content="light"`, 1)
}
