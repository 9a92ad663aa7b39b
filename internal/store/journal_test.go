package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
	"broadsheet/subscribers"
)

// sending is a send from a SQLite file as its engine sees it, and what must be known of it.
type sending struct {
	*testing.T
	db     *store.DB
	path   string
	unlock func()
	issue  newsletter.Issue
	chunk  newsletter.Chunk
	now    time.Time
	states map[int64]newsletter.DeliveryState
	people int64
}

func startSending(t *testing.T, people int) *sending {
	s := &sending{T: t, path: filepath.Join(t.TempDir(), "b.db"), now: began, states: map[int64]newsletter.DeliveryState{}, people: int64(people)}
	s.db = s.open(s.path)
	service := subscribers.NewService(s.db, s.clock, "secret")
	must(t, service.CreateList(ctx, subscribers.List{ID: "l", Title: subscribers.Text{"": "L"}, Signup: "closed", OptIn: "single", Basis: "mandate"}))
	list, err := service.List(ctx, "l")
	must(t, err)
	for i := range people {
		_, err := service.Add(ctx, subscribers.Import{List: list, Act: subscribers.Act{By: "operator", How: "cli"}}, subscribers.Row{Address: fmt.Sprintf("r%d@example.org", i), Consent: &subscribers.Consent{Source: "form", GivenAt: began}})
		must(t, err)
	}
	s.issue = draft(t, s.db, "")
	must(t, s.db.MoveIssue(ctx, &s.issue, newsletter.InReview, "d"))
	must(t, s.db.Approve(ctx, &s.issue, newsletter.Approval{Issue: s.issue.ID, Revision: 1, Digest: "d", Person: "x", Decision: newsletter.DecisionApproved}, 1))
	must(t, s.db.StartSend(ctx, &s.issue, newsletter.Order{Digest: "d", Lists: []string{"l"}, By: "operator", GiveUpAfter: time.Hour, Expect: people}))
	var ok bool
	s.unlock, ok, err = s.db.LockEngine()
	if must(t, err); !ok {
		t.Fatal("no lock")
	}
	chunks, err := s.db.Chunks(ctx, s.issue.ID)
	must(t, err)
	s.chunk = chunks[0]
	s.claim()
	return s
}

func (s *sending) clock() time.Time { return s.now }

func (s *sending) open(path string) *store.DB {
	db, err := store.Open(ctx, path, s.clock)
	must(s.T, err)
	s.Cleanup(func() { db.Close() })
	return db
}

func (s *sending) claim() {
	won, err := s.db.ClaimChunk(ctx, &s.chunk, "", false)
	if must(s.T, err); !won {
		s.Fatal("not won")
	}
}

func (s *sending) attempt(id int64) newsletter.Attempt {
	return newsletter.Attempt{Issue: s.issue.ID, Subscriber: id, Chunk: s.chunk.Number, Epoch: s.chunk.Epoch, Number: 1, Language: "en", MessageID: fmt.Sprintf("m%d@example.org", id), StartedAt: s.now}
}

func (s *sending) outcome(id int64, state newsletter.DeliveryState) newsletter.Outcome {
	return newsletter.Outcome{Issue: s.issue.ID, Subscriber: id, Chunk: s.chunk.Number, Number: 1, State: state, Code: 250, Reply: "ok", Relay: "main", At: s.now, NextAt: s.now.Add(time.Hour)}
}

// killed copies what is on disk, as a process that is killed now would leave it.
func (s *sending) killed() (path string) {
	s.Helper()
	thaw := s.db.Freeze()
	defer thaw()
	path = filepath.Join(s.TempDir(), "b.db")
	for _, end := range []string{"", "-wal", ".sending"} {
		text, err := os.ReadFile(s.path + end)
		must(s.T, err)
		must(s.T, os.WriteFile(path+end, text, 0o600))
	}
	return path
}

func (s *sending) want() (t newsletter.Tally) {
	t.Audience = int(s.people)
	for _, state := range s.states {
		t.Add(state, 1)
	}
	t.Pending = t.Audience - len(s.states)
	return t
}

func (s *sending) holds(db *store.DB, what string) {
	s.Helper()
	got, err := db.Tally(ctx, s.issue.ID)
	if must(s.T, err); got != s.want() {
		s.Errorf("%s: %+v, want %+v", what, got, s.want())
	}
}

// Whatever was recorded is known after the process was killed, whenever that was.
func TestKilledWhileSending(t *testing.T) {
	s := startSending(t, 300)
	defer s.unlock()
	random := rand.New(rand.NewPCG(1, 2))
	var open []int64
	next := int64(1)
	for step := 0; next <= s.people || len(open) > 0; step++ {
		var outcomes []newsletter.Outcome
		var attempts []newsletter.Attempt
		for random.IntN(3) > 0 && len(open) > 0 {
			state := newsletter.Accepted
			if random.IntN(40) == 0 {
				state = newsletter.Deferred
			}
			outcomes, s.states[open[0]] = append(outcomes, s.outcome(open[0], state)), state
			open = open[1:]
		}
		for random.IntN(3) > 0 && next <= s.people {
			attempts, open, s.states[next] = append(attempts, s.attempt(next)), append(open, next), newsletter.Attempting
			next++
		}
		s.now = s.now.Add(time.Second)
		must(t, s.db.Record(ctx, outcomes, attempts))
		switch random.IntN(12) {
		case 0:
			s.holds(s.db, "the process that sends")
		case 1, 2:
			path := s.killed()
			s.holds(s.open(path), fmt.Sprint("killed at step ", step))
			s.holds(s.open(path), "opened again")
		}
	}
	s.holds(s.db, "all is done")
}

// A group that was not written to its end was promised to nobody: those before it stay.
func TestTornJournal(t *testing.T) {
	s := startSending(t, 10)
	defer s.unlock()
	must(t, s.db.Record(ctx, nil, []newsletter.Attempt{s.attempt(1), s.attempt(2)}))
	s.states[1], s.states[2] = newsletter.Attempting, newsletter.Attempting
	thaw := s.db.Freeze()
	end := s.db.JournalEnd()
	must(t, s.db.Record(ctx, []newsletter.Outcome{s.outcome(1, newsletter.Accepted)}, []newsletter.Attempt{s.attempt(3)}))
	thaw()
	for _, cut := range []int64{0, 5, 17, 40} {
		path := s.killed()
		text, err := os.ReadFile(path + ".sending")
		must(t, err)
		clear(text[end+cut : end+1000])
		must(t, os.WriteFile(path+".sending", text, 0o600))
		s.holds(s.open(path), fmt.Sprint("cut at ", cut))
	}
}

// An attempt at a chunk that was claimed anew is refused, and what was recorded before is unknown.
func TestJournalIsFenced(t *testing.T) {
	s := startSending(t, 10)
	defer s.unlock()
	must(t, s.db.Record(ctx, nil, []newsletter.Attempt{s.attempt(1)}))
	late := s.attempt(2)
	s.claim()
	if err := s.db.Record(ctx, nil, []newsletter.Attempt{late}); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
	s.states[1] = newsletter.Unknown
	s.holds(s.db, "claimed anew")
	must(t, s.db.Record(ctx, []newsletter.Outcome{s.outcome(1, newsletter.Accepted)}, nil)) // the fact comes late
	s.states[1] = newsletter.Accepted
	s.holds(s.db, "a late fact")
}

// A clean end leaves no file, and another database's says nothing here.
func TestJournalEnds(t *testing.T) {
	s := startSending(t, 10)
	must(t, s.db.Record(ctx, nil, []newsletter.Attempt{s.attempt(1)}))
	s.states[1] = newsletter.Attempting
	foreign := s.killed()
	s.unlock()
	if _, err := os.Stat(s.path + ".sending"); !os.IsNotExist(err) {
		t.Error(err)
	}
	s.holds(s.db, "unlocked")
	other := startSending(t, 10)
	other.unlock()
	must(t, other.db.Close())
	text, err := os.ReadFile(foreign + ".sending")
	must(t, err)
	must(t, os.WriteFile(other.path+".sending", text, 0o600))
	other.now = began.Add(24 * time.Hour)
	other.states[1] = newsletter.Attempting // same ids, not older than the send: it cannot be told apart
	other.holds(other.open(other.path), "another's journal of the same time")
	must(t, os.WriteFile(other.path+".sending", []byte(strings.Repeat("x", 3<<20)), 0o600))
	other.holds(other.open(other.path), "no journal at all")
}
