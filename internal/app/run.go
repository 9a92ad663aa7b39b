package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/web"
)

const (
	noticesEvery = 2 * time.Second
	wishesEvery  = time.Second
	watchEvery   = 3 * time.Second
	forgetEvery  = 24 * time.Hour
	shutdownWait = 20 * time.Second
	sliceCount   = 4 // chunks worked at side by side
)

// Roles are what a process does: the queues it works at and the doors it opens.
var Roles = []string{jobs.QueueCollect, jobs.QueueCompose, jobs.QueueDeliver, "public", "desk"}

// Addresses are where the daemon listens.
type Addresses struct{ Public, Desk net.Addr }

func (a *App) site() (*web.Site, error) {
	s := &web.Site{Desk: a.Desk, People: a.People, Tokens: a.tokens, Templates: a.templates, Inbox: a.options.Inbox, Log: a.options.Log,
		URL: a.config.Public.URL, Proxies: a.config.Public.Proxies(),
		Controller: a.config.Privacy.Controller, Contact: a.config.Privacy.Contact, Law: a.config.Privacy.Law, NoticeURL: a.config.Privacy.NoticeURL}
	if u, err := url.Parse(a.config.Desk.URL); err == nil {
		s.DeskHosts = []string{u.Hostname()}
	}
	return s, s.Init()
}

// Form returns the HTML of a form that subscribes to a list, for other sites.
func (a *App) Form(ctx context.Context, list, language string) (string, error) {
	s, err := a.site()
	if err != nil {
		return "", err
	}
	return s.Form(ctx, list, language)
}

// Run is the daemon in some roles: both doors, the schedule, collecting and
// delivering. It returns nil after a clean stop. ready is called once the doors
// are open.
func (a *App) Run(ctx context.Context, roles []string, ready func(Addresses)) error {
	unlock, mine, err := a.db.LockEngine()
	if err != nil {
		return err
	}
	if !mine {
		return fault.WithHint(fault.Conflictf("another broadsheet works on this database"), "SQLite has one process; let several share PostgreSQL: `database: postgres://...`")
	}
	defer unlock()
	has := func(role string) bool { return slices.Contains(roles, role) }
	work := jobs.Work{Slices: sliceCount, Now: a.options.Now, Log: a.options.Log}
	loops := []loop{}
	if has(jobs.QueueCollect) {
		work.Collect = a.collectDue
	}
	if has(jobs.QueueCompose) {
		work.Compose = a.Desk.Tick
		loops = append(loops, a.every("retention", forgetEvery, a.Desk.Forget))
	}
	alive := a.Desk.Delivery.Alive
	working, done := context.WithCancel(context.WithoutCancel(ctx)) // a worker lives until its last message is recorded
	defer done()
	if err := a.Desk.CanSend(); has(jobs.QueueDeliver) && err != nil {
		a.options.Log.Warn("nothing is sent from here", "reason", err)
	} else if has(jobs.QueueDeliver) {
		if err := alive.Join(ctx); err != nil {
			return err
		}
		work.Deliver = func(ctx context.Context, d jobs.Deliver) (time.Time, error) {
			return a.Desk.DeliverChunk(ctx, d.Issue, d.Chunk)
		}
		loops = append(loops, loop{"workers", func(context.Context) error { return alive.Run(working) }}, a.every("watch", watchEvery, a.Desk.Watch), a.notices())
	}
	if has("public") {
		loops = append(loops, a.wishes())
	}
	loops = append(loops, loop{"jobs", func(ctx context.Context) error { defer done(); return a.db.Work(ctx, work) }})
	return a.serve(ctx, has("public"), has("desk"), ready, loops)
}

// Serve opens both doors and answers those who come in by them; all other work the demo does itself.
func (a *App) Serve(ctx context.Context, ready func(Addresses)) error {
	return a.serve(ctx, true, true, ready, []loop{a.wishes(), a.notices()})
}

// wishes does what was asked for on public pages.
func (a *App) wishes() loop {
	return a.every("wishes", wishesEvery, func(ctx context.Context) error { _, err := a.Desk.GrantWishes(ctx); return err })
}

func (a *App) notices() loop {
	return a.every("notices", noticesEvery, func(ctx context.Context) error { _, err := a.Desk.SendNotices(ctx); return err })
}

func (a *App) collectDue(ctx context.Context) error {
	err := a.Desk.Collect(ctx, nil, true, func(r newsletter.SourceRun) {
		level := slog.LevelInfo
		if r.Bad() {
			level = slog.LevelWarn
		}
		a.options.Log.Log(ctx, level, "source read", "source", r.Source, "status", r.Status, "new", r.New, "changed", r.Changed, "refused", r.Refused, "reasons", r.Reasons)
	})
	if err != nil {
		return err
	}
	return a.Desk.TellTroubles(ctx)
}

// A loop runs until the context ends.
type loop struct {
	name string
	run  func(ctx context.Context) error
}

// every is a loop that does its work again and again; a failure is said and tried again.
func (a *App) every(name string, interval time.Duration, work func(context.Context) error) loop {
	return loop{name, func(ctx context.Context) error {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				a.options.Log.Error("work failed; it is tried again", "work", name, "error", err, "kind", fault.KindOf(err))
			}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	}}
}

func (a *App) serve(ctx context.Context, public, desk bool, ready func(Addresses), loops []loop) error {
	site, err := a.site()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var servers []*http.Server
	failed := make(chan error, 2+len(loops))
	open := func(wanted bool, key, address string, routes http.Handler) (net.Addr, error) {
		if !wanted {
			return nil, nil
		}
		l, err := listen(ctx, key, address)
		if err != nil {
			return nil, err
		}
		s := web.Serve(routes)
		servers = append(servers, s)
		go func() { failed <- s.Serve(l) }()
		return l.Addr(), nil
	}
	var at Addresses
	if at.Public, err = open(public, "public.listen", a.config.Public.Listen, site.Public()); err == nil {
		at.Desk, err = open(desk, "desk.listen", a.config.Desk.Listen, site.DeskTable())
	}
	if err != nil {
		return errors.Join(err, shutdown(servers))
	}
	var work sync.WaitGroup
	for _, l := range loops {
		work.Go(func() {
			if err := l.run(ctx); err != nil && ctx.Err() == nil {
				failed <- fmt.Errorf("%s: %w", l.name, err)
			}
		})
	}
	ready(at)
	select {
	case <-ctx.Done():
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
