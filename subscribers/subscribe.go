package subscribers

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"broadsheet/internal/fault"
)

// batchSize rows are decided and written in one transaction: short enough that
// an import never holds the database for long.
const batchSize = 500

// Add subscribes one address to a list.
func (s *Service) Add(ctx context.Context, list List, row Row, origin string) (Result, error) {
	results, err := s.subscribe(ctx, list, []Row{row}, origin, false)
	if err != nil {
		return Result{}, err
	}
	return results[0], nil
}

// Import subscribes rows in batches and calls report for each in order. A row
// that comes with an error is refused with it; the others go on. With dryRun
// nothing is written.
func (s *Service) Import(ctx context.Context, list List, rows iter.Seq2[Row, error], dryRun bool, report func(Result) error) error {
	var batch []Row
	flush := func() error {
		results, err := s.subscribe(ctx, list, batch, "import", dryRun)
		if err != nil {
			return err
		}
		for _, r := range results {
			if err := report(r); err != nil {
				return err
			}
		}
		batch = batch[:0]
		return nil
	}
	for row, err := range rows {
		if err != nil {
			if row.Line == 0 { // the file itself cannot be read
				return err
			}
			if err := flush(); err != nil {
				return err
			}
			if err := report(Result{Line: row.Line, Address: row.Address, Outcome: Refused, Reason: err.Error()}); err != nil {
				return err
			}
			continue
		}
		if batch = append(batch, row); len(batch) == batchSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func (s *Service) subscribe(ctx context.Context, list List, rows []Row, origin string, dryRun bool) ([]Result, error) {
	results := make([]Result, len(rows))
	cleaned := make([]Subscriber, len(rows))
	var keys []string
	for i, row := range rows {
		results[i] = Result{Line: row.Line, Address: row.Address}
		sub, err := s.clean(row)
		if err != nil {
			results[i].Outcome, results[i].Reason = Refused, err.Error()
			continue
		}
		cleaned[i], results[i].Address = sub, sub.Address
		keys = append(keys, sub.Key)
	}
	standings, err := s.store.Standings(ctx, list.ID, keys)
	if err != nil {
		return nil, err
	}
	var changes []Change
	seen := map[string]int{}
	for i, row := range rows {
		if results[i].Outcome == Refused {
			continue
		}
		if line, twice := seen[cleaned[i].Key]; twice {
			results[i].Outcome, results[i].Reason = Unchanged, doubled(line)
			continue
		}
		seen[cleaned[i].Key] = row.Line
		change := s.decide(list, row, cleaned[i], standings[cleaned[i].Key], origin, &results[i])
		if change != nil {
			changes = append(changes, *change)
		}
	}
	if dryRun || len(changes) == 0 {
		return results, nil
	}
	return results, s.store.Apply(ctx, changes)
}

func (s *Service) clean(row Row) (Subscriber, error) {
	address, key, err := ParseAddress(row.Address)
	if err != nil {
		return Subscriber{}, err
	}
	name, err := CleanName(row.Name)
	if err != nil {
		return Subscriber{}, err
	}
	language, err := CleanLanguage(row.Language)
	if err != nil {
		return Subscriber{}, err
	}
	if row.Consent != nil {
		if row.Consent.GivenAt.After(s.now().Add(24 * time.Hour)) {
			return Subscriber{}, fault.Invalidf("the consent is of the future: %s", row.Consent.GivenAt.Format(time.DateOnly))
		}
		for _, text := range []string{row.Consent.Source, row.Consent.Wording} {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				return Subscriber{}, fault.Invalidf("the evidence of consent is not valid UTF-8")
			}
		}
	}
	return Subscriber{Address: address, Key: key, Name: name, Language: language}, nil
}

// decide is the rule for one row: what is written, and what is said of it.
// It never revives a person who left or whose address is suppressed.
func (s *Service) decide(list List, row Row, sub Subscriber, known Standing, origin string, result *Result) *Change {
	switch {
	case known.Suppression != nil:
		result.Outcome, result.Reason = Refused, "the address is suppressed ("+string(known.Suppression.Reason)+")"
		return nil
	case known.Current == nil && known.EndedBy != "":
		result.Outcome, result.Reason = Refused, "the person left this list ("+string(known.EndedBy)+")"
		return nil
	}
	change := Change{}
	sub = s.person(sub, known.Subscriber, &change)
	result.Subscriber = sub.PublicID
	state := Confirmed
	if row.Pending || list.OptIn == OptInDouble && list.Basis == BasisConsent && row.Consent == nil {
		state = Pending
	}
	result.State = state
	if known.Current != nil && known.Current.State == Confirmed {
		result.State = Confirmed
	}
	now := s.now()
	switch current := known.Current; {
	case current == nil:
		change.Subscribe = &Subscription{SubscriberID: sub.ID, ListID: list.ID, State: state, Origin: origin, CreatedAt: now}
		result.Outcome, result.Reason = Waiting, "not mailed before the address confirms"
		if state == Confirmed {
			change.Subscribe.ConfirmedAt, change.Consent = now, evidence(list, row, origin, now)
			result.Outcome, result.Reason = Added, ""
		}
	case current.State == Pending && state == Confirmed:
		confirmed := *current
		confirmed.State, confirmed.ConfirmedAt = Confirmed, now
		change.Confirm, change.Consent = &confirmed, evidence(list, row, origin, now)
		result.Outcome = Changed
	case change.Put != nil:
		result.Outcome = Changed
	default:
		result.Outcome = Unchanged
		return nil
	}
	return &change
}

// person returns who a row speaks of, and puts what is new of them into the change.
func (s *Service) person(asked, known Subscriber, change *Change) Subscriber {
	if known.ID == 0 {
		asked.PublicID, asked.CreatedAt = NewPublicID(), s.now()
		change.Put = &asked
		return asked
	}
	merged := known
	merged.Name, merged.Language = cmp.Or(asked.Name, known.Name), cmp.Or(asked.Language, known.Language)
	if merged != known {
		change.Put = &merged
	}
	return merged
}

// evidence is what stands behind a confirmed subscription: the row's own, else who added it and when.
func evidence(list List, row Row, origin string, now time.Time) *Consent {
	c := Consent{Source: origin}
	if row.Consent != nil {
		c = *row.Consent
	}
	c.Basis = list.Basis
	if c.GivenAt.IsZero() {
		c.GivenAt = now
	}
	return &c
}

func doubled(line int) string {
	if line == 0 {
		return "the address stands twice"
	}
	return "the address stands on line " + strconv.Itoa(line) + " too"
}

// Confirm turns a pending subscription into a confirmed one: the person pressed
// the button that only the owner of the address could have been sent.
func (s *Service) Confirm(ctx context.Context, publicID, list string, consent Consent) error {
	profile, err := s.store.Profile(ctx, publicID)
	if err != nil {
		return err
	}
	for _, sub := range profile.Subscriptions {
		if sub.ListID != list || sub.State == Ended {
			continue
		}
		if sub.State == Confirmed {
			return nil
		}
		sub.State, sub.ConfirmedAt = Confirmed, s.now()
		consent.GivenAt = sub.ConfirmedAt
		return s.store.Apply(ctx, []Change{{Confirm: &sub, Consent: &consent}})
	}
	return fault.Conflictf("this subscription is no longer open")
}

// End ends a person's subscriptions to the lists (all of them when none is
// named) and returns how many ended. Ending twice changes nothing.
func (s *Service) End(ctx context.Context, who string, reason EndReason, lists ...string) (int, error) {
	profile, err := s.Show(ctx, who)
	if err != nil {
		return 0, err
	}
	var changes []Change
	for _, sub := range profile.Subscriptions {
		if sub.State == Ended || len(lists) > 0 && !slices.Contains(lists, sub.ListID) {
			continue
		}
		sub.State, sub.EndedAt, sub.EndReason = Ended, s.now(), reason
		changes = append(changes, Change{End: &sub})
	}
	if len(changes) == 0 {
		return 0, nil
	}
	return len(changes), s.store.Apply(ctx, changes)
}

// SetLanguage changes the language a person is written to in.
func (s *Service) SetLanguage(ctx context.Context, publicID, language string) error {
	profile, err := s.store.Profile(ctx, publicID)
	if err != nil {
		return err
	}
	if profile.Language, err = CleanLanguage(language); err != nil {
		return err
	}
	return s.store.Apply(ctx, []Change{{Put: &profile.Subscriber}})
}

// Suppress forbids mail to an address over all lists, known or not.
func (s *Service) Suppress(ctx context.Context, address, note string, reason SuppressionReason) error {
	_, key, err := ParseAddress(address)
	if err != nil {
		return err
	}
	return s.store.Apply(ctx, []Change{{Suppress: &Suppression{Key: key, Reason: reason, Note: note, CreatedAt: s.now()}}})
}

// Unsuppress allows mail to an address again; subscriptions stay as they are.
func (s *Service) Unsuppress(ctx context.Context, address string) error {
	_, key, err := ParseAddress(address)
	if err != nil {
		return err
	}
	return s.store.Apply(ctx, []Change{{Unsuppress: key}})
}
