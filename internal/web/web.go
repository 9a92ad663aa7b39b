// Package web owns the HTTP door: two route tables that share no route, one for
// subscribers and one for the team. Handlers parse, call the desk and print. GET
// and HEAD never change anything.
package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/token"
	"broadsheet/subscribers"
)

// Site is what both doors need.
type Site struct {
	Desk       *desk.Desk
	People     *subscribers.Service
	Tokens     token.Signer
	Templates  fs.FS
	URL        string // of the public side
	Controller string // who answers for personal data, and where
	Contact    string
	Law        newsletter.Text // on what ground
	NoticeURL  string
	Proxies    []netip.Prefix // whose X-Forwarded-For is believed
	DeskHosts  []string       // names the desk answers to, beside loopback
	Inbox      Inbox          // nil but in the demo
	Log        *slog.Logger

	pages              *template.Template
	style, publicStyle []byte
	base               string // the path of URL
}

// OfPublication stands in the tokens of links that came in no issue: PERSON.pub.PUBLICATION.
const OfPublication = "pub"

// Init parses the pages.
func (s *Site) Init() (err error) {
	if s.pages, err = template.ParseFS(s.Templates, "pages/*.html"); err != nil {
		return fmt.Errorf("page templates: %w", err)
	}
	if s.style, err = fs.ReadFile(s.Templates, "pages/style.css"); err != nil {
		return fmt.Errorf("page templates: %w", err)
	}
	if s.publicStyle, err = fs.ReadFile(s.Templates, "pages/public.css"); err != nil {
		return fmt.Errorf("page templates: %w", err)
	}
	if u, err := url.Parse(s.URL); err == nil {
		s.base = strings.TrimSuffix(u.Path, "/")
	}
	return nil
}

// maxForm is how much a form may post; maxFile how much the desk's, which take a whole issue.
const (
	maxForm = 64 << 10
	maxFile = 2 << 20
)

// handler is a page that may fail.
type handler func(w http.ResponseWriter, r *http.Request) error

const pagePolicy = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers of every page of ours and caps what is read.
func guard(next http.Handler, most int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// serveStyle may be cached: it holds nothing of anyone.
func (s *Site) serveStyle(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, err := w.Write(s.style)
	return err
}

func (s *Site) page(w http.ResponseWriter, status int, name string, view any) error {
	var out bytes.Buffer
	if err := s.pages.ExecuteTemplate(&out, name, view); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := out.WriteTo(w)
	return err
}

func statusOf(err error) int {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Serve returns a server for one of the two tables, with the time limits that keep slow clients from piling up.
func Serve(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 90 * time.Second, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
}

// framePolicy is that of a shown message: it may look as it looks, and do nothing.
const framePolicy = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src https: http:; frame-ancestors 'self'"

func frame(w http.ResponseWriter, html string) error { return framed(w, html, framePolicy) }

func framed(w http.ResponseWriter, html, policy string) error {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := w.Write([]byte(html))
	return err
}
