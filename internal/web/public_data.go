package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/token"
	"broadsheet/subscribers"
)

// held is the page of what is held on someone.
type held struct {
	publicView
	Facts         [][2]string
	Subscriptions []heldSubscription
	History       []heldEvent
	ExportURL     string
	EraseURL      string
	Unticked      bool // they pressed erase without saying that they mean it
}

type heldSubscription struct {
	List, State, Since, Wording, Given string
	Language                           string // of the wording
}

type heldEvent struct{ When, What, List string }

func (s *Site) data(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Data)
	if err != nil {
		return err
	}
	return s.showData(w, r, http.StatusOK, v, false)
}

func (s *Site) showData(w http.ResponseWriter, r *http.Request, status int, v visitor, unticked bool) error {
	if v.forgotten() {
		return s.message(w, r, http.StatusOK, v.pub, v.words, v.words.Label("erased_title"), v.words.Label("erased_text"))
	}
	p, err := s.People.Held(r.Context(), v.PublicID)
	if err != nil {
		return err
	}
	lists, err := s.People.Lists(r.Context())
	if err != nil {
		return err
	}
	title := func(id string) string {
		for _, l := range lists {
			if l.ID == id {
				return l.Title.In(v.words.Tag, v.pub.Fallback())
			}
		}
		return id
	}
	link := s.base + "/d/" + r.PathValue("token")
	page := held{publicView: s.view(r, v.words, v.pub, v.words.Label("data_page_title")), ExportURL: link + "/export.json", EraseURL: link + "/erase?lang=" + locale.Primary(v.words.Tag), Unticked: unticked}
	page.Own = true
	page.Facts = [][2]string{{v.words.Label("email"), p.Address}, {v.words.Label("your_name"), p.Name}, {v.words.Label("preferences_language"), locale.Name(readIn(v))}, {v.words.Label("data_since"), day(v, p.CreatedAt)}}
	for _, name := range slices.Sorted(maps.Keys(p.Attributes)) {
		page.Facts = append(page.Facts, [2]string{name, p.Attributes[name]})
	}
	for _, x := range p.Subscriptions {
		page.Subscriptions = append(page.Subscriptions, heldSubscription{List: title(x.ListID), State: v.words.Label("state_" + string(x.State)), Since: day(v, x.CreatedAt),
			Wording: x.Consent.Wording, Given: day(v, x.Consent.GivenAt), Language: x.Consent.Language})
	}
	for _, e := range p.History {
		page.History = append(page.History, heldEvent{day(v, e.At), v.words.Label("event_" + e.Action), title(e.List)})
	}
	return s.page(w, status, "data", page)
}

func day(v visitor, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.words.Date(t.In(v.pub.Location()))
}

// exportData gives a person all that is held on them, for programs.
func (s *Site) exportData(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Data)
	if err != nil {
		return err
	}
	p, err := s.People.Held(r.Context(), v.PublicID)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="my-data.json"`)
	_, err = w.Write(append(text, '\n'))
	return err
}

// erase forgets a person who said that they mean it.
func (s *Site) erase(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Data)
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	if r.PostForm.Get("sure") != "yes" && !v.forgotten() {
		return s.showData(w, r, http.StatusUnprocessableEntity, v, true)
	}
	if err := s.People.Erase(r.Context(), v.PublicID, subscribers.Act{By: "person", How: "page"}); err != nil {
		return err
	}
	s.Log.Info("erased", "subscriber", v.PublicID)
	v.Profile = subscribers.Profile{}
	return s.showData(w, r, http.StatusOK, v, false)
}

// ownLinkView is the page for people who no longer have a link.
type ownLinkView struct {
	publicView
	Text    []string
	Problem string
	Email   string
}

func (s *Site) ownLinkPage(w http.ResponseWriter, r *http.Request) error {
	pub, err := s.Desk.Publication(r.PathValue("publication"))
	if err != nil {
		return err
	}
	lasting(w)
	return s.showOwnLink(w, r, http.StatusOK, pub, locale.For(language(r)), ownLinkView{})
}

func (s *Site) showOwnLink(w http.ResponseWriter, r *http.Request, status int, pub newsletter.Publication, words locale.Locale, v ownLinkView) error {
	v.publicView = s.view(r, words, face(pub), words.Label("own_link_title"))
	v.Text = []string{words.Label("own_link_text"), words.Label("own_link_write", "contact", s.contact(pub))}
	return s.page(w, status, "own-link", v)
}

// face is what a stranger sees of a publication: one without an archive is not named.
func face(pub newsletter.Publication) newsletter.Publication {
	if pub.Archive == "none" {
		return newsletter.Publication{}
	}
	return pub
}

// contact is whom people write to.
func (s *Site) contact(pub newsletter.Publication) string {
	for _, contact := range []string{pub.ReplyTo, s.Contact} {
		if contact != "" {
			return contact
		}
	}
	return pub.From
}

// ownLink sends people their link. It says the same to everyone, as subscribe does.
func (s *Site) ownLink(w http.ResponseWriter, r *http.Request) error {
	pub, err := s.Desk.Publication(r.PathValue("publication"))
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	words, text := locale.For(language(r)), strings.TrimSpace(r.PostForm.Get("email"))
	address, key, err := subscribers.ParseAddress(text)
	if err != nil {
		return s.showOwnLink(w, r, http.StatusUnprocessableEntity, pub, words, ownLinkView{Problem: words.Label("wrong_email"), Email: text})
	}
	if r.PostForm.Get("website") == "" {
		w := newsletter.Wish{Kind: newsletter.WishLink, Publication: pub.ID, Request: subscribers.Request{Address: address}}
		if err := s.Desk.Wish(r.Context(), w, desk.Asker{Machine: s.network(r), Address: s.Tokens.Name("address", key)}); err != nil {
			return err
		}
	}
	return s.message(w, r, http.StatusOK, face(pub), words, words.Label("check_mail_title"), words.Label("own_link_sent", "address", address), words.Label("check_mail_more"))
}
