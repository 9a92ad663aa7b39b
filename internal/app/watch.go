package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"broadsheet/internal/config"
	"broadsheet/internal/fault"
	"broadsheet/internal/web"
)

// lookEvery is how often a followed preview looks for changes; well below the
// half second in which a person expects to see them.
const lookEvery = 150 * time.Millisecond

// Watched is a preview on loopback that follows the configuration, the templates
// beside it, labels among them, and the issue in the database.
type Watched struct {
	Slug    string
	Config  string // the configuration file
	Listen  string // on loopback
	Load    func() (*config.Config, error)
	Options Options

	mu      sync.RWMutex // held by pages while they read good
	good    *App         // the last that worked
	site    *web.Site
	version int
	problem string
	changed chan struct{} // closed and replaced at each version
}

// Run serves until ctx ends. What does not work when it starts is an error; what
// breaks later is shown in the page until it is mended.
func (w *Watched) Run(ctx context.Context, ready func(address string)) error {
	w.changed = make(chan struct{})
	files := w.files()
	cfg, err := w.Load()
	if err != nil {
		return err
	}
	first, err := Open(ctx, cfg, w.Options)
	if err != nil {
		return err
	}
	defer first.db.Close()
	defer func() { w.good.rest() }()
	w.good, w.version = first, 1
	if err := w.take(ctx, first); err != nil {
		return err
	}
	l, err := listen(ctx, "--listen", w.Listen)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := web.Serve(web.Following{Slug: w.Slug, Take: w.now, Wait: w.wait}.Handler())
	server.BaseContext = func(net.Listener) context.Context { return ctx } // waiting browsers are let go at the end
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	ready("http://" + l.Addr().String() + "/")
	err = w.follow(ctx, files, served)
	return errors.Join(err, shutdown([]*http.Server{server}))
}

// follow looks for changes until ctx ends or the server fails. files is how they
// stood when they were loaded.
func (w *Watched) follow(ctx context.Context, files string, served <-chan error) error {
	var broken error // the files do not work
	issue := w.issue(ctx)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-served:
			return err
		case <-tick.C:
		}
		f, i := w.files(), w.issue(ctx)
		if f == files && i == issue || ctx.Err() != nil {
			continue
		}
		if f != files {
			broken = w.reload(ctx)
		}
		err := broken
		if err == nil {
			err = w.try(ctx, w.good)
		}
		files, issue = f, i
		w.turn(err)
	}
}

// reload takes the configuration and the templates as they are now, over the same
// store; if they do not work the last that did stay.
func (w *Watched) reload(ctx context.Context) error {
	cfg, err := w.Load()
	if err != nil {
		return err
	}
	if cfg.Database != w.good.config.Database {
		return fault.Conflictf("database: is another now; end this preview and start it again")
	}
	a, err := over(ctx, w.good.db, cfg, w.Options)
	if err != nil {
		return err
	}
	old := w.good
	if err := w.take(ctx, a); err != nil {
		a.rest()
		return err
	}
	old.rest()
	return nil
}

// take shows an app from now on, if the issue can be shown with it.
func (w *Watched) take(ctx context.Context, a *App) error {
	site, err := a.site()
	if err == nil {
		err = w.try(ctx, a)
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.good, w.site = a, site
	return nil
}

// try renders the issue in every language.
func (w *Watched) try(ctx context.Context, a *App) error {
	_, pub, err := a.Desk.Open(ctx, w.Slug)
	for _, language := range pub.Languages {
		if err == nil {
			_, err = a.Desk.Preview(ctx, w.Slug, language, "")
		}
	}
	return err
}

// turn makes what is there now the next version.
func (w *Watched) turn(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problem = ""
	if err != nil {
		w.problem = err.Error()
	}
	w.version++
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *Watched) now() (web.Followed, func()) {
	w.mu.RLock()
	return web.Followed{Site: w.site, Version: w.version, Problem: w.problem}, w.mu.RUnlock
}

func (w *Watched) wait(ctx context.Context, version int) int {
	for {
		w.mu.RLock()
		now, changed := w.version, w.changed
		w.mu.RUnlock()
		if now != version {
			return now
		}
		select {
		case <-ctx.Done():
			return now
		case <-changed:
		}
	}
}

// files says how the files stand that an issue is made with.
func (w *Watched) files() string {
	var b strings.Builder
	note := func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what is not there is not listed
		}
		if info, err := d.Info(); err == nil {
			fmt.Fprintln(&b, path, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	}
	_ = filepath.WalkDir(w.Config, note) // note gives no error
	_ = filepath.WalkDir(filepath.Join(filepath.Dir(w.Config), "templates"), note)
	return b.String()
}

// issue says how the issue stands.
func (w *Watched) issue(ctx context.Context) string {
	issue, _, err := w.good.Desk.Open(ctx, w.Slug)
	return fmt.Sprint(issue.State, issue.Revision, issue.Digest, issue.UpdatedAt, err)
}
