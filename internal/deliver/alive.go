package deliver

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers"
)

// Workers is who delivers from a database, and that they live.
type Workers interface {
	Join(ctx context.Context, w newsletter.Worker) error
	Beat(ctx context.Context, worker string) (alive bool, err error)
	Leave(ctx context.Context, worker string) error
	Workers(ctx context.Context) ([]newsletter.Worker, error)
	Bury(ctx context.Context, w newsletter.Worker) (bool, error)
	Requeue(ctx context.Context) error
	CheckSchema(ctx context.Context) error
}

const (
	beatEvery  = time.Second
	sweepEvery = 10 * time.Second // after which a chunk that lost its job has another
	cutOff     = 2 * time.Second  // after so long without a beat a worker is taken for gone whose session has ended
	silent     = 15 * time.Second // and any other
)

// Alive keeps a process among the workers of its database.
type Alive struct {
	Engine  *Engine
	Workers Workers
	Host    string
	Version string
	Log     *slog.Logger

	id    string
	seen  map[string]sighting
	swept time.Time
}

// A sighting is when a worker's beats were first seen to be what they are.
type sighting struct {
	beats int64
	at    time.Time
}

// Join makes the process a worker; nothing may be delivered before.
func (a *Alive) Join(ctx context.Context) error {
	a.id = subscribers.NewPublicID()
	if err := a.Workers.Join(ctx, newsletter.Worker{ID: a.id, Host: a.Host, Version: a.Version}); err != nil {
		return err
	}
	a.Engine.SetWorker(a.id)
	return nil
}

// Run beats, and frees the work of those that no longer do, until ctx ends, which
// must not be before its own work has; then what this process has is free at once.
func (a *Alive) Run(ctx context.Context) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return a.Leave()
		case <-tick.C:
		}
		limited, cancel := context.WithTimeout(ctx, silent) // a beat that hangs is no beat
		err := a.beat(limited)
		cancel()
		if fault.Is(err, fault.Conflict) { // newer tables that this program must not touch
			return errors.Join(err, a.Leave())
		}
		if err != nil && ctx.Err() == nil {
			a.Log.Warn("heartbeat failed; it is tried again", "error", err, "kind", fault.KindOf(err))
		}
	}
}

// Leave takes the process off the workers.
func (a *Alive) Leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return a.Workers.Leave(ctx, a.id)
}

func (a *Alive) beat(ctx context.Context) error {
	alive, err := a.Workers.Beat(ctx, a.id)
	if err != nil {
		return err
	}
	if !alive { // we were stopped for so long that others took our work
		a.Log.Warn("this worker was taken for gone; it comes back under a new name")
		if err := a.Join(ctx); err != nil {
			return err
		}
	}
	if err := errors.Join(a.Workers.CheckSchema(ctx), a.buryTheSilent(ctx)); err != nil || time.Since(a.swept) < sweepEvery {
		return err
	}
	a.swept = time.Now()
	return a.Workers.Requeue(ctx)
}

// buryTheSilent compares beats with those seen before, by this process's own
// monotonic clock: no two machines need to agree on the time.
func (a *Alive) buryTheSilent(ctx context.Context) error {
	workers, err := a.Workers.Workers(ctx)
	if err != nil {
		return err
	}
	now, seen := time.Now(), map[string]sighting{}
	for _, w := range workers {
		s, known := a.seen[w.ID]
		if !known || s.beats != w.Beats {
			s = sighting{w.Beats, now}
		}
		seen[w.ID] = s
		still := now.Sub(s.at)
		if w.ID == a.id || still < cutOff || still < silent && !w.Gone {
			continue
		}
		gone, err := a.Workers.Bury(ctx, w)
		if err != nil {
			return err
		}
		if gone {
			a.Log.Warn("a worker is gone; its work is taken over", "worker", w.ID, "host", w.Host)
		}
	}
	a.seen = seen
	return nil
}
