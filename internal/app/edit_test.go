package app_test

import (
	"fmt"
	"html"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

func (h *house) write(t *testing.T, name, title, date string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(h.dir, name), fmt.Appendf(nil, "---\ntitle: %s\ndate: %s\nurl: https://files.example/%s\n---\nText.\n", title, date, name), 0o600))
}

func (h *house) titles(t *testing.T, slug string) string {
	t.Helper()
	issue, _, err := h.Desk.Open(ctx, slug)
	must(t, err)
	var out []string
	for _, e := range issue.Content.Entries {
		out = append(out, e.Item.Title)
	}
	return strings.Join(out, " ")
}

// textOf takes the file out of the page as a browser shows it.
func textOf(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`(?s)<textarea[^>]*>\n(.*)</textarea>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no text area in %s", page)
	}
	return html.UnescapeString(m[1])
}

// People edit at the desk as they do in their editor: no scripts, nothing typed is
// lost, and every save can be taken back.
func TestEditAtTheDesk(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.write(t, "b.md", "Second", "2017-03-17")
		h.write(t, "c.md", "Third", "2017-03-16")
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", desk.Operator)
		must(t, err)
		_, door := h.serve(t)
		at := door + "/issues/p/1/edit"
		code, page := fetch(t, "GET", at, nil)
		text := textOf(t, page)
		if file, err := h.Desk.EditFile(ctx, "p/1", ""); code != http.StatusOK || err != nil || text != file {
			t.Fatalf("%d %v\n%s", code, err, text)
		}
		edited := strings.ReplaceAll(strings.Replace(text, "headline:\n", "headline: Émue <b>\n", 1), "\n", "\r\n") // as browsers post it
		as := []string{"ed@example.org"}
		if code, _ := fetch(t, "POST", at, url.Values{"text": {edited}, "as": as}, "Sec-Fetch-Site", "cross-site"); code != http.StatusForbidden {
			t.Errorf("a foreign page could edit: %d", code)
		}
		for _, who := range []string{"", "chief@example.org", "schedule", "operator"} {
			if code, page := fetch(t, "POST", at, url.Values{"text": {edited}, "as": {who}}); code != http.StatusBadRequest || textOf(t, page) != strings.ReplaceAll(edited, "\r\n", "\n") {
				t.Errorf("as %q: %d", who, code)
			}
		}
		if code, page := fetch(t, "POST", at, url.Values{"text": {edited}, "as": as}); code != http.StatusOK || !strings.Contains(page, "Saved as a new revision") || !strings.Contains(page, `value="ed@example.org" selected`) {
			t.Errorf("%d %s", code, page)
		}
		// The same text again is of a revision that is past: it comes back whole, with what to do.
		if code, page := fetch(t, "POST", at, url.Values{"text": {edited}, "as": as}); code != http.StatusConflict || !strings.Contains(page, "the file is of revision 1, but the issue is at 2") || textOf(t, page) != strings.ReplaceAll(edited, "\r\n", "\n") {
			t.Errorf("%d %s", code, page)
		}
		_, page = fetch(t, "GET", at, nil)
		wrong := strings.NewReplacer("## news", "## nws", "summary:\n", "summary:\ncolour: red\n").Replace(textOf(t, page))
		if code, page := fetch(t, "POST", at, url.Values{"text": {wrong}, "as": as}); code != http.StatusBadRequest || !strings.Contains(page, `<li>line 8: unknown field`) || !strings.Contains(page, "has no section &#34;nws&#34;") || textOf(t, page) != wrong {
			t.Errorf("%d %s", code, page)
		}
		if huge := strings.Repeat("é", 30_000); true { // more than other forms may post
			_, page := fetch(t, "GET", at, nil)
			if code, _ := fetch(t, "POST", at, url.Values{"text": {strings.Replace(textOf(t, page), "\n---\n", "\n---\n\n"+huge+"\n", 1)}, "as": as}); code != http.StatusOK {
				t.Errorf("a long editorial: %d", code)
			}
		}
		code, page = fetch(t, "GET", door+"/issues/p/1/log", nil)
		for _, want := range []string{"&#43;headline: Émue &lt;b&gt;", "by ed@example.org", "(1 lines added, 1 removed)", "composed"} {
			if code != http.StatusOK || !strings.Contains(page, want) {
				t.Errorf("%d: the history lacks %q\n%s", code, want, page)
			}
		}
		if code, _ = fetch(t, "POST", door+"/issues/p/1/revert", url.Values{"to": {"1"}, "as": as}); code != http.StatusOK {
			t.Errorf("revert: %d", code)
		}
		if file, err := h.Desk.EditFile(ctx, "p/1", ""); err != nil || file != strings.Replace(text, "revision: 1", "revision: 4", 1) {
			t.Errorf("%v\n%s", err, file)
		}
	})
}

// The buttons beside entries: a form each, and nothing under unsaved text.
func TestEntriesAreMovedByButtons(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.write(t, "b.md", "Second", "2017-03-17")
		h.write(t, "c.md", "Third", "2017-03-16")
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", desk.Operator)
		must(t, err)
		_, door := h.serve(t)
		press := func(act string) (int, string) {
			t.Helper()
			_, page := fetch(t, "GET", door+"/issues/p/1/edit", nil)
			revision := regexp.MustCompile(`name="revision" value="(\d+)"`).FindStringSubmatch(page)[1]
			how, title, _ := strings.Cut(act, " ")
			id := regexp.MustCompile(`value="drop (\d+)" aria-label="Drop: ` + title + `"`).FindStringSubmatch(page)
			if id == nil {
				t.Fatalf("no button for %s", title)
			}
			if !strings.Contains(page, `value="`+how+` `+id[1]+`" aria-label=`) {
				return 0, "no such button"
			}
			return fetch(t, "POST", door+"/issues/p/1/entries", url.Values{"act": {how + " " + id[1]}, "revision": {revision}, "as": {"ed@example.org"}, "text": {textOf(t, page)}})
		}
		for _, step := range []struct{ act, want string }{
			{"pin Third", "Third March Second"}, // nobody edited it: it is composed anew
			{"down Third", "March Third Second"}, {"up Second", "March Second Third"}, {"drop March", "Second Third"}, {"pin Third", "Third Second"}, {"unpin Third", "Third Second"},
		} {
			if step.act == "pin Third" && step.want == "Third Second" {
				_, _ = press("unpin Third")
			}
			if code, page := press(step.act); code != http.StatusOK {
				t.Errorf("%s: %d %s", step.act, code, page)
			}
			if got := h.titles(t, "p/1"); got != step.want {
				t.Errorf("%s: %s, want %s", step.act, got, step.want)
			}
		}
		if code, _ := press("up Third"); code != 0 {
			t.Error("the first can be moved up")
		}
		_, page := fetch(t, "GET", door+"/issues/p/1/edit", nil)
		typed := strings.Replace(textOf(t, page), "headline:", "headline: Typed", 1)
		if code, page := fetch(t, "POST", door+"/issues/p/1/entries", url.Values{"act": {"drop 3"}, "revision": {"1"}, "as": {"ed@example.org"}, "text": {typed}}); code != http.StatusConflict || textOf(t, page) != typed {
			t.Errorf("text that was typed is gone: %d", code)
		}
		if code, _ := fetch(t, "POST", door+"/issues/p/1/entries", url.Values{"act": {"drop 3"}, "revision": {"1"}, "as": {"ed@example.org"}}); code != http.StatusConflict {
			t.Errorf("an entry of an issue that had changed was dropped: %d", code)
		}
		h.approve(t, "p/1")
		_, err = h.Desk.Send(ctx, "p/1", "operator", desk.Ask{Count: -1}, func(newsletter.Tally) {})
		must(t, err)
		if _, page = fetch(t, "GET", door+"/issues/p/1/edit", nil); strings.Contains(page, "<form") || !strings.Contains(page, "can no longer be edited") {
			t.Error(page)
		}
	})
}

// Below its minimum a publication makes no issue, the team is told once for the
// slot, and a person may make one all the same.
func TestTooFewIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Desk.Publications[0].Minimum = 2
		h.at(t, "2017-03-20 10:00")
		h.collect(t)
		h.at(t, "2017-03-25 06:00")
		h.at(t, "2017-03-25 06:01")
		made, err := h.Desk.Compose(ctx, "p", desk.Scheduler)
		must(t, err)
		if made.Outcome != desk.TooFew || made.New != 1 || made.Minimum != 2 || made.Issue.ID != 0 {
			t.Fatalf("%+v", made)
		}
		found, err := h.Desk.Why(ctx, "1")
		must(t, err)
		if waits := found[0].Publications[0].Waits; !strings.Contains(waits, "1 new entries, and it takes 2") {
			t.Error(waits)
		}
		_, err = h.Desk.SendNotices(ctx)
		must(t, err)
		told := 0
		for _, m := range h.mail.Messages() {
			if subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); m.To == "ed@example.org" && strings.Contains(subject, "1 of at least 2 entries") && strings.Contains(subject, "1 April 2017") {
				told++
			}
		}
		if told != 1 {
			t.Errorf("%d mails", told)
		}
		issue, err := h.Desk.NewIssue(ctx, "p", false, "", "ed@example.org")
		must(t, err)
		if issue.Kind != "regular" || issue.Slot != "2017-04-01T14:00" || h.titles(t, issue.Slug()) != "March" {
			t.Errorf("%+v", issue)
		}
		if _, err := h.Desk.NewIssue(ctx, "p", false, "", "ed@example.org"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second regular issue: %v", err)
		}
	})
}

// What one issue has no room for comes into the next, once.
func TestCarryOver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Desk.Publications[0].Sections[0].Max = 1
		h.write(t, "b.md", "Second", "2017-03-17")
		h.write(t, "c.md", "Third", "2017-03-10")
		h.at(t, "2017-03-20 10:00")
		h.collect(t)
		want := []string{"March", "Second"}
		for i, month := range []string{"03", "04"} {
			h.at(t, "2017-"+month+"-25 06:00")
			slug := fmt.Sprintf("p/%d", i+1)
			if got := h.titles(t, slug); got != want[i] {
				t.Fatalf("%s: %s, want %s", slug, got, want[i])
			}
			h.approve(t, slug)
			h.at(t, fmt.Sprintf("2017-%02d-02 13:00", i+4))
		}
		h.at(t, "2017-05-25 06:00")
		if issues, _ := h.Desk.Issues.Issues(ctx, "p"); len(issues) != 2 {
			t.Errorf("it was carried over for ever: %s", h.titles(t, "p/3"))
		}
	})
}

// A special issue stands outside the schedule, holds what people place, of any age, and is sent by hand.
func TestSpecialIssue(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.write(t, "old.md", "Old", "2014-01-02")
		h.write(t, "bad.md", "Bad", "2017-03-10")
		h.collect(t)
		issue, err := h.Desk.NewIssue(ctx, "p", true, "World  Drug Day", "ed@example.org")
		must(t, err)
		if issue.Kind != "special" || issue.Slot != "" || len(issue.Content.Entries) != 0 || issue.Content.Headline["en"] != "World Drug Day" || issue.Content.Author != "ed@example.org" {
			t.Fatalf("%+v", issue)
		}
		bad, err := h.Desk.Items.FindItems(ctx, "https://files.example/bad.md")
		must(t, err)
		_, err = h.Desk.EditItem(ctx, bad[0].ID, newsletter.Edit{Rejected: true}, "ed@example.org")
		must(t, err)
		text, err := h.Desk.EditFile(ctx, issue.Slug(), "")
		must(t, err)
		if _, _, err := h.Desk.Edit(ctx, issue.Slug(), strings.Replace(text, "## news\n", "## news\n- https://files.example/bad.md\n", 1), "ed@example.org"); err == nil || !strings.Contains(err.Error(), "rejected by ed@example.org") {
			t.Errorf("a rejected item was placed: %v", err)
		}
		_, changed, err := h.Desk.Edit(ctx, issue.Slug(), strings.Replace(text, "## news\n", "## news\n- https://files.example/old.md\n  note: Again\n", 1), "ed@example.org")
		must(t, err)
		if !changed || h.titles(t, issue.Slug()) != "Old" {
			t.Error(h.titles(t, issue.Slug()))
		}
		h.at(t, "2017-03-20 10:00")
		h.at(t, "2017-03-25 06:00") // the schedule makes its own beside it
		if got := h.titles(t, "p/2"); got != "March" {
			t.Error(got)
		}
		h.approve(t, issue.Slug())
		_, err = h.Desk.Send(ctx, issue.Slug(), "ed@example.org", desk.Ask{Count: -1}, func(newsletter.Tally) {})
		must(t, err)
		if got := h.state(t, issue.Slug()); got != newsletter.Sent {
			t.Error(got)
		}
		if got := h.state(t, "p/2"); got != newsletter.Draft {
			t.Error(got)
		}
	})
}

// Every revision has an author and a diff, and comes back as it was.
func TestRevisionsOfAnIssue(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", desk.Operator)
		must(t, err)
		first, err := h.Desk.EditFile(ctx, "p/1", "")
		must(t, err)
		h.clock.Move(time.Minute)
		_, _, err = h.Desk.Edit(ctx, "p/1", strings.Replace(first, "- [1] March\n", "", 1), "ed@example.org")
		must(t, err)
		diff, err := h.Desk.Diff(ctx, "p/1", 0, 0)
		must(t, err)
		if !strings.Contains(diff, "\n-- [1] March\n") {
			t.Error(diff)
		}
		issue, changed, err := h.Desk.Revert(ctx, "p/1", 1, "ed@example.org")
		must(t, err)
		if !changed || issue.Revision != 3 || h.titles(t, "p/1") != "March" {
			t.Errorf("%v %+v", changed, issue)
		}
		if issue, changed, err = h.Desk.Revert(ctx, "p/1", 1, "ed@example.org"); err != nil || changed || issue.Revision != 3 {
			t.Errorf("%v %v %d", err, changed, issue.Revision)
		}
		if _, _, err = h.Desk.Revert(ctx, "p/1", 9, "ed@example.org"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		log, err := h.Desk.IssueLog(ctx, "p/1")
		must(t, err)
		if len(log) != 3 || log[1].Revision != 2 || log[1].Removed != 1 || log[1].Added != 0 || log[2].Added != 1 || !strings.Contains(log[2].Detail, "as revision 1") || log[2].Actor != "ed@example.org" {
			t.Errorf("%+v", log)
		}
	})
}
