package config

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"broadsheet/internal/fault"
)

// Answers are what `init` asks.
type Answers struct {
	Name      string   // of the newsletter
	Languages []string // the first is the fallback
	From      string   // Name <address>
	Timezone  string
	Source    string   // address of a feed or calendar, or a pattern of Markdown files; "" for none yet
	Team      []string // addresses: each edits and approves
}

// Init writes a commented configuration that works, and its secret, into dir. It never overwrites.
func Init(dir string, a Answers) (path string, err error) {
	path, secret := filepath.Join(dir, "broadsheet.yaml"), filepath.Join(dir, "broadsheet.secret")
	for _, p := range []string{path, secret} {
		if _, err := os.Stat(p); err == nil {
			return "", fault.WithHint(fault.Conflictf("%s exists already", p), "init never overwrites; move it away first")
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	text, err := write(a)
	if err != nil {
		return "", err
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails since Go 1.24
	if err := os.WriteFile(secret, []byte(base64.RawURLEncoding.EncodeToString(key[:])+"\n"), 0o600); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, text, 0o644)
}

func write(a Answers) ([]byte, error) {
	view := struct {
		Answers
		Way, Kind string
	}{Answers: a, Way: "feed", Kind: "news"}
	switch {
	case strings.HasSuffix(a.Source, ".ics"):
		view.Way, view.Kind = "calendar", "event"
	case slices.Contains(fileEndings, strings.ToLower(filepath.Ext(a.Source))) && !strings.Contains(a.Source, "://"):
		view.Way = "file"
	}
	var out bytes.Buffer
	err := skeleton.Execute(&out, view)
	return out.Bytes(), err
}

var skeleton = template.Must(template.New("broadsheet.yaml").Funcs(template.FuncMap{
	"quote": func(s string) string { return fmt.Sprintf("%q", s) },
	"join":  func(s []string) string { return strings.Join(s, ", ") },
}).Parse(`# broadsheet.yaml - check it with: broadsheet config check
# Relative paths are relative to this file. A text that readers see is a string, or a map of language to string.

database: broadsheet.db                # a file (SQLite), or postgres://user@host/name
link_secret: file:broadsheet.secret    # signs links; back it up: losing it kills every unsubscribe link that is out

public:                                # what subscribers reach
  listen: 127.0.0.1:8080
  url: http://127.0.0.1:8080           # what links in messages begin with: change it to your https address before sending
desk:                                  # what the team reaches
  listen: 127.0.0.1:8081
  url: http://127.0.0.1:8081

team:                                  # roles: editor, approver. An approver cannot approve their own last edit
{{- range .Team}}
  - {email: {{quote .}}, roles: [editor, approver]}
{{- else}}
  []
{{- end}}

#privacy: {controller: Your organisation, contact: privacy@example.org}   # who answers for people's data: shown on every public page

relays: []                             # without one nothing is sent; "issue send --rehearse" writes outbox/*.eml
#  - id: main
#    host: smtp.example.org
#    port: 587
#    tls: required                     # none | opportunistic | required | implicit
#    auth: password                    # none | password | xoauth2
#    username: news
#    password: env:BROADSHEET_SMTP_PASSWORD
#    connections: 4
#    rate: 600/min                     # as your provider allows; leave out for no limit
#    per_day: 10000

lists:
  - {id: readers, title: {{quote .Name}}, signup: closed, opt_in: double, basis: consent}   # signup: open lets people subscribe on the public side

publications:
  - id: newsletter
    title: {{quote .Name}}
    from: {{quote .From}}
    languages: [{{join .Languages}}]   # the first is the fallback
    timezone: {{.Timezone}}
    lists: [readers]
    schedule:                          # minute hour day month weekday, in the timezone above
      compose: "0 6 25 * *"            # a draft on the 25th
      send: "0 14 1 * *"               # sent on the 1st, if it is approved
    approval: {approvals: 1, allow_own_edits: {{if gt (len .Team) 1}}false{{else}}true{{end}}}
    archive: unlisted                  # public: a page, a search and a feed of all issues | unlisted: each issue by its link | none: no page
    sections:
      - {id: lead, kind: news, max: 1}
      - {id: news, kind: news, max: 8}
      - {id: reports, kind: report, max: 3}
      - {id: agenda, kind: event, ahead: 90d}
      - {id: media, kind: media}

sources:                               # each has exactly one of feed, page, calendar, file; try one with: broadsheet source try ID
{{- if .Source}}
  - {id: first, kind: {{.Kind}}, {{.Way}}: {{quote .Source}}, language: {{index .Languages 0}}, timezone: {{.Timezone}}}
{{- else}}
  []
{{- end}}
#  - {id: press, feed: "https://www.example.org/news.rss", language: en, timezone: Europe/Vienna}
#  - {id: meetings, kind: event, calendar: "https://www.example.org/meetings.ics", timezone: Europe/Paris}
#  - id: newsroom
#    page: https://www.example.org/newsroom
#    language: en
#    timezone: Europe/Paris
#    rules: {item: div.news, title: h2, link: a@href, date: .date, summary: p}
`))
