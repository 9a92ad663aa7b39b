package web

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

// publicView is what every public page has.
type publicView struct {
	Language, Dir, Title, Skip string
	Base                       string // what the paths of our addresses begin with
	Own                        bool   // a personal page: not to be listed
	Publication, Home          string // who speaks, and where their public page is
	Theme                      string // a stylesheet
	Logo                       *logoView
	Menu                       string
	Languages                  []languageLink
	Privacy                    string
	Links                      []navLink
	Feed                       string
	words                      locale.Locale
}

// Label returns a label in the page's language.
func (v publicView) Label(key string, pairs ...string) string { return v.words.Label(key, pairs...) }

type languageLink struct {
	Tag, Name, URL string
	Here           bool
}

type logoView struct {
	URL, Alt      string
	Width, Height int
}

// logoHeight is how high a logo may stand on a page, in px.
const logoHeight = 56

// view fills in what every page has. Without a publication the page speaks for the
// only one there is to show, or for none.
func (s *Site) view(r *http.Request, words locale.Locale, pub newsletter.Publication, title string) publicView {
	v := publicView{Language: words.Tag, Dir: words.Dir(), Title: title, Skip: words.Label("skip"), Base: s.base, Menu: words.Label("languages"), words: words}
	for _, tag := range locale.Languages() {
		v.Languages = append(v.Languages, languageLink{tag, locale.Name(tag), here(r, tag), tag == locale.Primary(words.Tag)})
	}
	if shown := s.shown(); pub.ID == "" && len(shown) == 1 {
		pub = shown[0]
	}
	if pub.ID != "" {
		s.dress(&v, pub)
	}
	if s.Controller != "" {
		v.Privacy = words.Label("privacy_controller", "controller", s.Controller, "contact", s.Contact)
	}
	v.Links = append(v.Links, navLink{Title: words.Label("privacy"), URL: s.base + "/privacy?lang=" + locale.Primary(words.Tag)})
	return v
}

// dress gives a page the look of a publication.
func (s *Site) dress(v *publicView, pub newsletter.Publication) {
	v.Publication = pub.Title.In(v.words.Tag, pub.Fallback())
	if pub.Archive == "public" {
		v.Home = s.base + "/archive/" + pub.ID + "?lang=" + locale.Primary(v.words.Tag)
	}
	if s.has(pub.ID) {
		v.Theme = s.base + "/theme/" + pub.ID + ".css"
	}
	if p := pub.Theme.Picture; p != nil && p.Height > 0 {
		height := min(logoHeight, p.Height)
		v.Logo = &logoView{URL: s.base + "/picture/" + p.File, Alt: pub.Theme.LogoAlt.In(v.words.Tag, pub.Fallback()), Width: max(1, p.Width*height/p.Height), Height: height}
	}
}

func (s *Site) has(id string) bool {
	return slices.ContainsFunc(s.Desk.Publications, func(p newsletter.Publication) bool { return p.ID == id })
}

// here is the address of the page that is shown, in another language.
func here(r *http.Request, tag string) string {
	query := url.Values{"lang": {tag}}
	if q := r.URL.Query().Get("q"); q != "" {
		query.Set("q", q)
	}
	return "?" + query.Encode()
}

// shown are the publications whose archive is public: the others do not exist to strangers.
func (s *Site) shown() []newsletter.Publication {
	var out []newsletter.Publication
	for _, p := range s.Desk.Publications {
		if p.Archive == "public" {
			out = append(out, p)
		}
	}
	return out
}

// message is a page of a few words.
func (s *Site) message(w http.ResponseWriter, r *http.Request, status int, pub newsletter.Publication, words locale.Locale, title string, text ...string) error {
	v := s.view(r, words, pub, title)
	v.Own = true
	return s.page(w, status, "message", struct {
		publicView
		Text []string
	}{v, text})
}

// picture serves a picture under the name of its content, which never changes.
func (s *Site) picture(w http.ResponseWriter, r *http.Request) error {
	p, err := s.Desk.Pictures.Picture(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+p.Name+`"`)
	h.Set("Content-Type", p.Type)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // mail programs on the web show it
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.Body))
	return nil
}

func (s *Site) servePublicStyle(w http.ResponseWriter, r *http.Request) error {
	return css(w, s.publicStyle)
}

// serveTheme is what a publication's own colours and letters change of the sheet.
func (s *Site) serveTheme(w http.ResponseWriter, r *http.Request) error {
	pub, err := s.Desk.Publication(strings.TrimSuffix(r.PathValue("file"), ".css"))
	if err != nil {
		return err
	}
	t := pub.Theme
	sheet := ":root { --brand: " + t.Colour + "; --on-brand: " + newsletter.InkOn(t.Colour) + "; "
	if t.Accent != "" {
		sheet += "--line-brand: " + t.Accent + "; "
	}
	if t.Font != "" {
		sheet += "--font: " + t.Font + "; "
	}
	if t.HeadingFont != "" {
		sheet += "--heading: " + t.HeadingFont + "; "
	}
	return css(w, []byte(sheet+"}\n"))
}

// css may be kept: it holds nothing of anyone.
func css(w http.ResponseWriter, sheet []byte) error {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, err := w.Write(sheet)
	return err
}
