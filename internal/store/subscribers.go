package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"

	"github.com/jmoiron/sqlx"
)

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
	ListID       string         `db:"list_id"`
	SubscriberID int64          `db:"subscriber_id"`
	EndedAt      int64          `db:"ended_at"`
	State        string         `db:"state"`
	Origin       string         `db:"origin"`
	By           string         `db:"made_by"`
	EndReason    string         `db:"end_reason"`
	Note         string         `db:"note"`
	XCreatedAt   int64          `db:"xcreated_at"`
	ConfirmedAt  int64          `db:"confirmed_at"`
	PausedUntil  int64          `db:"paused_until"`
	MayAsk       int            `db:"may_ask"`
	AskUntil     int64          `db:"ask_until"`
	Source       string         `db:"source"`
	From         string         `db:"source_hash"`
	GivenAt      int64          `db:"given_at"`
	Basis        sql.NullString `db:"basis"`
	Wording      sql.NullString `db:"wording"`
	Version      sql.NullString `db:"version"`
	Tag          sql.NullString `db:"consent_language"`
	Purpose      sql.NullString `db:"purpose"`
}

const (
	subscriptionColumns = `x.list_id, x.subscriber_id, x.ended_at, x.state, x.origin, x.made_by, x.end_reason, x.note, x.created_at AS xcreated_at, x.confirmed_at, x.paused_until, x.may_ask, x.ask_until,
		x.source, x.source_hash, x.given_at, w.basis, w.wording, w.version, w.language AS consent_language, w.purpose`
	withWording = ` LEFT JOIN wordings w ON w.id = x.wording_id `
)

func (r subscriptionRow) subscription() subscribers.Subscription {
	x := subscribers.Subscription{SubscriberID: r.SubscriberID, ListID: r.ListID, State: subscribers.State(r.State), Origin: r.Origin, By: r.By,
		EndReason: subscribers.EndReason(r.EndReason), Note: r.Note, CreatedAt: instant(r.XCreatedAt), ConfirmedAt: instant(r.ConfirmedAt), EndedAt: instant(r.EndedAt),
		PausedUntil: instant(r.PausedUntil), MayAsk: r.MayAsk == 1, AskUntil: instant(r.AskUntil)}
	if r.Basis.Valid {
		x.Consent = subscribers.Consent{Basis: subscribers.Basis(r.Basis.String), Wording: r.Wording.String, Version: r.Version.String, Language: r.Tag.String, Purpose: r.Purpose.String,
			Source: r.Source, From: r.From, GivenAt: instant(r.GivenAt)}
	}
	return x
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

// askedAtOnce is how many keys one statement asks for.
const askedAtOnce = 500

// subscriptionsOf goes from list to list by the key: CROSS JOIN keeps SQLite from
// reading through all subscriptions instead.
const subscriptionsOf = `SELECT ` + subscriptionColumns + ` FROM lists l CROSS JOIN subscriptions x` + withWording + `WHERE x.list_id = l.id AND x.subscriber_id IN (?) ORDER BY x.ended_at = 0, x.ended_at`

// standings returns what is known of each key.
func standings(ctx context.Context, q sqlx.QueryerContext, keys []string, hash func(string) string) (map[string]subscribers.Standing, error) {
	out := map[string]subscribers.Standing{}
	people, err := selectKeys[subscriberRow](ctx, q, `SELECT `+subscriberColumns+` FROM subscribers s WHERE s.address_key IN (?)`, keys)
	if err != nil {
		return nil, fmt.Errorf("read subscribers: %w", err)
	}
	byID := map[int64]string{}
	ids := make([]int64, len(people))
	for i, p := range people {
		out[p.Key] = subscribers.Standing{Subscriber: p.subscriber()}
		byID[p.ID], ids[i] = p.Key, p.ID
	}
	attributes, err := attributes(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	subs, err := selectKeys[subscriptionRow](ctx, q, subscriptionsOf, ids)
	if err != nil {
		return nil, fmt.Errorf("read subscriptions: %w", err)
	}
	for _, r := range subs {
		standing := out[byID[r.SubscriberID]]
		standing.Subscriptions = append(standing.Subscriptions, r.subscription())
		out[byID[r.SubscriberID]] = standing
	}
	for id, some := range attributes {
		standing := out[byID[id]]
		standing.Subscriber.Attributes = some
		out[byID[id]] = standing
	}
	return out, suppressions(ctx, q, keys, hash, out)
}

// suppressions adds the suppressions of addresses, and of the hashes that erased ones left.
func suppressions(ctx context.Context, q sqlx.QueryerContext, keys []string, hash func(string) string, out map[string]subscribers.Standing) error {
	var n struct {
		All    int `db:"n"`
		Erased int `db:"erased"`
	}
	if err := sqlx.GetContext(ctx, q, &n, `SELECT COUNT(*) AS n, COALESCE(SUM(CASE WHEN address_key LIKE '@%' THEN 1 ELSE 0 END), 0) AS erased FROM suppressions`); err != nil {
		return fmt.Errorf("count suppressions: %w", err)
	}
	if n.All == 0 {
		return nil
	}
	whose := make(map[string]string, len(keys))
	asked := keys
	if n.Erased > 0 {
		asked = append([]string{}, keys...)
		for _, key := range keys {
			hashed := hash(key)
			whose[hashed], asked = key, append(asked, hashed)
		}
	}
	found, err := selectKeys[suppressionRow](ctx, q, `SELECT address_key, reason, note, created_at FROM suppressions WHERE address_key IN (?)`, asked)
	if err != nil {
		return fmt.Errorf("read suppressions: %w", err)
	}
	for _, r := range found {
		key := r.Key
		if plain, hashed := whose[key]; hashed {
			key = plain
		}
		standing := out[key]
		if standing.Suppression == nil || key == r.Key { // that of the address itself is the newer
			standing.Suppression = r.suppression()
		}
		out[key] = standing
	}
	return nil
}

// selectKeys runs a query with one IN (?) for some keys at a time.
func selectKeys[Row, Key any](ctx context.Context, q sqlx.QueryerContext, query string, keys []Key) (all []Row, err error) {
	for len(keys) > 0 {
		n := min(askedAtOnce, len(keys))
		text, args, err := sqlx.In(query, keys[:n])
		if err != nil {
			return nil, err
		}
		if named, ok := q.(interface{ DriverName() string }); ok && named.DriverName() != "sqlite" { // which is slow to find numbered marks
			text = sqlx.Rebind(sqlx.DOLLAR, text)
		}
		var some []Row
		if err := sqlx.SelectContext(ctx, q, &some, text, args...); err != nil {
			return nil, err
		}
		all, keys = append(all, some...), keys[n:]
	}
	return all, nil
}

// attributes returns those of people by their ids.
func attributes(ctx context.Context, q sqlx.QueryerContext, ids []int64) (map[int64]map[string]string, error) {
	type row struct {
		ID    int64  `db:"subscriber_id"`
		Name  string `db:"name"`
		Value string `db:"value"`
	}
	rows, err := selectKeys[row](ctx, q, `SELECT subscriber_id, name, value FROM attributes WHERE subscriber_id IN (?)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read attributes: %w", err)
	}
	out := map[int64]map[string]string{}
	for _, r := range rows {
		if out[r.ID] == nil {
			out[r.ID] = map[string]string{}
		}
		out[r.ID][r.Name] = r.Value
	}
	return out, nil
}

// Profile returns everything held on the person with the key, or with the public
// id, but for the history. The key of an erased person finds what is left of them.
func (db *DB) Profile(ctx context.Context, who string) (p subscribers.Profile, err error) {
	var row subscriberRow
	which := `s.address_key = $1 OR s.public_id = $1`
	if strings.HasPrefix(who, "@") {
		which = `s.address_key LIKE $1 || ' %' ORDER BY s.id DESC LIMIT 1`
	}
	err = db.read.GetContext(ctx, &row, `SELECT `+subscriberColumns+` FROM subscribers s WHERE `+which, who)
	if missing(err) {
		return p, fault.WithHint(fault.NotFoundf("no subscriber %s", who), "try `broadsheet subscriber find` with a part of the address or name")
	}
	if err != nil {
		return p, fmt.Errorf("read subscriber: %w", err)
	}
	known, err := standings(ctx, db.read, []string{row.Key}, func(string) string { return "" })
	if err != nil {
		return p, err
	}
	s := known[row.Key]
	return subscribers.Profile{Subscriber: s.Subscriber, Subscriptions: s.Subscriptions, Suppression: s.Suppression}, nil
}

// History returns what was written down of a person, the oldest first.
func (db *DB) History(ctx context.Context, subscriber int64) ([]subscribers.Event, error) {
	var rows []struct {
		At     int64  `db:"at"`
		By     string `db:"made_by"`
		How    string `db:"how"`
		Action string `db:"action"`
		List   string `db:"list_id"`
		Detail string `db:"detail"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT at, made_by, how, action, list_id, detail FROM events WHERE subscriber_id = $1 ORDER BY id`, subscriber); err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	out := make([]subscribers.Event, len(rows))
	for i, r := range rows {
		out[i] = subscribers.Event{SubscriberID: subscriber, At: instant(r.At), By: r.By, How: r.How, Action: r.Action, List: r.List, Detail: r.Detail}
	}
	return out, nil
}

// Members returns up to limit members, by list and person: of each the newest subscription.
func (db *DB) Members(ctx context.Context, which subscribers.Selection, limit int) ([]subscribers.Member, error) {
	clause, args := compile(which.Where)
	switch {
	case which.List != "":
		clause, args = clause+` AND x.list_id = ? AND x.subscriber_id > ?`, append(args, which.List, which.After)
	case which.AfterList != "":
		clause, args = clause+` AND (x.list_id > ? OR x.list_id = ? AND x.subscriber_id > ?)`, append(args, which.AfterList, which.AfterList, which.After)
	}
	if !which.SilentBefore.IsZero() {
		clause, args = clause+` AND x.state = 'pending' AND (x.ask_until = 0 AND x.created_at < ? OR x.ask_until > 0 AND x.ask_until < ?)`, append(args, millis(which.StaleBefore), millis(which.SilentBefore))
	}
	query, args, err := in(`SELECT `+subscriberColumns+`, `+subscriptionColumns+`, CASE WHEN p.address_key IS NULL THEN 0 ELSE 1 END AS suppressed
		FROM subscriptions x JOIN subscribers s ON s.id = x.subscriber_id LEFT JOIN suppressions p ON p.address_key = s.address_key`+withWording+`
		WHERE `+clause+` AND (x.ended_at = 0 OR NOT EXISTS (SELECT 1 FROM subscriptions n WHERE n.list_id = x.list_id AND n.subscriber_id = x.subscriber_id AND (n.ended_at = 0 OR n.ended_at > x.ended_at)))
		ORDER BY x.list_id, x.subscriber_id LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		subscriberRow
		subscriptionRow
		Suppressed int `db:"suppressed"`
	}
	if err := db.read.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read members of %s: %w", which.List, err)
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	attributes, err := attributes(ctx, db.read, ids)
	if err != nil {
		return nil, err
	}
	out := make([]subscribers.Member, len(rows))
	for i, r := range rows {
		out[i] = subscribers.Member{Subscriber: r.subscriber(), Subscription: r.subscription(), Suppressed: r.Suppressed == 1}
		out[i].Attributes = attributes[r.ID]
	}
	return out, nil
}
