package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"
	"broadsheet/subscribers/storetest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var (
	ctx   = context.Background()
	began = time.Date(2017, 3, 25, 5, 0, 0, 0, time.UTC)
)

func TestSubscribers(t *testing.T) {
	for name, address := range testkit.Addresses(t) {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) (subscribers.Store, storetest.Clock) {
				clock := testkit.NewClock(began)
				db, err := store.Open(ctx, address(t), clock.Now)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { db.Close() })
				return db, clock
			})
		})
	}
}

func each(t *testing.T, test func(t *testing.T, db *store.DB, clock *testkit.Clock)) {
	clock := testkit.NewClock(began)
	testkit.EachDatabase(t, clock.Now, func(t *testing.T, db *store.DB) { test(t, db, clock) })
}

func item(identity, title string) newsletter.Item {
	return newsletter.Item{Kind: newsletter.News, Source: "s", Identity: identity, Title: title, PublishedAt: began, Precision: newsletter.Day, Language: "en"}
}

func save(t *testing.T, db *store.DB, items ...newsletter.Item) newsletter.SourceRun {
	t.Helper()
	run := newsletter.SourceRun{Source: "s", Status: "ok"}
	if err := db.SaveRun(ctx, &run, newsletter.SourceState{Source: "s", ETag: `"x"`, NextAt: began}, items); err != nil {
		t.Fatal(err)
	}
	return run
}

func TestItemsAreNewChangedOrUnchanged(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		if r := save(t, db, item("1", "a"), item("2", "b")); r.New != 2 {
			t.Errorf("%+v", r)
		}
		clock.Move(time.Hour)
		if r := save(t, db, item("1", "a"), item("2", "b!")); r.New != 0 || r.Changed != 1 || r.Unchanged != 1 {
			t.Errorf("%+v", r)
		}
		items, err := db.Items(ctx, time.Time{})
		if err != nil || len(items) != 2 {
			t.Fatal(items, err)
		}
		if b := items[1]; b.Title != "b!" || b.FirstSeenAt.Equal(b.ChangedAt) || b.Identity != "2" {
			t.Errorf("%+v", b)
		}
		s, err := db.SourceState(ctx, "s")
		if err != nil || s.ETag != `"x"` {
			t.Error(s, err)
		}
		runs, err := db.SourceHealth(ctx)
		if err != nil || runs["s"].Run.Changed != 1 {
			t.Error(runs, err)
		}
	})
}

func draft(t *testing.T, db *store.DB, slot string) newsletter.Issue {
	t.Helper()
	save(t, db, item("1", "a"))
	items, err := db.Items(ctx, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	issue := newsletter.Issue{PublicID: subscribers.NewPublicID(), Publication: "p", Kind: "regular", Slot: slot,
		Content: newsletter.Content{Author: "schedule", Date: began, Entries: []newsletter.Entry{{Section: "news", Item: items[0]}}}}
	if err := db.CreateIssue(ctx, &issue); err != nil {
		t.Fatal(err)
	}
	return issue
}

func TestIssues(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		issue := draft(t, db, "2017-04-01T14:00")
		again := issue
		again.PublicID = subscribers.NewPublicID()
		if err := db.CreateIssue(ctx, &again); !fault.Is(err, fault.Conflict) {
			t.Errorf("two issues for a slot: %v", err)
		}
		stale := issue
		issue.Content.Headline = newsletter.Text{"en": "x"}
		if err := db.SaveRevision(ctx, &issue); err != nil || issue.Revision != 2 {
			t.Fatal(err)
		}
		if err := db.SaveRevision(ctx, &stale); !fault.Is(err, fault.Conflict) {
			t.Errorf("a stale edit was saved: %v", err)
		}
		read, err := db.Issue(ctx, "p", 1)
		if err != nil || read.Revision != 2 || read.Content.Headline["en"] != "x" || read.Slot == "" || len(read.Content.Entries) != 1 {
			t.Errorf("%+v %v", read, err)
		}
		if err := db.MoveIssue(ctx, &read, newsletter.InReview, "d1"); err != nil {
			t.Fatal(err)
		}
		if err := db.MoveIssue(ctx, &issue, newsletter.InReview, "d2"); !fault.Is(err, fault.Conflict) {
			t.Errorf("moved from a state it is no longer in: %v", err)
		}
		placed, err := db.PlacedItems(ctx, "p", 0)
		if err != nil || len(placed) != 1 {
			t.Error(placed, err)
		}
		if other, err := db.PlacedItems(ctx, "p", read.ID); err != nil || len(other) != 0 {
			t.Error(other, err)
		}
		proof := newsletter.Proof{Issue: read.ID, Revision: 2, Language: "en", Subject: "s", HTML: "h", Text: "t"}
		proof.Seal()
		for range 2 {
			if err := db.SaveProofs(ctx, []newsletter.Proof{proof}); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := db.Proofs(ctx, read.ID, 2); err != nil || len(got) != 1 || got[0] != proof {
			t.Errorf("%+v %v", got, err)
		}
		if all, err := db.Issues(ctx, ""); err != nil || len(all) != 1 {
			t.Error(all, err)
		}
	})
}

func TestSlotsAreSettledOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		slot := newsletter.Slot{Publication: "p", Kind: "send", Label: "2017-04-01T14:00", DueAt: began}
		for range 2 {
			if err := db.PlanSlots(ctx, "p", "send", []newsletter.Slot{slot}, began); err != nil {
				t.Fatal(err)
			}
		}
		planned, err := db.PlannedSlots(ctx, "p")
		if err != nil || len(planned) != 1 {
			t.Fatal(planned, err)
		}
		for i, want := range []bool{true, false} {
			if won, err := db.SettleSlot(ctx, planned[0], "done", ""); err != nil || won != want {
				t.Errorf("settling %d: %v %v", i, won, err)
			}
		}
	})
}

// A SQLite file has one engine; in PostgreSQL workers share a send.
func TestEnginesPerDatabase(t *testing.T) {
	for name, address := range testkit.Addresses(t) {
		t.Run(name, func(t *testing.T) {
			where := address(t)
			var unlocks []func()
			for i := range 2 {
				db, err := store.Open(context.Background(), where, time.Now)
				must(t, err)
				defer db.Close()
				unlock, ok, err := db.LockEngine()
				must(t, err)
				if want := i == 0 || name == "postgresql"; ok != want {
					t.Errorf("engine %d: %v", i, ok)
				}
				if ok {
					unlocks = append(unlocks, unlock)
				}
			}
			for _, unlock := range unlocks {
				unlock()
			}
		})
	}
}

func TestNotices(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		n := newsletter.Notice{Dedupe: "x", Kind: "review", Address: "a@example.org", Subject: "s"}
		for range 2 {
			if err := db.AddNotice(ctx, n); err != nil {
				t.Fatal(err)
			}
		}
		waiting, err := db.WaitingNotices(ctx, clock.Now(), 10)
		if err != nil || len(waiting) != 1 {
			t.Fatal(waiting, err)
		}
		for i, want := range []bool{true, false} {
			if won, err := db.ClaimNotice(ctx, waiting[0], clock.Now().Add(time.Hour)); err != nil || won != want {
				t.Errorf("claim %d: %v %v", i, won, err)
			}
		}
		if err := db.SettleNotice(ctx, waiting[0].ID, "waiting", clock.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if again, err := db.WaitingNotices(ctx, clock.Now(), 10); err != nil || len(again) != 0 {
			t.Error(again, err)
		}
		clock.Move(time.Minute)
		if again, err := db.WaitingNotices(ctx, clock.Now(), 10); err != nil || len(again) != 1 || again[0].Attempts != 1 {
			t.Error(again, err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Programs are upgraded one by one: an older one goes on over newer tables until
// a migration says that it must not.
func TestSchemaFloor(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		s, err := db.Schema(ctx)
		if err != nil || s.Database != s.Program || s.Floor > s.Program || s.Program < 1 {
			t.Fatalf("%+v %v", s, err)
		}
		must(t, db.CheckSchema(ctx))
		must(t, db.RaiseFloor(ctx, s.Program+1))
		if err := db.CheckSchema(ctx); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), fmt.Sprintf("needs at least schema %d", s.Program+1)) {
			t.Errorf("%v", err)
		}
	})
}

// What people pin is found whatever its age, and what they set stands until they take it back.
func TestPinnedItems(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		old := item("1", "old")
		old.PublishedAt = began.AddDate(-3, 0, 0)
		save(t, db, old, item("2", "new"))
		all, err := db.Items(ctx, time.Time{})
		must(t, err)
		must(t, db.EditItem(ctx, all[0].ID, newsletter.Edit{By: "ana", Pinned: true, Words: map[string]string{"priority": "3"}}))
		pinned, err := db.PinnedItems(ctx)
		must(t, err)
		if len(pinned) != 1 || pinned[0].Title != "old" || !pinned[0].Pinned || pinned[0].Priority != 3 || pinned[0].EditedBy != "ana" {
			t.Fatalf("%+v", pinned)
		}
		must(t, db.EditItem(ctx, all[0].ID, newsletter.Edit{By: "ana", Words: map[string]string{"priority": ""}}))
		if pinned, err = db.PinnedItems(ctx); err != nil || len(pinned) != 0 {
			t.Errorf("%+v %v", pinned, err)
		}
		if one, err := db.Item(ctx, all[0].ID); err != nil || one.Priority != 0 || one.EditedBy != "" {
			t.Errorf("%+v %v", one, err)
		}
	})
}

func TestRevisions(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		issue := draft(t, db, "")
		clock.Move(time.Hour)
		issue.Content.Author, issue.Content.Headline = "ana", newsletter.Text{"en": "H"}
		must(t, db.SaveRevision(ctx, &issue))
		all, err := db.Revisions(ctx, issue)
		must(t, err)
		if len(all) != 2 || all[0].Revision != 1 || all[0].Content.Author != "schedule" || all[0].Content.Headline != nil || all[1].Content.Author != "ana" || all[1].UpdatedAt.Sub(all[0].UpdatedAt) != time.Hour {
			t.Fatalf("%+v", all)
		}
		if one, err := db.IssueAt(ctx, issue, 1); err != nil || one.Content.Author != "schedule" || one.Slug() != "p/1" {
			t.Errorf("%+v %v", one, err)
		}
		if _, err := db.IssueAt(ctx, issue, 3); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}
