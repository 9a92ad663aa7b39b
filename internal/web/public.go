package web

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/token"
	"broadsheet/subscribers"
)

// Public returns the route table for subscribers. It has no desk route.
func (s *Site) Public() http.Handler {
	mux := http.NewServeMux()
	for route, h := range map[string]handler{
		"GET /style.css":              s.serveStyle,
		"GET /{$}":                    s.archive,
		"GET /archive/{publication}":  s.archive,
		"GET /u/{token}":              s.unsubscribePage,
		"POST /u/{token}":             s.unsubscribe,
		"GET /p/{token}":              s.preferences,
		"POST /p/{token}":             s.savePreferences,
		"GET /c/{token}":              s.confirmPage,
		"POST /c/{token}":             s.confirm,
		"GET /own-link/{publication}": s.ownLink,
		"GET /picture/{name}":         s.picture,
		"GET /healthz":                s.healthy,
		"/":                           func(http.ResponseWriter, *http.Request) error { return fault.NotFoundf("no such page") },
	} {
		mux.Handle(route, s.public(h))
	}
	for route, h := range s.issueRoutes() {
		mux.Handle(route, s.public(h))
	}
	return guard(mux)
}

// public turns an error into a page in the reader's language that says nothing of ours.
func (s *Site) public(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		status := statusOf(err)
		if status == http.StatusInternalServerError {
			s.Log.Error("public page failed", "route", r.Pattern, "error", err)
			status = http.StatusServiceUnavailable // never a false success, and worth trying again
		}
		words := locale.For(language(r))
		title, text := words.Label("not_found"), words.Label("not_found_more")
		if strings.HasPrefix(r.URL.Path, "/u/") || strings.HasPrefix(r.URL.Path, "/p/") || strings.HasPrefix(r.URL.Path, "/c/") {
			title, text = words.Label("bad_link"), words.Label("bad_link_more")
		}
		if err := s.message(w, r, status, words, title, "", text); err != nil {
			s.Log.Error("public page failed", "route", r.Pattern, "error", err)
		}
	})
}

// language is the best of ours for a reader: ?lang=, else what the browser asks for.
func language(r *http.Request) string {
	have := locale.Languages()
	for _, wanted := range append([]string{r.URL.Query().Get("lang")}, strings.Split(r.Header.Get("Accept-Language"), ",")...) {
		tag, _, _ := strings.Cut(strings.TrimSpace(wanted), ";")
		if primary := locale.Primary(tag); slices.Contains(have, primary) {
			return primary
		}
	}
	return "en"
}

// publicView is what every public page has.
type publicView struct {
	Language, Dir, Title, Skip       string
	Privacy, NoticeURL, PrivacyLabel string
}

func (s *Site) view(words locale.Locale, title string) publicView {
	v := publicView{Language: words.Tag, Dir: words.Dir(), Title: title, Skip: title, NoticeURL: s.NoticeURL, PrivacyLabel: words.Label("privacy")}
	if s.Controller != "" {
		v.Privacy = words.Label("privacy_controller", "controller", s.Controller, "contact", s.Contact)
	}
	return v
}

func (s *Site) message(w http.ResponseWriter, _ *http.Request, status int, words locale.Locale, title, button string, text ...string) error {
	return s.page(w, status, "message", struct {
		publicView
		Text   []string
		Button string
	}{s.view(words, title), text, button})
}

func (s *Site) healthy(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.People.Lists(r.Context()); err != nil {
		return fault.Unavailablef("the database does not answer: %w", err)
	}
	_, err := w.Write([]byte("ok\n"))
	return err
}

// visitor is who follows a personal link, and what the link is about.
type visitor struct {
	subscribers.Profile
	pub   newsletter.Publication
	lists []string
	words locale.Locale
}

// title is the publication's name in the visitor's language.
func (v visitor) title() string { return v.pub.Title.In(v.words.Tag, v.pub.Fallback()) }

// visitor opens the token of a link.
func (s *Site) visitor(r *http.Request, purpose string) (v visitor, err error) {
	parts, err := s.Tokens.Open(purpose, r.PathValue("token"))
	if err != nil {
		return v, err
	}
	if len(parts) != 2 {
		return v, fault.NotFoundf("this link is not valid")
	}
	if v.Profile, err = s.People.Show(r.Context(), parts[0]); err != nil {
		return v, err
	}
	if purpose == token.Confirm {
		v.lists = parts[1:]
		v.pub, err = s.Desk.PublicationOf(parts[1])
	} else {
		v.pub, v.lists, err = s.Desk.Origin(r.Context(), parts[1])
	}
	tag := locale.Primary(v.Language)
	if q := r.URL.Query().Get("lang"); q != "" || !slices.Contains(locale.Languages(), tag) {
		tag = language(r)
	}
	v.words = locale.For(tag)
	return v, err
}

func (s *Site) unsubscribePage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Unsubscribe)
	if err != nil {
		return err
	}
	if !v.subscribed() {
		return s.message(w, r, http.StatusOK, v.words, v.words.Label("unsubscribed_title"), "", v.words.Label("unsubscribed_text", "title", v.title()))
	}
	return s.message(w, r, http.StatusOK, v.words, v.words.Label("unsubscribe_title"), v.words.Label("unsubscribe_button"), v.words.Label("unsubscribe_question", "title", v.title()))
}

func (v visitor) subscribed() bool {
	return slices.ContainsFunc(v.Subscriptions, func(x subscribers.Subscription) bool {
		return x.State != subscribers.Ended && slices.Contains(v.lists, x.ListID)
	})
}

// unsubscribe answers the button and the one-click POST of RFC 8058 alike: no
// cookie, no form token, no redirect, and twice is once.
func (s *Site) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Unsubscribe)
	if err != nil {
		return err
	}
	if err := s.Desk.Unsubscribe(r.Context(), v.PublicID, v.lists); err != nil {
		return err
	}
	s.Log.Info("unsubscribed", "subscriber", v.PublicID, "publication", v.pub.ID)
	return s.message(w, r, http.StatusOK, v.words, v.words.Label("unsubscribed_title"), "", v.words.Label("unsubscribed_text", "title", v.title()))
}

func (s *Site) confirmPage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Confirm)
	if err != nil {
		return err
	}
	return s.message(w, r, http.StatusOK, v.words, v.words.Label("confirm_title"), v.words.Label("confirm_button"), v.words.Label("confirm_question", "title", v.title()))
}

func (s *Site) confirm(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Confirm)
	if err != nil {
		return err
	}
	consent := subscribers.Consent{Basis: subscribers.BasisConsent, Wording: v.words.Label("confirm_question", "title", v.title()), Version: "1", Language: v.words.Tag, Source: "confirmation page"}
	if err := s.People.Confirm(r.Context(), v.PublicID, v.lists[0], consent, subscribers.Act{By: "person", How: "page"}); err != nil {
		return err
	}
	return s.message(w, r, http.StatusOK, v.words, v.words.Label("confirmed_title"), "", v.words.Label("confirmed_text", "title", v.title()))
}

func (s *Site) ownLink(w http.ResponseWriter, r *http.Request) error {
	pub, err := s.Desk.Publication(r.PathValue("publication"))
	if err != nil {
		return err
	}
	words := locale.For(language(r))
	contact := pub.ReplyTo
	if contact == "" {
		contact = s.Contact
	}
	if contact == "" {
		contact = pub.From
	}
	return s.message(w, r, http.StatusOK, words, words.Label("own_link_title"), "", words.Label("own_link_text", "contact", contact))
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
