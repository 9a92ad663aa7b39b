package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/subscribers"
)

// Decide has changes decided on what is known of the keys, and writes them, all in
// one transaction while nobody else writes people.
func (db *DB) Decide(ctx context.Context, keys []string, hash func(string) string, decide func(map[string]subscribers.Standing) ([]subscribers.Change, error)) error {
	// Where the last many were all new, so are the next ones, most likely: they are
	// not looked up, and should one be known after all, the index says so, nothing
	// of it is written, and all are looked up.
	many := len(keys) > askedAtOnce
	if many && db.allNew.Load() {
		if err := db.decideOn(ctx, keys, hash, decide, true); !isDuplicate(err) && !errors.Is(err, errNobodyNew) {
			return err
		}
	}
	return people(db.decideOn(ctx, keys, hash, decide, false))
}

// errNobodyNew says that nothing was to be written, so that no index could tell who is known: a rehearsal.
var errNobodyNew = errors.New("nothing was written")

func (db *DB) decideOn(ctx context.Context, keys []string, hash func(string) string, decide func(map[string]subscribers.Standing) ([]subscribers.Change, error), unseen bool) error {
	return db.tx(ctx, func(t *tx) error {
		// One writer of people at a time, also on PostgreSQL.
		if _, err := t.exec(`UPDATE counters SET value = value WHERE name = 'subscribers'`); err != nil {
			return fmt.Errorf("wait for other writers: %w", err)
		}
		known, err := map[string]subscribers.Standing{}, error(nil)
		if unseen {
			err = suppressions(ctx, t, keys, hash, known)
		} else if known, err = standings(ctx, t, keys, hash); err == nil && len(keys) > askedAtOnce {
			db.allNew.Store(len(known) == 0)
		}
		if err != nil {
			return err
		}
		changes, err := decide(known)
		switch {
		case err != nil:
			return err
		case len(changes) > 0:
			return t.write(changes)
		case unseen:
			return errNobodyNew
		}
		return nil
	})
}

// Apply writes changes to people who are known, all or none, beside others who
// write, and together with those who do so at the same time.
func (db *DB) Apply(ctx context.Context, changes []subscribers.Change) error {
	return people(db.together.write(ctx, changes, func(ctx context.Context, all []subscribers.Change) error {
		return db.tx(ctx, func(t *tx) error { return t.write(all) })
	}))
}

func people(err error) error {
	if isDuplicate(err) {
		return fault.WithHint(fault.Conflictf("someone else wrote the same person just now: %w", err), "run it again")
	}
	return err
}

// write writes changes: first what is new, many rows at a time, then the rest one by one.
func (t *tx) write(changes []subscribers.Change) error {
	fresh := make([]bool, len(changes)) // said now: to insert someone is to give them an id
	for i, c := range changes {
		fresh[i] = c.Put != nil && c.Put.ID == 0
	}
	if err := t.insertPeople(changes); err != nil {
		return err
	}
	var events []subscribers.Event
	for i, c := range changes {
		done, err := t.apply(c, fresh[i])
		if err != nil {
			return err
		}
		if done && c.Event != nil {
			if c.Event.SubscriberID == 0 && c.Put != nil {
				c.Event.SubscriberID = c.Put.ID
			}
			events = append(events, *c.Event)
		}
	}
	return t.insertEvents(events)
}

// apply writes the parts of a change that are no new rows of people, and reports whether they took.
func (t *tx) apply(c subscribers.Change, fresh bool) (done bool, err error) {
	done = true
	if c.Put != nil && !fresh {
		err = t.update(c.Put)
	}
	for _, step := range []struct {
		x     *subscribers.Subscription
		write func(*subscribers.Subscription) (int64, error)
	}{{c.Confirm, t.confirm}, {c.End, t.end}, {c.Edit, t.edit}} {
		if step.x != nil && err == nil {
			var n int64
			n, err = step.write(step.x)
			done = done && n == 1
		}
	}
	if c.Unsuppress != "" && err == nil {
		_, err = t.exec(`DELETE FROM suppressions WHERE address_key = $1`, c.Unsuppress)
	}
	if s := c.Suppress; s != nil && err == nil {
		_, err = t.exec(`INSERT INTO suppressions (address_key, reason, note, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (address_key) DO NOTHING`, s.Key, s.Reason, s.Note, millis(s.CreatedAt))
	}
	if c.Erase != nil && err == nil {
		err = t.erase(c.Erase)
	}
	if err != nil {
		return false, fmt.Errorf("write a subscriber: %w", err)
	}
	return done, nil
}

func (t *tx) confirm(x *subscribers.Subscription) (int64, error) {
	wording, err := t.wording(x.Consent)
	if err != nil {
		return 0, err
	}
	return t.exec(`UPDATE subscriptions SET state = 'confirmed', confirmed_at = $1, ask_until = 0, wording_id = $2, source = $3, source_hash = $4, given_at = $5
		WHERE list_id = $6 AND subscriber_id = $7 AND ended_at = 0 AND state = 'pending'`, millis(x.ConfirmedAt), wording, x.Consent.Source, x.Consent.From, millis(x.Consent.GivenAt), x.ListID, x.SubscriberID)
}

// end takes the next free millisecond where two subscriptions end in the same one.
func (t *tx) end(x *subscribers.Subscription) (int64, error) {
	return t.exec(`UPDATE subscriptions SET state = 'ended', end_reason = $1, note = $2,
		ended_at = (SELECT CASE WHEN MAX(n.ended_at) >= $3 THEN MAX(n.ended_at) + 1 ELSE CAST($3 AS BIGINT) END FROM subscriptions n WHERE n.list_id = $4 AND n.subscriber_id = $5)
		WHERE list_id = $4 AND subscriber_id = $5 AND ended_at = 0`, x.EndReason, x.Note, millis(x.EndedAt), x.ListID, x.SubscriberID)
}

func (t *tx) edit(x *subscribers.Subscription) (int64, error) {
	return t.exec(`UPDATE subscriptions SET paused_until = $1, may_ask = $2, ask_until = $3 WHERE list_id = $4 AND subscriber_id = $5 AND ended_at = 0`,
		millis(x.PausedUntil), bit(x.MayAsk), millis(x.AskUntil), x.ListID, x.SubscriberID)
}

// update writes what is known of a person anew.
func (t *tx) update(s *subscribers.Subscriber) error {
	if _, err := t.exec(`UPDATE subscribers SET address = $1, address_key = $2, name = $3, language = $4 WHERE id = $5`, s.Address, s.Key, s.Name, s.Language, s.ID); err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM attributes WHERE subscriber_id = $1`, s.ID); err != nil {
		return err
	}
	if err := t.insertAttributes([]*subscribers.Subscriber{s}); err != nil {
		return err
	}
	return t.list([]*subscribers.Subscriber{s})
}

// erase leaves a row that says nothing of the person: their subscriptions keep
// what they agreed to, as proof. What the team or the mail said of them goes.
func (t *tx) erase(s *subscribers.Subscriber) error {
	for _, step := range []struct {
		query string
		args  []any
	}{
		{`UPDATE subscribers SET address = '', address_key = $1, name = '', language = '' WHERE id = $2`, []any{s.Key, s.ID}},
		{`DELETE FROM attributes WHERE subscriber_id = $1`, []any{s.ID}},
		{`UPDATE subscriptions SET note = '' WHERE list_id IN (SELECT id FROM lists) AND subscriber_id = $1`, []any{s.ID}},
		{`UPDATE events SET detail = '' WHERE subscriber_id = $1`, []any{s.ID}},
		{`UPDATE deliveries SET reply = '' WHERE subscriber_id = $1`, []any{s.ID}},
		{`UPDATE attempts SET reply = '' WHERE subscriber_id = $1`, []any{s.ID}},
		{`DELETE FROM notices WHERE address = $1`, []any{s.Address}},
	} {
		if _, err := t.exec(step.query, step.args...); err != nil {
			return err
		}
	}
	return t.list([]*subscribers.Subscriber{{ID: s.ID}})
}

// insertPeople writes the people of changes that are new, and all new subscriptions.
func (t *tx) insertPeople(changes []subscribers.Change) error {
	var fresh []*subscribers.Subscriber
	for _, c := range changes {
		if c.Put != nil && c.Put.ID == 0 {
			fresh = append(fresh, c.Put)
		}
	}
	wordings, err := t.wordings(changes)
	if err != nil {
		return err
	}
	if err := t.insertSubscribers(fresh); err != nil {
		return err
	}
	if err := t.insertSubscriptions(changes, wordings); err != nil {
		return fmt.Errorf("write subscriptions: %w", err)
	}
	if err := t.insertAttributes(fresh); err != nil {
		return err
	}
	return t.list(fresh)
}

func (t *tx) insertSubscriptions(changes []subscribers.Change, wordings map[subscribers.Consent]int64) error {
	plain := t.rows("subscriptions", plainColumns...)
	full := t.rows("subscriptions", append(slices.Clone(plainColumns), "source_hash", "end_reason", "note", "ended_at", "paused_until", "may_ask", "ask_until")...)
	for _, c := range changes {
		for _, x := range c.Subscribe {
			if x.SubscriberID == 0 {
				x.SubscriberID = c.Put.ID
			}
			row := []any{x.ListID, x.SubscriberID, string(x.State), x.Origin, x.By, millis(x.CreatedAt), millis(x.ConfirmedAt), wordings[agreed(x.Consent)], x.Consent.Source, millis(x.Consent.GivenAt)}
			rows := plain
			if rest := (subscribers.Subscription{EndReason: x.EndReason, Note: x.Note, EndedAt: x.EndedAt, PausedUntil: x.PausedUntil, MayAsk: x.MayAsk, AskUntil: x.AskUntil}); rest != (subscribers.Subscription{}) || x.Consent.From != "" {
				rows, row = full, append(row, x.Consent.From, string(x.EndReason), x.Note, millis(x.EndedAt), millis(x.PausedUntil), bit(x.MayAsk), millis(x.AskUntil))
			}
			if err := rows.add(row...); err != nil {
				return err
			}
		}
	}
	if err := plain.end(); err != nil {
		return err
	}
	return full.end()
}

// agreed is what somebody agreed to, whoever they are.
func agreed(c subscribers.Consent) subscribers.Consent {
	return subscribers.Consent{Basis: c.Basis, Wording: c.Wording, Version: c.Version, Language: c.Language, Purpose: c.Purpose}
}

// wordings returns the ids of what new subscriptions agree to.
func (t *tx) wordings(changes []subscribers.Change) (map[subscribers.Consent]int64, error) {
	known := map[subscribers.Consent]int64{}
	for _, c := range changes {
		for _, x := range c.Subscribe {
			said := agreed(x.Consent)
			if _, ok := known[said]; ok {
				continue
			}
			id, err := t.wording(said)
			if err != nil {
				return nil, err
			}
			known[said] = id
		}
	}
	return known, nil
}

// plainColumns are those that every subscription begins with; the others have defaults.
var plainColumns = []string{"list_id", "subscriber_id", "state", "origin", "made_by", "created_at", "confirmed_at", "wording_id", "source", "given_at"}

func (t *tx) insertSubscribers(fresh []*subscribers.Subscriber) error {
	if len(fresh) == 0 {
		return nil
	}
	id, err := t.ids("subscribers", len(fresh))
	if err != nil {
		return err
	}
	slices.SortFunc(fresh, func(a, b *subscribers.Subscriber) int { return strings.Compare(a.Key, b.Key) }) // neighbours in the index are written together
	rows := t.rows("subscribers", "id", "public_id", "address", "address_key", "name", "language", "created_at")
	for i, s := range fresh {
		s.ID = id + int64(i)
		if err := rows.add(s.ID, s.PublicID, s.Address, s.Key, s.Name, s.Language, millis(s.CreatedAt)); err != nil {
			return fmt.Errorf("write subscribers: %w", err)
		}
	}
	if err := rows.end(); err != nil {
		return fmt.Errorf("write subscribers: %w", err)
	}
	return nil
}

func (t *tx) insertAttributes(people []*subscribers.Subscriber) error {
	rows := t.rows("attributes", "subscriber_id", "name", "value", "folded")
	for _, s := range people {
		for _, name := range slices.Sorted(maps.Keys(s.Attributes)) {
			if err := rows.add(s.ID, name, s.Attributes[name], strings.ToLower(s.Attributes[name])); err != nil {
				return fmt.Errorf("write attributes: %w", err)
			}
		}
	}
	return rows.end()
}

func (t *tx) insertEvents(events []subscribers.Event) error {
	if len(events) == 0 {
		return nil
	}
	id, err := t.ids("events", len(events))
	if err != nil {
		return err
	}
	rows := t.rows("events", "id", "subscriber_id", "at", "made_by", "how", "action", "list_id", "detail")
	for i, e := range events {
		if err := rows.add(id+int64(i), e.SubscriberID, millis(e.At), e.By, e.How, e.Action, e.List, e.Detail); err != nil {
			return fmt.Errorf("write history: %w", err)
		}
	}
	return rows.end()
}

// wording returns the id of what was agreed to, 0 for nothing.
func (t *tx) wording(c subscribers.Consent) (id int64, err error) {
	if c.Basis == "" {
		return 0, nil
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{string(c.Basis), c.Wording, c.Version, c.Language, c.Purpose}, "\x00")))
	digest := hex.EncodeToString(sum[:])
	err = t.get(&id, `SELECT id FROM wordings WHERE digest = $1`, digest)
	if !missing(err) {
		return id, err
	}
	if id, err = t.ids("wordings", 1); err != nil {
		return 0, err
	}
	_, err = t.exec(`INSERT INTO wordings (id, digest, basis, wording, version, language, purpose) VALUES ($1, $2, $3, $4, $5, $6, $7)`, id, digest, c.Basis, c.Wording, c.Version, c.Language, c.Purpose)
	return id, err
}
