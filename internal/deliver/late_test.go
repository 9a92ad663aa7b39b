package deliver_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
)

var openStates = []newsletter.DeliveryState{newsletter.Attempting, newsletter.Deferred}

// The last two chunks of a send, given back side by side: one of the two sees that it is finished.
func TestLastChunksSideBySide(t *testing.T) {
	each(t, 1002, func(t *testing.T, b *bench) {
		b.start(t)
		send, err := b.db.Send(ctx, b.issue.ID)
		must(t, err)
		chunks, err := b.db.Chunks(ctx, b.issue.ID)
		must(t, err)
		var people []int64
		for round := range 20 {
			for i := range chunks {
				c := &chunks[i]
				b.claim(t, c, "w", true)
				w := newsletter.Wanted{Limit: 2000}
				if round > 0 {
					w.State, w.Now = newsletter.Deferred, b.clock.Now()
				}
				copies, err := b.db.Copies(ctx, send, *c, w)
				must(t, err)
				must(t, b.db.PassOver(ctx, *c, copies, newsletter.DeliveryCancelled, "x"))
				people = append(people, copies[0].SubscriberID)
				c.Tried = true
			}
			var wg sync.WaitGroup
			done := make([]bool, len(chunks))
			for i := range chunks {
				wg.Go(func() {
					rest, err := b.db.ReleaseChunk(ctx, chunks[i], openStates)
					if err != nil {
						t.Error(err)
					}
					done[i] = rest.SendDone
				})
			}
			wg.Wait()
			if !done[0] && !done[1] || b.state(t) != newsletter.Sent {
				t.Fatalf("round %d: nobody finished the send: %v, %s", round, done, b.state(t))
			}
			_, err := b.db.Reopen(ctx, &b.issue, people[:2], []newsletter.DeliveryState{newsletter.DeliveryCancelled})
			must(t, err)
		}
	})
}

// An outcome that comes after the chunk was taken over and finished: an unknown
// one counts once, and a deferred one is due again instead of being forgotten.
func TestOutcomeAfterTakeOver(t *testing.T) {
	for _, late := range []newsletter.DeliveryState{newsletter.Held, newsletter.Deferred} {
		t.Run(string(late), func(t *testing.T) {
			each(t, 2, func(t *testing.T, b *bench) { b.late(t, late) })
		})
	}
}

func (b *bench) late(t *testing.T, late newsletter.DeliveryState) {
	t.Helper()
	b.start(t)
	send, err := b.db.Send(ctx, b.issue.ID)
	must(t, err)
	chunks, err := b.db.Chunks(ctx, b.issue.ID)
	must(t, err)
	c := chunks[0]
	won, err := b.db.ClaimChunk(ctx, &c, "w", true)
	if err != nil || !won {
		t.Fatal(won, err)
	}
	copies, err := b.db.Copies(ctx, send, c, newsletter.Wanted{Limit: 10})
	must(t, err)
	a := newsletter.Attempt{Issue: c.Issue, Subscriber: copies[0].SubscriberID, Chunk: c.Number, Epoch: c.Epoch, Number: 1, Language: "en", MessageID: "m@x", StartedAt: b.clock.Now()}
	must(t, b.db.Record(ctx, nil, []newsletter.Attempt{a}))
	if won, err := b.db.ClaimChunk(ctx, &c, "w", true); err != nil || !won {
		t.Fatal(won, err)
	}
	must(t, b.db.PassOver(ctx, c, copies[1:], newsletter.DeliveryCancelled, "x"))
	c.Tried = true
	if rest, err := b.db.ReleaseChunk(ctx, c, openStates); err != nil || !rest.SendDone {
		t.Fatalf("%+v %v", rest, err)
	}
	must(t, b.db.Record(ctx, []newsletter.Outcome{{Issue: c.Issue, Subscriber: a.Subscriber, Chunk: c.Number, Number: 1, State: late, At: b.clock.Now(), NextAt: b.clock.Now()}}, nil))
	if late == newsletter.Deferred {
		if finished, _, err := b.run(ctx, t); err != nil || !finished || b.tally(t).Accepted != 1 {
			t.Errorf("%v %v %+v", finished, err, b.tally(t))
		}
		return
	}
	if n, err := b.db.Reopen(ctx, &b.issue, nil, []newsletter.DeliveryState{newsletter.Held}); err != nil || n != 1 {
		t.Errorf("a copy that was tried once cannot be released: %d %v", n, err)
	}
}

// A relay that takes connections and drops them rests; the audience is not burnt on it.
func TestDroppingRelayRests(t *testing.T) {
	each(t, 60, func(t *testing.T, b *bench) {
		b.smtp.SetScript(func(stage, _ string) string {
			if stage == "rcpt" {
				return "drop"
			}
			return ""
		})
		b.start(t)
		_, again, err := b.run(ctx, t)
		if err == nil || !strings.Contains(err.Error(), "takes connections and drops them") {
			t.Errorf("%v", err)
		}
		if got := b.tally(t); got.Pending < 40 || !again.After(b.clock.Now()) {
			t.Errorf("%+v, again at %s", got, again)
		}
	})
}

// What was leased of a day is worth nothing on the next.
func TestLeaseEndsWithItsDay(t *testing.T) {
	at := time.Date(2017, 4, 1, 23, 59, 0, 0, time.UTC)
	r := deliver.Relay{ID: "r", PerDay: 100}
	p, first := deliver.Lease(r, newsletter.Pace{}, at, false, 0)
	p, more := deliver.Lease(r, p, at, false, 0)
	p, next := deliver.Lease(r, p, at.Add(2*time.Minute), false, 0)
	if first != 100 || more != 0 || next != 100 || p.Used != 100 {
		t.Errorf("%d %d %d %+v", first, more, next, p)
	}
}

// A relay that says 421 and hangs up is heard, though the envelope was sent in one go: it rests, nobody is deferred in vain.
func TestNoBeforeHangUp(t *testing.T) {
	each(t, 40, func(t *testing.T, b *bench) {
		b.smtp.SetScript(func(stage, _ string) string {
			if stage == "mail" {
				return "421 4.7.0 too much, go away"
			}
			return ""
		})
		b.start(t)
		if _, _, err := b.run(ctx, t); err == nil || !strings.Contains(err.Error(), "421 4.7.0 too much") {
			t.Errorf("%v", err)
		}
		if got := b.tally(t); got.Pending < 30 || got.Rejected != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// A worker whose work was taken over while the relay was slow to answer, or the
// disk to write, ends no body: what it had begun is due again, and goes out once.
func TestTakenOverBeforeTheDot(t *testing.T) {
	const fresh = 20 * time.Millisecond
	defer deliver.TrustBarriers(fresh)()
	for _, slow := range []string{"relay", "disk"} {
		t.Run(slow, func(t *testing.T) {
			each(t, 5, func(t *testing.T, b *bench) {
				b.start(t)
				takeOver := sync.OnceFunc(func() {
					workers, err := b.db.Workers(ctx)
					if err != nil || len(workers) != 1 {
						t.Error(workers, err)
						return
					}
					if gone, err := b.db.Bury(ctx, workers[0]); err != nil || !gone {
						t.Error(gone, err)
					}
					<-time.After(2 * fresh) // so slow
				})
				var ledger deliver.Ledger = b.db
				if slow == "disk" {
					ledger = &slowDisk{b.db, takeOver}
				} else {
					b.smtp.SetScript(func(stage, _ string) string {
						if stage == "rcpt" {
							takeOver()
						}
						return ""
					})
				}
				relay := b.relay()
				relay.Connections = 1
				if finished, _, err := b.runOn(ctx, t, b.engine(t, ledger, relay)); finished || err != nil || len(b.smtp.Messages()) != 0 {
					t.Errorf("%v %v, %d mails", finished, err, len(b.smtp.Messages()))
				}
				if got := b.tally(t); got.Attempting+got.Unknown != 0 {
					t.Errorf("what certainly was not sent is in doubt: %+v", got)
				}
				b.finish(t, b.engine(t, b.db, relay))
				if got := b.tally(t); got.Accepted != 5 || len(b.smtp.Messages()) != 5 {
					t.Errorf("%+v, %d mails", got, len(b.smtp.Messages()))
				}
			})
		})
	}
}

// slowDisk is a ledger in which something happens when a barrier has been written.
type slowDisk struct {
	*store.DB
	then func()
}

func (d *slowDisk) Record(ctx context.Context, outcomes []newsletter.Outcome, attempts []newsletter.Attempt) error {
	err := d.DB.Record(ctx, outcomes, attempts)
	d.then()
	return err
}

// Recipients are read a second ahead, whatever the relay: a slow one is not given
// a copy for somebody who left minutes ago.
func TestReadAhead(t *testing.T) {
	for name, perSecond := range map[string]int{"slow": 2, "middling": 100, "fast": 10_000} {
		page := 60
		for range 20 {
			page = deliver.NextPage(page, time.Duration(page)*time.Second/time.Duration(perSecond))
		}
		if page > 1000 || page < min(perSecond/4, 1000) || page > perSecond*2 {
			t.Errorf("%s: %d at a time", name, page)
		}
	}
}
