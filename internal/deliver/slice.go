package deliver

import (
	"context"
	"errors"
	"sync"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

const (
	sliceTime   = 10 * time.Second       // a slice gives back after, so that work moves between workers
	watchEvery  = 300 * time.Millisecond // how often a slice looks whether its issue was paused or cancelled
	busyWait    = 3 * time.Second        // until a chunk is looked at again that another worker has
	unknownWait = 15 * time.Second       // until unknown copies may be tried, beside deferred ones that are due later
	pageFirst   = 60                     // recipients read at a time
	pageMost    = 1000                   // so that memory does not grow with the audience
	pageTime    = time.Second            // and what they should last for: who leaves meanwhile is read too early
)

// errHalted ends a slice whose issue was paused, cancelled or given up.
var errHalted = errors.New("halted")

// claims are the chunks that this process works on: the ledger cannot tell two slices of one worker apart.
type claims struct {
	mu   sync.Mutex
	held map[[2]int64]bool
}

func (c *claims) take(chunk newsletter.Chunk) (release func(), ok bool) {
	key := [2]int64{chunk.Issue, int64(chunk.Number)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[key] {
		return nil, false
	}
	if c.held == nil {
		c.held = map[[2]int64]bool{}
	}
	c.held[key] = true
	return func() { c.mu.Lock(); delete(c.held, key); c.mu.Unlock() }, true
}

// A run is one slice under way.
type run struct {
	job     Job
	chunk   newsletter.Chunk
	worker  string // who claimed it
	ctx     context.Context
	cancel  context.CancelCauseFunc
	pending sync.WaitGroup // messages given and not yet recorded
}

func (r *run) over() bool { return r.ctx.Err() != nil }

// fail ends the slice; what is with a relay is still recorded.
func (r *run) fail(err error) { r.cancel(err) }

// Slice works at a chunk for some seconds and returns when to come again: zero
// means that the chunk is finished. When ctx ends it begins nothing more,
// finishes what is in flight and records it.
func (e *Engine) Slice(ctx context.Context, job Job, c newsletter.Chunk) (again time.Time, err error) {
	free, mine := e.claims.take(c)
	if !mine {
		return e.now().Add(busyWait), nil
	}
	defer free()
	if job.Send, err = e.ledger.Send(ctx, c.Issue); err != nil {
		return time.Time{}, err
	}
	if !job.Send.PausedAt.IsZero() {
		return time.Time{}, nil // resuming asks for it anew
	}
	worker := *e.worker.Load()
	won, err := e.ledger.ClaimChunk(ctx, &c, worker, job.Send.HoldUnknown)
	if err != nil {
		return time.Time{}, err
	}
	if !won {
		return e.now().Add(busyWait), nil
	}
	r := &run{job: job, chunk: c, worker: worker}
	limited, stop := context.WithTimeout(ctx, sliceTime)
	defer stop()
	r.ctx, r.cancel = context.WithCancelCause(limited)
	watched := make(chan struct{})
	go func() { defer close(watched); e.watch(r) }()
	wake := context.AfterFunc(r.ctx, e.pool.wake)
	failed := e.work(r)
	r.pending.Wait()
	wake()
	cause := context.Cause(r.ctx) // before it is ended here
	r.cancel(nil)
	<-watched
	return e.giveBack(ctx, r, failed, cause)
}

// giveBack releases the chunk and decides when it is worked at again.
func (e *Engine) giveBack(ctx context.Context, r *run, failed, cause error) (again time.Time, err error) {
	if cause == nil {
		cause = failed
	}
	send, err := e.ledger.Send(context.WithoutCancel(ctx), r.chunk.Issue)
	if err != nil {
		return time.Time{}, err
	}
	rest, err := e.ledger.ReleaseChunk(context.WithoutCancel(ctx), r.chunk, e.open(send))
	switch {
	case err != nil:
		return time.Time{}, err
	case rest.SendDone:
		r.job.Issue.State = newsletter.Sent
		if send.CancelledBy != "" {
			r.job.Issue.State = newsletter.Cancelled
		}
		return time.Time{}, nil
	case rest.Open == 0:
		return time.Time{}, nil
	case !send.PausedAt.IsZero():
		return time.Time{}, nil
	}
	return e.comeAgain(ctx, send, rest, cause)
}

func (e *Engine) comeAgain(ctx context.Context, send newsletter.Send, rest newsletter.ChunkRest, cause error) (again time.Time, err error) {
	now := e.now()
	var down *relaysDown
	switch {
	case errors.As(cause, &down):
		if send.GiveUpAt.After(now) && send.GiveUpAt.Before(down.until) {
			return send.GiveUpAt, cause
		}
		return down.until, cause
	case errors.Is(cause, context.DeadlineExceeded), errors.Is(cause, errHalted):
		return now, nil
	case ctx.Err() != nil:
		return now, ctx.Err()
	case cause != nil:
		return now.Add(busyWait), cause
	case rest.Next.IsZero(): // unknown copies wait until everybody else was tried
		return now.Add(busyWait), nil
	}
	again = rest.Next
	if rest.Unknown && again.After(now.Add(unknownWait)) {
		again = now.Add(unknownWait)
	}
	if again.After(send.GiveUpAt) {
		again = send.GiveUpAt
	}
	if again.Before(now) {
		again = now
	}
	return again, nil
}

// open are the states of copies that have to be tried still.
func (e *Engine) open(send newsletter.Send) []newsletter.DeliveryState {
	states := []newsletter.DeliveryState{newsletter.Attempting, newsletter.Deferred}
	if e.now().Before(send.GiveUpAt) && !send.HoldUnknown {
		states = append(states, newsletter.Unknown)
	}
	return states
}

// watch ends the slice when its issue is paused, cancelled or given up.
func (e *Engine) watch(r *run) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-tick.C:
		}
		send, err := e.ledger.Send(r.ctx, r.chunk.Issue)
		if err == nil && (!send.PausedAt.IsZero() || !send.GiveUpAt.Equal(r.job.Send.GiveUpAt)) {
			r.cancel(errHalted)
		}
	}
}

// work hands the open copies of a chunk over: first those never tried, then the
// deferred, of which a fresh chunk has none whose time has come, and the unknown
// when nobody of the whole audience is left untried.
func (e *Engine) work(r *run) error {
	givenUp := !e.now().Before(r.job.Send.GiveUpAt)
	if err := e.untried(r, givenUp); err != nil {
		return err
	}
	if !r.chunk.Fresh() {
		if err := e.retry(r, newsletter.Deferred, givenUp); err != nil {
			return err
		}
	}
	if givenUp || r.job.Send.HoldUnknown {
		return nil
	}
	untouched, err := e.ledger.Untouched(r.ctx, r.chunk.Issue, r.chunk.Number)
	if err != nil || untouched > 0 {
		return err
	}
	return e.retry(r, newsletter.Unknown, false)
}

func (e *Engine) untried(r *run, givenUp bool) error {
	var after int64
	for page := pageFirst; !r.chunk.Tried; {
		began := time.Now()
		copies, err := e.ledger.Copies(r.ctx, r.job.Send, r.chunk, newsletter.Wanted{After: after, Limit: page})
		if err != nil {
			return err
		}
		if len(copies) == 0 {
			break
		}
		after = copies[len(copies)-1].SubscriberID
		if err := e.hand(r, copies, givenUp); err != nil {
			return err
		}
		page = nextPage(page, time.Since(began))
	}
	r.pending.Wait()
	if err := context.Cause(r.ctx); err != nil {
		return err
	}
	r.chunk.Tried = true
	return nil
}

// nextPage is how many recipients to read after so many took so long.
func nextPage(page int, took time.Duration) int {
	switch {
	case took > pageTime:
		page /= 2
	case took < pageTime/4:
		page *= 4
	}
	return min(max(page, 1), pageMost)
}

func (e *Engine) retry(r *run, state newsletter.DeliveryState, givenUp bool) error {
	now := e.now() // one reading: a copy that is deferred anew is not due before the next slice
	if givenUp {
		now = time.Unix(1<<40, 0)
	}
	for page := pageFirst; ; {
		began := time.Now()
		due, err := e.ledger.Copies(r.ctx, r.job.Send, r.chunk, newsletter.Wanted{State: state, Now: now, Limit: page})
		if err != nil || len(due) == 0 {
			return err
		}
		if err := e.hand(r, due, givenUp); err != nil {
			return err
		}
		r.pending.Wait() // so that the next reading does not show these again
		if err := context.Cause(r.ctx); err != nil {
			return err
		}
		page = nextPage(page, time.Since(began))
	}
}

// hand passes over those who get no copy and gives the others to the pool.
func (e *Engine) hand(r *run, copies []newsletter.Copy, givenUp bool) error {
	var open, suppressed, gone []newsletter.Copy
	for _, c := range copies {
		switch {
		case c.Suppressed:
			suppressed = append(suppressed, c)
		case c.Gone:
			gone = append(gone, c)
		default:
			open = append(open, c)
		}
	}
	if err := e.ledger.PassOver(r.ctx, r.chunk, suppressed, newsletter.Suppressed, "the address was suppressed after the audience was frozen"); err != nil {
		return err
	}
	if err := e.ledger.PassOver(r.ctx, r.chunk, gone, newsletter.DeliveryCancelled, "the person unsubscribed after the audience was frozen"); err != nil {
		return err
	}
	if givenUp {
		why := "given up: the time for this issue is over"
		if r.job.Send.CancelledBy != "" {
			why = "cancelled by " + r.job.Send.CancelledBy
		}
		return e.ledger.PassOver(r.ctx, r.chunk, open, newsletter.DeliveryCancelled, why)
	}
	for _, c := range open {
		if err := e.pool.give(r, c); err != nil {
			return err
		}
	}
	return nil
}

// Run delivers what can be delivered of an issue now, in this process, and
// returns when there is more to do; zero means that nothing of these chunks is left.
func (e *Engine) Run(ctx context.Context, job Job, chunks []newsletter.Chunk) (again time.Time, err error) {
	const side = 2 // by side, so that connections do not idle while a chunk ends
	var mu sync.Mutex
	var wg sync.WaitGroup
	queue := make(chan newsletter.Chunk)
	wait := func(at time.Time, failed error) {
		mu.Lock()
		defer mu.Unlock()
		if !at.IsZero() && (again.IsZero() || at.Before(again)) {
			again = at
		}
		if err == nil {
			err = failed
		}
	}
	stop, halt := context.WithCancel(ctx)
	defer halt()
	for range side {
		wg.Go(func() {
			for c := range queue {
				at, failed := e.slices(stop, job, c)
				if wait(at, failed); failed != nil {
					halt()
				}
			}
		})
	}
	for _, c := range chunks {
		if stop.Err() != nil {
			break
		}
		queue <- c
	}
	close(queue)
	wg.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = ctx.Err()
	}
	return again, err
}

// slices works at a chunk until nothing can be done for it now.
func (e *Engine) slices(ctx context.Context, job Job, c newsletter.Chunk) (again time.Time, err error) {
	for ctx.Err() == nil {
		again, err = e.Slice(ctx, job, c)
		if fault.Is(err, fault.Conflict) { // taken over: whoever did goes on
			return e.now().Add(busyWait), nil
		}
		if err != nil || again.IsZero() || again.After(e.now()) {
			return again, err
		}
		if send, err := e.ledger.Send(ctx, c.Issue); err != nil || !send.PausedAt.IsZero() {
			return time.Time{}, err
		}
	}
	return e.now(), ctx.Err()
}
