package storetest

import (
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

func testListLife(w world) {
	l := list(w.T, w.Service, "news")
	l.Title, l.OptIn = subscribers.Text{"": "Newsflash"}, "double"
	w.must(w.EditList(ctx, l))
	if got := list(w.T, w.Service, "news"); got.Title[""] != "Newsflash" || got.OptIn != "double" || got.Managed != "database" {
		w.Errorf("%+v", got)
	}
	l.Basis = "whim"
	w.refused(fault.Invalid, w.EditList(ctx, l))
	w.refused(fault.Invalid, w.CreateList(ctx, subscribers.List{ID: "x", Signup: "open", OptIn: "double", Basis: "mandate"}))
	file := list(w.T, w.Service, "members")
	w.must(w.SyncLists(ctx, []subscribers.List{file}))
	w.refused(fault.Conflict, w.EditList(ctx, file))
	for range 2 {
		w.must(w.ArchiveList(ctx, "members"))
	}
	w.must(w.SyncLists(ctx, []subscribers.List{file})) // the file does not open it again
	archived := list(w.T, w.Service, "members")
	if archived.ArchivedAt.IsZero() {
		w.Error("not archived")
	}
	_, err := w.Add(ctx, subscribers.Import{List: archived, Act: operator}, subscribers.Row{Address: "a@example.org"})
	w.refused(fault.Conflict, err)
}

func testMerge(w world) {
	load(w.T, w.Service, "members", subscribers.Row{Address: "both@example.org", Consent: consent}, subscribers.Row{Address: "left@example.org", Consent: consent}, subscribers.Row{Address: "only@example.org", Consent: consent}, subscribers.Row{Address: "pending@example.org"})
	load(w.T, w.Service, "news", subscribers.Row{Address: "both@example.org", Consent: consent}, subscribers.Row{Address: "left@example.org", Consent: consent})
	_, err := w.End(ctx, "left@example.org", subscribers.Unsubscribed, "", person, "news")
	w.must(err)
	for _, dry := range []bool{true, false} {
		got := map[subscribers.Outcome]int{}
		w.must(w.rehearsing(dry).MergeLists(ctx, "members", "news", operator, func(r subscribers.Result) error { got[r.Outcome]++; return nil }))
		if got[subscribers.Changed] != 3 || got[subscribers.Refused] != 1 {
			w.Errorf("%v", got)
		}
	}
	w.stands("both@example.org", "news", "confirmed")
	w.stands("only@example.org", "news", "confirmed")
	w.stands("only@example.org", "members", "ended moved")
	w.stands("pending@example.org", "news", "pending")
	w.stands("left@example.org", "news", "ended unsubscribed")
	w.mailable("news", 2)
	if list(w.T, w.Service, "members").ArchivedAt.IsZero() {
		w.Error("the merged list is still open")
	}
	w.refused(fault.Invalid, w.MergeLists(ctx, "news", "news", operator, nil))
}

func testGrowth(w world) {
	load(w.T, w.Service, "members", subscribers.Row{Address: "a@example.org", Consent: consent}, subscribers.Row{Address: "b@example.org", Consent: consent}, subscribers.Row{Address: "c@example.org"})
	month := w.clock.Now().Format("2006-01")
	w.clock.Move(31 * 24 * time.Hour)
	_, err := w.End(ctx, "a@example.org", subscribers.Unsubscribed, "", person)
	w.must(err)
	g, err := w.Growth(ctx, "members")
	w.must(err)
	if next := w.clock.Now().Format("2006-01"); len(g) != 2 || g[month]["confirmed"] != 2 || g[next]["unsubscribed"] != 1 {
		w.Errorf("%v", g)
	}
}

func (w world) rehearsing(dry bool) world {
	if dry {
		w.Service = w.Rehearse()
	}
	return w
}

func (w world) imports(in subscribers.Import, some ...subscribers.Row) map[subscribers.Outcome]int {
	w.Helper()
	in.List, in.Act = list(w.T, w.Service, "members"), operator
	counts := map[subscribers.Outcome]int{}
	w.must(w.Import(ctx, in, rows(some...), func(r subscribers.Result) error { counts[r.Outcome]++; return nil }))
	return counts
}

func testModes(w world) {
	w.imports(subscribers.Import{}, subscribers.Row{Address: "a@example.org", Name: "A", Consent: consent, Attributes: map[string]string{"x": "1", "y": "2"}}, subscribers.Row{Address: "b@example.org", Consent: consent})
	changed := subscribers.Row{Address: "a@example.org", Name: "Ana", Attributes: map[string]string{"x": "3"}}
	if got := w.imports(subscribers.Import{Mode: "add"}, changed); got[subscribers.Unchanged] != 1 {
		w.Errorf("add: %v", got)
	}
	for _, dry := range []bool{true, false} {
		if got := w.rehearsing(dry).imports(subscribers.Import{Mode: "sync"}, changed); got[subscribers.Changed] != 1 || got[subscribers.Gone] != 1 {
			w.Errorf("sync: %v", got)
		}
	}
	p, err := w.Show(ctx, "a@example.org")
	if err != nil || p.Name != "Ana" || p.Attributes["x"] != "3" || p.Attributes["y"] != "2" {
		w.Errorf("%+v %v", p, err)
	}
	w.stands("b@example.org", "members", "ended dropped")
	if got := w.imports(subscribers.Import{Mode: "sync"}, changed, subscribers.Row{Address: "b@example.org", Consent: consent}); got[subscribers.Added] != 1 {
		w.Errorf("whom the file has again: %v", got)
	}
	// Who is in the file stays, whatever else is wrong with their line; with a line of nobody, all stay.
	unclear := subscribers.Row{Address: "b@example.org", Language: "not a language"}
	if got := w.imports(subscribers.Import{Mode: "sync"}, changed, unclear); got[subscribers.Refused] != 1 || got[subscribers.Gone] != 0 {
		w.Errorf("sync with a line that is wrong: %v", got)
	}
	sync := subscribers.Import{Mode: "sync", List: list(w.T, w.Service, "members"), Act: operator}
	w.refused(fault.Conflict, w.Import(ctx, sync, rows(subscribers.Row{Address: "nobody"}), func(subscribers.Result) error { return nil }))
	w.stands("a@example.org", "members", "confirmed")
	w.refused(fault.Invalid, w.Import(ctx, subscribers.Import{Mode: "replace"}, rows(), nil))
}

func testEvidence(w world) {
	news := subscribers.Import{List: list(w.T, w.Service, "news"), Act: operator}
	for name, c := range map[string]struct {
		in   subscribers.Import
		row  subscribers.Row
		want subscribers.State
	}{
		"none":                   {news, subscribers.Row{}, subscribers.Pending},
		"of the row":             {news, subscribers.Row{Consent: consent}, subscribers.Confirmed},
		"of the file":            {subscribers.Import{List: news.List, Act: operator, Consent: consent}, subscribers.Row{}, subscribers.Confirmed},
		"the row says otherwise": {subscribers.Import{List: news.List, Act: operator, Consent: consent}, subscribers.Row{Pending: true}, subscribers.Pending},
		"a mandate":              {subscribers.Import{List: list(w.T, w.Service, "staff"), Act: operator}, subscribers.Row{}, subscribers.Confirmed},
	} {
		c.row.Address = strings.ReplaceAll(name, " ", "-") + "@example.org"
		w.must(w.Import(ctx, c.in, rows(c.row), func(r subscribers.Result) error {
			if r.State != c.want {
				w.Errorf("%s: %+v, want %s", name, r, c.want)
			}
			return nil
		}))
		w.stands(c.row.Address, c.in.List.ID, string(c.want))
	}
	future := *consent
	future.GivenAt = w.clock.Now().Add(72 * time.Hour)
	if got := w.imports(subscribers.Import{}, subscribers.Row{Address: "z@example.org", Consent: &future}); got[subscribers.Refused] != 1 {
		w.Errorf("consent of the future: %v", got)
	}
}

func testDeparted(w world) {
	w.imports(subscribers.Import{}, subscribers.Row{Address: "here@example.org", Consent: consent})
	got := w.imports(subscribers.Import{}, subscribers.Row{Address: "here@example.org", Ended: subscribers.Unsubscribed}, subscribers.Row{Address: "left@example.org", Ended: subscribers.Unsubscribed, EndedAt: w.clock.Now().Add(-time.Hour)},
		subscribers.Row{Address: "blocked@example.org", Ended: subscribers.Complained, Suppress: subscribers.Complaint})
	if got[subscribers.Gone] != 3 {
		w.Errorf("%v", got)
	}
	w.mailable("members", 0)
	w.stands("left@example.org", "members", "ended unsubscribed")
	if got := w.imports(subscribers.Import{}, subscribers.Row{Address: "left@example.org", Consent: consent}, subscribers.Row{Address: "blocked@example.org", Consent: consent}, subscribers.Row{Address: "here@example.org", Consent: consent}); got[subscribers.Refused] != 3 {
		w.Errorf("added all the same: %v", got)
	}
	if p, err := w.Show(ctx, "blocked@example.org"); err != nil || p.Suppression == nil || p.Suppression.Reason != subscribers.Complaint {
		w.Errorf("%+v %v", p, err)
	}
}

func testRevived(w world) {
	w.imports(subscribers.Import{}, subscribers.Row{Address: "a@example.org", Consent: consent}, subscribers.Row{Address: "b@example.org", Consent: consent})
	_, err := w.End(ctx, "a@example.org", subscribers.Unsubscribed, "", person)
	w.must(err)
	w.must(w.Suppress(ctx, "b@example.org", "", subscribers.Manual, operator))
	if got := w.imports(subscribers.Import{Revive: "asked in writing on 3 March"}, subscribers.Row{Address: "a@example.org", Consent: consent}, subscribers.Row{Address: "b@example.org", Consent: consent}); got[subscribers.Refused] != 0 || got[subscribers.Added] != 1 {
		w.Errorf("%v", got)
	}
	w.mailable("members", 2)
	for _, who := range []string{"a@example.org", "b@example.org"} {
		p, err := w.Held(ctx, who)
		w.must(err)
		on := p.Subscriptions[len(p.Subscriptions)-1].Note
		for _, e := range p.History {
			on += e.Detail
		}
		if !strings.Contains(on, "asked in writing") {
			w.Errorf("%s: nothing says why they are back: %+v", who, p)
		}
	}
}
