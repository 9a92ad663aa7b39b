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

// Run runs the suite; open returns an empty store and the clock it uses.
func Run(t *testing.T, open func(t *testing.T) (subscribers.Store, func() time.Time)) {
	for name, test := range map[string]func(*testing.T, subscribers.Store, *subscribers.Service){
		"lists": testLists, "import twice changes nothing": testImport, "double opt-in": testDoubleOptIn, "nobody is revived": testNeverRevived,
		"find": testFind, "unsubscribe": testEnd, "members page": testMembers, "all or none": testAtomic,
	} {
		t.Run(name, func(t *testing.T) {
			store, now := open(t)
			service := subscribers.NewService(store, now, "a secret of the tests")
			for _, l := range []subscribers.List{
				{ID: "members", Title: subscribers.Text{"en": "Members", "fr": "Membres"}, Signup: "open", OptIn: "double", Basis: "consent"},
				{ID: "staff", Title: subscribers.Text{"": "Staff"}, Signup: "closed", OptIn: "single", Basis: "mandate"},
			} {
				if err := service.CreateList(context.Background(), l); err != nil {
					t.Fatal(err)
				}
			}
			test(t, store, service)
		})
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

func testLists(t *testing.T, _ subscribers.Store, s *subscribers.Service) {
	lists, err := s.Lists(ctx)
	if err != nil || len(lists) != 2 || lists[0].ID != "members" || lists[0].Title["fr"] != "Membres" {
		t.Fatal(lists, err)
	}
	if err := s.CreateList(ctx, lists[0]); !fault.Is(err, fault.Conflict) {
		t.Errorf("a list was made twice: %v", err)
	}
	if _, err := s.List(ctx, "nope"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

func testImport(t *testing.T, _ subscribers.Store, s *subscribers.Service) {
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

func testDoubleOptIn(t *testing.T, _ subscribers.Store, s *subscribers.Service) {
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

func testNeverRevived(t *testing.T, _ subscribers.Store, s *subscribers.Service) {
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

func testFind(t *testing.T, _ subscribers.Store, s *subscribers.Service) {
	load(t, s, "staff", subscribers.Row{Address: "jean_luc@example.org", Name: "Jean-Luc ÉTIENNE"}, subscribers.Row{Address: "jeanxluc@example.org"})
	for text, want := range map[string]int{"étienne": 1, "N_LUC": 1, "example.org": 2, "%": 0} {
		if found, err := s.Find(ctx, text, 10); err != nil || len(found) != want {
			t.Errorf("%q: %d found, want %d (%v)", text, len(found), want, err)
		}
	}
}

func testEnd(t *testing.T, _ subscribers.Store, s *subscribers.Service) {
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

func testMembers(t *testing.T, store subscribers.Store, s *subscribers.Service) {
	load(t, s, "staff", subscribers.Row{Address: "a@example.org"}, subscribers.Row{Address: "b@example.org"}, subscribers.Row{Address: "c@example.org"})
	var seen []string
	which := subscribers.Selection{List: "staff"}
	for {
		page, err := store.Members(ctx, which, 2)
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

func testAtomic(t *testing.T, store subscribers.Store, s *subscribers.Service) {
	one := subscribers.Subscriber{PublicID: subscribers.NewPublicID(), Address: "a@example.org", Key: "a@example.org"}
	two := one
	two.PublicID = subscribers.NewPublicID()
	err := store.Decide(ctx, []string{one.Key}, strings.ToUpper, func(map[string]subscribers.Standing) ([]subscribers.Change, error) {
		return []subscribers.Change{{Put: &one}, {Put: &two}}, nil
	})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("the same address twice: %v", err)
	}
	if found, err := s.Find(ctx, "a@example.org", 10); err != nil || len(found) != 0 {
		t.Errorf("half of the changes were kept: %v %v", found, err)
	}
}
