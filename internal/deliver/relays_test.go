package deliver_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/testkit"
)

func relayTo(id string, s *testkit.SMTP) deliver.Relay {
	return deliver.Relay{ID: id, Connections: 2, Dialer: deliver.SMTP{Relay: smtp.Relay{ID: id, Host: "127.0.0.1", Port: s.Port(), TLS: "none"}}}
}

// With one relay down the other takes over; nobody is lost or mailed twice.
func TestFailover(t *testing.T) {
	each(t, 50, func(t *testing.T, b *bench) {
		b.start(t)
		dead := deliver.Relay{ID: "dead", Connections: 2, Weight: 9, Dialer: deliver.SMTP{Relay: smtp.Relay{ID: "dead", Host: "127.0.0.1", Port: 1, TLS: "none"}}}
		second := testkit.NewSMTP(t)
		var refused atomic.Int64
		second.SetScript(func(stage, _ string) string { // takes ten and then wants none of ours
			if stage == "data" {
				refused.Add(1)
			}
			if stage == "mail" && refused.Load() >= 10 {
				return "530 5.7.0 authentication required"
			}
			return ""
		})
		finished, _, err := b.runOn(ctx, t, b.engine(t, b.db, dead, relayTo("second", second), relayTo("third", b.smtp)))
		if err != nil {
			t.Fatal(finished, err)
		}
		b.clock.Move(5 * time.Minute)
		if finished, _, err = b.run(ctx, t); err != nil || !finished {
			t.Fatal(finished, err)
		}
		copies := b.smtp.Copies()
		for to, n := range second.Copies() {
			copies[to] += n
		}
		for i := range 50 {
			if copies[address(i)] != 1 {
				t.Errorf("%s has %d copies", address(i), copies[address(i)])
			}
		}
		if got := b.tally(t); got.Accepted != 50 || got.Rejected != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// Relays share the mail by weight.
func TestWeights(t *testing.T) {
	each(t, 200, func(t *testing.T, b *bench) {
		b.start(t)
		second := testkit.NewSMTP(t)
		heavy, light := relayTo("heavy", b.smtp), relayTo("light", second)
		heavy.Weight = 3
		if finished, _, err := b.runOn(ctx, t, b.engine(t, b.db, heavy, light)); err != nil || !finished {
			t.Fatal(finished, err)
		}
		if n := len(second.Messages()); n < 45 || n > 55 {
			t.Errorf("a quarter of 200 is %d", n)
		}
	})
}

// What a day allows is shared by all workers; then the issue waits for the next.
func TestPerDay(t *testing.T) {
	each(t, 30, func(t *testing.T, b *bench) {
		b.start(t)
		relay := b.relay()
		relay.PerDay = 20
		_, next, err := b.runOn(ctx, t, b.engine(t, b.db, relay))
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "its 20 messages for today") {
			t.Errorf("%v", err)
		}
		if got := b.tally(t); got.Accepted != 20 || got.Pending != 10 {
			t.Errorf("%+v", got)
		}
		if want := b.clock.Now().Truncate(24*time.Hour).AddDate(0, 0, 1); !next.Equal(want) {
			t.Errorf("it goes on at %s, not %s", next, want)
		}
		b.clock.Move(next.Sub(b.clock.Now()))
		if finished, _, err := b.runOn(ctx, t, b.engine(t, b.db, relay)); err != nil || !finished {
			t.Error(finished, err)
		}
	})
}

// The bucket is pure: a rate, what a limit answer does to it, and how it recovers.
func TestLease(t *testing.T) {
	at := time.Date(2017, 4, 1, 12, 0, 0, 0, time.UTC)
	r := deliver.Relay{ID: "r", Rate: 120}
	p, sent := newsletter.Pace{}, 0
	for range 600 { // a minute, in steps of a tenth of a second, by any number of workers
		var granted int
		p, granted = deliver.Lease(r, p, at, false, 0)
		sent += granted
		at = at.Add(100 * time.Millisecond)
	}
	if sent < 118 || sent > 122 {
		t.Errorf("%d in a minute at 120/min", sent)
	}
	p, _ = deliver.Lease(r, p, at, true, 0)
	if p.Rate != 60 {
		t.Errorf("after a limit answer: %v", p.Rate)
	}
	if p, _ = deliver.Lease(r, p, at.Add(time.Second), true, 0); p.Rate != 60 {
		t.Errorf("one storm of answers halved it twice: %v", p.Rate)
	}
	if p, _ = deliver.Lease(r, p, at.Add(31*time.Second), false, 0); p.Rate != 75 {
		t.Errorf("after half a minute: %v", p.Rate)
	}
	if p, _ = deliver.Lease(r, p, at.Add(10*time.Minute), false, 0); p.Rate != 120 || !p.LimitedAt.IsZero() {
		t.Errorf("after ten minutes: %+v", p)
	}
	free, _ := deliver.Lease(deliver.Relay{ID: "f"}, newsletter.Pace{}, at, true, 6000)
	if free.Rate != 3000 {
		t.Errorf("a relay without a rate is slowed to half of what was measured: %v", free.Rate)
	}
	if free, _ = deliver.Lease(deliver.Relay{ID: "f"}, free, at.Add(time.Hour), false, 0); free.Rate != 0 {
		t.Errorf("and is free again: %v", free.Rate)
	}
}

// A relay that asks for less gets less: from every worker, as the rate is in the database.
func TestLimitAnswersSlowTheRelay(t *testing.T) {
	each(t, 40, func(t *testing.T, b *bench) {
		var seen atomic.Int64
		b.smtp.SetScript(func(stage, _ string) string {
			if stage == "rcpt" && seen.Add(1) == 5 {
				return "450 4.7.0 you send too much"
			}
			return ""
		})
		b.start(t)
		moving, stop := context.WithCancel(ctx)
		defer stop()
		go func() { // the clock moves on while the engine waits for tokens
			for moving.Err() == nil {
				b.clock.Move(time.Millisecond)
				time.Sleep(time.Millisecond / 10)
			}
		}()
		e := deliver.New(b.db, b.db, []deliver.Relay{b.relay()}, b.clock.Now, slog.New(slog.DiscardHandler))
		_, _, err := b.runOn(ctx, t, e)
		e.Close()
		must(t, err)
		if got := b.tally(t); got.Deferred != 1 || got.Accepted != 39 {
			t.Errorf("%+v", got)
		}
		if p, err := b.db.Pace(ctx, "test"); err != nil || p.LimitedAt.IsZero() || p.Rate == 0 {
			t.Errorf("%+v %v", p, err)
		}
	})
}

// Paused within the slice, resumed with nobody lost or doubled; cancelled, the rest is written down.
func TestPauseResumeCancel(t *testing.T) {
	each(t, 300, func(t *testing.T, b *bench) {
		halt := func(at int64, do func()) {
			var seen atomic.Int64
			b.smtp.SetScript(func(stage, _ string) string {
				if stage == "data" && seen.Add(1) == at {
					do()
				}
				return ""
			})
		}
		b.start(t)
		halt(40, func() { must(t, b.db.Pause(ctx, b.issue.ID, true)) })
		if finished, _, err := b.run(ctx, t); err != nil {
			t.Fatal(finished, err)
		}
		paused := b.tally(t)
		if paused.Attempting+paused.Unknown != 0 {
			t.Errorf("%+v", paused)
		}
		if finished, _, err := b.run(ctx, t); err != nil || finished != (paused.Accepted == 300) || b.tally(t) != paused {
			t.Errorf("a paused send went on: %v %v %+v", finished, err, b.tally(t))
		}
		if err := b.db.Pause(ctx, b.issue.ID, true); paused.Accepted < 300 && !fault.Is(err, fault.Conflict) {
			t.Errorf("paused twice: %v", err)
		}
		if paused.Accepted < 300 {
			must(t, b.db.Pause(ctx, b.issue.ID, false))
		}
		b.clock.Move(time.Second)
		halt(20, func() { must(t, b.db.CancelSend(ctx, b.issue.ID, "ana@example.org")) })
		if _, _, err := b.run(ctx, t); err != nil {
			t.Fatal(err)
		}
		if finished, _, err := b.run(ctx, t); err != nil || !finished || paused.Accepted < 280 && b.state(t) != newsletter.Cancelled {
			t.Error(finished, b.state(t), err)
		}
		got := b.tally(t)
		if got.Accepted+got.Cancelled != 300 || got.Accepted != len(b.smtp.Messages()) {
			t.Errorf("%+v with %d messages", got, len(b.smtp.Messages()))
		}
		b.once(t)
	})
}

func (b *bench) once(t *testing.T) {
	t.Helper()
	for to, n := range b.smtp.Copies() {
		if n != 1 {
			t.Errorf("%s has %d copies", to, n)
		}
	}
}

// The return path names the copy, by a token that is no address.
func TestVERP(t *testing.T) {
	each(t, 3, func(t *testing.T, b *bench) {
		b.start(t)
		job := b.job(t)
		job.VERP, job.ReturnPath = true, "bounce@example.org"
		chunks, err := b.db.Chunks(ctx, b.issue.ID)
		must(t, err)
		_, err = b.engine(t, b.db).Run(ctx, job, chunks)
		must(t, err)
		for _, m := range b.smtp.Messages() {
			token, _, _ := strings.Cut(strings.Trim(m.Header.Get("Message-ID"), "<>"), "@")
			if want := "bounce+" + token + "@example.org"; m.From != want {
				t.Errorf("from %s, not %s", m.From, want)
			}
		}
		if len(b.smtp.Messages()) != 3 {
			t.Error(len(b.smtp.Messages()))
		}
	})
}

// What is suppressed at a refusal, and what a reply is called.
func TestPolicy(t *testing.T) {
	for _, c := range []struct {
		code     int
		enhanced string
		hard     bool
		class    string
	}{
		{550, "5.1.1", true, "mailbox"}, {550, "5.1.10", true, "mailbox"}, {550, "5.2.1", true, "mailbox"}, {550, "", false, "other"}, {552, "5.2.2", false, "quota"}, {552, "", false, "quota"},
		{552, "5.3.4", false, "size"}, {554, "5.7.1", false, "policy"}, {421, "", false, "limit"}, {450, "4.7.1", false, "limit"}, {451, "4.4.1", false, "network"}, {0, "", false, "network"}, {250, "2.0.0", false, "ok"}, {450, "4.1.1", false, "mailbox"},
	} {
		if got := deliver.HardBounce(c.code, c.enhanced); got != c.hard {
			t.Errorf("%d %s suppresses: %v", c.code, c.enhanced, got)
		}
		if got := deliver.Class(c.code, c.enhanced); got != c.class {
			t.Errorf("%d %s is called %s, not %s", c.code, c.enhanced, got, c.class)
		}
	}
	last := time.Duration(0)
	for n := 1; n < 12; n++ {
		wait := deliver.RetryAfter(n, "x")
		if wait < last || wait > 5*time.Hour || wait < 2*time.Minute || wait != deliver.RetryAfter(n, "x") {
			t.Errorf("try %d waits %s after %s", n, wait, last)
		}
		last = wait
	}
	if len(deliver.Policy()) < 8 {
		t.Error("the policy is not all said")
	}
}
