package storetest

import (
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

func request(address string, lists ...string) subscribers.Request {
	return subscribers.Request{Address: address, Name: "Ana", Language: "fr", Lists: lists, Act: person,
		Consent: subscribers.Consent{Wording: "Yes, write to me", Version: "3", Language: "fr", Purpose: "the letter", Source: "subscribe page", From: "a1b2"}}
}

func (w world) ask(address string, lists ...string) []subscribers.Result {
	w.Helper()
	results, err := w.Subscribe(ctx, request(address, lists...))
	w.must(err)
	return results
}

func testSubscribe(w world) {
	r := w.ask("Ana@Example.org", "members", "news")
	if len(r) != 2 || r[0].Outcome != subscribers.Waiting || r[0].State != subscribers.Pending || r[1].Outcome != subscribers.Added || r[1].State != subscribers.Confirmed || r[0].Subscriber == "" || r[0].Subscriber != r[1].Subscriber {
		w.Fatalf("%+v", r)
	}
	w.stands("ana@example.org", "members", "pending")
	w.mailable("members", 0)
	if again := w.ask("ana@example.org", "members"); again[0].Outcome != subscribers.Waiting || again[0].Subscriber != r[0].Subscriber {
		w.Errorf("asking twice: %+v", again)
	}
	w.clock.Move(time.Minute)
	for range 2 {
		w.must(w.Confirm(ctx, r[0].Subscriber, "members", subscribers.Consent{Wording: "later words"}, person))
	}
	w.mailable("members", 1)
	p, err := w.Show(ctx, "ana@example.org")
	w.must(err)
	x := p.Subscriptions[0]
	if x.ListID != "members" {
		x = p.Subscriptions[1]
	}
	if c := x.Consent; c.Wording != "Yes, write to me" || c.Version != "3" || c.Purpose != "the letter" || c.From != "a1b2" || c.Basis != subscribers.BasisConsent || !x.ConfirmedAt.Equal(c.GivenAt.Add(time.Minute)) {
		w.Errorf("the evidence: %+v", x)
	}
	if again := w.ask("ana@example.org", "members"); again[0].Outcome != subscribers.Unchanged || again[0].State != subscribers.Confirmed {
		w.Errorf("asking when on the list: %+v", again)
	}
	n, err := w.End(ctx, "ana@example.org", subscribers.Unsubscribed, "", person, "members")
	if err != nil || n != 1 {
		w.Fatal(n, err)
	}
	if back := w.ask("ana@example.org", "members"); back[0].Outcome != subscribers.Waiting {
		w.Errorf("who left comes back by themselves: %+v", back)
	}
	w.stands("ana@example.org", "members", "pending")
	w.mailable("members", 0)
}

func testStranger(w world) {
	load(w.T, w.Service, "staff", subscribers.Row{Address: "ana@example.org", Name: "Ana B.", Language: "en"})
	w.ask("ana@example.org", "members") // somebody who knows the address types another name
	p, err := w.Show(ctx, "ana@example.org")
	w.must(err)
	if p.Name != "Ana B." || p.Language != "en" {
		w.Errorf("a stranger renamed a person: %+v", p.Subscriber)
	}
	w.must(w.Suppress(ctx, "eva@example.org", "", subscribers.Complaint, operator))
	if r := w.ask("eva@example.org", "members"); r[0].Outcome != subscribers.Refused {
		w.Errorf("%+v", r)
	}
	if _, err := w.Show(ctx, "eva@example.org"); !fault.Is(err, fault.NotFound) {
		w.Errorf("a suppressed address was written down: %v", err)
	}
}

func testForbidden(w world) {
	_, err := w.Subscribe(ctx, request("a@example.org", "staff"))
	w.refused(fault.Forbidden, err)
	_, err = w.Subscribe(ctx, request("a@example.org", "nowhere"))
	w.refused(fault.NotFound, err)
	_, err = w.Subscribe(ctx, request("not an address", "members"))
	w.refused(fault.Invalid, err)
	id := w.ask("a@example.org", "members")[0].Subscriber
	w.refused(fault.Conflict, w.Confirm(ctx, id, "news", subscribers.Consent{}, person))
	_, err = w.End(ctx, id, subscribers.Unsubscribed, "", person)
	w.must(err)
	w.refused(fault.Conflict, w.Confirm(ctx, id, "members", subscribers.Consent{}, person)) // an old link confirms nothing
	w.refused(fault.NotFound, w.Confirm(ctx, "nobody", "members", subscribers.Consent{}, person))
	w.refused(fault.Forbidden, w.SetPreferences(ctx, id, subscribers.Preferences{Join: []string{"staff"}}, person))
	w.must(w.ArchiveList(ctx, "members"))
	_, err = w.Subscribe(ctx, request("b@example.org", "members"))
	w.refused(fault.Conflict, err)
}

func testUndo(w world) {
	load(w.T, w.Service, "members", subscribers.Row{Address: "a@example.org", Consent: consent}, subscribers.Row{Address: "b@example.org", Consent: consent})
	for _, want := range []int{1, 0} {
		if n, err := w.End(ctx, "a@example.org", subscribers.Unsubscribed, "too\r\nmuch", person); err != nil || n != want {
			w.Errorf("%d ended, want %d (%v)", n, want, err)
		}
	}
	for range 2 {
		w.must(w.Undo(ctx, "a@example.org", person, "members"))
	}
	w.stands("a@example.org", "members", "confirmed")
	p, err := w.Show(ctx, "a@example.org")
	w.must(err)
	if len(p.Subscriptions) != 2 || p.Subscriptions[0].State != subscribers.Ended || p.Subscriptions[0].Note != "too  much" || p.Subscriptions[1].Origin != "undo" || p.Subscriptions[1].Consent != p.Subscriptions[0].Consent {
		w.Errorf("%+v", p.Subscriptions)
	}
	w.mailable("members", 2)
	_, err = w.End(ctx, "b@example.org", subscribers.Removed, "", operator)
	w.must(err)
	w.refused(fault.Conflict, w.Undo(ctx, "b@example.org", person, "members"))
	_, err = w.End(ctx, "a@example.org", subscribers.Unsubscribed, "", person)
	w.must(err)
	w.clock.Move(25 * time.Hour)
	w.refused(fault.Conflict, w.Undo(ctx, "a@example.org", person, "members"))
	w.mailable("members", 0)
}

func testPreferences(w world) {
	load(w.T, w.Service, "members", subscribers.Row{Address: "a@example.org", Name: "A", Consent: consent})
	name, language, until := "Ana", "ar", w.clock.Now().Add(48*time.Hour)
	w.must(w.SetPreferences(ctx, "a@example.org", subscribers.Preferences{Name: &name, Language: &language, Join: []string{"news"}, Pause: &until, Consent: subscribers.Consent{Source: "preferences page"}}, person))
	p, err := w.Show(ctx, "a@example.org")
	w.must(err)
	if p.Name != "Ana" || p.Language != "ar" || len(p.Subscriptions) != 2 {
		w.Errorf("%+v", p)
	}
	w.stands("a@example.org", "news", "confirmed")
	w.stands("a@example.org", "members", "confirmed")
	w.mailable("members", 0)
	w.clock.Move(49 * time.Hour)
	w.mailable("members", 1)
	var never time.Time
	w.must(w.SetPreferences(ctx, "a@example.org", subscribers.Preferences{Leave: []string{"members"}, Pause: &never}, person))
	w.stands("a@example.org", "members", "ended unsubscribed")
	far := w.clock.Now().AddDate(5, 0, 0)
	w.refused(fault.Invalid, w.SetPreferences(ctx, "a@example.org", subscribers.Preferences{Pause: &far}, person))
	bad := "x\r\nBcc: y"
	w.refused(fault.Invalid, w.SetPreferences(ctx, "a@example.org", subscribers.Preferences{Name: &bad}, person))
}

func testHistory(w world) {
	id := w.ask("a@example.org", "members")[0].Subscriber
	w.clock.Move(time.Minute)
	w.must(w.Confirm(ctx, id, "members", subscribers.Consent{}, person))
	w.clock.Move(time.Minute)
	name := "B"
	w.must(w.Set(ctx, id, subscribers.Setting{Name: &name, Attributes: map[string]string{"country": "GE"}}, operator))
	w.clock.Move(time.Minute)
	w.must(w.Suppress(ctx, "a@example.org", "by phone", subscribers.Manual, operator))
	w.clock.Move(time.Minute)
	_, err := w.Unsuppress(ctx, "a@example.org", "a mistake", operator)
	w.must(err)
	w.clock.Move(time.Minute)
	_, err = w.End(ctx, id, subscribers.Unsubscribed, "", person)
	w.must(err)
	p, err := w.Held(ctx, id)
	w.must(err)
	var got []string
	for _, e := range p.History {
		got = append(got, strings.TrimSpace(e.By+" "+e.How+" "+e.Action+" "+e.List+" "+e.Detail))
	}
	want := "person page asked members subscribe page\nperson page confirmed members\noperator import changed  name, country\noperator import suppressed  manual by phone\noperator import unsuppressed  a mistake\nperson page ended members unsubscribed"
	if strings.Join(got, "\n") != want {
		w.Errorf("%s", strings.Join(got, "\n"))
	}
}

func testSet(w world) {
	load(w.T, w.Service, "members", subscribers.Row{Address: "a@example.org", Name: "Old Name", Consent: consent}, subscribers.Row{Address: "b@example.org", Consent: consent})
	w.must(w.Suppress(ctx, "gone@example.org", "", subscribers.HardBounce, operator))
	to, taken, dead := "New@example.org", "b@example.org", "gone@example.org"
	w.refused(fault.Conflict, w.Set(ctx, "a@example.org", subscribers.Setting{Address: &taken}, operator))
	w.refused(fault.Conflict, w.Set(ctx, "a@example.org", subscribers.Setting{Address: &dead}, operator))
	w.refused(fault.Invalid, w.Set(ctx, "a@example.org", subscribers.Setting{Attributes: map[string]string{"Not A Name": "x"}}, operator))
	name := "New Name"
	w.must(w.Set(ctx, "a@example.org", subscribers.Setting{Address: &to, Name: &name, Attributes: map[string]string{"country": "GE", "role": "x"}}, operator))
	w.must(w.Set(ctx, to, subscribers.Setting{Attributes: map[string]string{"role": ""}}, operator))
	p, err := w.Show(ctx, "new@example.org")
	w.must(err)
	if p.Address != to || p.Name != name || len(p.Attributes) != 1 || p.Attributes["country"] != "GE" {
		w.Errorf("%+v", p)
	}
	for text, want := range map[string]int{"old name": 0, "a@example.org": 0, "new@": 1, "new name": 1, "b@example": 1} {
		if found, err := w.Find(ctx, text, 10); err != nil || len(found) != want {
			w.Errorf("find %q: %d, want %d (%v)", text, len(found), want, err)
		}
	}
}

func testMove(w world) {
	load(w.T, w.Service, "members", subscribers.Row{Address: "a@example.org", Consent: consent})
	load(w.T, w.Service, "staff", subscribers.Row{Address: "b@example.org"})
	if r, err := w.Move(ctx, "a@example.org", "members", "news", operator); err != nil || r.Outcome != subscribers.Changed {
		w.Fatal(r, err)
	}
	w.stands("a@example.org", "members", "ended moved")
	w.stands("a@example.org", "news", "confirmed")
	if r, err := w.Move(ctx, "b@example.org", "staff", "news", operator); err != nil || r.Outcome != subscribers.Refused {
		w.Errorf("a mandate became consent: %+v %v", r, err)
	}
	_, err := w.End(ctx, "a@example.org", subscribers.Unsubscribed, "", person, "news")
	w.must(err)
	load(w.T, w.Service, "members", subscribers.Row{Address: "a@example.org", Consent: consent})
	w.stands("a@example.org", "members", "confirmed")
	if r, err := w.Move(ctx, "a@example.org", "members", "news", operator); err != nil || r.Outcome != subscribers.Refused {
		w.Errorf("moved to a list that they left: %+v %v", r, err)
	}
	w.stands("a@example.org", "members", "confirmed")
}
