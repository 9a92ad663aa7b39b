// Package app owns the wiring: it opens the store, builds every stage, hands
// each what it needs, and runs and stops the daemon. It decides nothing.
package app

import (
	"context"
	"crypto/x509"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"broadsheet/internal/collect"
	"broadsheet/internal/config"
	"broadsheet/internal/deliver"
	"broadsheet/internal/deliver/dkim"
	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/desk"
	"broadsheet/internal/fetch"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/notice"
	"broadsheet/internal/render"
	"broadsheet/internal/review"
	"broadsheet/internal/staff"
	"broadsheet/internal/store"
	"broadsheet/internal/token"
	"broadsheet/internal/web"
	"broadsheet/subscribers"
	"broadsheet/templates"
)

// What the stages consume is what the store gives.
var (
	_ subscribers.Store = (*store.DB)(nil)
	_ collect.Store     = (*store.DB)(nil)
	_ review.Store      = (*store.DB)(nil)
	_ deliver.Ledger    = (*store.DB)(nil)
	_ deliver.Paces     = (*store.DB)(nil)
	_ deliver.Workers   = (*store.DB)(nil)
	_ desk.Issues       = (*store.DB)(nil)
	_ desk.Items        = (*store.DB)(nil)
	_ desk.Pictures     = (*store.DB)(nil)
	_ desk.Sends        = (*store.DB)(nil)
	_ desk.Receipts     = (*store.DB)(nil)
	_ desk.Slots        = (*store.DB)(nil)
	_ desk.Office       = (*store.DB)(nil)
	_ desk.Wishes       = (*store.DB)(nil)
	_ desk.Records      = (*store.DB)(nil)
)

// Options are what does not stand in the configuration.
type Options struct {
	Now       func() time.Time
	Rehearsal bool // Now is not the real clock: nothing may really be sent
	Log       *slog.Logger
	Version   string
	Inbox     web.Inbox // the demo's mail server, shown at the desk
}

// App is everything, wired.
type App struct {
	Desk   *desk.Desk
	People *subscribers.Service

	config    *config.Config
	options   Options
	db        *store.DB
	tokens    token.Signer
	templates fs.FS
	client    *fetch.Client
}

// Open opens the store and wires everything over it.
func Open(ctx context.Context, cfg *config.Config, o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db, err := store.Open(ctx, cfg.Database, o.Now)
	if err != nil {
		return nil, err
	}
	a, err := over(ctx, db, cfg, o)
	if err != nil {
		db.Close()
	}
	return a, err
}

// over wires everything over an open store.
func over(ctx context.Context, db *store.DB, cfg *config.Config, o Options) (*App, error) {
	own := ownTemplates(cfg.Dir)
	if err := loadLabels(own); err != nil {
		return nil, err
	}
	a := &App{config: cfg, options: o, db: db, tokens: token.New(cfg.LinkSecret.Value(), cfg.Previous()...), templates: templates.Open(own), People: subscribers.NewService(db, o.Now, cfg.FirstSecret())}
	if err := a.wire(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// ownTemplates returns the folder templates/ beside the configuration where there is one.
func ownTemplates(dir string) string {
	path := filepath.Join(dir, "templates")
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return ""
	}
	return path
}

func (a *App) wire(ctx context.Context) error {
	renderer, err := render.New(a.templates)
	if err != nil {
		return err
	}
	if err := a.logos(ctx); err != nil {
		return err
	}
	notices, err := notice.New(a.templates)
	if err != nil {
		return err
	}
	if err := a.People.SyncLists(ctx, a.config.Lists); err != nil {
		return err
	}
	a.client = fetch.New("broadsheet/" + a.options.Version + " (newsletter; +" + a.config.Public.URL + ")")
	delivery, err := a.delivery()
	if err != nil {
		return err
	}
	kept := a.config.Privacy.Retention
	a.Desk = &desk.Desk{
		Publications: a.config.Publications, Sources: a.config.Sources, Team: team(a.config.Team), Delivery: delivery,
		Issues: a.db, Revisions: a.db, Items: a.db, Pictures: a.db, Sends: a.db, Receipts: a.db, Slots: a.db, Office: a.db, Wishes: a.db, Records: a.db, People: a.People,
		Collector: collect.New(a.db, a.client, a.options.Now), Renderer: renderer, Reviews: review.New(a.db), Notices: notices,
		Retention: desk.Retention{Pending: time.Duration(kept.Pending), Deliveries: time.Duration(kept.Deliveries), Addresses: time.Duration(kept.Addresses)},
		Links:     links{a.tokens, a.config}, Now: a.options.Now, Log: a.options.Log,
	}
	return nil
}

func team(people []config.Person) staff.Team {
	var out staff.Team
	for _, p := range people {
		person := staff.Person{Name: p.Name, Email: p.Email, Languages: p.Languages}
		for _, r := range p.Roles {
			person.Roles = append(person.Roles, staff.Role(r))
		}
		person.Until, _ = time.Parse(time.DateOnly, p.Until) // checked by config; "" is no end
		out = append(out, person)
	}
	return out
}

func (a *App) delivery() (desk.Delivery, error) {
	d := desk.Delivery{ReturnPath: a.config.Bounces.ReturnPath, VERP: a.config.Bounces.VERP, Outbox: filepath.Join(a.config.Dir, "outbox"), Rehearsal: a.options.Rehearsal}
	keys, err := a.Keys()
	if err != nil {
		return d, err
	}
	if len(keys) > 0 {
		d.Signer = keys
	}
	var relays []deliver.Relay
	for _, r := range a.config.Relays {
		if r.Outbox != "" {
			d.Outbox = r.Outbox
			continue
		}
		relays = append(relays, deliver.Relay{ID: r.ID, Dialer: deliver.SMTP{Relay: a.relay(r)}, Connections: r.Connections, Weight: r.Weight, Rate: r.PerMinute, PerDay: r.PerDay})
	}
	if len(relays) == 0 {
		return d, nil
	}
	d.Engine = deliver.New(a.db, a.db, relays, a.options.Now, a.options.Log)
	host, _ := os.Hostname() // only told to people
	d.Alive = &deliver.Alive{Engine: d.Engine, Workers: a.db, Host: host, Version: a.options.Version, Log: a.options.Log}
	return d, nil
}

func (a *App) relay(r config.Relay) smtp.Relay {
	relay := smtp.Relay{ID: r.ID, Host: r.Host, Port: r.Port, TLS: r.TLS, Hello: r.Hello}
	if len(r.Authorities) > 0 {
		relay.Roots = x509.NewCertPool()
		relay.Roots.AppendCertsFromPEM(r.Authorities) // config has checked it
	}
	switch r.Auth {
	case "password":
		relay.Username, relay.Password = r.Username, r.Password.Value()
	case "xoauth2":
		o := r.OAuth
		relay.Username = r.Username
		relay.Token = smtp.OAuth{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret.Value(), RefreshToken: o.RefreshToken.Value(), Scope: o.Scope, HTTP: a.client.Plain()}.Tokens()
	}
	return relay
}

// Keys are the configured signing keys.
func (a *App) Keys() (dkim.Keys, error) {
	var keys dkim.Keys
	for _, k := range a.config.DKIM {
		key, err := dkim.Parse(k.Domain, k.Selector, k.Key.Value())
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// NewKey makes a signing key, rsa or ed25519, as PEM.
func NewKey(kind string) ([]byte, error) { return dkim.Generate(kind) }

// Schema is how the database stands, and who delivers from it.
type Schema struct {
	store.Schema
	Workers []newsletter.Worker `json:"workers"`
}

// Schema says how the database stands to this program.
func (a *App) Schema(ctx context.Context) (s Schema, err error) {
	if s.Schema, err = a.db.Schema(ctx); err != nil {
		return s, err
	}
	s.Workers, err = a.db.Workers(ctx)
	s.Workers = append([]newsletter.Worker{}, s.Workers...)
	return s, err
}

// Close closes the store.
func (a *App) Close() error {
	a.rest()
	return a.db.Close()
}

// rest lets go of everything but the store.
func (a *App) rest() {
	if a.Desk.Delivery.Engine != nil {
		a.Desk.Delivery.Engine.Close()
	}
	a.client.CloseIdle()
}
