package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
	"broadsheet/subscribers/segment"
)

func testErase(w world) {
	load(w.T, w.Service, "members", subscribers.Row{Address: "ana@example.org", Name: "Ana Uniquename", Consent: consent, Attributes: map[string]string{"country": "GE"}}, subscribers.Row{Address: "luc@example.org", Consent: consent})
	to := "ana2@example.org"
	w.must(w.Set(ctx, "ana@example.org", subscribers.Setting{Address: &to}, operator))
	p, err := w.Show(ctx, to)
	w.must(err)
	for range 2 {
		w.must(w.Erase(ctx, p.PublicID, operator))
	}
	w.mailable("members", 1)
	left, err := w.Held(ctx, p.PublicID)
	w.must(err)
	text, err := json.Marshal(left)
	w.must(err)
	if s := strings.ToLower(string(text)); strings.Contains(s, "ana2") || strings.Contains(s, "ana@") || strings.Contains(s, "uniquename") || strings.Contains(s, `"ge"`) {
		w.Errorf("something is left of them: %s", text)
	}
	if x := left.Subscriptions[0]; x.EndReason != subscribers.Erased || x.Consent.Source != "form" || x.Consent.Wording != "yes" || x.ConfirmedAt.IsZero() {
		w.Errorf("the proof of consent: %+v", x)
	}
	for _, text := range []string{"ana", "uniquename"} {
		if found, err := w.Find(ctx, text, 10); err != nil || len(found) != 0 {
			w.Errorf("find %q: %v %v", text, found, err)
		}
	}
	if _, err := w.Show(ctx, to); !fault.Is(err, fault.NotFound) || !strings.Contains(fault.Hint(err), p.PublicID) {
		w.Errorf("by the address: %v (%s)", err, fault.Hint(err))
	}
	in := subscribers.Import{List: list(w.T, w.Service, "members"), Act: operator, Revive: "they are important"}
	r, err := w.Add(ctx, in, subscribers.Row{Address: "ANA2@example.org", Consent: consent})
	if err != nil || r.Outcome != subscribers.Refused {
		w.Errorf("brought back by others: %+v %v", r, err)
	}
	_, err = w.Unsuppress(ctx, to, "", operator)
	w.refused(fault.Forbidden, err)
}

func testComeBack(w world) {
	load(w.T, w.Service, "members", subscribers.Row{Address: "a@example.org", Consent: consent})
	w.must(w.Erase(ctx, "a@example.org", person))
	r := w.ask("a@example.org", "members", "news")
	if r[0].Outcome != subscribers.Waiting || r[1].Outcome != subscribers.Waiting {
		w.Fatalf("%+v", r)
	}
	w.mailable("news", 0)
	w.must(w.Confirm(ctx, r[0].Subscriber, "members", subscribers.Consent{}, person))
	w.mailable("members", 1)
	p, err := w.Show(ctx, "a@example.org")
	if err != nil || p.Suppression != nil {
		w.Errorf("%+v %v", p, err)
	}
	w.must(w.Erase(ctx, "a@example.org", person)) // a second time leaves a second proof
	w.mailable("members", 0)
}

func testExpire(w world) {
	w.ask("stays@example.org", "members")
	gone := w.ask("gone@example.org", "members")[0].Subscriber
	load(w.T, w.Service, "staff", subscribers.Row{Address: "known@example.org"})
	w.ask("known@example.org", "members")
	w.clock.Move(29 * 24 * time.Hour)
	w.must(w.Confirm(ctx, w.ask("stays@example.org", "members")[0].Subscriber, "members", subscribers.Consent{}, person))
	w.ask("young@example.org", "members")
	w.clock.Move(2 * 24 * time.Hour)
	if n, err := w.Expire(ctx, 0); err != nil || n != 0 {
		w.Errorf("without a limit %d ended (%v)", n, err)
	}
	for _, want := range []int{2, 0} {
		if n, err := w.Expire(ctx, 30*24*time.Hour); err != nil || n != want {
			w.Errorf("%d ended, want %d (%v)", n, want, err)
		}
	}
	w.stands("stays@example.org", "members", "confirmed")
	w.stands("young@example.org", "members", "pending")
	w.stands("known@example.org", "members", "ended expired")
	w.stands("known@example.org", "staff", "confirmed")
	if p, err := w.Show(ctx, gone); err != nil || p.Address != "" {
		w.Errorf("who never confirmed is still known: %+v %v", p, err)
	}
	if r := w.ask("gone@example.org", "members"); r[0].Outcome != subscribers.Waiting {
		w.Errorf("they may ask again: %+v", r)
	}
}

func testReconfirm(w world) {
	load(w.T, w.Service, "members", subscribers.Row{Address: "ask@example.org", MayAsk: true}, subscribers.Row{Address: "answer@example.org", MayAsk: true}, subscribers.Row{Address: "never@example.org"}, subscribers.Row{Address: "sure@example.org", Consent: consent})
	until := w.clock.Now().Add(14 * 24 * time.Hour)
	var asked []string
	ask := func(r subscribers.Result) error { asked = append(asked, r.Address); return nil }
	w.refused(fault.Invalid, w.Reconfirm(ctx, "members", w.clock.Now(), operator, ask))
	w.must(w.Rehearse().Reconfirm(ctx, "members", until, operator, ask))
	w.must(w.Reconfirm(ctx, "members", until, operator, ask))
	w.must(w.Reconfirm(ctx, "members", until, operator, ask))
	slices.Sort(asked)
	if !slices.Equal(asked, []string{"answer@example.org", "answer@example.org", "ask@example.org", "ask@example.org"}) {
		w.Errorf("asked %v", asked)
	}
	w.clock.Move(13 * 24 * time.Hour)
	w.must(w.Confirm(ctx, "answer@example.org", "members", subscribers.Consent{Source: "page"}, person))
	for _, want := range []int{0, 1} {
		if n, err := w.Expire(ctx, 0); err != nil || n != want {
			w.Errorf("%d ended, want %d (%v)", n, want, err)
		}
		w.clock.Move(2 * 24 * time.Hour)
	}
	w.stands("answer@example.org", "members", "confirmed")
	w.stands("never@example.org", "members", "pending")
	w.mailable("members", 2)
}

func testSegments(w world) {
	load(w.T, w.Service, "members",
		subscribers.Row{Address: "ana@example.org", Language: "fr", Consent: consent, Attributes: map[string]string{"country": "GE", "role": "Délégué"}},
		subscribers.Row{Address: "luc@100%.example.org", Language: "fr", Consent: consent})
	load(w.T, w.Service, "members", subscribers.Row{Address: "nino@example.org", Language: "en", Consent: consent, Attributes: map[string]string{"country": "MD"}})
	load(w.T, w.Service, "members", subscribers.Row{Address: "eva_b@example.com"})
	load(w.T, w.Service, "staff", subscribers.Row{Address: "nino@example.org"})
	today := w.clock.Now().Format(time.DateOnly)
	for text, want := range map[string]int{
		"": 3, "language = fr": 1, "language = FR": 1, "language != fr": 2, "language in (fr, en)": 2,
		"attr.country in (ge, MD)": 2, "attr.country = GE": 1, "attr.country != GE": 2, `attr.role = "délégué"`: 1, `attr.role ~ "légu"`: 1, "attr.none = x": 0,
		"list = staff": 1, "list != staff": 2, "list = staff and language = en": 1, "list = staff or language = fr": 2, "not list = staff": 2, "not (list = staff or language = fr)": 1,
		`address ~ "example.org"`: 2, `address ~ "_b@"`: 1, `address ~ "%"`: 0, `address = ana@example.org`: 1,
		"subscribed = " + today: 3, "subscribed < " + today: 0, "subscribed <= " + today: 3, "subscribed > " + today: 0, "subscribed >= " + today: 3, "subscribed != " + today: 0,
		"confirmed = " + today: 2, "not confirmed >= 2001-01-01": 1, "origin = import": 3, "origin = page": 0,
		`address = "x' or '1' = '1"`: 0, `attr.country = "GE' --"`: 0,
	} {
		where, err := segment.Parse(text)
		w.must(err)
		n, err := w.Counts(ctx, "members", where)
		w.must(err)
		exported := 0
		w.must(w.Export(ctx, "members", where, func(subscribers.Member) error { exported++; return nil }))
		if n.Confirmed+n.Pending != want || exported != want {
			w.Errorf("%s: %+v, %d exported; want %d", text, n, exported, want)
		}
	}
}

// Many act on one address at the same time; whatever the order, nobody is on a list
// twice, and who ended last of all is not mailed.
func testMany(w world) {
	id := w.ask("one@example.org", "members")[0].Subscriber
	in := subscribers.Import{List: list(w.T, w.Service, "members"), Act: operator}
	acts := []func() error{
		func() error { _, err := w.Subscribe(ctx, request("One@example.org", "members", "news")); return err },
		func() error { return w.Confirm(ctx, id, "members", subscribers.Consent{}, person) },
		func() error { _, err := w.End(ctx, id, subscribers.Unsubscribed, "", person); return err },
		func() error {
			return w.Import(ctx, in, rows(subscribers.Row{Address: "one@EXAMPLE.org", Consent: consent}, subscribers.Row{Address: "two@example.org", Consent: consent}), func(subscribers.Result) error { return nil })
		},
	}
	for round := range uint64(8) {
		random := rand.New(rand.NewPCG(round, 1))
		var all sync.WaitGroup
		for range 12 {
			act := acts[random.IntN(len(acts))]
			all.Go(func() {
				if err := act(); err != nil && !fault.Is(err, fault.Conflict) {
					w.Errorf("%v", err)
				}
			})
		}
		all.Wait()
		p, err := w.Show(ctx, id)
		w.must(err)
		open, left := map[string]int{}, map[string]bool{}
		for _, x := range p.Subscriptions {
			if x.State != subscribers.Ended {
				open[x.ListID]++
			}
			if left[x.ListID] && x.Origin == "import" {
				w.Errorf("an import brought back who had left: %+v", p.Subscriptions)
			}
			left[x.ListID] = left[x.ListID] || x.EndReason == subscribers.Unsubscribed
		}
		if open["members"] > 1 || open["news"] > 1 {
			w.Fatalf("doubled: %v", open)
		}
		w.clock.Move(time.Second)
	}
	_, err := w.End(ctx, id, subscribers.Unsubscribed, "", person)
	w.must(err)
	w.must(acts[3]())
	w.refused(fault.Conflict, acts[1]())
	w.stands(id, "members", "ended unsubscribed")
	if found, err := w.Find(ctx, "one@example.org", 10); err != nil || len(found) != 1 {
		w.Errorf("%d people of one address: %s %v", len(found), fmt.Sprint(found), err)
	}
}
