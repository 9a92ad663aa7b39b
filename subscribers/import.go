package subscribers

import (
	"cmp"
	"context"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"broadsheet/internal/fault"
)

// Row is what is asked for one address: by a person at the command line or by a line of a file.
type Row struct {
	Line        int // of the file, 1-based; 0 where there is none
	Address     string
	Name        string
	Language    string
	Attributes  map[string]string
	Consent     *Consent  // evidence; nil means none
	Pending     bool      // waits for a confirmation, whatever the list asks for
	MayAsk      bool      // and may be asked, by mail, to give it
	Ended       EndReason // they left where the file comes from: written down, so that nobody adds them again
	EndedAt     time.Time // when; zero: now
	ConfirmedAt time.Time // when they confirmed, behind evidence; zero: now
	PausedUntil time.Time
	Suppress    SuppressionReason // they must never be mailed
	Text        []string          // the line as it stands, for the report
}

// Outcome says what became of a row.
type Outcome string

const (
	Added     Outcome = "added"
	Waiting   Outcome = "pending" // added, not mailed before the address confirms
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
	Refused   Outcome = "refused"
	Gone      Outcome = "ended" // the file says that they left, or no longer has them
)

// Result is what became of a row, and why.
type Result struct {
	Line       int      `json:"line,omitempty"`
	Address    string   `json:"address"`
	List       string   `json:"list,omitempty"`
	Outcome    Outcome  `json:"outcome"`
	Reason     string   `json:"reason,omitempty"`
	Subscriber string   `json:"subscriber,omitempty"` // public id
	State      State    `json:"state,omitempty"`      // of the subscription now
	Text       []string `json:"-"`                    // the line as it stands
}

// Import says how rows are brought into a list.
type Import struct {
	List    List
	Mode    string   // add: who is on the list stays as they are; update: their name, language and attributes follow; sync: besides, who is not in the file leaves
	Revive  string   // why people who left or are suppressed are brought back; "" brings nobody back
	Consent *Consent // evidence for every row that has none of its own
	Act     Act
}

// The modes of an import.
const (
	ModeAdd    = "add"
	ModeUpdate = "update"
	ModeSync   = "sync"
)

// Add subscribes one address to a list.
func (s *Service) Add(ctx context.Context, in Import, row Row) (Result, error) {
	if err := s.check(&in); err != nil {
		return Result{}, err
	}
	if in.Act.How == "cli" && row.Consent == nil && in.List.OptIn == OptInSingle && !row.Pending {
		row.Consent = &Consent{Source: in.Act.How}
	}
	row.MayAsk = true
	batch := []*prepared{s.prepare(row, in)}
	results, err := s.batch(ctx, in, batch)
	if err != nil {
		return Result{}, err
	}
	return results[0], nil
}

func (s *Service) check(in *Import) error {
	in.Mode = cmp.Or(in.Mode, ModeUpdate)
	var err error
	switch {
	case in.Mode != ModeAdd && in.Mode != ModeUpdate && in.Mode != ModeSync:
		return fault.Invalidf("mode %q is not add, update or sync", in.Mode)
	case !in.List.ArchivedAt.IsZero():
		return fault.Conflictf("list %s was archived on %s", in.List.ID, in.List.ArchivedAt.Format(time.DateOnly))
	}
	if in.Revive, err = cleanNote(in.Revive); err != nil {
		return err
	}
	return s.checkConsent(in.Consent)
}

// A batch is decided and written in one transaction. It grows while that is
// quick and shrinks when it is slow, so that others never wait for long.
const (
	firstBatch = 1000
	maxBatch   = 4000
	pieceSize  = 1000 // rows that are checked ahead of the database at a time
	quick      = 300 * time.Millisecond
	slow       = 600 * time.Millisecond
)

// Import subscribes rows in batches and calls report for each in order. A row
// that comes with an error is refused with it; the others go on. An import that
// was killed is run again: what is there already stays unchanged.
func (s *Service) Import(ctx context.Context, in Import, rows iter.Seq2[Row, error], report func(Result) error) error {
	if err := s.check(&in); err != nil {
		return err
	}
	seen := map[string]bool{}
	size := firstBatch
	var batch []*prepared
	flush := func() error {
		began := time.Now() // how fast the machine is, not what time it is
		results, err := s.batch(ctx, in, batch)
		if err != nil {
			return err
		}
		if took := time.Since(began); took > slow {
			size = max(size/2, pieceSize/10)
		} else if took < quick && len(batch) == size {
			size = min(size*2, maxBatch)
		}
		for i, r := range results {
			if in.Mode == ModeSync {
				seen[batch[i].key()] = true
			}
			if err := report(r); err != nil {
				return err
			}
		}
		clear(batch) // what is written is kept no longer
		batch = batch[:0]
		return nil
	}
	for piece, err := range s.read(ctx, in, rows) {
		if err != nil {
			return err
		}
		for _, p := range piece {
			if batch = append(batch, p); len(batch) < size {
				continue
			}
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if in.Mode == ModeSync {
		if seen[""] {
			return fault.WithHint(fault.Conflictf("a line has no address that can be read: nobody who is not in the file is taken off the list"), "correct the refused lines and run it again")
		}
		return s.leaveOut(ctx, in, seen, report)
	}
	return nil
}

// prepared is a row that was checked.
type prepared struct {
	row Row
	sub Subscriber
	err error
}

// key is who a row speaks of, also where something else is wrong with it; "" if nobody knows.
func (p *prepared) key() string {
	if p.err == nil {
		return p.sub.Key
	}
	_, key, _ := ParseAddress(p.row.Address) // "" with an error
	return key
}

// read checks rows beside the database's work, a few batches ahead.
func (s *Service) read(ctx context.Context, in Import, rows iter.Seq2[Row, error]) iter.Seq2[[]*prepared, error] {
	type piece struct {
		batch []*prepared
		err   error
	}
	return func(yield func([]*prepared, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		pieces := make(chan piece, 4)
		done := make(chan struct{})
		defer func() { stop(); <-done }()
		go func() {
			defer close(done)
			defer close(pieces)
			batch := make([]*prepared, 0, pieceSize)
			give := func(err error) bool {
				select {
				case pieces <- piece{batch, err}:
					batch = make([]*prepared, 0, pieceSize)
					return err == nil
				case <-ctx.Done():
					return false
				}
			}
			for row, err := range rows {
				if err != nil && row.Line == 0 { // the file itself cannot be read
					if give(nil) {
						give(err)
					}
					return
				}
				if err == nil {
					batch = append(batch, s.prepare(row, in))
				} else {
					batch = append(batch, &prepared{row: row, err: err})
				}
				if len(batch) == pieceSize && !give(nil) {
					return
				}
			}
			give(nil)
		}()
		for p := range pieces {
			if !yield(p.batch, p.err) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

func (s *Service) prepare(row Row, in Import) *prepared {
	if row.Consent == nil && !row.Pending {
		row.Consent = in.Consent
	}
	sub, err := s.clean(row)
	return &prepared{row, sub, err}
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
	attributes, err := cleanAttributes(row.Attributes)
	if err != nil {
		return Subscriber{}, err
	}
	return Subscriber{Address: address, Key: key, Name: name, Language: language, Attributes: attributes}, s.checkConsent(row.Consent)
}

func (s *Service) checkConsent(c *Consent) error {
	if c == nil {
		return nil
	}
	if c.GivenAt.After(s.now().Add(24 * time.Hour)) {
		return fault.Invalidf("the consent is of the future: %s", c.GivenAt.Format(time.DateOnly))
	}
	for _, text := range []string{c.Source, c.Wording, c.Version, c.Language, c.Purpose} {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return fault.Invalidf("the evidence of consent is not valid UTF-8")
		}
	}
	return nil
}

// batch decides and writes some rows.
func (s *Service) batch(ctx context.Context, in Import, rows []*prepared) ([]Result, error) {
	keys := make([]string, 0, len(rows))
	for _, p := range rows {
		if p.err == nil {
			keys = append(keys, p.sub.Key)
		}
	}
	results := make([]Result, len(rows))
	err := s.store.Decide(ctx, keys, s.hash, func(known map[string]Standing) ([]Change, error) {
		changes := make([]Change, 0, len(rows))
		seen := make(map[string]int, len(rows))
		for i, p := range rows {
			results[i] = Result{Line: p.row.Line, Address: p.row.Address, List: in.List.ID, Text: p.row.Text}
			if p.err != nil {
				results[i].Outcome, results[i].Reason = Refused, p.err.Error()
				continue
			}
			results[i].Address = p.sub.Address
			if line, twice := seen[p.sub.Key]; twice {
				results[i].Outcome, results[i].Reason = Unchanged, doubled(line)
				continue
			}
			seen[p.sub.Key] = p.row.Line
			changes = s.decide(changes, in, p, known[p.sub.Key], &results[i])
		}
		return changes, nil
	})
	return results, err
}

// leaveOut ends the subscriptions of those who are not in the file.
func (s *Service) leaveOut(ctx context.Context, in Import, seen map[string]bool, report func(Result) error) error {
	return s.batches(ctx, Selection{List: in.List.ID}, func(known Standing) ([]Change, *Result) {
		x := known.open(in.List.ID)
		if x == nil || seen[known.Subscriber.Key] || x.end(s.now(), Dropped, "") != nil {
			return nil, nil
		}
		r := &Result{Address: known.Subscriber.Address, List: in.List.ID, Outcome: Gone, Reason: "not in the file", Subscriber: known.Subscriber.PublicID, State: Ended}
		return []Change{{End: x, Event: s.event(known.Subscriber, in.Act, "ended", in.List.ID, string(Dropped))}}, r
	}, report)
}
