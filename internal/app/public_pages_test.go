package app_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"
)

// What archives say: all in public ones, by the link alone in unlisted ones, nothing where there is none.
func TestArchives(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, _ string) {
		h.collect(t)
		links := map[string]string{}
		for _, id := range []string{"p", "unlisted", "internal"} {
			_, err := h.Desk.Compose(ctx, id, "operator")
			must(t, err)
			h.approve(t, id+"/1")
			h.clock.Move(time.Second)
			issue, _, err := h.Desk.Open(ctx, id+"/1")
			must(t, err)
			if _, err = h.Desk.Send(ctx, id+"/1", "operator", desk.Ask{Count: -1}, func(newsletter.Tally) {}); err != nil {
				must(t, h.Desk.Issues.MoveIssue(ctx, &issue, newsletter.Sending, issue.Digest)) // to a list with nobody on it: sent to none
			}
			links[id] = "/i/" + issue.PublicID + "/en"
		}
		public := h.door(t)
		for path, want := range map[string]int{"/archive/p": 200, "/archive/unlisted": 404, "/archive/internal": 404, "/archive/p/feed.atom": 200, "/archive/unlisted/feed.atom": 404, "/archive/p/agenda.ics": 200,
			"/archive/internal/agenda.ics": 404, links["p"]: 200, links["unlisted"]: 200, links["internal"]: 404, "/subscribe/internal": 404, "/subscribe/unlisted": 200, "/subscribe/nothing": 404} {
			if code, page := fetch(t, "GET", public+path, nil); code != want {
				t.Errorf("%s: %d, want %d: %s", path, code, want, page)
			}
		}
		for _, path := range []string{"/", "/archive/p", "/archive/p?q=letter", "/archive/p/feed.atom", "/subscribe", "/subscribe/p", "/privacy"} {
			for _, hidden := range []string{"ministry", "Internal", links["internal"], links["unlisted"]} {
				if _, page := fetch(t, "GET", public+path, nil); strings.Contains(page, hidden) {
					t.Errorf("%s shows %s", path, hidden)
				}
			}
		}
		if _, page := fetch(t, "GET", public+"/subscribe", nil); !strings.Contains(page, `name="email"`) {
			t.Errorf("the only offer is not shown at once: %s", page)
		}
		h.Desk.Publications[1].Archive = "public"
		if _, page := fetch(t, "GET", public+"/subscribe", nil); !strings.Contains(page, "/subscribe/p?") || !strings.Contains(page, "/subscribe/unlisted?") || strings.Contains(page, "internal") {
			t.Error(page)
		}
		for search, want := range map[string]string{"PRECURSORS monitoring": "1 issue found", "strasbourg": "Meeting of the correspondents", "precursors cannabis": "0 issues found"} {
			if _, page := fetch(t, "GET", public+"/archive/p?q="+url.QueryEscape(search), nil); !strings.Contains(page, want) {
				t.Errorf("%s: %s", search, page)
			}
		}
		if _, page := fetch(t, "GET", public+"/archive/p?q="+url.QueryEscape(`"><script>alert(1)</script>`), nil); strings.Contains(page, "<script") {
			t.Error(page)
		}
		if _, file := fetch(t, "GET", public+"/archive/p/agenda.ics", nil); strings.Count(file, "BEGIN:VEVENT") != 1 {
			t.Error(file)
		}
		if _, feed := fetch(t, "GET", public+"/archive/p/feed.atom?lang=fr", nil); !strings.Contains(feed, `xml:lang="fr"`) || strings.Count(feed, "<entry>") != 1 || !strings.Contains(feed, "https://news.example.org/i/") {
			t.Error(feed)
		}
	})
}

// The form for other sites works from there, and its page says what it does.
func TestFormForOtherSites(t *testing.T) {
	h := openHouse(t, filepath.Join(t.TempDir(), "test.db"))
	public := h.door(t)
	for list, language := range map[string]string{"readers": "de", "ministry": "en", "none": "en"} {
		if form, err := h.Form(ctx, list, language); err == nil {
			t.Errorf("%s in %s: %s", list, language, form)
		}
	}
	form, err := h.Form(ctx, "events", "fr")
	must(t, err)
	for _, want := range []string{`action="https://news.example.org/subscribe/p?lang=fr"`, `name="list" value="events"`, "La Lettre", `for="newsletter-email"`} {
		if !strings.Contains(form, want) {
			t.Errorf("no %s in %s", want, form)
		}
	}
	if code, page := fetch(t, "POST", public+"/subscribe/p?lang=fr", url.Values{"email": {"far@example.org"}, "list": {"events"}, "language": {"fr"}, "website": {""}}, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); code != 200 {
		t.Error(code, page)
	}
	h.granted(t)
	p, err := h.People.Show(ctx, "far@example.org")
	must(t, err)
	if c := p.Subscriptions[0].Consent; c.Source != "form on another site" || p.Language != "fr" {
		t.Errorf("%+v", c)
	}
}

// The page of privacy says what the configuration says, and no more.
func TestPrivacyPage(t *testing.T) {
	h := openHouse(t, filepath.Join(t.TempDir(), "test.db"))
	_, page := fetch(t, "GET", h.door(t)+"/privacy", nil)
	for want, there := range map[string]bool{"Example Organisation, dpo@example.org": true, "<p>Consent.</p>": true, "erased after 30 days": true, "which issue is forgotten": false} {
		if strings.Contains(page, want) != there {
			t.Errorf("%q: %v\n%s", want, !there, page)
		}
	}
}

func TestPublicHeaders(t *testing.T) {
	h := openHouse(t, filepath.Join(t.TempDir(), "test.db"))
	public := h.door(t)
	head := func(path string) http.Header {
		resp, err := http.Get(public + path)
		must(t, err)
		must(t, resp.Body.Close())
		return resp.Header
	}
	for _, path := range []string{"/", "/subscribe/p", "/u/x", "/nowhere", "/public.css", "/theme/p.css"} {
		got := head(path)
		for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age"} {
			if !strings.Contains(got.Get(name), want) {
				t.Errorf("%s: %s is %q", path, name, got.Get(name))
			}
		}
		if len(got.Values("Set-Cookie")) != 0 {
			t.Errorf("%s sets a cookie", path)
		}
		if shared := strings.HasPrefix(got.Get("Cache-Control"), "public"); shared == slices.Contains([]string{"/u/x", "/nowhere"}, path) {
			t.Errorf("%s: Cache-Control %s", path, got.Get("Cache-Control"))
		}
	}
	if got := head("/u/x").Get("X-Robots-Tag"); !strings.Contains(got, "noindex") {
		t.Errorf("X-Robots-Tag %q", got)
	}
}
