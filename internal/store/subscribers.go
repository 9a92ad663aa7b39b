package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

type listRow struct {
	ID      string `db:"id"`
	Title   string `db:"title"`
	Signup  string `db:"signup"`
	OptIn   string `db:"opt_in"`
	Basis   string `db:"basis"`
	Managed string `db:"managed"`
}

// Lists returns all lists by id.
func (db *DB) Lists(ctx context.Context) ([]subscribers.List, error) {
	var rows []listRow
	if err := db.read.SelectContext(ctx, &rows, `SELECT id, title, signup, opt_in, basis, managed FROM lists ORDER BY id`); err != nil {
		return nil, fmt.Errorf("read lists: %w", err)
	}
	lists := make([]subscribers.List, len(rows))
	for i, r := range rows {
		lists[i] = subscribers.List{ID: r.ID, Signup: subscribers.Signup(r.Signup), OptIn: subscribers.OptIn(r.OptIn), Basis: subscribers.Basis(r.Basis), Managed: r.Managed}
		if err := json.Unmarshal([]byte(r.Title), &lists[i].Title); err != nil {
			return nil, fmt.Errorf("read list %s: %w", r.ID, err)
		}
	}
	return lists, nil
}

// PutList inserts or replaces a list.
func (db *DB) PutList(ctx context.Context, l subscribers.List) error {
	return db.tx(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO lists (id, title, signup, opt_in, basis, managed) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (id) DO UPDATE SET title = excluded.title, signup = excluded.signup, opt_in = excluded.opt_in, basis = excluded.basis, managed = excluded.managed`,
			l.ID, toJSON(l.Title), l.Signup, l.OptIn, l.Basis, l.Managed)
		return err
	})
}

type subscriberRow struct {
	ID        int64  `db:"id"`
	PublicID  string `db:"public_id"`
	Address   string `db:"address"`
	Key       string `db:"address_key"`
	Name      string `db:"name"`
	Language  string `db:"language"`
	CreatedAt int64  `db:"created_at"`
}

const subscriberColumns = `s.id, s.public_id, s.address, s.address_key, s.name, s.language, s.created_at`

func (r subscriberRow) subscriber() subscribers.Subscriber {
	return subscribers.Subscriber{ID: r.ID, PublicID: r.PublicID, Address: r.Address, Key: r.Key, Name: r.Name, Language: r.Language, CreatedAt: instant(r.CreatedAt)}
}

type subscriptionRow struct {
	ID           int64  `db:"id"`
	SubscriberID int64  `db:"subscriber_id"`
	ListID       string `db:"list_id"`
	State        string `db:"state"`
	Origin       string `db:"origin"`
	EndReason    string `db:"end_reason"`
	CreatedAt    int64  `db:"created_at"`
	ConfirmedAt  int64  `db:"confirmed_at"`
	EndedAt      int64  `db:"ended_at"`
}

const subscriptionColumns = `x.id, x.subscriber_id, x.list_id, x.state, x.origin, x.end_reason, x.created_at, x.confirmed_at, x.ended_at`

func (r subscriptionRow) subscription() subscribers.Subscription {
	return subscribers.Subscription{ID: r.ID, SubscriberID: r.SubscriberID, ListID: r.ListID, State: subscribers.State(r.State), Origin: r.Origin,
		EndReason: subscribers.EndReason(r.EndReason), CreatedAt: instant(r.CreatedAt), ConfirmedAt: instant(r.ConfirmedAt), EndedAt: instant(r.EndedAt)}
}

// Standings returns what is known of each key with regard to a list.
func (db *DB) Standings(ctx context.Context, list string, keys []string) (map[string]subscribers.Standing, error) {
	out := map[string]subscribers.Standing{}
	if len(keys) == 0 {
		return out, nil
	}
	byID := map[int64]string{}
	var people []subscriberRow
	if err := db.selectIn(ctx, &people, `SELECT `+subscriberColumns+` FROM subscribers s WHERE s.address_key IN (?)`, keys); err != nil {
		return nil, fmt.Errorf("read subscribers: %w", err)
	}
	for _, p := range people {
		out[p.Key] = subscribers.Standing{Subscriber: p.subscriber()}
		byID[p.ID] = p.Key
	}
	var subs []subscriptionRow
	if err := db.selectIn(ctx, &subs, `SELECT `+subscriptionColumns+` FROM subscriptions x JOIN subscribers s ON s.id = x.subscriber_id
		WHERE x.list_id = ? AND s.address_key IN (?) ORDER BY x.id`, list, keys); err != nil {
		return nil, fmt.Errorf("read subscriptions: %w", err)
	}
	for _, r := range subs {
		standing := out[byID[r.SubscriberID]]
		if r.EndedAt == 0 {
			current := r.subscription()
			standing.Current, standing.EndedBy = &current, ""
		} else {
			standing.EndedBy = subscribers.EndReason(r.EndReason)
		}
		out[byID[r.SubscriberID]] = standing
	}
	var suppressed []suppressionRow
	if err := db.selectIn(ctx, &suppressed, `SELECT address_key, reason, note, created_at FROM suppressions WHERE address_key IN (?)`, keys); err != nil {
		return nil, fmt.Errorf("read suppressions: %w", err)
	}
	for _, r := range suppressed {
		standing := out[r.Key]
		standing.Suppression = r.suppression()
		out[r.Key] = standing
	}
	return out, nil
}

type suppressionRow struct {
	Key       string `db:"address_key"`
	Reason    string `db:"reason"`
	Note      string `db:"note"`
	CreatedAt int64  `db:"created_at"`
}

func (r suppressionRow) suppression() *subscribers.Suppression {
	return &subscribers.Suppression{Key: r.Key, Reason: subscribers.SuppressionReason(r.Reason), Note: r.Note, CreatedAt: instant(r.CreatedAt)}
}

func (db *DB) selectIn(ctx context.Context, target any, query string, args ...any) error {
	query, args, err := in(query, args...)
	if err != nil {
		return err
	}
	return db.read.SelectContext(ctx, target, query, args...)
}

// Apply writes the changes, all or none.
func (db *DB) Apply(ctx context.Context, changes []subscribers.Change) error {
	err := db.tx(ctx, func(t *tx) error {
		// One writer of people at a time, also on PostgreSQL: two that reserve ids in another order would wait for each other.
		if _, err := t.exec(`UPDATE counters SET value = value WHERE name = 'subscribers'`); err != nil {
			return err
		}
		for _, c := range changes {
			if err := t.apply(c); err != nil {
				return err
			}
		}
		return nil
	})
	if isDuplicate(err) {
		return fault.WithHint(fault.Conflictf("someone else wrote the same person just now: %w", err), "run it again")
	}
	return err
}

func (t *tx) apply(c subscribers.Change) error {
	var subscriber int64
	if c.Put != nil {
		if err := t.putSubscriber(c.Put); err != nil {
			return err
		}
		subscriber = c.Put.ID
	}
	if c.Subscribe != nil {
		if c.Subscribe.SubscriberID != 0 {
			subscriber = c.Subscribe.SubscriberID
		}
		if err := t.subscribe(subscriber, c.Subscribe, c.Consent); err != nil {
			return err
		}
	}
	if x := c.Confirm; x != nil {
		n, err := t.exec(`UPDATE subscriptions SET state = 'confirmed', confirmed_at = $1 WHERE id = $2 AND state = 'pending'`, millis(x.ConfirmedAt), x.ID)
		if err != nil {
			return fmt.Errorf("confirm subscription: %w", err)
		}
		if n == 1 && c.Consent != nil {
			if err := t.consent(x.ID, *c.Consent); err != nil {
				return err
			}
		}
	}
	if x := c.End; x != nil {
		if _, err := t.exec(`UPDATE subscriptions SET state = 'ended', end_reason = $1, ended_at = $2 WHERE id = $3 AND ended_at = 0`, x.EndReason, millis(x.EndedAt), x.ID); err != nil {
			return fmt.Errorf("end subscription: %w", err)
		}
	}
	if s := c.Suppress; s != nil {
		if _, err := t.exec(`INSERT INTO suppressions (address_key, reason, note, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (address_key) DO NOTHING`,
			s.Key, s.Reason, s.Note, millis(s.CreatedAt)); err != nil {
			return fmt.Errorf("suppress address: %w", err)
		}
	}
	if c.Unsuppress != "" {
		if _, err := t.exec(`DELETE FROM suppressions WHERE address_key = $1`, c.Unsuppress); err != nil {
			return fmt.Errorf("unsuppress address: %w", err)
		}
	}
	return nil
}

func searchText(s *subscribers.Subscriber) string { return strings.ToLower(s.Address + "\n" + s.Name) }

func (t *tx) putSubscriber(s *subscribers.Subscriber) error {
	if s.ID != 0 {
		_, err := t.exec(`UPDATE subscribers SET name = $1, language = $2, search = $3 WHERE id = $4`, s.Name, s.Language, searchText(s), s.ID)
		return err
	}
	id, err := t.ids("subscribers", 1)
	if err != nil {
		return err
	}
	s.ID = id
	_, err = t.exec(`INSERT INTO subscribers (id, public_id, address, address_key, name, language, search, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		s.ID, s.PublicID, s.Address, s.Key, s.Name, s.Language, searchText(s), millis(s.CreatedAt))
	return err
}

func (t *tx) subscribe(subscriber int64, x *subscribers.Subscription, consent *subscribers.Consent) error {
	id, err := t.ids("subscriptions", 1)
	if err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO subscriptions (id, subscriber_id, list_id, state, origin, end_reason, created_at, confirmed_at, ended_at)
		VALUES ($1, $2, $3, $4, $5, '', $6, $7, 0)`, id, subscriber, x.ListID, x.State, x.Origin, millis(x.CreatedAt), millis(x.ConfirmedAt)); err != nil {
		return err
	}
	if consent == nil {
		return nil
	}
	return t.consent(id, *consent)
}

func (t *tx) consent(subscription int64, c subscribers.Consent) error {
	id, err := t.ids("consents", 1)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO consents (id, subscription_id, basis, wording, version, language, source, given_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, subscription, c.Basis, c.Wording, c.Version, c.Language, c.Source, millis(c.GivenAt))
	return err
}

// Profile returns everything held on the person with the key, or with the public id.
func (db *DB) Profile(ctx context.Context, who string) (p subscribers.Profile, err error) {
	var row subscriberRow
	err = db.read.GetContext(ctx, &row, `SELECT `+subscriberColumns+` FROM subscribers s WHERE s.address_key = $1 OR s.public_id = $1`, who)
	if missing(err) {
		return p, fault.WithHint(fault.NotFoundf("no subscriber %s", who), "try `broadsheet subscriber find` with a part of the address or name")
	}
	if err != nil {
		return p, fmt.Errorf("read subscriber: %w", err)
	}
	p.Subscriber = row.subscriber()
	var subs []subscriptionRow
	if err := db.read.SelectContext(ctx, &subs, `SELECT `+subscriptionColumns+` FROM subscriptions x WHERE x.subscriber_id = $1 ORDER BY x.id`, row.ID); err != nil {
		return p, fmt.Errorf("read subscriptions: %w", err)
	}
	for _, s := range subs {
		p.Subscriptions = append(p.Subscriptions, s.subscription())
	}
	var consents []consentRow
	if err := db.read.SelectContext(ctx, &consents, `SELECT c.basis, c.wording, c.version, c.language AS consent_language, c.source, c.given_at
		FROM consents c JOIN subscriptions x ON x.id = c.subscription_id WHERE x.subscriber_id = $1 ORDER BY c.id`, row.ID); err != nil {
		return p, fmt.Errorf("read consents: %w", err)
	}
	for _, c := range consents {
		p.Consents = append(p.Consents, c.consent())
	}
	var s suppressionRow
	switch err := db.read.GetContext(ctx, &s, `SELECT address_key, reason, note, created_at FROM suppressions WHERE address_key = $1`, row.Key); {
	case err == nil:
		p.Suppression = s.suppression()
	case !missing(err):
		return p, fmt.Errorf("read suppression: %w", err)
	}
	return p, nil
}

type consentRow struct {
	Basis    string `db:"basis"`
	Wording  string `db:"wording"`
	Version  string `db:"version"`
	Language string `db:"consent_language"`
	Source   string `db:"source"`
	GivenAt  int64  `db:"given_at"`
}

func (r consentRow) consent() subscribers.Consent {
	return subscribers.Consent{Basis: subscribers.Basis(r.Basis), Wording: r.Wording, Version: r.Version, Language: r.Language, Source: r.Source, GivenAt: instant(r.GivenAt)}
}

// Find returns up to limit subscribers whose address or name contains text.
func (db *DB) Find(ctx context.Context, text string, limit int) ([]subscribers.Subscriber, error) {
	pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text)) + "%"
	var rows []subscriberRow
	if err := db.read.SelectContext(ctx, &rows, `SELECT `+subscriberColumns+` FROM subscribers s WHERE s.search LIKE $1 ESCAPE '\' ORDER BY s.id LIMIT $2`, pattern, limit); err != nil {
		return nil, fmt.Errorf("find subscribers: %w", err)
	}
	out := make([]subscribers.Subscriber, len(rows))
	for i, r := range rows {
		out[i] = r.subscriber()
	}
	return out, nil
}

// Members returns up to limit members of a list whose subscription id is above after.
func (db *DB) Members(ctx context.Context, list string, after int64, limit int) ([]subscribers.Member, error) {
	var rows []struct {
		subscriberRow
		consentRow
		XID         int64  `db:"xid"`
		State       string `db:"state"`
		Origin      string `db:"origin"`
		EndReason   string `db:"end_reason"`
		XCreatedAt  int64  `db:"xcreated_at"`
		ConfirmedAt int64  `db:"confirmed_at"`
		EndedAt     int64  `db:"ended_at"`
	}
	err := db.read.SelectContext(ctx, &rows, `SELECT `+subscriberColumns+`, x.id AS xid, x.state, x.origin, x.end_reason, x.created_at AS xcreated_at, x.confirmed_at, x.ended_at,
		COALESCE(c.basis, '') AS basis, COALESCE(c.wording, '') AS wording, COALESCE(c.version, '') AS version, COALESCE(c.language, '') AS consent_language,
		COALESCE(c.source, '') AS source, COALESCE(c.given_at, 0) AS given_at
		FROM subscriptions x JOIN subscribers s ON s.id = x.subscriber_id
		LEFT JOIN consents c ON c.id = (SELECT MAX(l.id) FROM consents l WHERE l.subscription_id = x.id)
		WHERE x.list_id = $1 AND x.id > $2 ORDER BY x.id LIMIT $3`, list, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read members of %s: %w", list, err)
	}
	out := make([]subscribers.Member, len(rows))
	for i, r := range rows {
		x := subscriptionRow{r.XID, r.subscriberRow.ID, list, r.State, r.Origin, r.EndReason, r.XCreatedAt, r.ConfirmedAt, r.EndedAt}
		out[i] = subscribers.Member{Subscriber: r.subscriber(), Subscription: x.subscription(), Consent: r.consent()}
	}
	return out, nil
}

// Counts returns the numbers of a list.
func (db *DB) Counts(ctx context.Context, list string) (c subscribers.Counts, err error) {
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT state, COUNT(*) AS n FROM subscriptions WHERE list_id = $1 GROUP BY state`, list); err != nil {
		return c, fmt.Errorf("count list %s: %w", list, err)
	}
	for _, r := range rows {
		switch subscribers.State(r.State) {
		case subscribers.Pending:
			c.Pending = r.N
		case subscribers.Confirmed:
			c.Confirmed = r.N
		case subscribers.Ended:
			c.Ended = r.N
		}
	}
	err = db.read.GetContext(ctx, &c.Suppressed, `SELECT COUNT(*) FROM subscriptions x JOIN subscribers s ON s.id = x.subscriber_id
		JOIN suppressions p ON p.address_key = s.address_key WHERE x.list_id = $1 AND x.state = 'confirmed'`, list)
	return c, err
}
