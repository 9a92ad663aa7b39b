package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

// Public returns the route table for subscribers. It has no desk route.
//
// What anyone may read may be kept by caches for a while. What a personal link
// leads to is kept by nobody and listed by no search engine.
func (s *Site) Public() http.Handler {
	mux := http.NewServeMux()
	for route, h := range s.openRoutes() {
		mux.Handle(route, s.public(h))
	}
	for route, h := range s.issueRoutes() {
		mux.Handle(route, s.public(h))
	}
	for route, h := range s.personalRoutes() {
		mux.Handle(route, s.public(s.personal(h)))
	}
	return guard(s.strict(s.ownOrigin(mux)), maxForm)
}

// openRoutes are for everybody.
func (s *Site) openRoutes() map[string]handler {
	return map[string]handler{
		"GET /public.css":                       s.servePublicStyle,
		"GET /theme/{file}":                     s.serveTheme, // PUBLICATION.css
		"GET /{$}":                              s.archive,
		"GET /archive/{publication}":            s.archive,
		"GET /archive/{publication}/feed.atom":  s.feed,
		"GET /archive/{publication}/agenda.ics": s.archiveAgenda,
		"GET /subscribe":                        s.subscribeIndex,
		"GET /subscribe/{publication}":          s.subscribePage,
		"POST /subscribe/{publication}":         s.subscribe,
		"GET /privacy":                          s.privacy,
		"GET /own-link/{publication}":           s.ownLinkPage,
		"POST /own-link/{publication}":          s.ownLink,
		"GET /picture/{name}":                   s.picture,
		"GET /healthz":                          s.healthy,
		"/":                                     func(http.ResponseWriter, *http.Request) error { return fault.NotFoundf("no such page") },
	}
}

// personalRoutes are for those who hold a link that we made.
func (s *Site) personalRoutes() map[string]handler {
	return map[string]handler{
		"GET /u/{token}":             s.unsubscribePage,
		"POST /u/{token}":            s.unsubscribe,
		"POST /u/{token}/undo":       s.undo,
		"GET /p/{token}":             s.preferences,
		"POST /p/{token}":            s.savePreferences,
		"POST /p/{token}/data":       s.askForData,
		"GET /c/{token}":             s.confirmPage,
		"POST /c/{token}":            s.confirm,
		"GET /d/{token}":             s.data,
		"GET /d/{token}/export.json": s.exportData,
		"POST /d/{token}/erase":      s.erase,
	}
}

const publicPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// strict sets the headers that only the public side has.
func (s *Site) strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", publicPolicy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if strings.HasPrefix(s.URL, "https:") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// ownOrigin refuses what other sites' pages post here in a reader's name, but for
// what they may: forms that subscribe stand on other sites, and mail programs on the
// web unsubscribe by one click (RFC 8058).
func (s *Site) ownOrigin(next http.Handler) http.Handler {
	own := http.NewCrossOriginProtection()
	for _, route := range []string{"POST /u/{token}", "POST /subscribe/{publication}"} {
		own.AddInsecureBypassPattern(route)
	}
	checked := own.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") == "null" && r.Header.Get("Sec-Fetch-Site") == "" {
			r.Header.Del("Origin") // an older browser: our no-referrer policy has it say null of our own pages
		}
		checked.ServeHTTP(w, r)
	})
}

// personal forbids to keep a page and to list it.
func (s *Site) personal(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("X-Robots-Tag", "noindex, nofollow")
		return h(w, r)
	}
}

// lasting lets a page that is everybody's be kept for a few minutes.
func lasting(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Vary", "Accept-Language")
}

// public turns an error into a page in the reader's language that says nothing of ours.
func (s *Site) public(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		status, key := said(r, err)
		if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "300")
		}
		if status == http.StatusServiceUnavailable {
			s.Log.Error("public page failed", "route", r.Pattern, "error", err)
		}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Robots-Tag", "noindex")
		words := locale.For(language(r))
		if err := s.message(w, r, status, newsletter.Publication{}, words, words.Label(key), words.Label(key+"_more")); err != nil {
			s.Log.Error("public page failed", "route", r.Pattern, "error", err)
		}
	})
}

// said returns the status of an error and the label that begins its words. A failure
// of ours is never a false success, and worth trying again: 503.
func said(r *http.Request, err error) (status int, key string) {
	personal := slices.Contains([]string{"u", "p", "c", "d"}, strings.Split(r.URL.Path+"//", "/")[1])
	switch status = statusOf(err); {
	case errors.Is(err, desk.ErrTooOften):
		return http.StatusTooManyRequests, "too_often"
	case status == http.StatusInternalServerError || status == http.StatusServiceUnavailable:
		return http.StatusServiceUnavailable, "not_now"
	case personal && status == http.StatusForbidden:
		return http.StatusGone, "expired_link"
	case personal && status == http.StatusConflict:
		return status, "too_late"
	case personal && status == http.StatusNotFound:
		return status, "bad_link"
	case status == http.StatusBadRequest:
		return status, "bad_form"
	}
	return status, "not_found"
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

func (s *Site) healthy(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.People.Lists(r.Context()); err != nil {
		return fault.Unavailablef("the database does not answer: %w", err)
	}
	_, err := w.Write([]byte("ok\n"))
	return err
}
