package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

// previewed is what a page previews, and for whom it may.
type previewed struct {
	slug   string
	page   string // the page's path; its frame is below it
	pub    newsletter.Publication
	anyone bool // also as any subscriber gets it: not for those who have only a link
}

// previewView shows an issue as a reader would get it.
type previewView struct {
	Tabs                  []tabRow
	Anyone                bool
	Reader                string
	Kept                  []field // the other choices, in the form that asks for a reader
	Problem               string
	Subject, Frame, Width string
	Plain                 string // text, source or header, instead of the frame
	Lines                 []desk.Line
	Before                int // the revision that Lines compare with
}

type tabRow struct {
	Label string
	Tabs  []navLink
}

type field struct{ Name, Value string }

// choice is one thing that a person may choose of a preview: the first is the default.
type choice struct {
	key, label string
	looks      bool // only of how it looks
	values     [][2]string
}

var previewChoices = []choice{
	{"as", "Form", false, [][2]string{{"html", "As it looks"}, {"text", "Text part"}, {"source", "HTML source"}, {"header", "Header"}, {"changes", "Changes"}}},
	{"width", "Width", true, [][2]string{{"600", "600 px"}, {"320", "Phone, 320 px"}, {"1024", "Desktop, 1024 px"}}},
	{"scheme", "Colours", true, [][2]string{{"light", "Light"}, {"dark", "Dark"}}},
	{"images", "Pictures", true, [][2]string{{"on", "With pictures"}, {"off", "Without pictures"}}},
	{"styles", "Styles", true, [][2]string{{"on", "With styles"}, {"off", "Without <style>"}}},
}

// choices are those of a publication's issue.
func choices(pub newsletter.Publication) []choice {
	languages := choice{"language", "Language", false, nil}
	for _, tag := range pub.Languages {
		languages.values = append(languages.values, [2]string{tag, locale.Name(tag)})
	}
	return append([]choice{languages}, previewChoices...)
}

// chosen reads the choices of a query; what it does not know is the default.
func chosen(all []choice, q url.Values) url.Values {
	set := url.Values{}
	for _, c := range all {
		set.Set(c.key, c.values[0][0])
		if slices.ContainsFunc(c.values, func(v [2]string) bool { return v[0] == q.Get(c.key) }) {
			set.Set(c.key, q.Get(c.key))
		}
	}
	return set
}

// preview builds the preview of a page: everything is a link, or one form.
func (s *Site) preview(r *http.Request, p previewed) (previewView, error) {
	all := choices(p.pub)
	set := chosen(all, r.URL.Query())
	v := previewView{Width: set.Get("width"), Anyone: p.anyone}
	if p.anyone {
		v.Reader = strings.TrimSpace(r.URL.Query().Get("reader"))
	}
	if v.Reader != "" {
		set.Set("reader", v.Reader)
	}
	for _, c := range all {
		v.Kept = append(v.Kept, field{c.key, set.Get(c.key)})
		if !c.looks || set.Get("as") == "html" {
			v.Tabs = append(v.Tabs, tabs(p.page, c, set))
		}
	}
	shown, err := s.Desk.Preview(r.Context(), p.slug, set.Get("language"), v.Reader)
	if v.Reader != "" && fault.Is(err, fault.NotFound) {
		v.Problem = err.Error()
		set.Del("reader")
		shown, err = s.Desk.Preview(r.Context(), p.slug, set.Get("language"), "")
	}
	if err != nil {
		return v, err
	}
	v.Subject = shown.Proof.Subject
	switch set.Get("as") {
	case "text":
		v.Plain = shown.Text
	case "source":
		v.Plain = shown.HTML
	case "header":
		v.Plain = shown.Header()
	case "changes":
		v.Lines, v.Before, err = s.Desk.Differs(r.Context(), shown)
	default:
		v.Frame = p.page + "/frame/" + shown.Proof.Language + "?" + set.Encode()
	}
	return v, err
}

// tabs are the links that choose one thing and keep all others.
func tabs(page string, c choice, set url.Values) tabRow {
	row := tabRow{Label: c.label}
	for _, value := range c.values {
		link := url.Values{}
		for key := range set {
			link.Set(key, set.Get(key))
		}
		link.Set(c.key, value[0])
		row.Tabs = append(row.Tabs, navLink{value[1], page + "?" + link.Encode(), set.Get(c.key) == value[0]})
	}
	return row
}

func (s *Site) issueFrame(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("publication") + "/" + r.PathValue("number")
	_, pub, err := s.Desk.Open(r.Context(), slug)
	if err != nil {
		return err
	}
	return s.showFrame(w, r, previewed{slug: slug, pub: pub, anyone: true})
}

// showFrame serves what stands in a preview's frame, under a policy of its own.
func (s *Site) showFrame(w http.ResponseWriter, r *http.Request, p previewed) error {
	set, reader := chosen(choices(p.pub), r.URL.Query()), ""
	if p.anyone {
		reader = r.URL.Query().Get("reader")
	}
	shown, err := s.Desk.Preview(r.Context(), p.slug, r.PathValue("language"), reader)
	if err != nil {
		return err
	}
	policy := framePolicy
	if set.Get("images") == "off" {
		policy = strings.Replace(policy, "img-src https: http:", "img-src 'none'", 1)
	}
	if set.Get("styles") == "off" { // as some mail programs do: what is inlined stays
		policy += "; style-src-elem 'none'"
	}
	return framed(w, inScheme(shown.HTML, set.Get("scheme")), policy)
}

var prefersDark = regexp.MustCompile(`\(\s*prefers-color-scheme:\s*dark\s*\)`)

// inScheme shows a message as programs in light or dark mode would, whatever
// this browser prefers: its own dark rules hold always, or never.
func inScheme(html, scheme string) string {
	holds := "(max-width: 0)"
	if scheme == "dark" {
		holds = "(min-width: 0)"
	}
	return strings.Replace(prefersDark.ReplaceAllString(html, holds), `content="light dark"`, `content="`+scheme+`"`, 1)
}
