package deliver_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
)

// failing is a ledger whose process dies: from call n on nothing is written any more.
type failing struct {
	*store.DB
	mu   sync.Mutex
	left int
}

var errDied = errors.New("the process died")

func (f *failing) Record(ctx context.Context, o []newsletter.Outcome, a []newsletter.Attempt) error {
	f.mu.Lock()
	f.left--
	dead := f.left < 0
	f.mu.Unlock()
	if dead {
		return errDied
	}
	return f.DB.Record(ctx, o, a)
}

func (f *failing) TakeBack(ctx context.Context, a []newsletter.Attempt) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left < 0 {
		return errDied
	}
	return f.DB.TakeBack(ctx, a)
}

// die lets a process die at a random write, and its worker be found gone.
func (b *bench) die(t *testing.T) (finished bool, err error) {
	t.Helper()
	dying := &failing{DB: b.db, left: rand.IntN(6)}
	e := deliver.New(dying, b.db, []deliver.Relay{b.relay()}, b.clock.Now, slog.New(slog.DiscardHandler))
	alive := &deliver.Alive{Engine: e, Workers: b.db, Log: slog.New(slog.DiscardHandler)}
	must(t, alive.Join(ctx))
	finished, _, err = b.runOn(ctx, t, e)
	e.Close()
	must(t, alive.Leave())
	if err != nil && !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	return finished, err
}

// However often the process dies, at whatever write: nobody is lost, and nobody
// has more than two copies; with hold, nobody has two.
func TestDeathAtEveryWrite(t *testing.T) {
	deliver.GiveUpRecording(0)
	defer deliver.GiveUpRecording(time.Minute)
	for name, most := range map[string]int{"retry": 2, "hold": 1} {
		t.Run(name, func(t *testing.T) {
			each(t, 60, func(t *testing.T, b *bench) {
				asked := order
				asked.HoldUnknown = name == "hold"
				must(t, b.db.StartSend(ctx, &b.issue, asked))
				finished, deaths := false, 0
				for round := 0; !finished && round < 300; round++ {
					var err error
					if finished, err = b.die(t); err != nil {
						deaths++
					}
					b.tally(t)
				}
				if !finished || deaths == 0 {
					t.Fatalf("finished %v after %d deaths: %+v", finished, deaths, b.tally(t))
				}
				b.accounted(t, most)
				t.Logf("%d deaths, %+v", deaths, b.tally(t))
			})
		})
	}
}

// accounted checks every line of the receipt against what the server has.
func (b *bench) accounted(t *testing.T, most int) {
	t.Helper()
	copies := b.smtp.Copies()
	send, err := b.db.Send(ctx, b.issue.ID)
	must(t, err)
	must(t, b.db.Receipt(ctx, send, func(l newsletter.ReceiptLine) error {
		n := copies[l.Address]
		if l.State == newsletter.Accepted && n >= 1 && n <= most || l.State == newsletter.Held && n <= most {
			return nil
		}
		t.Errorf("%s is %s with %d copies", l.Address, l.State, n)
		return nil
	}))
	ids := map[string]string{}
	for _, m := range b.smtp.Messages() {
		id := m.Header.Get("Message-ID")
		if ids[m.To] != "" && ids[m.To] != id {
			t.Errorf("%s has copies under %s and %s", m.To, ids[m.To], id)
		}
		ids[m.To] = id
	}
}

// A worker that was taken over records what the relay told it, and begins nothing new.
func TestFencing(t *testing.T) {
	each(t, 3, func(t *testing.T, b *bench) {
		b.start(t)
		chunks, err := b.db.Chunks(ctx, b.issue.ID)
		must(t, err)
		old, taken := chunks[0], chunks[0]
		b.claim(t, &old, "old", true)
		send, err := b.db.Send(ctx, b.issue.ID)
		must(t, err)
		copies, err := b.db.Copies(ctx, send, old, newsletter.Wanted{Limit: 10})
		must(t, err)
		attempt := func(i int) newsletter.Attempt {
			return newsletter.Attempt{Issue: b.issue.ID, Subscriber: copies[i].SubscriberID, Chunk: old.Number, Epoch: old.Epoch, Number: 1, Language: "en", MessageID: "m", StartedAt: b.clock.Now()}
		}
		must(t, b.db.Record(ctx, nil, []newsletter.Attempt{attempt(0)}))
		b.claim(t, &taken, "new", false) // its owner lives
		workers, err := b.db.Workers(ctx)
		must(t, err)
		if gone, err := b.db.Bury(ctx, workers[0]); err != nil || !gone {
			t.Fatal(gone, err)
		}
		b.claim(t, &taken, "new", true)
		if got := b.tally(t); got.Unknown != 1 {
			t.Errorf("an orphaned attempt is not unknown: %+v", got)
		}
		if err := b.db.Record(ctx, nil, []newsletter.Attempt{attempt(1)}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a fenced worker began an attempt: %v", err)
		}
		if alive, err := b.db.Beat(ctx, "old"); err != nil || alive {
			t.Errorf("a buried worker beats: %v %v", alive, err)
		}
		b.lateFacts(t, copies[0])
	})
}

func (b *bench) claim(t *testing.T, c *newsletter.Chunk, worker string, want bool) {
	t.Helper()
	if worker == "old" {
		must(t, b.db.Join(ctx, newsletter.Worker{ID: worker}))
	}
	won, err := b.db.ClaimChunk(ctx, c, worker, false)
	if err != nil || won != want {
		t.Fatalf("%s claims: %v %v", worker, won, err)
	}
}

func (b *bench) lateFacts(t *testing.T, c newsletter.Copy) {
	t.Helper()
	late := newsletter.Outcome{Issue: b.issue.ID, Subscriber: c.SubscriberID, Chunk: 1, Number: 1, State: newsletter.Accepted, Code: 250, At: b.clock.Now()}
	must(t, b.db.Record(ctx, []newsletter.Outcome{late}, nil))
	if got := b.tally(t); got.Accepted != 1 || got.Unknown != 0 {
		t.Errorf("a late fact was not taken: %+v", got)
	}
	late.State = newsletter.Rejected
	must(t, b.db.Record(ctx, []newsletter.Outcome{late}, nil))
	if got := b.tally(t); got.Accepted != 1 {
		t.Errorf("an outcome was changed: %+v", got)
	}
}
