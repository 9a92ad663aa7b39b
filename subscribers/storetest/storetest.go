// Package storetest is the suite that every subscribers.Store must pass.
package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
	"broadsheet/subscribers/segment"
)

// Clock is the store's clock, which the suite moves.
type Clock interface {
	Now() time.Time
	Move(time.Duration)
}

// world is an empty store with two lists and the rules over it.
type world struct {
	*testing.T
	*subscribers.Service
	store subscribers.Store
	clock Clock
}

// Run runs the suite; open returns an empty store and the clock it uses.
func Run(t *testing.T, open func(t *testing.T) (subscribers.Store, Clock)) {
	for name, test := range map[string]func(world){
		"lists": testLists, "lists are edited and archived": testListLife, "lists are merged": testMerge, "growth": testGrowth,
		"import twice changes nothing": testImport, "import modes": testModes, "evidence": testEvidence, "what left elsewhere": testDeparted, "nobody is revived": testNeverRevived, "revived on record": testRevived,
		"double opt-in": testDoubleOptIn, "a person subscribes": testSubscribe, "a stranger changes nothing": testStranger, "unsubscribe": testEnd, "undo": testUndo, "preferences": testPreferences, "forbidden": testForbidden,
		"find": testFind, "set": testSet, "move": testMove, "history": testHistory, "members page": testMembers, "all or none": testAtomic, "segments": testSegments,
		"erase": testErase, "who was erased comes back": testComeBack, "what was never confirmed expires": testExpire, "reconfirm": testReconfirm,
		"one address, many at a time": testMany,
	} {
		t.Run(name, func(t *testing.T) {
			store, clock := open(t)
			service := subscribers.NewService(store, clock.Now, "a secret of the tests")
			w := world{t, service, store, clock}
			for _, l := range []subscribers.List{
				{ID: "members", Title: subscribers.Text{"en": "Members", "fr": "Membres"}, Signup: "open", OptIn: "double", Basis: "consent"},
				{ID: "staff", Title: subscribers.Text{"": "Staff"}, Signup: "closed", OptIn: "single", Basis: "mandate"},
				{ID: "news", Title: subscribers.Text{"": "News"}, Signup: "open", OptIn: "single", Basis: "consent"},
			} {
				w.must(service.CreateList(context.Background(), l))
			}
			test(w)
		})
	}
}

func (w world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// standing is how a person stands to a list: pending, confirmed, ended (reason), or "".
func (w world) standing(who, list string) string {
	w.Helper()
	p, err := w.Show(ctx, who)
	w.must(err)
	state := ""
	for _, x := range p.Subscriptions {
		if x.ListID == list {
			if state = string(x.State); x.State == subscribers.Ended {
				state += " " + string(x.EndReason)
			}
		}
	}
	return state
}

func (w world) stands(who, list, want string) {
	w.Helper()
	if got := w.standing(who, list); got != want {
		w.Errorf("%s on %s: %q, want %q", who, list, got, want)
	}
}

func (w world) mailable(list string, want int) {
	w.Helper()
	if n, err := w.Counts(ctx, list, segment.Filter{}); err != nil || n.Mailable() != want {
		w.Errorf("%s: %+v, want %d mailable (%v)", list, n, want, err)
	}
}

func (w world) refused(kind fault.Kind, err error) {
	w.Helper()
	if !fault.Is(err, kind) {
		w.Errorf("refused with %v", err)
	}
}

var (
	ctx      = context.Background()
	operator = subscribers.Act{By: "operator", How: "import"}
	person   = subscribers.Act{By: "person", How: "page"}
)

var consent = &subscribers.Consent{Source: "form", Wording: "yes", GivenAt: time.UnixMilli(1_400_000_000_000).UTC()}

func rows(rows ...subscribers.Row) func(func(subscribers.Row, error) bool) {
	return func(yield func(subscribers.Row, error) bool) {
		for i, r := range rows {
			r.Line = i + 2
			if !yield(r, nil) {
				return
			}
		}
	}
}

func list(t *testing.T, s *subscribers.Service, id string) subscribers.List {
	t.Helper()
	l, err := s.List(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func load(t *testing.T, s *subscribers.Service, id string, in ...subscribers.Row) map[subscribers.Outcome]int {
	t.Helper()
	counts := map[subscribers.Outcome]int{}
	if err := s.Import(ctx, subscribers.Import{List: list(t, s, id), Act: operator}, rows(in...), func(r subscribers.Result) error { counts[r.Outcome]++; return nil }); err != nil {
		t.Fatal(err)
	}
	return counts
}

func testLists(w world) {
	t, s := w.T, w.Service
	lists, err := s.Lists(ctx)
	if err != nil || len(lists) != 3 || lists[0].ID != "members" || lists[0].Title["fr"] != "Membres" {
		t.Fatal(lists, err)
	}
	if err := s.CreateList(ctx, lists[0]); !fault.Is(err, fault.Conflict) {
		t.Errorf("a list was made twice: %v", err)
	}
	if _, err := s.List(ctx, "nope"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

func testImport(w world) {
	t, s := w.T, w.Service
	in := []subscribers.Row{
		{Address: "Ana@Example.org", Name: "Ana", Language: "FR", Consent: consent},
		{Address: "ana@example.ORG"},
		{Address: "bad address"},
		{Address: "luc@example.org\r\nBcc: x@example.org"},
		{Address: "žofie@exämple.org", Name: "Žofie", Consent: consent},
	}
	if got := load(t, s, "members", in...); got[subscribers.Added] != 2 || got[subscribers.Unchanged] != 1 || got[subscribers.Refused] != 2 {
		t.Errorf("first import: %v", got)
	}
	if got := load(t, s, "members", in...); got[subscribers.Added] != 0 || got[subscribers.Unchanged] != 3 || got[subscribers.Refused] != 2 {
		t.Errorf("second import: %v", got)
	}
	if got := load(t, s, "members", subscribers.Row{Address: "ana@example.org", Name: "Ana B."}); got[subscribers.Changed] != 1 {
		t.Errorf("a new name: %v", got)
	}
	p, err := s.Show(ctx, "ANA@example.org")
	if err != nil || p.Name != "Ana B." || p.Language != "fr" || p.Address != "Ana@example.org" || p.Subscriptions[0].Consent.Source != "form" {
		t.Errorf("%+v %v", p, err)
	}
}

func testDoubleOptIn(w world) {
	t, s := w.T, w.Service
	if got := load(t, s, "members", subscribers.Row{Address: "a@example.org"}); got[subscribers.Waiting] != 1 {
		t.Fatalf("without evidence: %v", got)
	}
	if n, err := s.Counts(ctx, "members", segment.Filter{}); err != nil || n.Pending != 1 || n.Mailable() != 0 {
		t.Fatal(n, err)
	}
	p, err := s.Show(ctx, "a@example.org")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Confirm(ctx, p.PublicID, "members", subscribers.Consent{Basis: "consent", Source: "page"}, person); err != nil {
			t.Fatal(err)
		}
	}
	if p, err = s.Show(ctx, p.PublicID); err != nil || p.Subscriptions[0].Consent.Source != "page" || p.Subscriptions[0].State != subscribers.Confirmed || p.Subscriptions[0].ConfirmedAt.IsZero() {
		t.Errorf("%+v %v", p, err)
	}
	if got := load(t, s, "staff", subscribers.Row{Address: "a@example.org"}); got[subscribers.Added] != 1 {
		t.Errorf("a mandate list: %v", got)
	}
}

func testNeverRevived(w world) {
	t, s := w.T, w.Service
	load(t, s, "members", subscribers.Row{Address: "a@example.org", Consent: consent}, subscribers.Row{Address: "b@example.org", Consent: consent})
	if _, err := s.End(ctx, "a@example.org", subscribers.Unsubscribed, "", operator); err != nil {
		t.Fatal(err)
	}
	if err := s.Suppress(ctx, "B@example.org", "asked", subscribers.Manual, operator); err != nil {
		t.Fatal(err)
	}
	if err := s.Suppress(ctx, "stranger@example.org", "", subscribers.Manual, operator); err != nil {
		t.Fatal(err)
	}
	got := load(t, s, "members", subscribers.Row{Address: "a@example.org", Consent: consent}, subscribers.Row{Address: "b@example.org", Consent: consent}, subscribers.Row{Address: "stranger@example.org", Consent: consent})
	if got[subscribers.Refused] != 3 {
		t.Errorf("%v", got)
	}
	if n, err := s.Counts(ctx, "members", segment.Filter{}); err != nil || n.Mailable() != 0 || n.Ended != 1 || n.Suppressed != 1 {
		t.Errorf("%+v %v", n, err)
	}
	if _, err := s.Unsuppress(ctx, "b@example.org", "", operator); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Counts(ctx, "members", segment.Filter{}); err != nil || n.Mailable() != 1 {
		t.Errorf("%+v %v", n, err)
	}
}

func testFind(w world) {
	t, s := w.T, w.Service
	load(t, s, "staff", subscribers.Row{Address: "jean_luc@example.org", Name: "Jean-Luc ÉTIENNE"}, subscribers.Row{Address: "jeanxluc@example.org"})
	for text, want := range map[string]int{"étienne": 1, "N_LUC": 1, "example.org": 2, "%": 0} {
		if found, err := s.Find(ctx, text, 10); err != nil || len(found) != want {
			t.Errorf("%q: %d found, want %d (%v)", text, len(found), want, err)
		}
	}
}

func testEnd(w world) {
	t, s := w.T, w.Service
	load(t, s, "staff", subscribers.Row{Address: "a@example.org"})
	load(t, s, "members", subscribers.Row{Address: "a@example.org", Consent: consent})
	for _, want := range []int{1, 0} {
		if n, err := s.End(ctx, "a@example.org", subscribers.Unsubscribed, "", operator, "members"); err != nil || n != want {
			t.Errorf("%d ended, want %d (%v)", n, want, err)
		}
	}
	p, err := s.Show(ctx, "a@example.org")
	if err != nil || len(p.Subscriptions) != 2 {
		t.Fatal(p, err)
	}
	for _, x := range p.Subscriptions {
		if (x.ListID == "members") != (x.State == subscribers.Ended) {
			t.Errorf("%+v", x)
		}
	}
	if _, err := s.End(ctx, "nobody@example.org", subscribers.Removed, "", operator); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

func testMembers(w world) {
	t, s := w.T, w.Service
	load(t, s, "staff", subscribers.Row{Address: "a@example.org"}, subscribers.Row{Address: "b@example.org"}, subscribers.Row{Address: "c@example.org"})
	var seen []string
	which := subscribers.Selection{List: "staff"}
	for {
		page, err := w.store.Members(ctx, which, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			seen, which.After = append(seen, m.Address), m.ID
			if m.Subscription.Consent.Basis != subscribers.BasisMandate {
				t.Errorf("%+v", m.Subscription)
			}
		}
	}
	if !slices.Equal(seen, []string{"a@example.org", "b@example.org", "c@example.org"}) {
		t.Error(seen)
	}
}

func testAtomic(w world) {
	t, s := w.T, w.Service
	one := subscribers.Subscriber{PublicID: subscribers.NewPublicID(), Address: "a@example.org", Key: "a@example.org"}
	two := one
	two.PublicID = subscribers.NewPublicID()
	err := w.store.Decide(ctx, []string{one.Key}, strings.ToUpper, func(map[string]subscribers.Standing) ([]subscribers.Change, error) {
		return []subscribers.Change{{Put: &one}, {Put: &two}}, nil
	})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("the same address twice: %v", err)
	}
	if found, err := s.Find(ctx, "a@example.org", 10); err != nil || len(found) != 0 {
		t.Errorf("half of the changes were kept: %v %v", found, err)
	}
}
