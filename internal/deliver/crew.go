package deliver

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

type task struct {
	chunk newsletter.Chunk
	copy  newsletter.Copy
}

// A crew is the connections of one run. Each has a session and at most one
// outcome that is not on disk yet.
type crew struct {
	engine  *Engine
	job     Job
	ledger  *ledger
	tasks   chan task
	ended   chan struct{} // closed when the last connection is gone
	wg      sync.WaitGroup
	pending sync.WaitGroup // tasks given and not yet recorded
	started int            // by give alone

	mu       sync.Mutex
	alive    int
	failures []error
}

func newCrew(e *Engine, job Job, progress func(newsletter.DeliveryState)) *crew {
	return &crew{engine: e, job: job, ledger: newLedger(e.store, max(job.Connections, 1), progress), tasks: make(chan task), ended: make(chan struct{})}
}

// give waits for a free connection. Connections are opened as they are needed.
func (c *crew) give(ctx context.Context, t task) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.pending.Add(1)
	select { // an idle connection takes it
	case c.tasks <- t:
		return nil
	default:
	}
	if c.started < max(c.job.Connections, 1) {
		c.open(ctx)
	}
	select {
	case c.tasks <- t:
		return nil
	case <-c.ended:
		c.pending.Done()
		return c.failure()
	case <-ctx.Done():
		c.pending.Done()
		return ctx.Err()
	}
}

// open starts one more connection, unless all there were have failed.
func (c *crew) open(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started > 0 && c.alive == 0 {
		return
	}
	c.started++
	c.alive++
	c.wg.Add(1)
	go c.connection(ctx)
}

func (c *crew) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.failures) == 0 {
		return errors.New("no connection is left")
	}
	return c.failures[0]
}

// settle waits until everything given so far is recorded.
func (c *crew) settle(ctx context.Context) error {
	done := make(chan struct{})
	go func() { c.pending.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-c.ended:
		return c.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// finish ends all connections once what is in flight is recorded, and returns
// why they failed if none could do its work.
func (c *crew) finish() error {
	close(c.tasks)
	c.wg.Wait()
	c.ledger.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.failures) == c.started && c.started > 0 {
		return c.failures[0]
	}
	for _, err := range c.failures {
		if !errors.Is(err, errRelay) {
			return err // the ledger failed: never carry on over that
		}
	}
	return nil
}

// errRelay marks failures of a connection that leave the others whole.
var errRelay = errors.New("relay")

type relayFailure struct{ error }

func (relayFailure) Is(target error) bool { return target == errRelay }
func (f relayFailure) Unwrap() error      { return f.error }

func (c *crew) connection(ctx context.Context) {
	defer c.wg.Done()
	err := c.work(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failures = append(c.failures, err)
	}
	if c.alive--; c.alive == 0 {
		close(c.ended)
	}
}

// work sends one message after the other. The outcome of each goes to disk
// together with the attempt at the next, before that next one is sent.
func (c *crew) work(ctx context.Context) error {
	l := &line{crew: c, buf: make([]byte, 0, 128<<10)}
	if err := l.connect(ctx); err != nil {
		return err
	}
	defer l.hangUp()
	for {
		t, open, err := l.take()
		if err != nil || !open {
			return errors.Join(err, l.flush())
		}
		if err = l.send(ctx, t); err == nil {
			err = l.refused
		}
		if err == nil {
			continue
		}
		if l.ahead != nil { // whose turn never came: it stays as it was
			c.pending.Done()
		}
		if failed := l.flush(); failed != nil { // a ledger that fails weighs more than a relay
			return failed
		}
		return err
	}
}

// A line is one connection's session and the outcome it has not recorded yet.
type line struct {
	crew    *crew
	session Session
	last    []newsletter.Outcome
	buf     []byte
	refused error // the relay wants none of our mail
	ahead   *task // what comes next, where that is known already
}

// take returns the next task; while none waits the last outcome is recorded.
func (l *line) take() (t task, open bool, err error) {
	if l.ahead != nil {
		t, l.ahead = *l.ahead, nil
		return t, true, nil
	}
	select {
	case t, open = <-l.crew.tasks:
		return t, open, nil
	default:
	}
	if err := l.flush(); err != nil {
		return t, false, err
	}
	t, open = <-l.crew.tasks
	return t, open, nil
}

// next is the address of the task after this one, "" if none waits.
func (l *line) next() string {
	select {
	case t, open := <-l.crew.tasks:
		if open {
			l.ahead = &t
			return t.copy.Address
		}
	default:
	}
	return ""
}

func (l *line) connect(ctx context.Context) error {
	if l.session != nil {
		return nil
	}
	session, err := l.crew.engine.dialer.Dial(ctx)
	if err != nil {
		return relayFailure{err}
	}
	l.session = session
	return nil
}

func (l *line) hangUp() {
	if l.session != nil {
		l.session.Close()
		l.session = nil
	}
}

// flush returns when the last outcome and the attempts are on disk.
func (l *line) flush(attempts ...newsletter.Attempt) error {
	err := l.crew.ledger.record(l.last, attempts)
	for range l.last {
		l.crew.pending.Done()
	}
	l.last = nil
	return err
}

// send hands over one copy. With an error the copy was not tried: it stays as it was.
func (l *line) send(ctx context.Context, t task) (err error) {
	defer func() {
		if err != nil {
			l.crew.pending.Done()
		}
	}()
	if err := l.connect(ctx); err != nil { // the session was lost with the last message
		return err
	}
	job := l.crew.job
	message, language, values, err := job.compose(l.buf[:0], t.copy)
	if err != nil {
		return err
	}
	l.buf = message
	attempt := newsletter.Attempt{Issue: job.Issue.ID, Subscriber: t.copy.SubscriberID, Chunk: t.chunk.Number, Epoch: t.chunk.Epoch,
		Number: t.copy.Attempts + 1, Language: language, MessageID: values.MessageID, StartedAt: values.Date}
	if err := l.flush(attempt); err != nil {
		return err
	}
	res := l.session.Send(job.ReturnPath, t.copy.Address, message, l.next())
	l.last = []newsletter.Outcome{l.crew.engine.outcome(job, attempt, res)}
	if res.Lost {
		l.hangUp()
	}
	if res.Refused {
		l.refused = relayFailure{fault.WithHint(fault.Unavailablef("relay %s refuses the sender %s: %d %s", job.Relay, job.ReturnPath, res.Code, res.Reply), "check auth: of the relay, and what senders it allows")}
	}
	return nil
}

// A ledger commits the barriers of all connections in groups: one transaction
// for all that wait at a time.
type ledger struct {
	store    Store
	progress func(newsletter.DeliveryState)
	barriers chan barrier
	done     chan struct{}

	connections int
}

// gather is how often the ledger yields to let the barriers of other connections
// join a group: a commit costs more than a message.
const gather = 64

type barrier struct {
	outcomes []newsletter.Outcome
	attempts []newsletter.Attempt
	recorded chan error
}

func newLedger(store Store, connections int, progress func(newsletter.DeliveryState)) *ledger {
	l := &ledger{store, progress, make(chan barrier, 64), make(chan struct{}), connections}
	go l.run()
	return l
}

// record returns when the outcomes and attempts are on disk. It does not heed
// the stop signal: what was sent must be written.
func (l *ledger) record(outcomes []newsletter.Outcome, attempts []newsletter.Attempt) error {
	if len(outcomes)+len(attempts) == 0 {
		return nil
	}
	b := barrier{outcomes, attempts, make(chan error, 1)}
	l.barriers <- b
	return <-b.recorded
}

func (l *ledger) close() {
	close(l.barriers)
	<-l.done
}

func (l *ledger) run() {
	defer close(l.done)
	for b := range l.barriers {
		group := []barrier{b}
		for yields := 0; yields < gather && len(group) < l.connections*3/4; {
			select {
			case next, open := <-l.barriers:
				if !open {
					yields = gather
					break
				}
				group = append(group, next)
			default:
				runtime.Gosched()
				yields++
			}
		}
		l.commit(group)
	}
}

func (l *ledger) commit(group []barrier) {
	var outcomes []newsletter.Outcome
	var attempts []newsletter.Attempt
	for _, b := range group {
		outcomes, attempts = append(outcomes, b.outcomes...), append(attempts, b.attempts...)
	}
	err := l.store.Record(context.Background(), outcomes, attempts)
	if err != nil && len(attempts) > 0 && len(outcomes) > 0 {
		// Fenced out or not: what the relay answered is a fact and is kept.
		if kept := l.store.Record(context.Background(), outcomes, nil); kept != nil {
			err = errors.Join(err, kept)
		}
	}
	for _, b := range group {
		b.recorded <- err
	}
	if err == nil && l.progress != nil {
		for _, o := range outcomes {
			l.progress(o.State)
		}
	}
}

// Relay makes sessions of package smtp fit Dialer.
type Relay struct{ smtp.Relay }

// Dial opens a session.
func (r Relay) Dial(ctx context.Context) (Session, error) {
	session, err := r.Relay.Dial(ctx)
	if err != nil {
		return nil, err // not a nil *smtp.Session in an interface
	}
	return session, nil
}
