package app_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/config"
	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"
	"broadsheet/subscribers/segment"
)

var operator = subscribers.Act{By: "operator", How: "cli"}

func TestMain(m *testing.M) { testkit.Main(m) }

var ctx = context.Background()

const yaml = `
database: %s
link_secret: file:secret
public: {listen: "127.0.0.1:0", url: "https://news.example.org"}
desk: {listen: "127.0.0.1:0", url: "http://127.0.0.1:8081"}
team:
  - {name: Ed, email: ed@example.org, roles: [editor]}
  - {name: Chief, email: chief@example.org, roles: [approver]}
relays: [{id: test, host: 127.0.0.1, port: %d, tls: none}]
lists: [{id: members, title: {en: Members, ar: الأعضاء}, opt_in: double, basis: consent}]
publications:
  - id: p
    title: {en: Letter, ar: رسالة}
    from: News <news@example.org>
    reply_to: office@example.org
    languages: [en, ar]
    timezone: Europe/Paris
    lists: [members]
    archive: public
    schedule: {compose: "0 6 25 * *", send: "0 14 1 * *", send_window: 24h}
    sections: [{id: news, kind: news}]
sources: [{id: files, file: "*.md", language: en, timezone: Europe/Paris}]
`

type house struct {
	*app.App
	clock    *testkit.Clock
	mail     *testkit.SMTP
	dir      string
	database string
	log      *record
}

// each opens a configured house on both engines, on 20 March 2017, with two readers.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	for engine, address := range testkit.Addresses(t) {
		t.Run(engine, func(t *testing.T) {
			h := &house{clock: testkit.NewClock(time.Date(2017, 3, 20, 9, 0, 0, 0, time.UTC)), mail: testkit.NewSMTP(t), dir: t.TempDir(), log: &record{}}
			for name, text := range map[string]string{"secret": "0123456789abcdef0123456789abcdef", "a.md": "---\ntitle: March\ndate: 2017-03-18\n---\nText <script>alert(1)</script>.\n"} {
				must(t, os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600))
			}
			h.database = address(t)
			cfg, err := config.Parse("t.yaml", fmt.Appendf(nil, yaml, h.database, h.mail.Port()), h.dir, h.clock.Now(), os.LookupEnv)
			must(t, err)
			h.App, err = app.Open(ctx, cfg, app.Options{Now: h.clock.Now, Version: "test", Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
			must(t, err)
			t.Cleanup(func() { must(t, h.Close()) })
			list, err := h.People.List(ctx, "members")
			must(t, err)
			for _, row := range []subscribers.Row{{Address: "a@example.org", Name: "Ana"}, {Address: "n@example.org", Language: "ar"}} {
				row.Consent = &subscribers.Consent{Source: "form", GivenAt: h.clock.Now()}
				_, err := h.People.Add(ctx, subscribers.Import{List: list, Act: operator}, row)
				must(t, err)
			}
			test(t, h)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) collect(t *testing.T) {
	t.Helper()
	must(t, h.Desk.Collect(ctx, nil, false, func(newsletter.SourceRun) {}))
}

// at moves the clock to a local time in Paris and lets the daemon look once.
func (h *house) at(t *testing.T, local string) {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Paris")
	must(t, err)
	to, err := time.ParseInLocation("2006-01-02 15:04", local, loc)
	must(t, err)
	h.clock.Move(to.Sub(h.clock.Now()))
	must(t, h.Desk.Tick(ctx))
	h.deliver(t)
	_, err = h.Desk.SendNotices(ctx)
	must(t, err)
}

// deliver goes on with what is being sent.
func (h *house) deliver(t *testing.T) {
	t.Helper()
	if h.Desk.CanSend() != nil {
		return
	}
	issues, err := h.Desk.Issues.Sending(ctx)
	must(t, err)
	for _, issue := range issues {
		_, err := h.Desk.Send(ctx, issue.Slug(), desk.Operator, desk.Ask{Count: -1}, func(newsletter.Tally) {})
		must(t, err)
	}
}

func (h *house) state(t *testing.T, slug string) newsletter.IssueState {
	t.Helper()
	s, err := h.Desk.Status(ctx, slug)
	must(t, err)
	return s.State
}

func (h *house) approve(t *testing.T, slug string) {
	t.Helper()
	_, _, err := h.Desk.Submit(ctx, slug, "ed@example.org")
	must(t, err)
	_, err = h.Desk.Approve(ctx, slug, "", "chief@example.org")
	must(t, err)
}

func TestAMonthByTheClock(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.at(t, "2017-03-20 10:00") // the first look: nothing was missed
		h.collect(t)
		h.at(t, "2017-03-25 05:59")
		if issues, _ := h.Desk.Issues.Issues(ctx, ""); len(issues) != 0 {
			t.Fatal("composed before its time")
		}
		h.at(t, "2017-03-25 06:00")
		if got := h.state(t, "p/1"); got != newsletter.Draft {
			t.Fatal(got)
		}
		h.at(t, "2017-03-25 06:01")
		if issues, _ := h.Desk.Issues.Issues(ctx, ""); len(issues) != 1 {
			t.Errorf("%d issues for one slot", len(issues))
		}
		h.approve(t, "p/1")
		h.at(t, "2017-04-01 13:59") // the clocks went forward on 26 March
		if got := h.state(t, "p/1"); got != newsletter.Approved {
			t.Errorf("sent before its time: %s", got)
		}
		h.at(t, "2017-04-01 14:00")
		if got := h.state(t, "p/1"); got != newsletter.Sent {
			t.Errorf("not sent at its time: %s", got)
		}
		h.at(t, "2017-04-01 14:01")
		if c := h.mail.Copies(); c["a@example.org"] != 1 || c["n@example.org"] != 1 {
			t.Error(c)
		}
		h.at(t, "2017-04-25 06:00") // nothing new: no second issue
		if issues, _ := h.Desk.Issues.Issues(ctx, ""); len(issues) != 1 {
			t.Errorf("%d issues", len(issues))
		}
	})
}

func TestUnapprovedWaitsThenIsMissed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.at(t, "2017-03-20 10:00")
		h.collect(t)
		h.at(t, "2017-03-25 06:00")
		h.at(t, "2017-04-01 14:00")
		if got := h.state(t, "p/1"); got != newsletter.Draft {
			t.Fatal(got)
		}
		slots, err := h.Desk.Slots.PlannedSlots(ctx, "p")
		if err != nil || len(slots) != 1 || !strings.Contains(slots[0].Note, "not approved") {
			t.Fatalf("%+v %v", slots, err)
		}
		h.approve(t, "p/1")
		h.at(t, "2017-04-01 18:00") // approved within the window: it goes
		if got := h.state(t, "p/1"); got != newsletter.Sent {
			t.Error(got)
		}
	})
	each(t, func(t *testing.T, h *house) {
		h.at(t, "2017-03-20 10:00")
		h.collect(t)
		h.at(t, "2017-03-25 06:00")
		h.at(t, "2017-04-01 14:00")
		h.approve(t, "p/1")
		h.at(t, "2017-04-02 14:01") // the daemon was down until after the window
		if got := h.state(t, "p/1"); got != newsletter.Approved {
			t.Errorf("a slot that was missed was done by itself: %s", got)
		}
		if c := h.mail.Copies(); c["a@example.org"] != 0 {
			t.Error(c)
		}
	})
}

// serve opens both doors and returns their addresses.
func (h *house) serve(t *testing.T) (public, door string) {
	t.Helper()
	running, stop := context.WithCancel(ctx)
	at, ended := make(chan app.Addresses, 1), make(chan error, 1)
	go func() { ended <- h.Serve(running, func(a app.Addresses) { at <- a }) }()
	t.Cleanup(func() { stop(); must(t, <-ended) })
	select {
	case a := <-at:
		return "http://" + a.Public.String(), "http://" + a.Desk.String()
	case err := <-ended:
		t.Fatal(err)
	}
	return "", ""
}

func fetch(t *testing.T, method, address string, form url.Values, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	must(t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(body)
}

// path takes the path of a link out of a message and puts it on another host.
func path(t *testing.T, text, prefix, host string) string {
	t.Helper()
	m := regexp.MustCompile(regexp.QuoteMeta(prefix) + `([^\s>"]+)`).FindStringSubmatch(strings.ReplaceAll(text, "=\r\n", ""))
	if m == nil {
		t.Fatalf("no link %s in %s", prefix, text)
	}
	return host + m[1]
}

func (h *house) sent(t *testing.T) {
	t.Helper()
	h.collect(t)
	_, err := h.Desk.Compose(ctx, "p", "operator")
	must(t, err)
	h.approve(t, "p/1")
	h.clock.Move(time.Second)
	_, err = h.Desk.Send(ctx, "p/1", "operator", desk.Ask{Count: -1}, func(newsletter.Tally) {})
	must(t, err)
}

func (h *house) mailed(t *testing.T, to string) testkit.Message {
	t.Helper()
	for _, m := range h.mail.Messages() {
		if m.To == to {
			return m
		}
	}
	t.Fatalf("no message to %s", to)
	return testkit.Message{}
}

func TestUnsubscribing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sent(t)
		public, _ := h.serve(t)
		m := h.mailed(t, "n@example.org")
		link := path(t, m.Raw, "List-Unsubscribe: <https://news.example.org", public)
		for range 3 { // scanners look at everything
			for _, method := range []string{"GET", "HEAD"} {
				if code, _ := fetch(t, method, link, nil); code != 200 {
					t.Errorf("%s: %d", method, code)
				}
			}
		}
		p, err := h.People.Show(ctx, "n@example.org")
		must(t, err)
		if p.Subscriptions[0].State != subscribers.Confirmed {
			t.Fatal("a GET unsubscribed")
		}
		if _, page := fetch(t, "GET", link, nil); !strings.Contains(page, `<html lang="ar" dir="rtl">`) || !strings.Contains(page, `method="post"`) {
			t.Error(page)
		}
		for range 2 { // RFC 8058: no cookie, no token, no redirect; twice is once
			if code, _ := fetch(t, "POST", link, url.Values{"List-Unsubscribe": {"One-Click"}}, "Sec-Fetch-Site", "cross-site"); code != 200 {
				t.Errorf("one-click: %d", code)
			}
		}
		p, err = h.People.Show(ctx, "n@example.org")
		must(t, err)
		if x := p.Subscriptions[0]; x.State != subscribers.Ended || x.EndReason != subscribers.Unsubscribed {
			t.Errorf("%+v", x)
		}
		for _, bad := range []string{link + "x", public + "/u/", public + "/u/x.y.z", strings.Replace(link, "/u/", "/p/", 1), public + "/c/" + strings.TrimPrefix(link, public+"/u/")} {
			if code, _ := fetch(t, "POST", bad, url.Values{}); code != 404 {
				t.Errorf("%s: %d", bad, code)
			}
		}
	})
}

func TestPreferencesWebViewAndArchive(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sent(t)
		public, _ := h.serve(t)
		raw := strings.ReplaceAll(h.mailed(t, "a@example.org").Raw, "=3D", "=")
		link := path(t, raw, "https://news.example.org/p/", public+"/p/")
		if code, page := fetch(t, "GET", link, nil); code != 200 || !strings.Contains(page, "Members") {
			t.Error(code, page)
		}
		if code, page := fetch(t, "POST", link, url.Values{"language": {"ar"}, "list": {"members"}}); code != 200 || !strings.Contains(page, `dir="rtl"`) {
			t.Error(code, page)
		}
		p, err := h.People.Show(ctx, "a@example.org")
		must(t, err)
		if p.Language != "ar" || p.Subscriptions[0].State != subscribers.Confirmed {
			t.Errorf("%+v", p)
		}
		view := path(t, raw, "https://news.example.org/i/", public+"/i/")
		code, page := fetch(t, "GET", view, nil)
		if code != 200 || !strings.Contains(page, "March") || strings.Contains(page, "Ana") || strings.Contains(page, "/u/") || strings.Contains(page, "\uE000") || strings.Contains(page, "<script") {
			t.Error(code, page)
		}
		if _, page := fetch(t, "GET", public+"/archive/p", nil); !strings.Contains(page, "/i/") {
			t.Error(page)
		}
	})
}

func TestTwoDoorsShareNoRoute(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		public, door := h.serve(t)
		for _, route := range []string{"/issues", "/issues/p/1", "/sources", "/issues/p/1/frame/en"} {
			if code, _ := fetch(t, "GET", door+route, nil); code != 200 {
				t.Errorf("desk %s: %d", route, code)
			}
			if code, _ := fetch(t, "GET", public+route, nil); code != 404 {
				t.Errorf("public %s: %d", route, code)
			}
		}
		for _, route := range []string{"/archive/p", "/u/x", "/own-link/p"} {
			if code, _ := fetch(t, "GET", door+route, nil); code != 404 {
				t.Errorf("desk %s: %d", route, code)
			}
		}
		if code, _ := fetch(t, "GET", door+"/", nil, "Host", "evil.example"); code != http.StatusMisdirectedRequest {
			t.Errorf("the desk answers to a foreign name: %d", code)
		}
		issue, err := h.Desk.Issues.Issue(ctx, "p", 1)
		must(t, err)
		if code, _ := fetch(t, "GET", public+"/i/"+issue.PublicID+"/en", nil); code != 404 {
			t.Errorf("a draft is public: %d", code)
		}
	})
}

func TestReviewByLink(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		_, _, err = h.Desk.Submit(ctx, "p/1", "ed@example.org")
		must(t, err)
		_, err = h.Desk.SendNotices(ctx)
		must(t, err)
		_, door := h.serve(t)
		m := h.mailed(t, "chief@example.org")
		if !strings.Contains(m.Raw, "March") || strings.Contains(m.Raw, "List-Unsubscribe:") {
			t.Error("the request to approve is not the issue itself")
		}
		link := path(t, m.Raw, "http://127.0.0.1:8081", door)
		code, page := fetch(t, "GET", link, nil)
		if code != 200 || !strings.Contains(page, "Approve this issue") || h.state(t, "p/1") != newsletter.InReview {
			t.Fatal(code, page)
		}
		if code, _ := fetch(t, "POST", link, url.Values{"decision": {"approve"}}, "Sec-Fetch-Site", "cross-site"); code != 403 {
			t.Errorf("a foreign page could approve: %d", code)
		}
		if code, _ := fetch(t, "POST", link, url.Values{"decision": {"return"}}); code != 400 {
			t.Errorf("a return without a comment: %d", code)
		}
		if code, page := fetch(t, "POST", link, url.Values{"decision": {"return"}, "comment": {"<b>wrong</b>"}}); code != 200 || h.state(t, "p/1") != newsletter.Draft {
			t.Error(code, page)
		}
		if code, _ := fetch(t, "POST", link, url.Values{"decision": {"approve"}}); code != 409 {
			t.Errorf("a returned issue was approved: %d", code)
		}
		_, _, err = h.Desk.Submit(ctx, "p/1", "ed@example.org")
		must(t, err)
		if code, _ := fetch(t, "POST", link, url.Values{"decision": {"approve"}}); code != 200 || h.state(t, "p/1") != newsletter.Approved {
			t.Error(code, h.state(t, "p/1"))
		}
		h.clock.Move(15 * 24 * time.Hour)
		if code, _ := fetch(t, "GET", link, nil); code != 403 {
			t.Errorf("an old link works: %d", code)
		}
	})
}

func TestConfirmationByMail(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		list, err := h.People.List(ctx, "members")
		must(t, err)
		result, err := h.People.Add(ctx, subscribers.Import{List: list, Act: operator}, subscribers.Row{Address: "new@example.org", Name: "X", Language: "ar"})
		must(t, err)
		if _, err := h.Desk.AskToConfirm(ctx, "members", []subscribers.Result{result}); err != nil {
			t.Fatal(err)
		}
		_, err = h.Desk.SendNotices(ctx)
		must(t, err)
		public, _ := h.serve(t)
		link := path(t, h.mailed(t, "new@example.org").Raw, "https://news.example.org", public)
		if code, _ := fetch(t, "GET", link, nil); code != 200 {
			t.Error(code)
		}
		if n, _ := h.People.Counts(ctx, "members", segment.Filter{}); n.Confirmed != 2 {
			t.Error("a GET confirmed")
		}
		for range 2 {
			if code, _ := fetch(t, "POST", link, url.Values{}); code != 200 {
				t.Error(code)
			}
		}
		p, err := h.People.Show(ctx, "new@example.org")
		must(t, err)
		if p.Subscriptions[0].State != subscribers.Confirmed || p.Subscriptions[0].Consent.Language != "ar" {
			t.Errorf("%+v", p)
		}
	})
}

// One person is one approver, however the address is written, and nobody approves their own edit under another spelling.
func TestOnePersonOneVoice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Desk.Publications[0].Approval.Approvals = 2
		h.Desk.Team = append(h.Desk.Team, h.Desk.Team[1])
		h.Desk.Team[2].Email = "second@example.org"
		h.Desk.Team[1].Roles = append(h.Desk.Team[1].Roles, "editor")
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		_, _, err = h.Desk.Submit(ctx, "p/1", "ED@example.org")
		must(t, err)
		for _, spelling := range []string{"chief@example.org", "Chief@Example.ORG"} {
			if issue, err := h.Desk.Approve(ctx, "p/1", "", spelling); err != nil || issue.State != newsletter.InReview {
				t.Errorf("%s: %s %v", spelling, issue.State, err)
			}
		}
		if issue, err := h.Desk.Approve(ctx, "p/1", "", "second@example.org"); err != nil || issue.State != newsletter.Approved {
			t.Errorf("%s %v", issue.State, err)
		}
		before := len(h.mail.Messages())
		_, _, err = h.Desk.Submit(ctx, "p/1", "ed@example.org") // what is approved asks nobody again
		must(t, err)
		_, err = h.Desk.SendNotices(ctx)
		must(t, err)
		if asked := len(h.mail.Messages()) - before; asked != 2 { // the two requests of the first submit
			t.Errorf("%d mails", asked)
		}
		text, err := h.Desk.EditFile(ctx, "p/1", "")
		must(t, err)
		_, changed, err := h.Desk.Edit(ctx, "p/1", strings.Replace(text, "headline:", "headline: New", 1), "CHIEF@example.org")
		must(t, err)
		if !changed {
			t.Fatal("not changed")
		}
		_, _, err = h.Desk.Submit(ctx, "p/1", "ed@example.org")
		must(t, err)
		if _, err := h.Desk.Approve(ctx, "p/1", "", "chief@example.org"); err == nil {
			t.Error("someone approved their own edit")
		}
	})
}

// What is returned because the publication was wrong looks right once the publication is put right.
func TestReturnedIssueIsRenderedAnew(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		first, _, err := h.Desk.Submit(ctx, "p/1", "ed@example.org")
		must(t, err)
		_, err = h.Desk.Return(ctx, "p/1", "", "the title", "chief@example.org")
		must(t, err)
		h.Desk.Publications[0].Title = newsletter.Text{"": "Better"}
		again, _, err := h.Desk.Submit(ctx, "p/1", "ed@example.org")
		must(t, err)
		_, _, proof, err := h.Desk.Proof(ctx, "p/1", "en")
		must(t, err)
		if again.Digest == first.Digest || !strings.Contains(proof.HTML, "Better") {
			t.Errorf("digest %.12s, then %.12s", first.Digest, again.Digest)
		}
	})
}

// A link in an old mail works after its publication is gone from the configuration.
func TestOldLinksWork(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sent(t)
		public, _ := h.serve(t)
		h.Desk.Publications = nil
		link := path(t, h.mailed(t, "a@example.org").Raw, "List-Unsubscribe: <https://news.example.org", public)
		if code, _ := fetch(t, "POST", link, url.Values{}); code != 200 {
			t.Error(code)
		}
		p, err := h.People.Show(ctx, "a@example.org")
		must(t, err)
		if p.Subscriptions[0].State != subscribers.Ended {
			t.Error("nobody could leave")
		}
	})
}

// With a schedule, an issue that was sent by hand leaves its slot, and the next one takes the next.
func TestSecondIssueOfAMonth(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sent(t)
		must(t, os.WriteFile(filepath.Join(h.dir, "b.md"), []byte("---\ntitle: More\ndate: 2017-03-20\n---\nText.\n"), 0o600))
		h.collect(t)
		made, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		if made.Issue.Slug() != "p/2" || made.Issue.Slot != "2017-05-01T14:00" {
			t.Errorf("%s for %s", made.Issue.Slug(), made.Issue.Slot)
		}
	})
}

// An issue that people worked on and that missed its slot is theirs to send or cancel; cancelled, its items stand in the next.
func TestMissedIssueIsCancelled(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.at(t, "2017-03-20 10:00")
		h.collect(t)
		h.at(t, "2017-03-25 06:00")
		h.approve(t, "p/1")
		h.at(t, "2017-04-02 14:01")
		h.at(t, "2017-04-25 06:00")
		if issues, _ := h.Desk.Issues.Issues(ctx, ""); len(issues) != 1 {
			t.Fatalf("%d issues", len(issues))
		}
		_, err := h.Desk.Cancel(ctx, "p/1", "ed@example.org")
		must(t, err)
		made, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		if made.Issue.Slug() != "p/2" || len(made.Issue.Content.Entries) != 1 || made.Issue.Content.Entries[0].Item.Title != "March" {
			t.Errorf("%+v", made)
		}
		if _, err := h.Desk.Cancel(ctx, "p/1", "ed@example.org"); err == nil {
			t.Error("it was cancelled twice")
		}
	})
}

// Without a relay a scheduled send is refused, once and said; the issue stays approved.
func TestNoRelayRefusesTheSlot(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Desk.Delivery.Engine = nil
		h.at(t, "2017-03-20 10:00")
		h.collect(t)
		h.at(t, "2017-03-25 06:00")
		h.approve(t, "p/1")
		h.at(t, "2017-04-01 14:00")
		slots, err := h.Desk.Slots.PlannedSlots(ctx, "p")
		if err != nil || len(slots) != 0 || h.state(t, "p/1") != newsletter.Approved {
			t.Errorf("%+v %v, the issue is %s", slots, err, h.state(t, "p/1"))
		}
	})
}

// The team hears once of an issue that is due and waits, once of one that missed
// its time, and once of a send that stands still.
func TestAlarms(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		alarms := func(subject string) (n int) {
			for _, m := range h.mail.Messages() {
				if got, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); m.To == "ed@example.org" && strings.Contains(got, subject) {
					n++
				}
			}
			return n
		}
		h.at(t, "2017-03-20 10:00")
		h.collect(t)
		h.at(t, "2017-03-25 06:00")
		h.at(t, "2017-04-01 13:59")
		if n := alarms("Waiting"); n != 0 {
			t.Errorf("%d alarms before the time", n)
		}
		for range 3 {
			h.at(t, "2017-04-01 14:00")
		}
		if n := alarms("Waiting"); n != 1 {
			t.Errorf("%d alarms of an issue that waits", n)
		}
		for range 3 {
			h.at(t, "2017-04-02 14:01")
		}
		if n := alarms("Not sent"); n != 1 {
			t.Errorf("%d alarms of an issue that missed its time", n)
		}
		h.stalls(t, alarms)
	})
}

func (h *house) stalls(t *testing.T, alarms func(string) int) {
	t.Helper()
	h.approve(t, "p/1")
	h.mail.SetScript(func(stage, to string) string {
		if stage == "mail" && to == "news@example.org" {
			return "451 4.3.0 not now"
		}
		return ""
	})
	_, err := h.Desk.Send(ctx, "p/1", "ed@example.org", desk.Ask{Count: -1}, func(newsletter.Tally) {})
	must(t, err)
	for range 6 { // all are deferred: that may take hours and be well
		h.clock.Move(2 * time.Hour)
		must(t, h.Desk.Watch(ctx))
	}
	h.mail.SetScript(nil)
	_, err = h.Desk.SendNotices(ctx)
	must(t, err)
	h.clock.Move(time.Hour)
	_, err = h.Desk.SendNotices(ctx)
	must(t, err)
	if n := alarms("Standing still"); n != 1 {
		t.Errorf("%d alarms of a send that stands still", n)
	}
}
