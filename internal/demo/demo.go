// Package demo owns the demonstration: sample sites, sample people and a mail
// server, all on loopback, and the whole job run over them. Nothing in it is a
// shortcut: it collects over HTTP, composes, asks for approval, sends through
// SMTP, and looks into the mail server's inbox to see whether it is true.
package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"image/color"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/config"
	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"
)

//go:embed demo.yaml
var configText string

var configTemplate = template.Must(template.New("demo.yaml").Parse(configText))

// began is the morning on which the sample month is composed. The demo's clock starts there and ticks.
var began = time.Date(2017, 3, 25, 5, 0, 0, 0, time.UTC)

// Summary is what the demo did.
type Summary struct {
	Sources    int                     `json:"sources"`
	Items      map[newsletter.Kind]int `json:"items"`
	Issue      string                  `json:"issue"`
	Digest     string                  `json:"issue_digest"`
	Audience   int                     `json:"audience"`
	Recipients map[string]int          `json:"recipients"`
	Accepted   int                     `json:"accepted"`
	ElapsedMS  int64                   `json:"elapsed_ms"`
}

// Options say how the demo runs.
type Options struct {
	Version string
	Say     func(format string, args ...any) // progress
	// Ready is called when everything is done and the desk is open; the demo then
	// serves until ctx ends. Without it the demo ends at once.
	Ready func(deskURL, publicURL string)
}

// Run runs the demo. It returns an error if any part of the summary is not true.
func Run(ctx context.Context, o Options) (Summary, error) {
	started := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dir, err := os.MkdirTemp("", "broadsheet-demo-")
	if err != nil {
		return Summary{}, err
	}
	defer os.RemoveAll(dir)
	box := &Inbox{}
	cfg, err := prepare(ctx, dir, box)
	if err != nil {
		return Summary{}, err
	}
	a, err := app.Open(ctx, cfg, app.Options{Now: func() time.Time { return began.Add(time.Since(started)) }, Version: o.Version, Inbox: box})
	if err != nil {
		return Summary{}, err
	}
	defer a.Close()
	s, err := job(ctx, a, box, o)
	s.ElapsedMS = time.Since(started).Milliseconds()
	if err != nil || o.Ready == nil {
		return s, err
	}
	return s, a.Serve(ctx, func(app.Addresses) { o.Ready(cfg.Desk.URL, cfg.Public.URL) })
}

// prepare starts the sites and the mail server and writes the configuration.
func prepare(ctx context.Context, dir string, box *Inbox) (*config.Config, error) {
	site, err := serveSites(ctx)
	if err != nil {
		return nil, err
	}
	port, err := box.serve(ctx)
	if err != nil {
		return nil, err
	}
	if err := copyEditorials(dir); err != nil {
		return nil, err
	}
	navy, white := color.RGBA{0, 0x39, 0x7a, 0xff}, color.RGBA{0xff, 0xff, 0xff, 0xff}
	for name, logo := range map[string][]byte{"logo.png": emblem(white, navy), "funder.png": emblem(navy, white)} {
		if err := os.WriteFile(filepath.Join(dir, name), logo, 0o600); err != nil {
			return nil, err
		}
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails since Go 1.24
	if err := os.WriteFile(filepath.Join(dir, "demo.secret"), []byte(hex.EncodeToString(key[:])), 0o600); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := configTemplate.Execute(&text, map[string]string{"Dir": filepath.ToSlash(dir), "Site": site, "SMTP": strconv.Itoa(port), "Public": free("127.0.0.1:8080"), "Desk": free("127.0.0.1:8081")}); err != nil {
		return nil, err
	}
	return config.Parse("demo.yaml", text.Bytes(), dir, began, os.LookupEnv)
}

// free returns the address if nobody listens there, else one that is free.
func free(address string) string {
	for _, candidate := range []string{address, "127.0.0.1:0"} {
		if l, err := net.Listen("tcp", candidate); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	return address
}

const publication, editor, approver = "monthly", "ana@example.org", "luc@example.org"

// job is the main job, as the team would do it.
func job(ctx context.Context, a *app.App, box *Inbox, o Options) (Summary, error) {
	s := Summary{Items: map[newsletter.Kind]int{}, Recipients: map[string]int{}}
	if err := collect(ctx, a, &s, o); err != nil {
		return s, err
	}
	if err := subscribe(ctx, a); err != nil {
		return s, err
	}
	made, err := a.Desk.Compose(ctx, publication, editor)
	if err != nil {
		return s, err
	}
	s.Issue = made.Issue.Slug()
	o.Say("composed %s with %d entries", s.Issue, len(made.Issue.Content.Entries))
	if _, _, err := a.Desk.Submit(ctx, s.Issue, editor); err != nil {
		return s, err
	}
	asked, err := a.Desk.SendNotices(ctx)
	if err != nil {
		return s, err
	}
	o.Say("submitted; %d approver asked by mail", asked)
	issue, err := a.Desk.Approve(ctx, s.Issue, "", approver)
	if err != nil {
		return s, err
	}
	s.Digest = issue.Digest
	o.Say("approved by %s: digest %.12s", approver, s.Digest)
	status, err := a.Desk.Send(ctx, s.Issue, editor, desk.Ask{Count: audience, Digest: s.Digest}, func(newsletter.Tally) {})
	if err != nil {
		return s, err
	}
	s.Audience, s.Accepted = status.Audience, status.Accepted
	o.Say("sent to %d of %d", s.Accepted, s.Audience)
	return s, s.check(ctx, box, status.State)
}

func collect(ctx context.Context, a *app.App, s *Summary, o Options) error {
	var failed []string
	err := a.Desk.Collect(ctx, nil, false, func(r newsletter.SourceRun) {
		if r.Status == "failed" {
			failed = append(failed, r.Source+": "+strings.Join(r.Reasons, "; "))
			return
		}
		s.Sources++
	})
	if err != nil {
		return err
	}
	if len(failed) > 0 {
		return errors.New(strings.Join(failed, "\n"))
	}
	items, err := a.Desk.Items.Items(ctx, began.AddDate(-2, 0, 0))
	for _, item := range items {
		s.Items[item.Kind]++
	}
	o.Say("collected %d items from %d sources", len(items), s.Sources)
	return err
}

// check looks into the inbox: everyone has exactly one copy, in their language,
// with a personal way out.
func (s *Summary) check(ctx context.Context, box *Inbox, state newsletter.IssueState) error {
	copies := map[string]int{}
	for _, m := range box.List(ctx) {
		if !strings.HasPrefix(m.To, "reader") {
			continue
		}
		copies[m.To]++
		s.Recipients[m.Language]++
		if full, _ := box.Mail(ctx, m.ID); !strings.Contains(full.Source, "List-Unsubscribe-Post:") || full.HTML == "" || full.Text == "" {
			return fmt.Errorf("the copy for %s is not complete", m.To)
		}
	}
	for to, n := range copies {
		if n != 1 {
			return fmt.Errorf("%s has %d copies", to, n)
		}
	}
	if len(copies) != audience || s.Audience != audience || s.Accepted != audience || state != newsletter.Sent {
		return fmt.Errorf("%d people have a copy and %d of %d were accepted; it should be %d (the issue is %s)", len(copies), s.Accepted, s.Audience, audience, state)
	}
	if s.Sources < 8 || s.Items[newsletter.News] == 0 || s.Items[newsletter.Report] == 0 || s.Items[newsletter.Event] == 0 || s.Items[newsletter.Media] == 0 {
		return fmt.Errorf("not every kind of source gave something: %+v", s.Items)
	}
	return nil
}
