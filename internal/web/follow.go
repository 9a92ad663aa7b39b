package web

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// Following is a preview that follows what is changed, for one person on this machine.
type Following struct {
	Slug string
	// Take returns what is to be shown, and must be given back when it is done with.
	Take func() (f Followed, done func())
	// Wait returns the version once it is not the given one, or when ctx ends.
	Wait func(ctx context.Context, version int) int
}

// Followed is how things stand: the last that worked, and what is wrong since.
type Followed struct {
	Site    *Site
	Version int
	Problem string
}

const (
	followPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	// longestWait is how long a browser waits for a change before it asks again.
	longestWait = 20 * time.Second
)

// Handler returns the pages. They answer to loopback names only.
func (f Following) Handler() http.Handler {
	mux := http.NewServeMux()
	for route, h := range map[string]func(Followed, http.ResponseWriter, *http.Request) error{
		"GET /{$}":              f.page,
		"GET /frame/{language}": f.frame,
		"GET /style.css":        func(now Followed, w http.ResponseWriter, r *http.Request) error { return now.Site.serveStyle(w, r) },
		"GET /follow.js":        f.script,
	} {
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
			now, done := f.Take()
			defer done()
			if err := h(now, w, r); err != nil {
				http.Error(w, err.Error(), statusOf(err))
			}
		})
	}
	mux.HandleFunc("GET /version", f.version)
	return (&Site{}).known(guard(mux, maxForm))
}

// page shows what is wrong above the last that worked.
func (f Following) page(now Followed, w http.ResponseWriter, r *http.Request) error {
	view := struct {
		deskView
		previewView
		Version int
		Wrong   string
	}{deskView: deskView{Language: "en", Dir: "ltr", Title: f.Slug + " - broadsheet preview", Skip: "Skip to content"}, Version: now.Version, Wrong: now.Problem}
	pub, err := f.publication(now, r)
	if err == nil {
		view.previewView, err = now.Site.preview(r, previewed{slug: f.Slug, pub: pub, anyone: true})
	}
	if err != nil && view.Wrong == "" {
		view.Wrong = err.Error()
	}
	w.Header().Set("Content-Security-Policy", followPolicy)
	return now.Site.page(w, http.StatusOK, "follow", view)
}

func (f Following) publication(now Followed, r *http.Request) (newsletter.Publication, error) {
	_, pub, err := now.Site.Desk.Open(r.Context(), f.Slug)
	return pub, err
}

func (f Following) frame(now Followed, w http.ResponseWriter, r *http.Request) error {
	pub, err := f.publication(now, r)
	if err != nil {
		return err
	}
	return now.Site.showFrame(w, r, previewed{slug: f.Slug, pub: pub, anyone: true})
}

func (f Following) script(now Followed, w http.ResponseWriter, _ *http.Request) error {
	text, err := fs.ReadFile(now.Site.Templates, "pages/follow.js")
	if err != nil {
		return fault.NotFoundf("page templates: %w", err)
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, err = w.Write(text)
	return err
}

// version answers once the version is not ?since any more.
func (f Following) version(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), longestWait)
	defer cancel()
	since, _ := strconv.Atoi(r.URL.Query().Get("since")) // none: no version is 0
	fmt.Fprint(w, f.Wait(ctx, since))
}
