package deliver

import (
	"context"
	"math"
	"time"

	"broadsheet/internal/newsletter"
)

const (
	leaseFor   = time.Second      // a lease is what may be sent in so long
	overCheck  = 10 * time.Second // how often a used-up day is looked at
	slowestPer = 6.0              // messages a minute: slower than this no answer makes us
	slowOnce   = 10 * time.Second // several limit answers within so long count as one
	raiseAfter = 30 * time.Second // of good answers
	raiseBy    = 1.25
	forgotten  = 8   // times raiseAfter: then a slowed rate without a configured one is lifted
	dayLease   = 100 // of a daily limit without a rate, at a time
)

// A pacer is how fast this process may use a relay: what it leased from the
// database, where all workers share one bucket. Its fields are guarded by the pool.
type pacer struct {
	relay Relay
	paces Paces
	now   func() time.Time
	pace  newsletter.Pace

	tokens  int  // left of the lease
	free    bool // no rate and no daily limit now
	used    int  // sent and not yet told
	slowed  bool // a limit answer came and is not yet told
	checked time.Time
	over    time.Time // the daily limit is used up until then
}

func newPacer(r Relay, paces Paces, now func() time.Time) pacer {
	return pacer{relay: r, paces: paces, now: now, free: r.Rate == 0 && r.PerDay == 0, pace: newsletter.Pace{Relay: r.ID}}
}

// may reports whether a message may go now. What was leased of a day ends with it.
func (p *pacer) may() bool {
	if p.relay.PerDay > 0 && p.tokens > 0 && p.pace.Day != p.now().UTC().Format(time.DateOnly) {
		p.tokens = 0
	}
	return p.free || p.tokens > 0
}

func (p *pacer) take() {
	p.used++
	if !p.free {
		p.tokens--
	}
}

func (p *pacer) slow() { p.slowed = true }

func (p *pacer) dayOver() (time.Time, bool) { return p.over, p.now().Before(p.over) }

// due reports whether the database is to be asked: a limit answer is to be told,
// a lease is used up and mail waits, or somebody else may have slowed the relay.
// A process without mail takes nothing from the others.
func (p *pacer) due(waiting bool) bool {
	since := time.Since(p.checked) // asking is paced by the real clock, buckets by ours
	switch {
	case p.slowed:
		return true
	case p.now().Before(p.over):
		return since >= overCheck
	case !p.free:
		return waiting && p.tokens <= 0 && since >= tickEvery
	}
	return p.used > 0 && since >= leaseFor
}

// lease takes the next tokens from the shared bucket. It is called without the pool's lock, by one goroutine.
func (p *pacer) lease(ctx context.Context) (pace newsletter.Pace, granted int, err error) {
	for {
		if pace, err = p.paces.Pace(ctx, p.relay.ID); err != nil {
			return pace, 0, err
		}
		next, granted := Lease(p.relay, pace, p.now(), p.slowed, p.measured())
		if same(pace, next) {
			return next, granted, nil
		}
		won, err := p.paces.SavePace(ctx, next)
		if err != nil {
			return pace, 0, err
		}
		if won {
			return next, granted, nil
		}
	}
}

func same(a, b newsletter.Pace) bool {
	return a.Rate == b.Rate && a.Used == b.Used && a.Day == b.Day && a.LimitedAt.Equal(b.LimitedAt) && a.Tokens == b.Tokens && a.RaisedAt.Equal(b.RaisedAt)
}

// measured is how many messages a minute went lately.
func (p *pacer) measured() float64 {
	since := time.Since(p.checked)
	if p.checked.IsZero() {
		return 60
	}
	return math.Max(float64(p.used)/since.Minutes(), slowestPer)
}

// renewed takes a lease that was asked for as things stood in seen.
func (p *pacer) renewed(seen pacer, pace newsletter.Pace, granted int, err error) {
	p.checked = time.Now()
	if err != nil {
		return // the old lease holds until it is used up
	}
	p.pace, p.used = pace, p.used-seen.used
	if seen.slowed {
		p.slowed = false
	}
	p.free = pace.Rate == 0 && p.relay.PerDay == 0
	p.tokens = max(p.tokens, 0) + granted
	p.over = time.Time{}
	if p.relay.PerDay > 0 && pace.Used >= p.relay.PerDay && p.tokens == 0 {
		p.over = midnight(p.now())
	}
}

// giveBack returns to the day what was leased and not sent.
func (p *pacer) giveBack() {
	if p.relay.PerDay == 0 || p.tokens <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for {
		pace, err := p.paces.Pace(ctx, p.relay.ID)
		if err != nil || pace.Day != p.pace.Day {
			return
		}
		pace.Used -= min(p.tokens, pace.Used)
		if won, err := p.paces.SavePace(ctx, pace); won || err != nil {
			return // at worst the day ends a little early
		}
	}
}

func midnight(now time.Time) time.Time {
	return now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
}

// Lease is the shared bucket, pure: what of a relay's rate and day may be sent
// within the next second, and how the bucket stands after. slowed says that the
// relay asked for less: its rate is halved from what it is, or what was measured.
func Lease(r Relay, p newsletter.Pace, now time.Time, slowed bool, measured float64) (next newsletter.Pace, granted int) {
	p.Relay = r.ID
	if slowed && now.Sub(p.LimitedAt) >= slowOnce {
		if p.Rate == 0 {
			p.Rate = measured
		}
		p.Rate, p.LimitedAt, p.RaisedAt = math.Max(p.Rate/2, slowestPer), now, now
	}
	p = raise(r, p, now)
	if p.Rate == 0 && r.PerDay == 0 {
		return p, 0
	}
	if day := now.UTC().Format(time.DateOnly); p.Day != day {
		p.Day, p.Used = day, 0
	}
	want := float64(dayLease)
	if p.Rate > 0 {
		p = refill(p, now)
		want = math.Floor(p.Tokens)
	}
	if r.PerDay > 0 {
		want = math.Min(want, float64(max(r.PerDay-p.Used, 0)))
	}
	if granted = int(want); p.Rate > 0 {
		p.Tokens -= want
	}
	p.Used += granted
	return p, granted
}

// raise recovers a slowed rate, and keeps it at most at the configured one.
func raise(r Relay, p newsletter.Pace, now time.Time) newsletter.Pace {
	if p.LimitedAt.IsZero() || p.Rate == 0 {
		p.Rate, p.LimitedAt = r.Rate, time.Time{}
		return p
	}
	for now.Sub(p.RaisedAt) >= raiseAfter {
		p.RaisedAt = p.RaisedAt.Add(raiseAfter)
		p.Rate *= raiseBy
		if r.Rate > 0 && p.Rate >= r.Rate || r.Rate == 0 && now.Sub(p.LimitedAt) >= forgotten*raiseAfter {
			p.Rate, p.LimitedAt = r.Rate, time.Time{}
			return p
		}
	}
	return p
}

// refill adds what the time since brought; a bucket holds a second's worth, or one.
func refill(p newsletter.Pace, now time.Time) newsletter.Pace {
	full := math.Max(p.Rate/60*leaseFor.Seconds(), 1)
	if since := now.Sub(p.At); p.At.IsZero() || since < 0 {
		p.Tokens = math.Min(math.Max(p.Tokens, 1), full)
	} else {
		p.Tokens = math.Min(p.Tokens+p.Rate*since.Minutes(), full)
	}
	p.At = now
	return p
}
