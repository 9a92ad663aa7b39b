package web

import (
	"bytes"
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"broadsheet/internal/desk"
	"broadsheet/internal/locale"

	"golang.org/x/net/html"
)

// webViewPolicy lets a published issue be read, followed, passed on and kept; no script ever runs.
const webViewPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox allow-downloads; default-src 'none'; style-src 'unsafe-inline'; img-src https: http:; base-uri 'none'; frame-ancestors 'none'"

// webLink is a link around an issue on the web.
type webLink struct {
	Title, Language, Dir string
	URL                  template.URL
}

// aroundView is what stands around an issue on the web.
type aroundView struct {
	desk.OnWeb
	Title, Site, Description string
	Picture                  string
	Listed                   bool // may search engines list it?
	Published                string
	Dir, Label               string
	Forward                  webLink
	Others                   []webLink // the issue in other languages
	Agenda                   webLink
	EventsLabel              string
	Events                   []webLink
}

// issueRoutes are the addresses of a published issue. They are no one's, and stay.
func (s *Site) issueRoutes() map[string]handler {
	return map[string]handler{
		"GET /i/{issue}/{language}":               s.webView,
		"GET /i/{issue}/{language}/agenda.ics":    s.agenda,
		"GET /i/{issue}/{language}/event/{event}": s.agenda, // KEY.ics
	}
}

func (s *Site) webView(w http.ResponseWriter, r *http.Request) error {
	issue, err := s.Desk.OnWeb(r.Context(), r.PathValue("issue"), r.PathValue("language"))
	if err != nil {
		return err
	}
	page, err := s.around(issue)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=300")
	return framed(w, page, webViewPolicy)
}

var (
	bodyStart = regexp.MustCompile(`<body\b[^>]*>`)
	bodyEnd   = regexp.MustCompile(`</body\s*>\s*</html\s*>\s*$`)
	ownMain   = regexp.MustCompile(`<main\b|\brole="main"`)
)

// around puts what the web needs around the issue, whose own bytes stay as they were approved.
func (s *Site) around(issue desk.OnWeb) (string, error) {
	view := newAround(issue)
	var head, foot bytes.Buffer
	if err := s.pages.ExecuteTemplate(&head, "webview-head", view); err != nil {
		return "", err
	}
	if err := s.pages.ExecuteTemplate(&foot, "webview-foot", view); err != nil {
		return "", err
	}
	page := strings.Replace(issue.Proof.HTML, "</head>", head.String()+"</head>", 1)
	start, end := bodyStart.FindStringIndex(page), bodyEnd.FindStringIndex(page)
	if start == nil || end == nil { // a theme of the user's that leaves them out
		return page + foot.String(), nil
	}
	content := page[start[1]:end[0]]
	if !ownMain.MatchString(content) { // a message has none: it stands in a mail program's page
		content = "<main>" + content + "</main>\n"
	}
	return page[:start[1]] + content + foot.String() + page[end[0]:], nil
}

func newAround(issue desk.OnWeb) aroundView {
	words := locale.For(issue.Proof.Language)
	v := aroundView{OnWeb: issue, Title: issue.Proof.Subject, Site: issue.Publication.Title.In(words.Tag, issue.Publication.Fallback()), Description: issue.Description(), Picture: picture(issue.Proof.HTML),
		Listed: issue.Publication.Archive == "public", Published: issue.Issue.Content.Date.Format("2006-01-02"), Dir: words.Dir(), Label: words.Label("web_bar")}
	mail := url.Values{"subject": {v.Title}, "body": {issue.URL}}
	v.Forward = webLink{Title: words.Label("web_forward"), URL: template.URL("mailto:?" + strings.ReplaceAll(mail.Encode(), "+", "%20"))} // RFC 6068 section 5: a space is %20
	for _, tag := range issue.Languages {
		if tag != issue.Proof.Language {
			v.Others = append(v.Others, webLink{locale.Name(tag), tag, locale.Dir(tag), template.URL(issue.In(tag))})
		}
	}
	if len(issue.Events) > 0 {
		v.Agenda = webLink{Title: words.Label("web_agenda"), URL: template.URL(issue.URL + "/agenda.ics")}
		v.EventsLabel = words.Label("web_events")
	}
	for _, e := range issue.Events {
		v.Events = append(v.Events, webLink{e.Event.Title, cmp.Or(e.Event.TitleIn, e.Event.Language), "auto", template.URL(issue.URL + "/event/" + e.Key + ".ics")})
	}
	return v
}

// leastPicture is how wide a picture must be to stand for the issue, in px: logos are not.
const leastPicture = 200

// picture returns the first picture of an issue that can stand for it, "" for none.
func picture(text string) string {
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if token.Data != "img" {
				continue
			}
			attribute := func(name string) string {
				at := slices.IndexFunc(token.Attr, func(a html.Attribute) bool { return a.Key == name })
				if at < 0 {
					return ""
				}
				return token.Attr[at].Val
			}
			width, _ := strconv.Atoi(attribute("width")) // none: too small
			if src := attribute("src"); width >= leastPicture && strings.HasPrefix(src, "http") {
				return src
			}
		}
	}
}

// agenda answers with the events of an issue as a calendar, or with one of them.
func (s *Site) agenda(w http.ResponseWriter, r *http.Request) error {
	issue, err := s.Desk.OnWeb(r.Context(), r.PathValue("issue"), r.PathValue("language"))
	if err != nil {
		return err
	}
	file, err := issue.Calendar(strings.TrimSuffix(r.PathValue("event"), ".ics"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="`+issue.Issue.Publication+"-"+strconv.Itoa(issue.Issue.Number)+`.ics"`)
	_, err = w.Write(file)
	return err
}
