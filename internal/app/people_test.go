package app_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers"
)

// record keeps what is logged.
type record struct {
	sync.Mutex
	text strings.Builder
}

func (r *record) Write(p []byte) (int, error) {
	r.Lock()
	defer r.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.Lock()
	defer r.Unlock()
	return r.text.String()
}

func (h *house) add(t *testing.T, row subscribers.Row) {
	t.Helper()
	list, err := h.People.List(ctx, "members")
	must(t, err)
	_, err = h.People.Add(ctx, subscribers.Import{List: list, Act: operator}, row)
	must(t, err)
}

// A whole run, with whatever may be logged on the way: a bounce, a deferral, links
// that are wrong, people who confirm, leave and are erased, and retention.
func TestNoAddressIsLogged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		consent := &subscribers.Consent{Source: "form", GivenAt: h.clock.Now()}
		for _, name := range []string{"gone", "full", "leaves", "erased"} {
			h.add(t, subscribers.Row{Address: name + "@example.org", Consent: consent})
		}
		h.add(t, subscribers.Row{Address: "asked@example.org"})
		_, err := h.Desk.AskToConfirm(ctx, "members", []subscribers.Result{{Subscriber: "asked@example.org", State: subscribers.Pending}})
		must(t, err)
		h.mail.SetScript(func(stage, to string) string {
			switch {
			case stage == "rcpt" && to == "gone@example.org":
				return "550 5.1.1 <gone@example.org>: no such user"
			case stage == "rcpt" && to == "full@example.org":
				return "452 4.2.2 <full@example.org>: mailbox full"
			case stage == "rcpt" && to == "asked@example.org":
				return "550 5.7.1 <asked@example.org>: not from you"
			}
			return ""
		})
		h.sent(t)
		_, err = h.Desk.SendNotices(ctx)
		must(t, err)
		public, _ := h.serve(t)
		link := path(t, h.mailed(t, "leaves@example.org").Raw, "List-Unsubscribe: <https://news.example.org", public)
		for _, at := range []string{link, link + "x", public + "/c/leaves@example.org"} {
			fetch(t, "POST", at, url.Values{"List-Unsubscribe": {"One-Click"}})
		}
		must(t, h.People.Erase(ctx, "erased@example.org", operator))
		h.Desk.Retention = desk.Retention{Pending: time.Hour, Deliveries: 24 * time.Hour, Addresses: 24 * time.Hour}
		h.clock.Move(100 * 24 * time.Hour)
		must(t, h.Desk.Watch(ctx))
		must(t, h.Desk.Forget(ctx))
		log := h.log.String()
		if !strings.Contains(log, "what is old was forgotten") || !strings.Contains(log, "service mail refused") {
			t.Errorf("the run was not as it was meant: %s", log)
		}
		for line := range strings.Lines(log) {
			if strings.Contains(line, "@example.org") {
				t.Errorf("an address is logged: %s", line)
			}
		}
	})
}

// After its time nobody can say who got an issue, and the numbers still add up.
func TestRetention(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.add(t, subscribers.Row{Address: "gone@example.org", Consent: &subscribers.Consent{Source: "form", GivenAt: h.clock.Now()}})
		h.add(t, subscribers.Row{Address: "never@example.org"})
		h.mail.SetScript(func(stage, to string) string {
			if stage == "rcpt" && to == "gone@example.org" {
				return "550 5.1.1 <gone@example.org>: no such user"
			}
			return ""
		})
		h.sent(t)
		before, err := h.Desk.Status(ctx, "p/1")
		must(t, err)
		lines := func() (n int, replies string) {
			issue, err := h.Desk.Issues.Issue(ctx, "p", 1)
			must(t, err)
			must(t, h.Desk.Receipts.Receipt(ctx, newsletter.Send{Issue: issue.ID}, func(l newsletter.ReceiptLine) error { n++; replies += l.Reply; return nil }))
			return n, replies
		}
		h.Desk.Retention = desk.Retention{Pending: 30 * 24 * time.Hour, Deliveries: 180 * 24 * time.Hour, Addresses: 90 * 24 * time.Hour}
		for _, c := range []struct {
			days    int
			pending bool
			replies bool
			lines   int
		}{{1, true, true, 3}, {35, false, true, 3}, {100, false, false, 3}, {200, false, false, 0}} {
			h.clock.Move(time.Duration(c.days)*24*time.Hour - h.clock.Now().Sub(time.Date(2017, 3, 20, 9, 0, 0, 0, time.UTC)))
			for range 2 {
				must(t, h.Desk.Forget(ctx))
			}
			if _, err := h.People.Show(ctx, "never@example.org"); fault.Is(err, fault.NotFound) == c.pending {
				t.Errorf("after %d days, who never confirmed: %v", c.days, err)
			}
			n, replies := lines()
			if n != c.lines || strings.Contains(replies, "gone@") != c.replies {
				t.Errorf("after %d days: %d lines, %q", c.days, n, replies)
			}
			after, err := h.Desk.Status(ctx, "p/1")
			must(t, err)
			if after.Tally != before.Tally || after.Accepted != 2 || after.Rejected != 1 {
				t.Errorf("after %d days the numbers are %+v, they were %+v", c.days, after.Tally, before.Tally)
			}
		}
	})
}

// A publication with a segment is sent to those whom it lets through, and to nobody on an archived list.
func TestSegmentOfAPublication(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Desk.Publications[0].Segment = "language = ar and not attr.country = GE"
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		h.approve(t, "p/1")
		plan, err := h.Desk.Plan(ctx, "p/1")
		if err != nil || plan.Audience != 1 || plan.Segment == "" {
			t.Errorf("%+v %v", plan, err)
		}
		must(t, h.People.ArchiveList(ctx, "members"))
		_, err = h.Desk.Send(ctx, "p/1", "operator", desk.Ask{Count: -1}, func(newsletter.Tally) {})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("sent to an archived list: %v", err)
		}
		list, err := h.People.List(ctx, "members")
		must(t, err)
		if list.ArchivedAt.IsZero() {
			t.Error("not archived")
		}
	})
}

func TestPausedPeopleGetNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		until := h.clock.Now().Add(48 * time.Hour)
		must(t, h.People.SetPreferences(ctx, "a@example.org", subscribers.Preferences{Pause: &until}, operator))
		h.sent(t)
		if c := h.mail.Copies(); c["a@example.org"] != 0 || c["n@example.org"] != 1 {
			t.Errorf("%v", c)
		}
	})
}
