package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"
)

// published sends the first issue, so that there is an archive.
func (h *house) published(t *testing.T) {
	t.Helper()
	h.collect(t)
	_, err := h.Desk.Compose(ctx, "p", "operator")
	must(t, err)
	h.approve(t, "p/1")
	h.clock.Move(time.Second)
	_, err = h.Desk.Send(ctx, "p/1", "operator", desk.Ask{Count: -1}, func(newsletter.Tally) {})
	must(t, err)
}

// A shown page is what a GET or a POST answers.
type shown struct {
	name string
	path string
	form url.Values // nil: GET
}

// pages are all pages of the public side, the personal ones of a person who waits to
// be confirmed; the last ones lead through leaving to being erased.
func (h *house) pages(t *testing.T, public, address string) []shown {
	t.Helper()
	h.clock.Move(11 * time.Minute)
	fetch(t, "POST", public+"/subscribe/p", url.Values{"email": {address}, "name": {"Nino Example"}, "list": {"readers", "events"}})
	h.granted(t)
	confirm := h.link(t, address, "c", "")
	p, err := h.People.Show(ctx, address)
	must(t, err)
	pub, err := h.Desk.Publication("p")
	must(t, err)
	own := func(link string) string { return strings.TrimPrefix(link, "https://news.example.org") }
	choose, leave, data := own(h.Desk.Links.Preferences(p.PublicID, pub)), own(h.Desk.Links.Unsubscribe(p.PublicID, pub)), own(h.Desk.Links.Data(p.PublicID, pub, h.clock.Now().Add(time.Hour)))
	some := url.Values{"shown": {"readers", "events"}, "list": {"readers"}, "pause": {"2017-06-01"}}
	return []shown{{"start", "/", nil}, {"archive", "/archive/p", nil}, {"search", "/archive/p?q=precursors", nil}, {"subscribe-all", "/subscribe", nil}, {"subscribe", "/subscribe/p", nil},
		{"subscribe-wrong", "/subscribe/p", url.Values{"email": {"nobody"}, "name": {"A\x00"}}}, {"subscribe-asked", "/subscribe/p", url.Values{"email": {address}, "list": {"readers"}}},
		{"privacy", "/privacy", nil}, {"own-link", "/own-link/p", nil}, {"own-link-wrong", "/own-link/p", url.Values{"email": {"nobody"}}}, {"own-link-asked", "/own-link/p", url.Values{"email": {address}}},
		{"missing", "/nowhere", nil}, {"bad-link", "/u/x", nil}, {"confirm", confirm, nil}, {"confirmed", confirm, url.Values{}}, {"preferences", choose, nil}, {"preferences-saved", choose, some},
		{"preferences-wrong", choose, url.Values{"pause": {"x"}}}, {"data-sent", choose + "/data", url.Values{}}, {"unsubscribe", leave, nil}, {"unsubscribed", leave, url.Values{"reason": {"enough"}}},
		{"undone", leave + "/undo", url.Values{}}, {"data", data, nil}, {"erase-unticked", data + "/erase", url.Values{}}, {"erased", data + "/erase", url.Values{"sure": {"yes"}}}, {"preferences-erased", choose, nil}}
}

// get returns what a page answers in a language.
func (s shown) get(t *testing.T, public, language string) string {
	t.Helper()
	mark := "?"
	if strings.Contains(s.path, "?") {
		mark = "&"
	}
	address := public + s.path + mark + "lang=" + language
	resp, err := http.Get(address)
	if s.form != nil {
		must(t, resp.Body.Close())
		resp, err = http.PostForm(address, s.form)
	}
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode >= 500 {
		t.Errorf("%s: %d", s.name, resp.StatusCode)
	}
	return string(body)
}

// A stage is the public side, with what its pages answered at addresses of their own:
// a browser cannot be led to the answer of a POST and stay there.
type stage struct {
	table   http.Handler
	answers []string
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, found := strings.CutPrefix(r.URL.Path, "/answer/")
	at, err := strconv.Atoi(n)
	if !found || err != nil || at >= len(s.answers) {
		s.table.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'")
	_, _ = io.WriteString(w, s.answers[at]) // a page that breaks off fails the test
}

// Every public page, with scripts off, in three languages, on a phone and, dark, on a
// desk: no barrier that axe finds, no fault in the HTML, nothing wider than
// the window, nothing asked of others.
func TestPublicPagesInABrowser(t *testing.T) {
	b := testkit.OpenBrowser(t)
	h := openHouse(t, filepath.Join(t.TempDir(), "test.db"))
	h.published(t)
	table, err := h.PublicTable()
	must(t, err)
	on := &stage{table: table}
	server := httptest.NewServer(on)
	t.Cleanup(server.Close)
	shots := os.Getenv("SHOTS") // a folder for pictures, to look at
	for _, language := range []string{"en", "fr", "ar"} {
		for _, s := range h.pages(t, server.URL, language+"@example.org") {
			page := s.get(t, server.URL, language)
			on.answers = append(on.answers, page)
			if faults := b.Validate(t, page, "require-sri"); len(faults) > 0 {
				t.Errorf("%s %s: %q", language, s.name, faults)
			}
			if dir := locale.Dir(language); !strings.Contains(page, fmt.Sprintf(`<html lang="%s" dir="%s">`, language, dir)) {
				t.Errorf("%s %s: not in that language", language, s.name)
			}
			look := testkit.Page{URL: fmt.Sprintf("%s/answer/%d", server.URL, len(on.answers)-1), Width: 320, Language: language, NoScripts: true,
				Axe: []testkit.Look{{Width: 320}, {Width: 1280, Dark: true}}}
			if shots != "" {
				look.Screenshot = filepath.Join(shots, s.name+"-"+language+".png")
			}
			seen := b.See(t, look)
			for _, v := range seen.Violations {
				t.Errorf("%s %s: %s", language, s.name, v)
			}
			if seen.Overflow > 0 || len(seen.Foreign) > 0 || len(seen.Console) > 0 {
				t.Errorf("%s %s: %d px too wide, asked %q, said %q", language, s.name, seen.Overflow, seen.Foreign, seen.Console)
			}
		}
	}
}

// tabs are n presses of Tab and what follows them.
func tabs(n int, then ...string) []string {
	return append(slices.Repeat([]string{"Tab"}, n), then...)
}

// The whole of a subscriber's life, with nothing but a keyboard, and no scripts.
func TestEveryStoryByKeyboard(t *testing.T) {
	b := testkit.OpenBrowser(t)
	h := openHouse(t, filepath.Join(t.TempDir(), "test.db"))
	h.published(t)
	public := h.door(t)
	const me = "kim@example.org"
	const head = 5 // what has the focus before a page's own: skip, the publication, three languages
	press := func(address, then string, keys ...string) testkit.Seen {
		t.Helper()
		return b.See(t, testkit.Page{URL: address, Width: 360, NoScripts: true, Keys: keys, Then: then})
	}
	fill := append(tabs(head+1), strings.Split(me, "")...)
	fill = append(fill, "Tab", "K", "i", "m", "Tab", "f", "Tab", "Space", "Tab", "Space", "Tab", "Enter")
	seen := press(public+"/subscribe/p", "Check your mail", fill...)
	for _, want := range []string{"a: Skip to content", "input: E-mail address", "input: Meetings", "input: Readers", "button: Subscribe"} {
		if !slices.Contains(seen.Focus, want) {
			t.Errorf("%q never had the focus: %q", want, seen.Focus)
		}
	}
	h.granted(t)
	press(h.link(t, me, "c", public), "vous êtes abonné", tabs(head+1, "Enter")...)
	if got := h.standing(t, me); got["readers"] != subscribers.Confirmed || got["events"] != subscribers.Confirmed {
		t.Error(got)
	}
	h.granted(t)
	choose, leave := h.link(t, me, "p", public), h.link(t, me, "u", public)
	press(choose, "Enregistré", tabs(head+1, "Space", "Tab", "Tab", "Tab", "End", "!", "Enter")...)
	p, err := h.People.Show(ctx, me)
	must(t, err)
	if got := h.standing(t, me); got["events"] != subscribers.Ended || p.Name != "Kim!" || p.Language != "fr" {
		t.Error(got, p)
	}
	h.clock.Move(time.Minute)
	press(leave, "Vous êtes désabonné", tabs(head+2, "Enter")...)
	if got := h.standing(t, me); got["readers"] != subscribers.Ended {
		t.Error(got)
	}
	press(leave, "de nouveau abonné", tabs(head+1, "Enter")...)
	if got := h.standing(t, me); got["readers"] != subscribers.Confirmed {
		t.Error(got)
	}
	press(choose, "Consultez votre messagerie", tabs(head+10, "Enter")...)
	h.granted(t)
	data := h.link(t, me, "d", public)
	if seen := press(data, "", tabs(head+1)...); !strings.Contains(seen.Focus[head], "Télécharger") {
		t.Error(seen.Focus)
	}
	press(data, "Tout est effacé", tabs(head+2, "Space", "Tab", "Enter")...)
	if _, err := h.People.Show(ctx, me); err == nil {
		t.Error("not erased")
	}
	press(public+"/archive/p", "1 issue found", tabs(head+2, "p", "r", "e", "c", "u", "r", "s", "o", "r", "s", "Enter")...)
}
