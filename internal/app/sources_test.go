package app_test

import (
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// A source that breaks is found by the second look: the desk shows what it gave and
// what it gives, the editors get one mail a day, and what a person accepts is well again.
func TestABrokenSourceIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		told := func() (n int) {
			_, err := h.Desk.SendNotices(ctx)
			must(t, err)
			for _, m := range h.mail.Messages() {
				if subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); m.To == "ed@example.org" && strings.Contains(subject, "need a look") && strings.Contains(m.Raw, "files: ") {
					n++
				}
			}
			return n
		}
		look := func() {
			h.collect(t)
			must(t, h.Desk.TellTroubles(ctx))
			h.clock.Move(2 * time.Hour)
		}
		look()
		must(t, os.Remove(filepath.Join(h.dir, "a.md")))
		look()
		if n := told(); n != 0 {
			t.Errorf("%d mails after one look: that may be an accident", n)
		}
		for range 3 {
			look()
		}
		if n := told(); n != 1 {
			t.Errorf("%d mails on the first day", n)
		}
		h.clock.Move(24 * time.Hour)
		look()
		if n := told(); n != 2 {
			t.Errorf("%d mails on the second day", n)
		}
		_, door := h.serve(t)
		code, page := fetch(t, "GET", door+"/sources", nil)
		for _, want := range []string{"Broken", "no file matches", "1 items, 1 of them dated", "nothing that could be read"} {
			if code != http.StatusOK || !strings.Contains(page, want) {
				t.Errorf("%d: the page of sources lacks %q", code, want)
			}
		}
		must(t, h.Desk.AcceptSource(ctx, "files", "ed@example.org"))
		if err := h.Desk.AcceptSource(ctx, "files", "chief@example.org"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an approver did an editor's work: %v", err)
		}
		if _, page = fetch(t, "GET", door+"/sources", nil); strings.Contains(page, "<h2>Broken") {
			t.Error("accepted, but still broken")
		}
	})
}

// Every item can say why it is in or out, and what a person decides of it holds.
func TestWhy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		must(t, os.WriteFile(filepath.Join(h.dir, "old.md"), []byte("---\ntitle: Old\ndate: 2016-01-02\nurl: https://files.example/old\n---\nText.\n"), 0o600))
		h.collect(t)
		why := func(name string) newsletter.Item {
			t.Helper()
			found, err := h.Desk.Why(ctx, name)
			must(t, err)
			if len(found) != 1 || len(found[0].Publications) != 1 || len(found[0].Publications[0].Verdicts) != 1 {
				t.Fatalf("%+v", found)
			}
			item := found[0].Item
			item.Summary = found[0].Publications[0].Verdicts[0].Why + strings.Join(found[0].Publications[0].Stands, " ")
			return item
		}
		old := why("https://files.example/old")
		if !strings.Contains(old.Summary, "2 January 2016, is before") {
			t.Error(old.Summary)
		}
		if _, err := h.Desk.Why(ctx, "https://nobody.example/"); !fault.Is(err, fault.NotFound) || !strings.Contains(fault.Hint(err), "no source reads that site") {
			t.Errorf("%v %s", err, fault.Hint(err))
		}
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		issue, _, err := h.Desk.Open(ctx, "p/1")
		must(t, err)
		id := issue.Content.Entries[0].Item.ID
		if got := why("1"); got.ID != id || !strings.Contains(got.Summary, "p/1 (draft), section news") {
			t.Errorf("%+v", got)
		}
		if _, err := h.Desk.EditItem(ctx, id, newsletter.Edit{Rejected: true}, "chief@example.org"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an approver did an editor's work: %v", err)
		}
		_, err = h.Desk.EditItem(ctx, id, newsletter.Edit{Rejected: true}, "ed@example.org")
		must(t, err)
		if got := why("1"); !strings.Contains(got.Summary, "rejected by ed@example.org") {
			t.Error(got.Summary)
		}
		composed, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		if composed.Outcome != "nothing new" && len(composed.Issue.Content.Entries) != 0 {
			t.Errorf("a rejected item came into the issue: %+v", composed)
		}
	})
}

// The page of a send shows where its copies are, also while it stands still.
func TestSendingPage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		_, door := h.serve(t)
		page := func(want ...string) {
			t.Helper()
			code, text := fetch(t, "GET", door+"/issues/p/1/sending", nil)
			for _, w := range want {
				if code != http.StatusOK || !strings.Contains(text, w) {
					t.Errorf("%d: the page lacks %q", code, w)
				}
			}
			if strings.Contains(text, "n@example.org") {
				t.Error("the page shows a reader's address")
			}
		}
		page("It was not sent yet")
		h.approve(t, "p/1")
		h.mail.SetScript(func(stage, to string) string {
			if stage == "rcpt" && to == "n@example.org" {
				return "550 5.1.1 no such user"
			}
			return ""
		})
		_, err = h.Desk.Send(ctx, "p/1", "ed@example.org", desk.Ask{Count: -1}, func(newsletter.Tally) {})
		must(t, err)
		page("2</span>recipients", "1</span>accepted", "1</span>rejected", "5.1.1")
	})
}
