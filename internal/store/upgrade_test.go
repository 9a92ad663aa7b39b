package store_test

import (
	"testing"
	"time"

	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"
	"broadsheet/subscribers/segment"
)

// People of a database that an earlier program made keep their lists, their ends and the evidence.
func TestUpgradeKeepsPeople(t *testing.T) {
	for name, address := range testkit.Addresses(t) {
		t.Run(name, func(t *testing.T) {
			where := address(t)
			old, err := store.OpenAt(ctx, where, time.Now, 2)
			must(t, err)
			for _, query := range []string{
				`INSERT INTO lists (id, title, signup, opt_in, basis, managed) VALUES ('l', '{"":"L"}', 'closed', 'double', 'consent', 'database')`,
				`INSERT INTO subscribers (id, public_id, address, address_key, name, language, search, created_at) VALUES (1, 'p1', 'Ana@x.org', 'ana@x.org', 'Ana', 'fr', 'ana@x.org
ana', 5), (2, 'p2', 'b@x.org', 'b@x.org', '', '', 'b@x.org
', 5)`,
				`INSERT INTO subscriptions (id, subscriber_id, list_id, state, origin, end_reason, created_at, confirmed_at, ended_at) VALUES (1, 1, 'l', 'ended', 'import', 'unsubscribed', 5, 6, 7), (2, 1, 'l', 'confirmed', 'page', '', 8, 9, 0), (3, 2, 'l', 'pending', 'cli', '', 5, 0, 0)`,
				`INSERT INTO consents (id, subscription_id, basis, wording, version, language, source, given_at) VALUES (1, 1, 'consent', 'yes', '', '', 'form', 4), (2, 2, 'consent', 'Oui', '1', 'fr', 'page', 9)`,
				`UPDATE counters SET value = 3 WHERE name IN ('subscribers', 'subscriptions', 'consents')`,
			} {
				must(t, old.Exec(ctx, query))
			}
			must(t, old.Close())
			db, err := store.Open(ctx, where, time.Now)
			must(t, err)
			defer db.Close()
			p, err := db.Profile(ctx, "p1")
			must(t, err)
			if len(p.Subscriptions) != 2 || p.Subscriptions[0].EndReason != subscribers.Unsubscribed || p.Subscriptions[0].Consent.Source != "form" || p.Subscriptions[1].Consent.Wording != "Oui" || p.Subscriptions[1].Consent.GivenAt.UnixMilli() != 9 {
				t.Errorf("%+v", p)
			}
			n, err := db.Counts(ctx, "l", segment.Filter{})
			if err != nil || n.Confirmed != 1 || n.Pending != 1 || n.Ended != 1 {
				t.Errorf("%+v %v", n, err)
			}
			s := subscribers.NewService(db, time.Now, "secret")
			name := "Nino"
			must(t, s.Set(ctx, "b@x.org", subscribers.Setting{Name: &name}, subscribers.Act{}))
			for _, text := range []string{"ANA", "ana@x", "nino"} {
				if found, err := db.Find(ctx, text, 10); err != nil || len(found) != 1 {
					t.Errorf("find %s: %v %v", text, found, err)
				}
			}
		})
	}
}
