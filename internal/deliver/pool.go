package deliver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/newsletter"
)

// A message is one copy on its way through the pool.
type message struct {
	run       *run
	copy      newsletter.Copy
	language  string
	messageID string
	at        time.Time
	envelope  smtp.Envelope
	buf       []byte // what bytes stand in; used again for another message
	bytes     []byte
}

func (m *message) attempt() newsletter.Attempt {
	return newsletter.Attempt{Issue: m.run.chunk.Issue, Subscriber: m.copy.SubscriberID, Chunk: m.run.chunk.Number, Epoch: m.run.chunk.Epoch,
		Number: m.copy.Attempts + 1, Language: m.language, MessageID: m.messageID, StartedAt: m.at}
}

// A pool is the relays of this process and the messages on their way to them.
// Composing and signing is done by one goroutine per core ahead of the
// connections: a signature costs more than the rest of a message together.
type pool struct {
	engine *Engine
	lanes  []*lane
	work   chan *message // given, not yet composed
	begin  sync.Once     // most commands send nothing
	done   chan struct{}
	wg     sync.WaitGroup

	weighted bool // the relays' weights differ

	mu      sync.Mutex
	room    *sync.Cond // a lane may have room, or a slice is over
	spare   []*message
	waiting atomic.Int32 // messages for which no lane has room
}

// tickEvery is how often the pool looks at rests, rates and idle connections.
const tickEvery = 100 * time.Millisecond

func newPool(e *Engine, paces Paces, relays []Relay) *pool {
	p := &pool{engine: e, work: make(chan *message), done: make(chan struct{})}
	p.room = sync.NewCond(&p.mu)
	for _, r := range relays {
		p.lanes = append(p.lanes, newLane(p, r, paces))
		p.weighted = p.weighted || p.lanes[len(p.lanes)-1].Weight != p.lanes[0].Weight
	}
	return p
}

func (p *pool) start() {
	for range runtime.GOMAXPROCS(0) {
		p.wg.Go(p.compose)
	}
	p.wg.Go(p.tick)
}

func (p *pool) close() {
	close(p.done)
	p.wake()
	p.wg.Wait()
	for _, l := range p.lanes {
		l.close()
	}
}

// wake lets everything that waits for room look again.
func (p *pool) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.room.Broadcast()
}

func (p *pool) tick() {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-tick.C:
		}
		for _, l := range p.lanes {
			l.renew()
		}
		p.wake()
	}
}

// give waits until the message can be composed, or the slice is over.
func (p *pool) give(r *run, c newsletter.Copy) error {
	if r.over() {
		return context.Cause(r.ctx)
	}
	p.begin.Do(p.start)
	m := p.blank()
	m.run, m.copy = r, c
	r.pending.Add(1)
	if r.job.Sign == nil { // composing costs less than handing over
		p.prepare(m)
		return nil
	}
	select {
	case p.work <- m:
		return nil
	case <-r.ctx.Done():
		p.drop(m)
		return context.Cause(r.ctx)
	}
}

// blank returns a message with a buffer that was used before where there is one.
func (p *pool) blank() *message {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.spare); n > 0 {
		m := p.spare[n-1]
		p.spare = p.spare[:n-1]
		return m
	}
	return &message{}
}

// drop ends a message without an attempt, or after its outcome is recorded.
func (p *pool) drop(m *message) {
	r := m.run
	*m = message{buf: m.buf}
	p.mu.Lock()
	p.spare = append(p.spare, m)
	p.mu.Unlock()
	r.pending.Done()
}

func (p *pool) compose() {
	for {
		select {
		case <-p.done:
			return
		case m := <-p.work:
			p.prepare(m)
		}
	}
}

// prepare composes a message and gives it to a lane.
func (p *pool) prepare(m *message) {
	if !m.run.over() {
		if err := m.run.job.compose(m); err != nil {
			m.run.fail(err)
		}
	}
	p.route(m)
}

// route waits for a lane with room and gives it the message. With no relay that
// could take it now, the slice fails; with its slice over, it is dropped.
func (p *pool) route(m *message) {
	p.mu.Lock()
	for {
		if m.run.over() {
			p.mu.Unlock()
			p.drop(m)
			return
		}
		now := p.engine.now()
		if l := p.pick(now); l != nil {
			l.accept(m)
			p.mu.Unlock()
			return
		}
		if err := p.down(now); err != nil && !p.busy() {
			p.mu.Unlock()
			m.run.fail(err)
			p.drop(m)
			return
		}
		p.waiting.Add(1)
		p.room.Wait()
		p.waiting.Add(-1)
	}
}

// pick returns, of the lanes that can take mail, the one that has had least of its
// share. Where weights differ they are kept: that lane is waited for. Else
// whichever has room takes it.
func (p *pool) pick(now time.Time) (best *lane) {
	for _, l := range p.lanes {
		if l.usable(now) && (p.weighted && !l.probing || l.room()) && (best == nil || l.share() < best.share()) {
			best = l
		}
	}
	if best != nil && !best.room() {
		return nil
	}
	return best
}

// leastShare is what the relay had that had least, of those in use.
func (p *pool) leastShare() float64 {
	least := math.Inf(1)
	for _, l := range p.lanes {
		if !l.probing {
			least = min(least, l.share())
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

// busy reports whether mail is with a lane still: what a day had room for goes
// before the slice ends because the day is over.
func (p *pool) busy() bool {
	return slices.ContainsFunc(p.lanes, func(l *lane) bool { return l.load > 0 })
}

// relaysDown says that no relay takes mail now, why, and until when.
type relaysDown struct {
	until time.Time
	err   error
}

func (d *relaysDown) Error() string { return d.err.Error() }
func (d *relaysDown) Unwrap() error { return d.err }

// down returns an error if every relay rests or has used up its day.
func (p *pool) down(now time.Time) error {
	var until time.Time
	var failed []error
	for _, l := range p.lanes {
		at, why := l.unavailable(now)
		if why == nil {
			return nil
		}
		if until.IsZero() || at.Before(until) {
			until = at
		}
		failed = append(failed, why)
	}
	if len(failed) == 1 {
		return &relaysDown{until, failed[0]}
	}
	var all []string
	for _, err := range failed {
		all = append(all, err.Error())
	}
	return &relaysDown{until, fmt.Errorf("no relay takes mail: %s: %w", strings.Join(all, "; "), errors.Join(failed...))}
}
