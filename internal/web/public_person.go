package web

import (
	"net/http"
	"slices"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/token"
	"broadsheet/subscribers"
)

// visitor is who follows a personal link, and what the link is about.
type visitor struct {
	subscribers.Profile
	pub   newsletter.Publication
	lists []string
	words locale.Locale
}

// title is the publication's name in the visitor's language.
func (v visitor) title() string { return v.pub.Title.In(v.words.Tag, v.pub.Fallback()) }

// forgotten reports whether the person was erased: nothing of them is left to show.
func (v visitor) forgotten() bool { return v.Address == "" }

// open opens the token of a link: for good, or where it has an end, until then.
func (s *Site) open(r *http.Request, purpose string) ([]string, error) {
	if purpose == token.Confirm || purpose == token.Data {
		return s.Tokens.OpenAt(purpose, r.PathValue("token"), s.Desk.Now())
	}
	return s.Tokens.Open(purpose, r.PathValue("token"))
}

// visitor says who follows a link.
func (s *Site) visitor(r *http.Request, purpose string) (v visitor, err error) {
	parts, err := s.open(r, purpose)
	if err != nil {
		return v, err
	}
	if len(parts) < 2 {
		return v, fault.NotFoundf("this link is not valid")
	}
	if v.Profile, err = s.People.Show(r.Context(), parts[0]); err != nil {
		return v, err
	}
	switch {
	case purpose == token.Confirm:
		v.lists = parts[1:]
		v.pub, err = s.Desk.PublicationOf(parts[1])
	case len(parts) == 3 && parts[1] == OfPublication:
		if v.pub, err = s.Desk.Publication(parts[2]); fault.Is(err, fault.NotFound) { // no longer: the link works all the same
			v.pub, err = newsletter.Publication{ID: parts[2], Title: newsletter.Text{"": parts[2]}, Lists: everyList(v.Profile)}, nil
		}
		v.lists = v.pub.Lists
	default:
		v.pub, v.lists, err = s.Desk.Origin(r.Context(), parts[1])
	}
	tag := locale.Primary(v.Language)
	if q := r.URL.Query().Get("lang"); q != "" || !slices.Contains(locale.Languages(), tag) {
		tag = language(r)
	}
	v.words = locale.For(tag)
	return v, err
}

// everyList are all lists that a person was ever on.
func everyList(p subscribers.Profile) []string {
	var ids []string
	for _, x := range p.Subscriptions {
		ids = append(ids, x.ListID)
	}
	return ids
}

// act is a page with one button, and what may be said beside it.
type act struct {
	publicView
	Text             []string
	Lists            []string
	Button           string
	Reason           bool // ask why
	Undo, UndoButton string
	Done             bool
	Consent          string
	More             []navLink
}

func (s *Site) unsubscribePage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Unsubscribe)
	if err != nil {
		return err
	}
	if !v.subscribed() {
		return s.left(w, r, v)
	}
	page := act{publicView: s.view(r, v.words, v.pub, v.words.Label("unsubscribe_title")), Text: []string{v.words.Label("unsubscribe_question", "title", v.title())},
		Button: v.words.Label("unsubscribe_button"), Reason: true}
	page.Own = true
	return s.page(w, http.StatusOK, "act", page)
}

func (v visitor) subscribed() bool {
	return slices.ContainsFunc(v.Subscriptions, func(x subscribers.Subscription) bool {
		return x.State != subscribers.Ended && slices.Contains(v.lists, x.ListID)
	})
}

// unsubscribe answers the button and the one-click POST of RFC 8058 alike: no
// cookie, no form token, no redirect, and twice is once. What comes with it is
// never a reason to refuse.
func (s *Site) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Unsubscribe)
	if err != nil {
		return err
	}
	_ = readForm(r) // leaving needs no form
	ended, err := s.Desk.Unsubscribe(r.Context(), v.Profile, reason(r), v.lists)
	if err != nil {
		return err
	}
	s.Log.Info("unsubscribed", "subscriber", v.PublicID, "publication", v.pub.ID, "lists", ended)
	if r.PostForm.Get("List-Unsubscribe") == "One-Click" { // a mail program's act: nobody reads the page
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := w.Write([]byte(v.words.Label("unsubscribed_title") + "\n"))
		return err
	}
	if ended > 0 {
		if err := s.Desk.Goodbye(r.Context(), v.Profile, v.pub); err != nil {
			s.Log.Error("a goodbye could not be written", "subscriber", v.PublicID, "error", err) // they have left all the same
		}
	}
	if v.Profile, err = s.People.Show(r.Context(), v.PublicID); err != nil {
		return err
	}
	return s.left(w, r, v)
}

// maxReason is how much of a reason is kept, in characters.
const maxReason = 500

// reason is what a person said on leaving, cut where it is too long to keep.
func reason(r *http.Request) string {
	text := []rune(r.PostForm.Get("reason"))
	return string(text[:min(len(text), maxReason)])
}

// left says that someone left, and how to take it back.
func (s *Site) left(w http.ResponseWriter, r *http.Request, v visitor) error {
	page := act{publicView: s.view(r, v.words, v.pub, v.words.Label("unsubscribed_title")), Text: []string{v.words.Label("unsubscribed_text", "title", v.title())}, Done: true}
	page.Own = true
	if len(v.MayReturn(s.Desk.Now(), v.lists)) > 0 {
		page.Undo, page.UndoButton = s.base+"/u/"+r.PathValue("token")+"/undo?lang="+locale.Primary(v.words.Tag), v.words.Label("undo_button")
		page.Text = append(page.Text, v.words.Label("undo_text"))
	}
	return s.page(w, http.StatusOK, "act", page)
}

func (s *Site) undo(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Unsubscribe)
	if err != nil {
		return err
	}
	if !v.subscribed() {
		if err := s.Desk.Undo(r.Context(), v.Profile, v.lists); err != nil {
			return err
		}
	}
	return s.welcome(w, r, v, "undone_title")
}

func (s *Site) confirmPage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Confirm)
	if err != nil {
		return err
	}
	switch {
	case v.isOn(subscribers.Pending):
	case v.isOn(subscribers.Confirmed):
		return s.welcome(w, r, v, "confirmed_title")
	default:
		return fault.Conflictf("this subscription is no longer open")
	}
	page := act{publicView: s.view(r, v.words, v.pub, v.words.Label("confirm_title")), Text: []string{v.words.Label("confirm_question", "title", v.title())},
		Button: v.words.Label("confirm_button"), Consent: s.consent(v.words, v.title()).Wording}
	page.Own = true
	if page.Lists, err = s.titles(r, v); err != nil {
		return err
	}
	return s.page(w, http.StatusOK, "act", page)
}

// isOn reports whether one of the link's lists has the person in a state.
func (v visitor) isOn(state subscribers.State) bool {
	return slices.ContainsFunc(v.Subscriptions, func(x subscribers.Subscription) bool { return x.State == state && slices.Contains(v.lists, x.ListID) })
}

// titles are those of the link's lists, where there are several.
func (s *Site) titles(r *http.Request, v visitor) (out []string, err error) {
	if len(v.lists) < 2 {
		return nil, nil
	}
	all, err := s.People.Lists(r.Context())
	for _, l := range all {
		if slices.Contains(v.lists, l.ID) {
			out = append(out, l.Title.In(v.words.Tag, v.pub.Fallback()))
		}
	}
	return out, err
}

func (s *Site) confirm(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Confirm)
	if err != nil {
		return err
	}
	consent := s.consent(v.words, v.title())
	consent.Source, consent.From, consent.GivenAt = "confirmation page", s.network(r), time.Time{}
	if err := s.Desk.Confirm(r.Context(), v.Profile, v.pub, consent, v.lists); err != nil {
		return err
	}
	return s.welcome(w, r, v, "confirmed_title")
}

// welcome says that someone is subscribed, and what they can do next.
func (s *Site) welcome(w http.ResponseWriter, r *http.Request, v visitor, title string) error {
	page := act{publicView: s.view(r, v.words, v.pub, v.words.Label(title)), Text: []string{v.words.Label("confirmed_text", "title", v.title())}, Done: true}
	page.Own = true
	page.More = []navLink{{Title: v.words.Label("preferences"), URL: s.base + "/p/" + s.Tokens.Sign(token.Preferences, v.PublicID, OfPublication, v.pub.ID)}}
	if page.Home != "" {
		page.More = append(page.More, navLink{Title: v.words.Label("archive"), URL: page.Home})
	}
	return s.page(w, http.StatusOK, "act", page)
}
