package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/web"
)

// How often the daemon looks whether something is due. The database decides what is.
const (
	scheduleEvery = 10 * time.Second
	collectEvery  = time.Minute
	deliverEvery  = 2 * time.Second
	shutdownWait  = 20 * time.Second
)

// Addresses are where the daemon listens.
type Addresses struct{ Public, Desk net.Addr }

func (a *App) site() (*web.Site, error) {
	s := &web.Site{Desk: a.Desk, People: a.People, Tokens: a.tokens, Templates: a.templates, Inbox: a.options.Inbox, Log: a.options.Log,
		Controller: a.config.Privacy.Controller, Contact: a.config.Privacy.Contact, NoticeURL: a.config.Privacy.NoticeURL}
	if u, err := url.Parse(a.config.Desk.URL); err == nil {
		s.DeskHosts = []string{u.Hostname()}
	}
	return s, s.Init()
}

// Run is the daemon: both doors, the schedule, collecting and delivering. It
// returns nil after a clean stop. ready is called once both doors are open.
func (a *App) Run(ctx context.Context, ready func(Addresses)) error {
	return a.serve(ctx, ready, []loop{
		{"schedule", scheduleEvery, a.Desk.Tick},
		{"collect", collectEvery, a.collectDue},
		{"deliver", deliverEvery, a.Desk.Deliver},
		{"notices", deliverEvery, func(ctx context.Context) error { _, err := a.Desk.SendNotices(ctx); return err }},
	})
}

// Serve opens both doors and nothing else: the demo does its work itself.
func (a *App) Serve(ctx context.Context, ready func(Addresses)) error {
	return a.serve(ctx, ready, nil)
}

func (a *App) collectDue(ctx context.Context) error {
	return a.Desk.Collect(ctx, nil, true, func(r newsletter.SourceRun) {
		level := slog.LevelInfo
		if r.Status == "failed" {
			level = slog.LevelWarn
		}
		a.options.Log.Log(ctx, level, "source read", "source", r.Source, "status", r.Status, "new", r.New, "changed", r.Changed, "refused", r.Refused, "reasons", r.Reasons)
	})
}

// A loop does its work again and again until the context ends.
type loop struct {
	name  string
	every time.Duration
	work  func(context.Context) error
}

func (l loop) run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	for {
		if err := l.work(ctx); err != nil && ctx.Err() == nil {
			log.Error("work failed; it is tried again", "loop", l.name, "error", err, "kind", fault.KindOf(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *App) serve(ctx context.Context, ready func(Addresses), loops []loop) error {
	site, err := a.site()
	if err != nil {
		return err
	}
	public, err := listen(ctx, "public.listen", a.config.Public.Listen)
	if err != nil {
		return err
	}
	defer public.Close()
	desk, err := listen(ctx, "desk.listen", a.config.Desk.Listen)
	if err != nil {
		return err
	}
	defer desk.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	servers := []*http.Server{web.Serve(site.Public()), web.Serve(site.DeskTable())}
	failed := make(chan error, len(servers))
	for i, l := range []net.Listener{public, desk} {
		go func() { failed <- servers[i].Serve(l) }()
	}
	var work sync.WaitGroup
	for _, l := range loops {
		work.Go(func() { l.run(ctx, a.options.Log) })
	}
	ready(Addresses{public.Addr(), desk.Addr()})
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
		stop()
	}
	work.Wait() // what is in flight is finished and written first
	return errors.Join(err, shutdown(servers))
}

func listen(ctx context.Context, key, address string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fault.WithHint(fault.Unavailablef("%s: cannot listen on %s: %w", key, address, errors.Unwrap(err)), "is another broadsheet running? change %s otherwise", key)
	}
	return l, nil
}

func shutdown(servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownWait)
	defer cancel()
	var failed error
	for _, s := range servers {
		if err := s.Shutdown(ctx); err != nil {
			failed = errors.Join(failed, fmt.Errorf("shut down: %w", err))
		}
	}
	return failed
}
