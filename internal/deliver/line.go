package deliver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// A line is one connection: its session, and the outcome it has not recorded
// yet. It hands over one message after the other; the outcome of each goes to
// disk together with the attempt at the next, before that next one is sent.
type line struct {
	lane    *lane
	session Session
	last    *sent
	ahead   *message // whose envelope the relay has already
	barrier *barrier
	idle    *time.Timer
}

// sent is a message whose outcome is known and not yet on disk.
type sent struct {
	message *message
	outcome newsletter.Outcome
}

func (l *line) work() {
	l.idle, l.barrier = time.NewTimer(idleTime), newBarrier()
	defer l.hangUp()
	for {
		m := l.take()
		if m == nil {
			return
		}
		if m.run.over() {
			l.skip(m, nil)
			continue
		}
		if err := l.connect(); err != nil {
			l.giveUp(err, false, m)
			return
		}
		if err := l.send(m); err != nil {
			l.giveUp(err, true)
			return
		}
	}
}

// giveUp ends the line and sends what waited for it, and maybe m, another way.
func (l *line) giveUp(err error, ours bool, m ...*message) {
	l.flush()
	lane := l.lane
	if l.ahead != nil {
		m, l.ahead = append(m, l.ahead), nil
	}
	l.hangUp()
	for _, waiting := range append(m, lane.refuse(err, ours, len(m))...) {
		lane.pool.route(waiting)
	}
}

// take returns the next message, nil when the line is to end. While none waits
// the last outcome is recorded.
func (l *line) take() *message {
	if m := l.ahead; m != nil {
		l.ahead = nil
		return m
	}
	select {
	case m, open := <-l.lane.tasks:
		if open {
			return m
		}
	default:
	}
	l.flush()
	for {
		l.idle.Reset(idleTime)
		select {
		case m, open := <-l.lane.tasks:
			if !open {
				l.lane.leave()
			}
			return m // nil where the lane is closed
		case <-l.idle.C:
			if l.lane.leave() {
				return nil
			}
		}
	}
}

// next is the envelope of the message after this one, zero if none waits.
func (l *line) next() smtp.Envelope {
	select {
	case m, open := <-l.lane.tasks:
		if open {
			l.ahead = m
			return m.envelope
		}
	default:
	}
	return smtp.Envelope{}
}

// connect dials for the lane, not for one slice, whose end says nothing of the relay.
func (l *line) connect() error {
	if l.session != nil {
		return nil
	}
	session, err := l.lane.Dialer.Dial(context.Background())
	if err == nil {
		l.session = session
	}
	return err
}

func (l *line) hangUp() {
	if l.session != nil {
		l.session.Close()
		l.session = nil
	}
}

// flush returns when the last outcome and the attempts are on disk.
func (l *line) flush(attempts ...newsletter.Attempt) error {
	if l.last == nil && len(attempts) == 0 {
		return nil
	}
	b := l.barrier
	b.outcomes, b.attempts = b.outcomes[:0], append(b.attempts[:0], attempts...)
	if l.last != nil {
		b.outcomes, b.progress = append(b.outcomes, l.last.outcome), l.last.message.run.job.Progress
	}
	err := l.lane.ledger.record(b)
	if l.last != nil {
		if err != nil {
			l.last.message.run.fail(err)
		}
		l.lane.pool.drop(l.last.message)
		l.last = nil
	}
	return err
}

// settle writes the last outcome by itself: a relay that is slow to take the next
// envelope must not keep what became of the last message from the disk.
func (l *line) settle() { _ = l.flush() } // its slice has the error

// skip ends a message that was not tried: it stays as it was. The relay may wait
// for this very copy, so that the session ends too.
func (l *line) skip(m *message, err error) {
	l.hangUp()
	if err != nil {
		m.run.fail(err)
	}
	l.lane.finished(smtp.Result{})
	l.lane.pool.drop(m)
}

// send hands over one copy. An error means that the relay refuses all our mail.
//
// The relay reads envelope and body while the ledger is written; only the final
// dot waits for the disk, and before it no copy can have been accepted. What is
// refused earlier is written down with what it came to.
func (l *line) send(m *message) error {
	if m.run.over() { // while we dialled
		l.skip(m, nil)
		return nil
	}
	attempt, asked := m.attempt(), false
	var stopped error
	res := l.session.Send(m.envelope, m.bytes, l.next(), l.settle, func() bool {
		asked = true
		stopped = l.begin(m, attempt)
		return stopped == nil
	})
	if !asked {
		stopped = l.flush(attempt)
	}
	if stopped != nil {
		l.skip(m, stopped)
		return nil
	}
	l.last = &sent{m, l.lane.outcome(m, attempt, res)}
	silent := l.lane.finished(res)
	if res.Lost {
		l.hangUp()
	}
	switch {
	case silent:
		return fault.Unavailablef("relay %s takes connections and drops them: %s", l.lane.ID, res.Reply)
	case !res.Refused:
		return nil
	}
	why := fmt.Sprintf("relay %s refuses the sender %s: %d %s", l.lane.ID, m.run.job.ReturnPath, res.Code, res.Reply)
	return fault.WithHint(fault.Unavailablef("%s", why), "check auth: of the relay, and what senders it allows")
}

// fresh is how old a barrier may be when its message goes. A process that was
// stopped meanwhile may have been taken for gone.
var fresh = cutOff / 2

// begin returns when the attempt is on disk and the copy is still ours to send: it
// looks again if writing took so long that others may have taken the work over.
func (l *line) begin(m *message, attempt newsletter.Attempt) error {
	e, began := l.lane.pool.engine, time.Now()
	if err := l.flush(attempt); err != nil {
		return err
	}
	for elapsed(began) > fresh {
		began = time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), silent)
		ours, err := e.ledger.Holds(ctx, m.run.chunk, m.run.worker)
		cancel()
		if err == nil && ours {
			continue
		}
		if err == nil {
			err = fault.Conflictf("another worker took over chunk %d", attempt.Chunk)
		}
		return errors.Join(err, e.ledger.TakeBack(context.Background(), []newsletter.Attempt{attempt}))
	}
	return nil
}

// elapsed is the longer of what two clocks say: the monotonic one may stand still
// while a machine sleeps, the other may be set back.
func elapsed(began time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(began), now.Round(0).Sub(began.Round(0)))
}

func (l *lane) outcome(m *message, a newsletter.Attempt, res smtp.Result) newsletter.Outcome {
	now := l.pool.engine.now()
	o := newsletter.Outcome{Issue: a.Issue, Subscriber: a.Subscriber, Chunk: a.Chunk, Number: a.Number, State: res.State, Code: res.Code, Enhanced: res.Enhanced, Reply: res.Reply, Relay: l.ID, At: now}
	switch o.State {
	case newsletter.Deferred:
		o.NextAt = now.Add(RetryAfter(a.Number, a.MessageID))
	case newsletter.Unknown:
		if m.run.job.Send.HoldUnknown || m.copy.Unknowns > 0 {
			o.State = newsletter.Held
		}
	case newsletter.Rejected:
		o.HardBounce = HardBounce(res.Code, res.Enhanced)
	}
	return o
}
