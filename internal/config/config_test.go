package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func env(name string) (string, bool) {
	return map[string]string{"SECRET": "0123456789abcdef0123456789abcdef"}[name], name == "SECRET"
}

const good = `link_secret: env:SECRET
team:
  - {email: a@example.org, roles: [editor, approver]}
  - {email: b@example.org, roles: [approver], until: 2026-02-01}
lists: [{id: l}]
publications:
  - id: p
    title: {en: T}
    from: N <n@example.org>
    lists: [l, other]
    sections: [{id: news, kind: news}]
`

func parse(text string) (*Config, error) {
	return Parse("t.yaml", []byte(text), "/dir", now, env)
}

func TestDefaultsAndWarnings(t *testing.T) {
	c, err := parse(good)
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Publications[0]; c.Database != "/dir/broadsheet.db" || p.Languages[0] != "en" || p.Approval.Approvals != 1 || p.Sections[0].Show != "full" || c.Lists[0].OptIn != "double" || time.Duration(p.Schedule.SendWindow) != 24*time.Hour {
		t.Errorf("%+v", c)
	}
	var all string
	for _, w := range c.Warnings {
		all += w.String() + "\n"
	}
	if !strings.Contains(all, `list "other"`) || !strings.Contains(all, "nobody could approve what a@example.org edited last") {
		t.Error(all)
	}
}

func TestFaultsNameTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                "is empty",
		"a: 1\n---\nb: 2": "more than one",
		strings.Replace(good, "env:SECRET", "env:NOPE", 1):                                                                "1:14: link_secret: environment variable NOPE is not set",
		strings.Replace(good, "env:SECRET", "abc", 1):                                                                     "must not stand in the file itself",
		strings.Replace(good, "roles: [editor, approver]", "roles: [boss]", 1):                                            `3:36: team[0]: no role "boss"`,
		strings.Replace(good, "lists: [{id: l}]", "lists: {id: l}", 1):                                                    "5:9: lists must be a list",
		strings.Replace(good, "from: N <n@example.org>", "from: \"N <n@example.org>\\r\\nBcc: x\"", 1):                    "is not a sender",
		good + "database: ftp://user:secret@x/y\n":                                                                        "12:11: database",
		good + "desk: {listen: \"0.0.0.0:8081\"}\n":                                                                       "loopback only",
		good + "relays: [{host: h, auth: xoauth2}]\n":                                                                     "auth xoauth2 needs a username and oauth:",
		good + "relays: [{host: h, auth: xoauth2, username: u, oauth: {token_url: \"https://x.org/t\", client_id: c}}]\n": "neither a refresh token nor a client secret",
		good + "relays: [{host: h, ca: /none.pem}]\n":                                                                     "12:24: relays[0].ca cannot be read",
		good + "relays: [{outbox: out, host: h}]\n":                                                                       "an outbox is a folder",
		good + "bounces: {verp: true}\n":                                                                                  "needs a return_path",
		good + "relays: [{host: h, auth: password, username: u, password: env:SECRET, tls: none}]\n":                      "would send the password in clear",
		good + "relays: [{host: h, rate: 30/fortnight}]\n":                                                                "12:26: relays[0].rate: \"30/fortnight\" is not a rate",
		good + "sources: [{id: s, feed: \"https://x.org/\", page: \"https://x.org/\", rules: {item: a, title: b}}]\n":     "says 2 times where it is",
		good + "sources: [{id: s, file: \"a/*.docx\"}]\n":                                                                 `end in .csv, .json or .md, not ".docx"`,
		good + "public: {trusted_proxies: [10.0.0.0/8, proxy.example.org]}\n":                                             `12:40: public.trusted_proxies: "proxy.example.org" is neither`,
		good + "privacy: {notice_url: \"javascript:alert(1)\"}\n":                                                         "privacy.notice_url",
		good + "link_secret_previous: [env:NOPE]\n":                                                                       "12:24: link_secret_previous[0]: environment variable NOPE is not set",
		good + "sources: [{id: s, file: \"https://x.org/a.csv\"}]\n":                                                      "read from this machine",
		good + "team: []\n":                                                  "team stands twice",
		themed("theme: {colour: blue}"):                                      `"blue" is no colour`,
		themed("theme: {accent: \"#12\"}"):                                   `theme.accent "#12" is no colour`,
		themed("theme: {font: \"x; } body { display: none\"}"):               "is no list of fonts",
		themed("theme: {name: fancy}"):                                       "theme.name cannot be",
		themed("theme: {logo: none.png, logo_alt: x}"):                       "publications[0].theme.logo: no file /dir/none.png",
		themed("imprint: {logos: [{image: none.png}]}"):                      "logos[0].alt is missing",
		themed("imprint: {logos: [{alt: x}]}"):                               "logos[0] has no image",
		good + "sources: [{id: s, feed: \"https://x.org/\", images: all}]\n": `images cannot be "all"`,
	} {
		_, err := parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n%v\nwant %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "user:secret") {
			t.Errorf("a password is shown: %v", err)
		}
	}
}

// A section's keys mean something together, or the fault says what would.
func TestSections(t *testing.T) {
	with := func(sections string) string {
		return strings.Replace(good, "sections: [{id: news, kind: news}]", sections, 1)
	}
	const sources = "sources: [{id: agenda, kind: event, calendar: \"https://x.org/a.ics\"}]\n"
	for sections, want := range map[string]string{
		"sections: [{id: n, kinds: [news, event]}]":                                              "11:38: publications[0].sections[0].kinds[1]: event does not mix",
		"sections: [{id: n, kinds: [news, news]}]":                                               `"news" is no kind of item, or stands twice`,
		"sections: [{id: n, kind: media, kinds: [news]}]":                                        "has both kind and kinds",
		"sections: [{id: n}]":                                                                    "has no kind",
		"sections: [{id: n, kind: news, repeat: false}]":                                         "repeat means nothing in a section of news (it belongs to kind: event)",
		"sections: [{id: n, kind: news, languages: [en, en]}]":                                   `language "en" is empty or stands twice`,
		"sections: [{id: n, kind: news, max: -1}]":                                               "must be a whole number",
		"minimum: 5\n    sections: [{id: n, kind: news, max: 3}]":                                "5 entries never come together, as the sections hold 3",
		"minimum: 0\n    sections: [{id: n, kind: news}]":                                        "at least 1",
		"sections: [{id: l, kind: links, max: 1, links: [{title: T, url: \"https://x.org/\"}]}]": "standing links are always there",
	} {
		if _, err := parse(with(sections)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", sections, err, want)
		}
	}
	if _, err := parse(good + "sources: [{id: s, feed: \"https://x.org/\", priority: 10}]\n"); err == nil || !strings.Contains(err.Error(), "0 to 9") {
		t.Error(err)
	}
	c, err := parse(with("minimum: 2\n    sections: [{id: n, kinds: [news, media], max: 4, per_source: 4, languages: [en], empty: {en: Nothing}, sources: [agenda]}, {id: a, kind: event}, {id: b, kind: event, repeat: false}]") + sources)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Publications[0].Sections; s[0].Kind != "news" || !s[0].Takes("media") || !s[1].Repeats() || s[2].Repeats() || s[0].Empty["en"] != "Nothing" {
		t.Errorf("%+v", s)
	}
	all := ""
	for _, w := range c.Warnings {
		all += w.String() + "\n"
	}
	if !strings.Contains(all, "per_source 4 limits nothing") || !strings.Contains(all, "source agenda gives event, and the section takes news") {
		t.Error(all)
	}
	printed, err := c.Print(false)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := parse(string(printed)); err != nil || again.Publications[0].Sections[2].Repeats() {
		t.Errorf("%v\n%s", err, printed)
	}
}

func themed(text string) string {
	return strings.Replace(good, "    sections:", "    "+text+"\n    sections:", 1)
}

// A logo that no mail program shows, or that would take too much, is named before anything is sent.
func TestLogos(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"logo.svg": "<svg/>", "logo.png": "no picture"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]string{
		themed("theme: {logo: logo.svg, logo_alt: x}"): "save it as PNG",
		themed("theme: {logo: logo.png, logo_alt: x}"): "no picture that can be read",
		themed("theme: {logo: logo.png}"):              "theme.logo_alt is missing",
	} {
		if _, err := Parse("t.yaml", []byte(text), dir, now, env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	c, err := parse(good + "database: postgres://u:topsecret@h/d\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, asJSON := range []bool{false, true} {
		text, err := c.Print(asJSON)
		if err != nil || strings.Contains(string(text), "0123456789abcdef") || strings.Contains(string(text), "topsecret") || !strings.Contains(string(text), "env:SECRET") {
			t.Errorf("%s %v", text, err)
		}
	}
}

// What config print shows is a configuration that means the same.
func TestPrintRoundTrips(t *testing.T) {
	c, err := parse(good)
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.Print(false)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parse(string(first))
	if err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	if second, _ := again.Print(false); string(second) != string(first) {
		t.Errorf("%s\n---\n%s", first, second)
	}
}

func TestInitWritesWhatWorks(t *testing.T) {
	for _, a := range []Answers{
		{Name: `A "quoted": name`, Languages: []string{"fr", "en"}, From: "É <n@example.org>", Timezone: "Europe/Paris", Source: "https://x.org/feed.rss", Team: []string{"a@example.org"}},
		{Name: "N", Languages: []string{"en"}, From: "n@example.org", Timezone: "UTC", Source: "https://x.org/a.ics", Team: []string{"a@example.org", "b@example.org"}},
		{Name: "N", Languages: []string{"ar"}, From: "n@example.org", Timezone: "UTC"},
	} {
		dir := t.TempDir()
		path, err := Init(dir, a)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Load(path, now, env)
		if err != nil || c.Publications[0].Title[""] != a.Name {
			t.Errorf("%v", err)
		}
		if info, err := os.Stat(filepath.Join(dir, "broadsheet.secret")); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(info.Mode(), err)
		}
		if _, err := Init(dir, a); err == nil {
			t.Error("it overwrote")
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Fuzz(func(_ *testing.T, text string) { _, _ = parse(text) })
}

// Who may say whom they speak for, what old secrets there are, and that people who may subscribe are told who answers for their data.
func TestPublicSide(t *testing.T) {
	c, err := parse(strings.Replace(good, "[{id: l}]", "[{id: l, signup: open}]", 1) + "public: {trusted_proxies: [127.0.0.1, 10.1.2.3/8, \"::1\"]}\nlink_secret_previous: [env:SECRET]\nprivacy: {law: {en: Consent}}\n")
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Public.Proxies(); len(p) != 3 || p[0].String() != "127.0.0.1/32" || p[1].String() != "10.0.0.0/8" || p[2].String() != "::1/128" {
		t.Error(p)
	}
	if len(c.Previous()) != 1 || c.FirstSecret() != c.Previous()[0] || c.Privacy.Law["en"] != "Consent" {
		t.Errorf("%+v", c.Privacy)
	}
	if !slices.ContainsFunc(c.Warnings, func(p Problem) bool { return strings.Contains(p.Message, "who answers for their data") }) {
		t.Error(c.Warnings)
	}
	printed, err := c.Print(false)
	if err != nil || !strings.Contains(string(printed), "link_secret_previous") || strings.Contains(string(printed), "0123456789abcdef") {
		t.Errorf("%v\n%s", err, printed)
	}
}
