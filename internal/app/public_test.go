package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/config"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"
)

const publicYAML = `
database: %q
link_secret: file:secret
public: {listen: "127.0.0.1:0", url: "https://news.example.org", trusted_proxies: [127.0.0.0/8]}
desk: {listen: "127.0.0.1:0", url: "http://127.0.0.1:8081"}
team:
  - {name: Ed, email: ed@example.org, roles: [editor]}
  - {name: Chief, email: chief@example.org, roles: [approver]}
privacy: {controller: Example Organisation, contact: dpo@example.org, retention: {pending: 30d}, law: {en: Consent., fr: Le consentement., ar: الموافقة.}}
relays: [{id: test, host: 127.0.0.1, port: %d, tls: none}]
lists:
  - {id: readers, title: {en: Readers, fr: Lecteurs, ar: القراء}, signup: open}
  - {id: events, title: {en: Meetings, fr: Réunions, ar: اجتماعات}, signup: open}
  - {id: ministry, title: {en: Secret ministry list}}
  - {id: quiet, title: {en: Quiet list}, signup: open}
publications:
  - id: p
    title: {en: The Letter, fr: La Lettre, ar: الرسالة}
    tagline: {en: Drug policy across borders, fr: Politiques des drogues au-delà des frontières, ar: سياسات المخدرات عبر الحدود}
    from: News <news@example.org>
    reply_to: office@example.org
    languages: [en, fr, ar]
    timezone: Europe/Paris
    lists: [readers, events]
    archive: public
    theme: {colour: "#00397a", logo: logo.png, logo_alt: {en: Example Organisation, fr: Organisation Exemple, ar: منظمة المثال}}
    imprint: {address: {en: "1 Example Square, Strasbourg"}}
    sections: [{id: news, kind: news}, {id: agenda, kind: event}]
  - {id: unlisted, title: Unlisted letter, from: news@example.org, lists: [quiet], archive: unlisted, sections: [{id: news, kind: news}]}
  - {id: internal, title: Internal letter, from: news@example.org, lists: [ministry], archive: none, sections: [{id: news, kind: news}]}
sources:
  - {id: files, file: "*.md", language: en, timezone: Europe/Paris}
  - {id: meetings, kind: event, file: "*.csv", language: en, timezone: Europe/Paris}
`

// open opens a house with open lists on a database, on 20 March 2017, with one reader.
func openHouse(t *testing.T, database string) *house {
	t.Helper()
	h := &house{clock: testkit.NewClock(time.Date(2017, 3, 20, 9, 0, 0, 0, time.UTC)), mail: testkit.NewSMTP(t), dir: t.TempDir()}
	var logo bytes.Buffer
	picture := image.NewRGBA(image.Rect(0, 0, 400, 120))
	for i := range picture.Pix {
		picture.Pix[i] = 0xff
	}
	picture.Set(3, 3, color.Black)
	must(t, png.Encode(&logo, picture))
	for name, text := range map[string]string{"secret": "0123456789abcdef0123456789abcdef", "a.md": "---\ntitle: Monitoring the new substances\ndate: 2017-03-18\n---\nA text about precursors.\n",
		"m.csv": "title,when\nMeeting of the correspondents,\"11 April 2017, Strasbourg\"\n", "logo.png": logo.String()} {
		must(t, os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600))
	}
	h.reopen(t, database)
	t.Cleanup(func() { must(t, h.Close()) })
	list, err := h.People.List(ctx, "readers")
	must(t, err)
	_, err = h.People.Add(ctx, subscribers.Import{List: list, Act: operator}, subscribers.Row{Address: "known@example.org", Name: "Ana", Consent: &subscribers.Consent{Source: "form", GivenAt: h.clock.Now()}})
	must(t, err)
	return h
}

// reopen starts the program on a database.
func (h *house) reopen(t *testing.T, database string) {
	t.Helper()
	h.App = h.opened(t, publicYAML, database)
}

func (h *house) opened(t *testing.T, yaml, database string) *app.App {
	t.Helper()
	cfg, err := config.Parse("t.yaml", fmt.Appendf(nil, yaml, database, h.mail.Port()), h.dir, h.clock.Now(), os.LookupEnv)
	must(t, err)
	a, err := app.Open(ctx, cfg, app.Options{Now: h.clock.Now, Version: "test", Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	return a
}

// eachOpen runs a test on both engines; database is the address of the house's.
func eachOpen(t *testing.T, test func(t *testing.T, h *house, database string)) {
	for engine, address := range testkit.Addresses(t) {
		t.Run(engine, func(t *testing.T) {
			database := address(t)
			test(t, openHouse(t, database), database)
		})
	}
}

// door opens the public side. What was asked for is done when the test says so.
func (h *house) door(t *testing.T) string {
	t.Helper()
	table, err := h.PublicTable()
	must(t, err)
	server := httptest.NewServer(table)
	t.Cleanup(server.Close)
	return server.URL
}

// granted does what was asked for, and mails.
func (h *house) granted(t *testing.T) {
	t.Helper()
	_, err := h.Desk.GrantWishes(ctx)
	must(t, err)
	_, err = h.Desk.SendNotices(ctx)
	must(t, err)
}

// newest returns the last message to an address.
func (h *house) newest(t *testing.T, to string) testkit.Message {
	t.Helper()
	all := h.mail.Messages()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].To == to {
			return all[i]
		}
	}
	t.Fatalf("no message to %s", to)
	return testkit.Message{}
}

// link takes a link of a kind (u, p, c, d) out of the last message to an address.
func (h *house) link(t *testing.T, to, kind, host string) string {
	t.Helper()
	raw := strings.ReplaceAll(strings.ReplaceAll(h.newest(t, to).Raw, "=\r\n", ""), "=3D", "=")
	return path(t, raw, "https://news.example.org/"+kind+"/", host+"/"+kind+"/")
}

func (h *house) standing(t *testing.T, who string) map[string]subscribers.State {
	t.Helper()
	p, err := h.People.Show(ctx, who)
	must(t, err)
	out := map[string]subscribers.State{}
	for _, x := range p.Subscriptions {
		out[x.ListID] = x.State
	}
	return out
}

// A whole life of a subscriber, by the pages and the mails alone.
func TestASubscriberByTheirOwnHand(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, _ string) {
		public := h.door(t)
		const me = "nino@example.org"
		code, page := fetch(t, "POST", public+"/subscribe/p?lang=fr", url.Values{"email": {me}, "name": {"Nino"}, "language": {"fr"}, "list": {"readers", "events", "ministry"}})
		if code != 200 || !strings.Contains(page, "Consultez votre messagerie") {
			t.Fatal(code, page)
		}
		h.granted(t)
		first := h.newest(t, me)
		if strings.Contains(first.Raw, "Nino") {
			t.Error("what a stranger wrote stands in the mail")
		}
		link := h.link(t, me, "c", public)
		if code, page := fetch(t, "GET", link, nil); code != 200 || !strings.Contains(page, "Lecteurs") || !strings.Contains(page, "je demande à Example Organisation") {
			t.Error(code, page)
		}
		for range 2 {
			if code, page := fetch(t, "POST", link, url.Values{}); code != 200 || !strings.Contains(page, "Merci") {
				t.Error(code, page)
			}
		}
		p, err := h.People.Show(ctx, me)
		must(t, err)
		if c := p.Subscriptions[0].Consent; len(p.Subscriptions) != 2 || !strings.Contains(c.Wording, "La Lettre") || len(c.Version) != 8 || c.Language != "fr" || c.Purpose == "" || c.From == "" || strings.Contains(c.From, "127") {
			t.Errorf("%+v", p)
		}
		h.granted(t)
		if got := len(h.mail.Messages()); got != 2 {
			t.Errorf("%d mails: one to confirm and one welcome", got)
		}

		choose := h.link(t, me, "p", public)
		if code, page := fetch(t, "GET", choose, nil); code != 200 || strings.Contains(page, me) || strings.Contains(page, "ministry") {
			t.Error(code, "the page shows what is not for whoever holds a message", page)
		}
		code, page = fetch(t, "POST", choose, url.Values{"shown": {"readers", "events", "ministry"}, "list": {"readers", "ministry"}, "language": {"ar"}, "name": {"N."}, "pause": {"2017-05-01"}})
		if code != 200 || !strings.Contains(page, `dir="rtl"`) || !strings.Contains(page, `value="2017-05-01"`) {
			t.Error(code, page)
		}
		p, err = h.People.Show(ctx, me)
		must(t, err)
		if got := h.standing(t, me); got["readers"] != subscribers.Confirmed || got["events"] != subscribers.Ended || got["ministry"] != "" || p.Language != "ar" || p.Name != "N." {
			t.Errorf("%+v", p)
		}
		for _, bad := range []string{"2017-99-01", "2019-01-01"} {
			if code, _ := fetch(t, "POST", choose, url.Values{"pause": {bad}}); code != 422 {
				t.Errorf("pause %s: %d", bad, code)
			}
		}

		h.clock.Move(time.Minute)
		leave := h.link(t, me, "u", public)
		code, page = fetch(t, "POST", leave, url.Values{"reason": {"too many\x00 letters \xff"}})
		if code != 200 || !strings.Contains(page, "/undo") || h.standing(t, me)["readers"] != subscribers.Ended {
			t.Error(code, page)
		}
		h.granted(t)
		if m := h.newest(t, me); !strings.Contains(m.Raw, "/u/") || len(h.mail.Messages()) != 3 {
			t.Error("no goodbye with a way back")
		}
		if code, page := fetch(t, "POST", leave+"/undo", url.Values{}); code != 200 || h.standing(t, me)["readers"] != subscribers.Confirmed || h.standing(t, me)["events"] != subscribers.Ended {
			t.Error(code, page)
		}
		if code, _ := fetch(t, "POST", leave+"/undo", url.Values{}, "Sec-Fetch-Site", "cross-site"); code != 403 {
			t.Errorf("another site brings people back: %d", code)
		}

		if code, _ := fetch(t, "POST", choose+"/data", url.Values{}); code != 200 {
			t.Error(code)
		}
		h.granted(t)
		all := h.link(t, me, "d", public)
		if code, page := fetch(t, "GET", all, nil); code != 200 || !strings.Contains(page, me) || !strings.Contains(page, "La Lettre") {
			t.Error(code, page)
		}
		var held subscribers.Profile
		_, text := fetch(t, "GET", all+"/export.json", nil)
		if err := json.Unmarshal([]byte(text), &held); err != nil || held.Address != me || len(held.Subscriptions) != 3 || len(held.History) < 5 {
			t.Errorf("%v %s", err, text)
		}
		if code, _ := fetch(t, "POST", all+"/erase", url.Values{}); code != 422 {
			t.Errorf("erased without asking: %d", code)
		}
		for range 2 {
			if code, page := fetch(t, "POST", all+"/erase", url.Values{"sure": {"yes"}}); code != 200 || strings.Contains(page, me) {
				t.Error(code, page)
			}
		}
		if _, err := h.People.Show(ctx, me); err == nil {
			t.Error("not erased")
		}
		for _, old := range []string{leave, choose, all} { // what is left of their links says nothing of them
			if code, page := fetch(t, "GET", old, nil); code != 200 || strings.Contains(page, me) || strings.Contains(page, "N.<") {
				t.Error(old, code, page)
			}
		}
	})
}

// Links end where they should, and not where they must not.
func TestLinksEnd(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, database string) {
		public := h.door(t)
		fetch(t, "POST", public+"/subscribe/p", url.Values{"email": {"new@example.org"}, "list": {"readers"}})
		h.granted(t)
		confirm := h.link(t, "new@example.org", "c", public)
		fetch(t, "POST", public+"/own-link/p", url.Values{"email": {"Known@example.org"}})
		fetch(t, "POST", public+"/own-link/p", url.Values{"email": {"nobody@example.org"}})
		h.granted(t)
		choose := h.link(t, "known@example.org", "p", public)
		if h.mail.Copies()["nobody@example.org"] != 0 {
			t.Error("a stranger was written to")
		}
		fetch(t, "POST", choose+"/data", url.Values{})
		h.granted(t)
		data := h.link(t, "known@example.org", "d", public)
		h.clock.Move(25 * time.Hour)
		if code, page := fetch(t, "GET", data, nil); code != http.StatusGone || !strings.Contains(page, "expired") {
			t.Error(code, page)
		}
		h.clock.Move(7 * 24 * time.Hour)
		if code, _ := fetch(t, "POST", confirm, url.Values{}); code != http.StatusGone || h.standing(t, "new@example.org")["readers"] != subscribers.Pending {
			t.Errorf("an old link confirms: %d", code)
		}
		h.clock.Move(5 * 365 * 24 * time.Hour)
		must(t, os.Rename(filepath.Join(h.dir, "secret"), filepath.Join(h.dir, "old")))
		must(t, os.WriteFile(filepath.Join(h.dir, "secret"), []byte("fedcba9876543210fedcba9876543210"), 0o600))
		second := h.opened(t, strings.Replace(publicYAML, "link_secret: file:secret", "link_secret: file:secret\nlink_secret_previous: [file:old]", 1), database)
		t.Cleanup(func() { must(t, second.Close()) })
		again := &house{App: second, clock: h.clock, mail: h.mail, dir: h.dir}
		public2 := again.door(t)
		if code, _ := fetch(t, "GET", strings.Replace(choose, public, public2, 1), nil); code != 200 {
			t.Errorf("a five-year-old link of the secret before: %d", code)
		}
		fetch(t, "POST", public2+"/own-link/p", url.Values{"email": {"known@example.org"}})
		again.granted(t)
		if fresh := again.link(t, "known@example.org", "p", public2); fresh == strings.Replace(choose, public, public2, 1) {
			t.Error("the new secret does not sign")
		} else if code, _ := fetch(t, "GET", strings.Replace(fresh, public2, public, 1), nil); code != 404 {
			t.Errorf("the old program believes the new secret: %d", code)
		}
	})
}

// RFC 8058: either way a form is posted, without anything else.
func TestOneClickAsForms(t *testing.T) {
	for _, kind := range []string{"urlencoded", "multipart", "nothing", "broken"} {
		h := openHouse(t, filepath.Join(t.TempDir(), "test.db"))
		public := h.door(t)
		fetch(t, "POST", public+"/own-link/p", url.Values{"email": {"known@example.org"}})
		h.granted(t)
		p, err := h.People.Show(ctx, "known@example.org")
		must(t, err)
		pub, err := h.Desk.Publication("p")
		must(t, err)
		link := strings.Replace(h.Desk.Links.Unsubscribe(p.PublicID, pub), "https://news.example.org", public, 1)
		body, contentType := "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
		switch kind {
		case "multipart":
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			must(t, w.WriteField("List-Unsubscribe", "One-Click"))
			must(t, w.Close())
			body, contentType = b.String(), w.FormDataContentType()
		case "nothing":
			body, contentType = "", ""
		case "broken":
			body, contentType = "%zz=%", "multipart/form-data"
		}
		for range 2 {
			resp, err := http.Post(link, contentType, strings.NewReader(body))
			must(t, err)
			_, _ = io.Copy(io.Discard, resp.Body)
			must(t, resp.Body.Close())
			if resp.StatusCode != 200 || resp.Request.URL.String() != link {
				t.Errorf("%s: %d", kind, resp.StatusCode)
			}
		}
		if got := h.standing(t, "known@example.org")["readers"]; got != subscribers.Ended {
			t.Errorf("%s: %s", kind, got)
		}
	}
}
