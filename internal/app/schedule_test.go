package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/config"
	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"
)

// A fleet is eight daemons over one database, each with a handle of its own as
// eight processes have. Their clocks differ: four are behind, by up to a second.
type fleet struct {
	*house
	all  []*app.App
	said *said
}

// said counts what the daemons say of slots: "p send 2017-04-01T14:00 done".
type said struct {
	mu    sync.Mutex
	slots map[string]int
}

func (s *said) Enabled(context.Context, slog.Level) bool { return true }
func (s *said) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *said) WithGroup(string) slog.Handler            { return s }
func (s *said) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "slot settled" {
		return nil
	}
	words := map[string]string{}
	r.Attrs(func(a slog.Attr) bool { words[a.Key] = a.Value.String(); return true })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slots[words["publication"]+" "+words["kind"]+" "+words["slot"]+" "+words["state"]]++
	return nil
}

// fleets starts eight daemons on both engines, on 20 March 2017, with two readers.
func fleets(t *testing.T, test func(t *testing.T, f *fleet)) {
	for engine, address := range testkit.Addresses(t) {
		t.Run(engine, func(t *testing.T) {
			f := &fleet{house: &house{clock: testkit.NewClock(time.Date(2017, 3, 20, 9, 0, 0, 0, time.UTC)), mail: testkit.NewSMTP(t), dir: t.TempDir()}, said: &said{slots: map[string]int{}}}
			must(t, os.WriteFile(filepath.Join(f.dir, "secret"), []byte("0123456789abcdef0123456789abcdef"), 0o600))
			text := fmt.Appendf(nil, yaml, address(t), f.mail.Port())
			for i := range 8 {
				now := func() time.Time { return f.clock.Now().Add(time.Duration(i-4) * 250 * time.Millisecond) }
				cfg, err := config.Parse("t.yaml", text, f.dir, now(), os.LookupEnv)
				must(t, err)
				a, err := app.Open(ctx, cfg, app.Options{Now: now, Version: "test", Log: slog.New(f.said)})
				must(t, err)
				t.Cleanup(func() { must(t, a.Close()) })
				f.all = append(f.all, a)
			}
			f.App = f.all[0]
			list, err := f.People.List(ctx, "members")
			must(t, err)
			for _, address := range []string{"a@example.org", "n@example.org"} {
				_, err := f.People.Add(ctx, subscribers.Import{List: list, Act: operator}, subscribers.Row{Address: address, Consent: &subscribers.Consent{Source: "form", GivenAt: f.clock.Now()}})
				must(t, err)
			}
			test(t, f)
		})
	}
}

// together has all daemons do one thing at the same time. Who loses a race is
// told so by a Conflict; any other error is one.
func (f *fleet) together(t *testing.T, do func(*desk.Desk) error) {
	t.Helper()
	var running sync.WaitGroup
	start, errs := make(chan struct{}), make([]error, len(f.all))
	for i, a := range f.all {
		running.Go(func() { <-start; errs[i] = do(a.Desk) })
	}
	close(start)
	running.Wait()
	for i, err := range errs {
		if err != nil && !fault.Is(err, fault.Conflict) {
			t.Errorf("daemon %d: %v", i, err)
		}
	}
}

// looks moves the clock to a local time in Paris, and all daemons look, twice as at
// the first the clocks of some are not there yet.
func (f *fleet) looks(t *testing.T, local string) {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Paris")
	must(t, err)
	to, err := time.ParseInLocation("2006-01-02 15:04", local, loc)
	must(t, err)
	f.clock.Move(to.Sub(f.clock.Now()))
	for range 2 {
		f.together(t, func(d *desk.Desk) error { return d.Tick(ctx) })
		f.clock.Move(10 * time.Second)
	}
}

// write adds an item to the source, and collects it.
func (f *fleet) write(t *testing.T, day string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(f.dir, day+".md"), []byte("---\ntitle: Of "+day+"\ndate: "+day+"\n---\nText.\n"), 0o600))
	f.collect(t)
}

// hears checks what was said of slots, all of it once, and forgets it.
func (f *fleet) hears(t *testing.T, want ...string) {
	t.Helper()
	for _, slot := range want {
		if times := f.said.slots[slot]; times != 1 {
			t.Errorf("%s was said %d times", slot, times)
		}
		delete(f.said.slots, slot)
	}
	for slot, times := range f.said.slots {
		t.Errorf("%s was said %d times and not due", slot, times)
	}
	clear(f.said.slots)
}

// has checks how many issues there are, and that each was made once and ordered at most once.
func (f *fleet) has(t *testing.T, issues, ordered int) {
	t.Helper()
	all, err := f.Desk.Issues.Issues(ctx, "")
	must(t, err)
	acts := map[string]int{}
	for _, issue := range all {
		entries, err := f.Desk.Office.Audit(ctx, issue.Slug())
		must(t, err)
		for _, e := range entries {
			acts[e.Action]++
		}
	}
	if len(all) != issues || acts["composed"] != issues || acts["sent"] != ordered {
		t.Errorf("%d issues, want %d; of all acts %v, want %d sent", len(all), issues, acts, ordered)
	}
}

// Four months of eight daemons that look at the same time: an issue a slot, an order a slot, a copy a reader.
func TestEightDaemonsDoEachSlotOnce(t *testing.T) {
	fleets(t, func(t *testing.T, f *fleet) {
		f.looks(t, "2017-03-20 10:00")
		for n := 1; n <= 4; n++ {
			slug, month, next := fmt.Sprintf("p/%d", n), fmt.Sprintf("2017-%02d", n+2), fmt.Sprintf("2017-%02d", n+3)
			f.write(t, month+"-20")
			f.looks(t, month+"-25 06:00")
			f.hears(t, "p compose "+month+"-25T06:00 done")
			f.has(t, n, n-1)
			f.approve(t, slug)
			f.looks(t, next+"-01 14:00")
			f.hears(t, "p send "+next+"-01T14:00 done")
			if got := f.state(t, slug); got != newsletter.Sending {
				t.Errorf("%s is %s", slug, got)
			}
			_, err := f.Desk.Send(ctx, slug, desk.Operator, desk.Ask{Count: -1}, func(newsletter.Tally) {}) // goes on with what was ordered
			must(t, err)
			if got := f.state(t, slug); got != newsletter.Sent {
				t.Errorf("%s is %s", slug, got)
			}
			f.has(t, n, n)
			if c := f.mail.Copies(); c["a@example.org"] != n || c["n@example.org"] != n {
				t.Error(c)
			}
		}
	})
}

// Without a planned send no two issues differ by their slot; still one is made.
func TestEightDaemonsComposeOnceWithoutASend(t *testing.T) {
	fleets(t, func(t *testing.T, f *fleet) {
		for _, a := range f.all {
			a.Desk.Publications[0].Schedule.Send = ""
		}
		f.looks(t, "2017-03-20 10:00")
		f.write(t, "2017-03-20")
		f.looks(t, "2017-03-25 06:00")
		f.hears(t, "p compose 2017-03-25T06:00 done")
		f.has(t, 1, 0)
	})
}

type items = desk.Items

// meanwhile is a store of items in the middle of whose reading something happens, once.
type meanwhile struct {
	items
	happens func()
}

func (m *meanwhile) Items(ctx context.Context, since time.Time) ([]newsletter.Item, error) {
	found, err := m.items.Items(ctx, since)
	if happens := m.happens; happens != nil {
		m.happens = nil
		happens()
	}
	return found, err
}

// A daemon that saw no open issue finds its slot's items in another daemon's issue by the time it has picked them: it makes no second.
func TestADaemonOvertakenWhileComposing(t *testing.T) {
	fleets(t, func(t *testing.T, f *fleet) {
		f.looks(t, "2017-03-20 10:00")
		f.write(t, "2017-03-20")
		slow, quick := f.all[7].Desk, f.all[6].Desk
		slow.Items = &meanwhile{slow.Items, func() { must(t, quick.Tick(ctx)) }}
		f.clock.Move(time.Date(2017, 3, 25, 5, 0, 0, 0, time.UTC).Sub(f.clock.Now()))
		if err := slow.Tick(ctx); err != nil && !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
		f.hears(t, "p compose 2017-03-25T06:00 done")
		f.has(t, 1, 0)
	})
}

// dying is a store of slots whose daemon dies before it can settle any.
type dying struct{ desk.Slots }

func (dying) SettleSlot(context.Context, newsletter.Slot, string, string) (bool, error) {
	return false, fault.Unavailablef("the daemon died here")
}

// A daemon that dies between an act and its slot leaves the slot planned; the next ones settle it and act no second time.
func TestADaemonDiesBeforeItSettles(t *testing.T) {
	fleets(t, func(t *testing.T, f *fleet) {
		dies := func(at time.Time) {
			t.Helper()
			f.clock.Move(at.Sub(f.clock.Now()))
			last := f.all[7].Desk
			alive := last.Slots
			last.Slots = dying{alive}
			defer func() { last.Slots = alive }() // it is started again
			if err := last.Tick(ctx); err == nil || !strings.Contains(err.Error(), "died") {
				t.Errorf("it did not die: %v", err)
			}
			f.hears(t)
		}
		f.looks(t, "2017-03-20 10:00")
		f.write(t, "2017-03-20")
		dies(time.Date(2017, 3, 25, 5, 0, 0, 0, time.UTC))
		f.has(t, 1, 0)
		f.looks(t, "2017-03-25 06:01")
		f.hears(t, "p compose 2017-03-25T06:00 done")
		f.has(t, 1, 0)
		f.approve(t, "p/1")
		dies(time.Date(2017, 4, 1, 12, 0, 0, 0, time.UTC))
		f.has(t, 1, 1)
		f.looks(t, "2017-04-01 14:01")
		f.hears(t, "p send 2017-04-01T14:00 done")
		f.has(t, 1, 1)
	})
}
