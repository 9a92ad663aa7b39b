package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

type archiveView struct {
	publicView
	Publications []archivedPublication
	Many         bool
	Search       string
	Result       string // how many issues were found
}

type archivedPublication struct {
	Title, Tagline string
	URL            string // its own page, where several are shown
	Subscribe      string
	SubscribeLabel string
	Agenda, Feed   string
	Years          []archivedYear
}

type archivedYear struct {
	Year   string
	Issues []archivedIssue
}

type archivedIssue struct {
	URL, Title, Date, About string
	Language                string // of the page that it leads to
	Found                   []string
}

// maxSearch is how much may be looked for, in bytes.
const maxSearch = 200

// archive lists the issues of publications whose archive is public; the others do not exist here.
func (s *Site) archive(w http.ResponseWriter, r *http.Request) error {
	words := locale.For(language(r))
	wanted, search := r.PathValue("publication"), strings.TrimSpace(r.URL.Query().Get("q"))
	if len(search) > maxSearch {
		search = strings.ToValidUTF8(search[:maxSearch], "")
	}
	pubs := slices.DeleteFunc(s.shown(), func(p newsletter.Publication) bool { return wanted != "" && p.ID != wanted })
	if wanted != "" && len(pubs) == 0 {
		return fault.NotFoundf("no public archive %s", wanted)
	}
	title, pub := words.Label("archive"), newsletter.Publication{}
	if len(pubs) == 1 {
		pub = pubs[0]
		title = pub.Title.In(words.Tag, pub.Fallback())
	}
	page := archiveView{Many: len(pubs) > 1, Search: search}
	found := 0
	for _, p := range pubs {
		one, n, err := s.archived(r, p, words, search)
		if err != nil {
			return err
		}
		found += n
		page.Publications = append(page.Publications, one)
	}
	page.publicView = s.view(r, words, pub, title)
	if len(page.Publications) == 1 {
		page.Feed = page.Publications[0].Feed
	}
	if search != "" {
		page.Own = true // one page of the archive is enough to be listed
		page.Result = words.Count("found", found)
	}
	lasting(w)
	return s.page(w, http.StatusOK, "archive", page)
}

// archived returns one publication's part of the archive, and how many issues that is.
func (s *Site) archived(r *http.Request, pub newsletter.Publication, words locale.Locale, search string) (archivedPublication, int, error) {
	tag := pub.Fallback()
	if slices.Contains(pub.Languages, words.Tag) {
		tag = words.Tag
	}
	at, lang := s.base+"/archive/"+pub.ID, "?lang="+words.Tag
	p := archivedPublication{Title: pub.Title.In(words.Tag, pub.Fallback()), Tagline: pub.Tagline.In(words.Tag, pub.Fallback()), SubscribeLabel: words.Label("subscribe_button"), URL: at + lang, Feed: at + "/feed.atom?lang=" + tag}
	issues, err := s.Desk.Archive(r.Context(), pub, tag, search)
	if err != nil {
		return p, 0, err
	}
	if _, err := s.offer(r.Context(), pub.ID); err == nil {
		p.Subscribe = s.base + "/subscribe/" + pub.ID + lang
	} else if !fault.Is(err, fault.NotFound) {
		return p, 0, err
	}
	for _, i := range issues {
		date := i.Issue.Content.Date.In(pub.Location())
		if n := len(p.Years); n == 0 || p.Years[n-1].Year != strconv.Itoa(date.Year()) {
			p.Years = append(p.Years, archivedYear{Year: strconv.Itoa(date.Year())})
		}
		year := &p.Years[len(p.Years)-1]
		year.Issues = append(year.Issues, archivedIssue{URL: i.URL, Title: name(i, words), Date: words.Date(date), About: i.Description, Language: tag, Found: i.Found})
		if slices.ContainsFunc(i.Issue.Content.Entries, func(e newsletter.Entry) bool { return e.Item.Kind == newsletter.Event }) {
			p.Agenda = at + "/agenda.ics?lang=" + tag
		}
	}
	return p, len(issues), nil
}

// name is what an issue is called: its number, and its headline where it has one.
func name(a desk.Archived, words locale.Locale) string {
	n := words.Label("issue_number", "n", strconv.Itoa(a.Issue.Number))
	if a.Headline == "" {
		return n
	}
	return words.Label("colon", "label", n, "text", a.Headline)
}
