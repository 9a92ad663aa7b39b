package deliver_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
)

// behindProxy is a worker whose PostgreSQL is reached through something that breaks.
func behindProxy(t *testing.T, n int) (*bench, *testkit.Proxy, *deliver.Engine) {
	t.Helper()
	address := testkit.Addresses(t)["postgresql"](t)
	clock := testkit.NewClock(time.Date(2017, 4, 1, 12, 0, 0, 0, time.UTC))
	direct, err := store.Open(ctx, address, clock.Now)
	must(t, err)
	t.Cleanup(func() { direct.Close() })
	b := setUp(t, direct, clock, n)
	b.start(t)
	u, err := url.Parse(address)
	must(t, err)
	proxy := testkit.NewProxy(t, u.Host)
	u.Host = fmt.Sprintf("127.0.0.1:%d", proxy.Port())
	far, err := store.Open(ctx, u.String(), clock.Now)
	must(t, err)
	t.Cleanup(func() { far.Close() })
	e := deliver.New(far, far, []deliver.Relay{b.relay()}, clock.Now, slog.New(slog.DiscardHandler))
	alive := &deliver.Alive{Engine: e, Workers: far, Log: slog.New(slog.DiscardHandler)}
	must(t, alive.Join(ctx))
	t.Cleanup(e.Close)
	return b, proxy, e
}

// finish runs until the issue is sent, over all failures.
func (b *bench) finish(t *testing.T, e *deliver.Engine) (failures int) {
	t.Helper()
	for range 200 {
		finished, _, err := b.runOn(ctx, t, e)
		if err != nil {
			failures++
		}
		if finished {
			return failures
		}
		b.clock.Move(time.Second)
	}
	t.Fatalf("not finished: %+v", b.tally(t))
	return failures
}

// The connection to the database is reset at random moments of a send, and
// answers to commits are lost: nobody is lost, and a copy goes out twice at most
// once per connection and cut.
func TestDatabaseCuts(t *testing.T) {
	for name, breakIt := range map[string]func(*testkit.Proxy){"reset": (*testkit.Proxy).Cut, "ambiguous commit": (*testkit.Proxy).EatReply} {
		t.Run(name, func(t *testing.T) {
			const people = 300
			b, proxy, e := behindProxy(t, people)
			var cuts atomic.Int64
			b.smtp.SetScript(func(stage, _ string) string {
				if (stage == "rcpt" || stage == "data") && rand.IntN(40) == 0 && cuts.Add(1) <= 12 {
					breakIt(proxy)
				}
				return ""
			})
			failures := b.finish(t, e)
			b.accounted(t, 2)
			extra := len(b.smtp.Messages()) - people
			t.Logf("%d cuts, %d failed runs, %d extra copies", min(cuts.Load(), 12), failures, extra)
			if cuts.Load() == 0 || extra > 12*4 {
				t.Errorf("%d extra copies after %d cuts", extra, cuts.Load())
			}
		})
	}
}

// A database that says nothing for longer than a transaction may take: what a
// relay answered meanwhile is written when it is back, and nobody gets a second copy.
func TestDatabaseBlackhole(t *testing.T) {
	const people = 100
	b, proxy, e := behindProxy(t, people)
	var seen atomic.Int64
	b.smtp.SetScript(func(stage, _ string) string {
		if stage == "data" && seen.Add(1) == 30 {
			proxy.Hold(true)
			time.AfterFunc(11*time.Second, func() { proxy.Hold(false) }) // a transaction is given up after ten
		}
		return ""
	})
	b.finish(t, e)
	b.accounted(t, 1)
}
