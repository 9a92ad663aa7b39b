package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var ctx = context.Background()

// A bench is an approved issue, an audience, and a mail server.
type bench struct {
	db    *store.DB
	clock *testkit.Clock
	smtp  *testkit.SMTP
	issue newsletter.Issue
	n     int
}

func setUp(t *testing.T, db *store.DB, clock *testkit.Clock, n int) *bench {
	t.Helper()
	b := &bench{db: db, clock: clock, smtp: testkit.NewSMTP(t), n: n}
	people := subscribers.NewService(db, clock.Now, "secret")
	list := subscribers.List{ID: "l", Title: subscribers.Text{"": "L"}, Signup: "closed", OptIn: "single", Basis: "mandate"}
	must(t, people.CreateList(ctx, list))
	must(t, people.Import(ctx, subscribers.Import{List: list, Act: operator}, func(yield func(subscribers.Row, error) bool) {
		for i := range n {
			if !yield(subscribers.Row{Line: i + 1, Address: address(i), Name: "R", Language: []string{"en", "fr"}[i%2]}, nil) {
				return
			}
		}
	}, func(subscribers.Result) error { return nil }))
	b.issue = newsletter.Issue{PublicID: subscribers.NewPublicID(), Publication: "p", Kind: "regular", Content: newsletter.Content{Date: clock.Now()}}
	must(t, db.CreateIssue(ctx, &b.issue))
	must(t, db.MoveIssue(ctx, &b.issue, newsletter.InReview, "digest"))
	must(t, db.Approve(ctx, &b.issue, newsletter.Approval{Issue: b.issue.ID, Revision: 1, Digest: "digest", Person: "x", Decision: newsletter.DecisionApproved}, 1))
	clock.Move(time.Second)
	return b
}

var order = newsletter.Order{Digest: "digest", Lists: []string{"l"}, By: "operator", GiveUpAfter: 72 * time.Hour, Expect: -1}

var operator = subscribers.Act{By: "operator", How: "cli"}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func address(i int) string { return fmt.Sprintf("r%04d@example.org", i) }

func (b *bench) start(t *testing.T) {
	t.Helper()
	must(t, b.db.StartSend(ctx, &b.issue, order))
}

func (b *bench) job(t *testing.T) deliver.Job {
	t.Helper()
	send, err := b.db.Send(ctx, b.issue.ID)
	must(t, err)
	m, err := mime.Compile(mime.Content{From: "News <news@example.org>", Subject: "s", HTML: "<p>" + newsletter.MarkName + "</p>", Text: "t", Boundary: "=_b"})
	must(t, err)
	return deliver.Job{Issue: &b.issue, Send: send, Messages: map[string]*mime.Message{"en": m, "fr": m}, Fallback: "en", ReturnPath: "news@example.org",
		Values: func(c newsletter.Copy, _ string) mime.Values {
			return mime.Values{Address: c.Address, Name: c.Name, MessageID: c.PublicID + "@example.org", Date: b.clock.Now()}
		}}
}

func (b *bench) relay() deliver.Relay {
	return deliver.Relay{ID: "test", Connections: 4, Dialer: deliver.SMTP{Relay: smtp.Relay{ID: "test", Host: "127.0.0.1", Port: b.smtp.Port(), TLS: "none"}}}
}

// engine is a worker's, which ends with the test.
func (b *bench) engine(t *testing.T, ledger deliver.Ledger, relays ...deliver.Relay) *deliver.Engine {
	t.Helper()
	if len(relays) == 0 {
		relays = []deliver.Relay{b.relay()}
	}
	e := deliver.New(ledger, b.db, relays, b.clock.Now, slog.New(slog.DiscardHandler))
	alive := &deliver.Alive{Engine: e, Workers: b.db, Log: slog.New(slog.DiscardHandler)}
	must(t, alive.Join(ctx))
	t.Cleanup(func() { e.Close(); must(t, alive.Leave()) })
	return e
}

// run delivers what can be delivered now in a process of its own.
func (b *bench) run(ctx context.Context, t *testing.T) (bool, time.Time, error) {
	t.Helper()
	return b.runOn(ctx, t, b.engine(t, b.db))
}

func (b *bench) runOn(ctx context.Context, t *testing.T, e *deliver.Engine) (bool, time.Time, error) {
	t.Helper()
	chunks, err := b.db.Chunks(context.Background(), b.issue.ID)
	must(t, err)
	again, err := e.Run(ctx, b.job(t), chunks)
	send, failed := b.db.Send(context.Background(), b.issue.ID)
	must(t, failed)
	return !send.FinishedAt.IsZero(), again, err
}

func (b *bench) state(t *testing.T) newsletter.IssueState {
	t.Helper()
	issue, err := b.db.IssueByID(ctx, b.issue.ID)
	must(t, err)
	return issue.State
}

func (b *bench) tally(t *testing.T) newsletter.Tally {
	t.Helper()
	tally, err := b.db.Tally(ctx, b.issue.ID)
	must(t, err)
	sum := tally.Pending + tally.Attempting + tally.Deferred + tally.Accepted + tally.Rejected + tally.Unknown + tally.Held + tally.Suppressed + tally.Cancelled
	if sum != tally.Audience || tally.Pending < 0 {
		t.Errorf("the numbers do not add up: %+v", tally)
	}
	lines := 0
	send, err := b.db.Send(ctx, b.issue.ID)
	must(t, err)
	must(t, b.db.Receipt(ctx, send, func(newsletter.ReceiptLine) error { lines++; return nil }))
	if lines != tally.Audience {
		t.Errorf("the receipt has %d lines for an audience of %d", lines, tally.Audience)
	}
	return tally
}

func each(t *testing.T, n int, test func(t *testing.T, b *bench)) {
	clock := testkit.NewClock(time.Date(2017, 4, 1, 12, 0, 0, 0, time.UTC))
	testkit.EachDatabase(t, clock.Now, func(t *testing.T, db *store.DB) { test(t, setUp(t, db, clock, n)) })
}

func TestEveryoneOnce(t *testing.T) {
	each(t, 1203, func(t *testing.T, b *bench) { // more than one chunk
		b.start(t)
		finished, _, err := b.run(ctx, t)
		if err != nil || !finished || b.state(t) != newsletter.Sent {
			t.Fatal(finished, b.state(t), err)
		}
		if got := b.tally(t); got.Accepted != b.n {
			t.Errorf("%+v", got)
		}
		ids := map[string]bool{}
		for _, m := range b.smtp.Messages() {
			if id := m.Header.Get("Message-ID"); ids[id] {
				t.Errorf("message id %s twice", id)
			} else {
				ids[id] = true
			}
		}
		for to, n := range b.smtp.Copies() {
			if n != 1 {
				t.Errorf("%s has %d copies", to, n)
			}
		}
		if _, _, err := b.run(ctx, t); err != nil || len(b.smtp.Messages()) != b.n {
			t.Errorf("a second run sent %d more (%v)", len(b.smtp.Messages())-b.n, err)
		}
		if err := b.db.StartSend(ctx, &b.issue, order); !fault.Is(err, fault.Conflict) {
			t.Errorf("it was started twice: %v", err)
		}
	})
}

// The fault table: what a server does, and what is written of it, however the server speaks.
func TestOutcomes(t *testing.T) {
	for name, manner := range map[string]testkit.Manner{"pipelining": {}, "one by one": {NoPipelining: true}, "answers DATA": {AnswersData: true}} {
		t.Run(name, func(t *testing.T) { testOutcomes(t, manner) })
	}
}

func testOutcomes(t *testing.T, manner testkit.Manner) {
	each(t, 8, func(t *testing.T, b *bench) {
		b.smtp.SetManner(manner)
		var mu sync.Mutex
		first := map[string]bool{}
		b.smtp.SetScript(func(stage, to string) string {
			mu.Lock()
			defer mu.Unlock()
			again := first[stage+to]
			first[stage+to] = true
			switch {
			case to == address(1) && stage == "rcpt":
				return "550 5.1.1 no such user"
			case to == address(2) && stage == "rcpt" && !again:
				return "451 4.7.1 greylisted"
			case to == address(3) && stage == "data" && !again:
				return "452 4.3.1 disk full"
			case to == address(4) && stage == "data":
				return "554 5.7.1 spam"
			case to == address(5) && stage == "data":
				return "accept and drop"
			case to == address(6) && stage == "rcpt" && !again:
				return "drop"
			}
			return ""
		})
		b.start(t)
		finished, next, err := b.run(ctx, t)
		if err != nil || finished || !next.After(b.clock.Now()) {
			t.Fatal(finished, next, err)
		}
		if got := b.tally(t); got.Accepted != 2 || got.Rejected != 2 || got.Deferred != 3 || got.Held != 1 {
			t.Errorf("after the first run: %+v", got)
		}
		if _, _, err := b.run(ctx, t); err != nil {
			t.Fatal(err)
		}
		if got := b.tally(t); got.Deferred != 3 {
			t.Errorf("a deferred copy was tried before its time: %+v", got)
		}
		b.clock.Move(3 * time.Minute)
		finished, _, err = b.run(ctx, t)
		if err != nil || !finished {
			t.Fatal(finished, err)
		}
		if got := b.tally(t); got.Accepted != 5 || got.Rejected != 2 || got.Held != 1 {
			t.Errorf("after the second run: %+v", got)
		}
		b.twiceUnknown(t)
		b.gone(t)
	})
}

// A copy that was unknown twice went out twice, under one Message-ID, and nobody may send a third.
func (b *bench) twiceUnknown(t *testing.T) {
	t.Helper()
	ids := map[string]bool{}
	for _, m := range b.smtp.Messages() {
		if m.To == address(5) {
			ids[m.Header.Get("Message-ID")] = true
		}
	}
	if len(ids) != 1 || b.smtp.Copies()[address(5)] != 2 {
		t.Errorf("%d copies under %d ids", b.smtp.Copies()[address(5)], len(ids))
	}
	if n, err := b.db.Reopen(ctx, &b.issue, nil, []newsletter.DeliveryState{newsletter.Held, newsletter.Unknown}); err != nil || n != 0 {
		t.Errorf("a copy that was unknown twice was opened again: %d %v", n, err)
	}
}

// A mailbox that is gone is suppressed and leaves its lists; a refusal for spam changes nothing.
func (b *bench) gone(t *testing.T) {
	t.Helper()
	for i, want := range map[int]bool{1: true, 4: false} {
		p, err := b.db.Profile(ctx, address(i))
		must(t, err)
		if (p.Suppression != nil) != want || want && p.Suppression.Reason != subscribers.HardBounce {
			t.Errorf("%s: suppression %+v", address(i), p.Suppression)
		}
		for _, x := range p.Subscriptions {
			if ended := x.State == subscribers.Ended; ended != want || want && x.EndReason != subscribers.Bounced {
				t.Errorf("%s: subscription %+v", address(i), x)
			}
		}
	}
}

func TestDeadRelayLosesNothing(t *testing.T) {
	each(t, 5, func(t *testing.T, b *bench) {
		b.start(t)
		dead := deliver.Relay{ID: "main", Connections: 4, Dialer: deliver.SMTP{Relay: smtp.Relay{ID: "main", Host: "127.0.0.1", Port: 1, TLS: "none"}}}
		_, _, err := b.runOn(ctx, t, b.engine(t, b.db, dead))
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "relay main at 127.0.0.1:1") {
			t.Errorf("%v", err)
		}
		if got := b.tally(t); got.Pending != 5 {
			t.Errorf("%+v", got)
		}
		if finished, _, err := b.run(ctx, t); err != nil || !finished {
			t.Error(finished, err)
		}
	})
}

func TestLateLeaversGetNothing(t *testing.T) {
	each(t, 6, func(t *testing.T, b *bench) {
		b.start(t)
		people := subscribers.NewService(b.db, b.clock.Now, "secret")
		if _, err := people.End(ctx, address(0), subscribers.Unsubscribed, "", operator); err != nil {
			t.Fatal(err)
		}
		must(t, people.Suppress(ctx, address(1), "", subscribers.Manual, operator))
		l, err := people.List(ctx, "l")
		must(t, err)
		if _, err := people.Add(ctx, subscribers.Import{List: l, Act: operator}, subscribers.Row{Address: "late@example.org"}); err != nil {
			t.Fatal(err)
		}
		if finished, _, err := b.run(ctx, t); err != nil || !finished {
			t.Fatal(finished, err)
		}
		if got := b.tally(t); got.Audience != 6 || got.Accepted != 4 || got.Cancelled != 1 || got.Suppressed != 1 {
			t.Errorf("%+v", got)
		}
		if b.smtp.Copies()["late@example.org"] != 0 {
			t.Error("someone who joined after the freeze got a copy")
		}
	})
}

func TestGiveUp(t *testing.T) {
	each(t, 4, func(t *testing.T, b *bench) {
		b.smtp.SetScript(func(stage, _ string) string {
			if stage == "rcpt" {
				return "450 4.2.0 later"
			}
			return ""
		})
		b.start(t)
		if _, _, err := b.run(ctx, t); err != nil {
			t.Fatal(err)
		}
		b.clock.Move(73 * time.Hour)
		if finished, _, err := b.run(ctx, t); err != nil || !finished {
			t.Fatal(finished, err)
		}
		if got := b.tally(t); got.Cancelled != 4 {
			t.Errorf("%+v", got)
		}
	})
}

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	each(t, 300, func(t *testing.T, b *bench) {
		stop, cancel := context.WithCancel(ctx)
		var mu sync.Mutex
		seen := 0
		b.smtp.SetScript(func(stage, _ string) string {
			mu.Lock()
			defer mu.Unlock()
			if stage == "data" {
				if seen++; seen == 40 {
					cancel()
				}
			}
			return ""
		})
		b.start(t)
		if _, _, err := b.run(stop, t); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if got := b.tally(t); got.Accepted != len(b.smtp.Messages()) || got.Attempting+got.Unknown != 0 || got.Accepted == 300 {
			t.Errorf("%d messages, %+v", len(b.smtp.Messages()), got)
		}
		if finished, _, err := b.run(ctx, t); err != nil || !finished {
			t.Fatal(finished, err)
		}
		for to, n := range b.smtp.Copies() {
			if n != 1 {
				t.Errorf("%s has %d copies", to, n)
			}
		}
	})
}

// A relay that refuses us says nothing of anyone's address: nobody is rejected, and it is said.
func TestRefusedSenderRejectsNobody(t *testing.T) {
	each(t, 20, func(t *testing.T, b *bench) {
		b.smtp.SetScript(func(stage, _ string) string {
			if stage == "mail" {
				return "530 5.7.0 authentication required"
			}
			return ""
		})
		b.start(t)
		if _, _, err := b.run(ctx, t); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "530 5.7.0 authentication required") {
			t.Errorf("%v", err)
		}
		if got := b.tally(t); got.Rejected != 0 || got.Pending < 16 {
			t.Errorf("%+v", got)
		}
		b.smtp.SetScript(nil)
		b.clock.Move(time.Hour)
		if finished, _, err := b.run(ctx, t); err != nil || !finished || b.tally(t).Accepted != 20 {
			t.Error(finished, err)
		}
	})
}

// Lifting a suppression, or a clock that was read early, changes nothing in an audience that is frozen.
func TestFrozenAudience(t *testing.T) {
	each(t, 3, func(t *testing.T, b *bench) {
		people := subscribers.NewService(b.db, b.clock.Now, "secret")
		must(t, people.Suppress(ctx, address(1), "", subscribers.Manual, operator))
		b.start(t)
		_, err := people.Unsuppress(ctx, address(1), "", operator)
		must(t, err)
		b.clock.Move(-time.Hour)
		early := subscribers.NewService(b.db, b.clock.Now, "secret")
		if _, err := early.End(ctx, address(2), subscribers.Unsubscribed, "", operator); err != nil {
			t.Fatal(err)
		}
		b.clock.Move(time.Hour)
		if finished, _, err := b.run(ctx, t); err != nil || !finished {
			t.Fatal(finished, err)
		}
		if got := b.tally(t); got.Audience != 2 || got.Accepted != 1 || got.Cancelled != 1 || b.smtp.Copies()[address(1)] != 0 {
			t.Errorf("%+v", got)
		}
	})
}
