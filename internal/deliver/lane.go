package deliver

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/fault"
)

const (
	restFirst = 15 * time.Second // a relay that fails rests so long, then twice as long each time
	restMost  = 10 * time.Minute
	crowded   = time.Minute      // how long fewer connections are tried where the relay took no more
	most      = 3                // messages for each connection
	idleTime  = 20 * time.Second // after which a connection without work says goodbye
)

// A lane is one relay as this process uses it. Its fields are guarded by the pool's mu.
type lane struct {
	Relay
	pool *pool
	pace pacer

	tasks  chan *message
	ledger *writer

	lines atomic.Int32 // connections; the writer reads it without mu
	limit int          // connections it may have now
	load  int          // messages queued here or with a connection
	sent  float64

	limitUntil time.Time
	failures   int
	restUntil  time.Time
	probing    bool  // after a rest one connection tries
	failed     error // why it rests
	drops      int   // connections lost in a row without a word
}

func newLane(p *pool, r Relay, paces Paces) *lane {
	r.Connections, r.Weight = max(r.Connections, 1), max(r.Weight, 1)
	l := &lane{Relay: r, pool: p, limit: r.Connections, tasks: make(chan *message, most*r.Connections), pace: newPacer(r, paces, p.engine.now)}
	l.ledger = newWriter(p.engine.ledger, func() int { return int(l.lines.Load()) }, func() bool { return p.waiting.Load() == 0 })
	return l
}

func (l *lane) share() float64 { return l.sent / float64(l.Weight) }

// usable reports whether the relay may be given mail now.
func (l *lane) usable(now time.Time) bool { return !now.Before(l.restUntil) && l.pace.may() }

// room reports whether the lane takes one more message: each connection has one
// in hand, and two wait for it at most.
func (l *lane) room() bool {
	if l.probing {
		return l.load < 1
	}
	return l.load < most*l.limit
}

// lowWater is the load at which whoever waits for room is woken: each connection
// has a message waiting still, and the price of waking is shared by many.
func (l *lane) lowWater() int { return (most - 1) * l.limit }

// accept queues a message and opens a connection for it where none is free.
func (l *lane) accept(m *message) {
	if lines := int(l.lines.Load()); l.load >= lines && lines < l.limit {
		l.lines.Add(1)
		go (&line{lane: l}).work()
	}
	l.load++
	l.sent++
	l.pace.take()
	l.tasks <- m // has room: load is below its size
}

// unavailable says until when the lane takes nothing, and why; nil means that it does.
func (l *lane) unavailable(now time.Time) (until time.Time, why error) {
	if now.Before(l.restUntil) {
		return l.restUntil, l.failed
	}
	if until, used := l.pace.dayOver(); used {
		return until, fault.Unavailablef("relay %s has sent its %d messages for today", l.ID, l.PerDay)
	}
	return until, nil
}

// dropsMost is how many connections in a row may be lost without a word before the relay rests.
const dropsMost = 3

// finished notes that a message left the lane, and reports whether the relay has
// dropped one connection after the other.
func (l *lane) finished(res smtp.Result) (silent bool) {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	l.load--
	if res.Code != 0 && !res.Refused {
		if l.probing {
			l.pool.engine.log.Info("relay takes mail again", "relay", l.ID)
			l.sent = max(l.sent, l.pool.leastShare()*float64(l.Weight)) // it need not catch up
		}
		l.failures, l.probing, l.drops = 0, false, 0
	} else if res.Lost && !res.Refused {
		l.drops++
	}
	if Class(res.Code, res.Enhanced) == ClassLimit {
		l.pace.slow()
	}
	if l.load <= l.lowWater() {
		l.pool.room.Signal()
	}
	return l.drops >= dropsMost
}

// refuse takes a connection off that cannot go on, with the messages it had. While
// others work, the relay only wants fewer; with none left, or where it refuses us,
// it rests, and what waited for it is returned.
func (l *lane) refuse(err error, ours bool, had int) (waiting []*message) {
	p := l.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.room.Broadcast() // also to who closes the lane and waits for its last line
	now := p.engine.now()
	l.load -= had
	if left := int(l.lines.Add(-1)); left > 0 && !ours {
		l.limit, l.limitUntil = left, now.Add(crowded)
		return nil
	}
	if !now.Before(l.restUntil) {
		l.restUntil = now.Add(min(restFirst<<min(l.failures, 10), restMost))
		l.failures++
		p.engine.log.Warn("relay rests", "relay", l.ID, "until", l.restUntil, "error", err)
	}
	l.failed, l.probing, l.drops = err, true, 0
	for {
		select {
		case m, open := <-l.tasks:
			if !open {
				return waiting
			}
			l.load--
			waiting = append(waiting, m)
		default:
			return waiting
		}
	}
}

// leave takes an idle connection off; it reports false if work came meanwhile.
func (l *lane) leave() bool {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	if len(l.tasks) > 0 {
		return false
	}
	l.lines.Add(-1)
	l.pool.room.Broadcast()
	return true
}

// renew lets the pace look at the clock and at what other workers found.
func (l *lane) renew() {
	l.pool.mu.Lock()
	now := l.pool.engine.now()
	if l.limit < l.Connections && !now.Before(l.limitUntil) {
		l.limit = l.Connections
	}
	due, seen := l.pace.due(l.pool.waiting.Load() > 0), l.pace
	l.pool.mu.Unlock()
	if !due {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	pace, granted, err := seen.lease(ctx)
	if err != nil {
		l.pool.engine.log.Warn("the relay's rate cannot be read; it is tried again", "relay", l.ID, "error", err)
	} else if pace.Rate != seen.pace.Rate && !seen.checked.IsZero() {
		l.pool.engine.log.Info("relay's rate changed", "relay", l.ID, "per_minute", math.Round(pace.Rate))
	}
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	l.pace.renewed(seen, pace, granted, err)
}

// close ends the lane's connections.
func (l *lane) close() {
	close(l.tasks)
	l.pool.mu.Lock()
	for l.lines.Load() > 0 {
		l.pool.room.Wait()
	}
	left := l.pace
	l.pool.mu.Unlock()
	if left.slowed {
		l.renew() // others must hear of it
	}
	left.giveBack()
}
