package store_test

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"
)

// However many ask at a time, no more is taken than there is; what is refused takes nothing; the span slides.
func TestAllowances(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		three, one := newsletter.Allowance{Key: "day", Most: 3, Within: 24 * time.Hour}, newsletter.Allowance{Key: "day", Most: 1, Within: 10 * time.Minute}
		var taking sync.WaitGroup
		var mu sync.Mutex
		got := map[string]int{}
		for range 40 {
			taking.Go(func() {
				refused, err := db.Take(ctx, three)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				got[refused]++
				mu.Unlock()
			})
		}
		taking.Wait()
		if got[""] != 3 || got["day"] != 37 {
			t.Errorf("%v", got)
		}
		take := func(of ...newsletter.Allowance) string {
			t.Helper()
			refused, err := db.Take(ctx, of...)
			if err != nil {
				t.Fatal(err)
			}
			return refused
		}
		other := newsletter.Allowance{Key: "other", Most: 1, Within: time.Hour}
		if take(other, three) != "day" || take(other) != "" || take(other) != "other" {
			t.Error("one of two was taken from while the other had nothing")
		}
		clock.Move(24*time.Hour + time.Millisecond)
		for i, want := range []string{"", "day", "", "day"} {
			if refused := take(one, three); refused != want {
				t.Errorf("%d: %q", i, refused)
			}
			if i == 1 {
				clock.Move(10*time.Minute + time.Millisecond)
			}
		}
	})
}

func TestWishes(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		machine, address := newsletter.Allowance{Key: "m", Most: 2, Within: time.Hour}, newsletter.Allowance{Key: "a", Most: 1, Within: time.Hour}
		w := newsletter.Wish{Kind: newsletter.WishSubscribe, Publication: "p", Request: subscribers.Request{Address: "a@example.org", Lists: []string{"l"}, Consent: subscribers.Consent{Wording: "Yes"}}}
		for i, want := range []string{"", "a", "m"} {
			if refused, err := db.AddWish(ctx, w, machine, address); err != nil || refused != want {
				t.Errorf("%d: %q %v", i, refused, err)
			}
		}
		waiting, err := db.WaitingWishes(ctx, 10)
		if err != nil || len(waiting) != 1 || !reflect.DeepEqual(waiting[0].Request, w.Request) || !waiting[0].AskedAt.Equal(clock.Now()) {
			t.Fatalf("%+v %v", waiting, err)
		}
		if err := db.DropWish(ctx, waiting[0].ID); err != nil {
			t.Fatal(err)
		}
		if waiting, err := db.WaitingWishes(ctx, 10); err != nil || len(waiting) != 0 {
			t.Errorf("%+v %v", waiting, err)
		}
	})
}
