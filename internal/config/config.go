// Package config owns broadsheet.yaml: its shape, its defaults, its checks, its
// redacted print and its JSON Schema. It reports every fault of a file at once,
// each with line, column and what to do. It never opens a database or the
// network, and reads the environment only through the function it is given.
package config

import (
	"cmp"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Config is the checked content of the file. Relative paths are already relative to the file's folder.
type Config struct {
	Database     string                   `yaml:"database"`
	LinkSecret   Secret                   `yaml:"link_secret"`
	OldSecrets   []Secret                 `yaml:"link_secret_previous"` // the newest first: links that they signed go on working
	Public       Public                   `yaml:"public"`
	Desk         Desk                     `yaml:"desk"`
	Team         []Person                 `yaml:"team"`
	Privacy      Privacy                  `yaml:"privacy"`
	Relays       []Relay                  `yaml:"relays"`
	DKIM         []DKIM                   `yaml:"dkim"`
	Bounces      Bounces                  `yaml:"bounces"`
	Lists        []subscribers.List       `yaml:"lists"`
	Publications []newsletter.Publication `yaml:"publications"`
	Sources      []newsletter.Source      `yaml:"sources"`

	Dir      string   `yaml:"-" json:"-"` // the file's folder
	Warnings Problems `yaml:"-" json:"-"`
}

// Public is what subscribers reach.
type Public struct {
	Listen         string   `yaml:"listen"`
	URL            string   `yaml:"url"`
	TrustedProxies []string `yaml:"trusted_proxies"` // addresses or networks whose X-Forwarded-For is believed
}

// Desk is what the team reaches.
type Desk struct {
	Listen string `yaml:"listen"`
	URL    string `yaml:"url"`
}

// Person is one of the team.
type Person struct {
	Name      string   `yaml:"name"`
	Email     string   `yaml:"email"`
	Roles     []string `yaml:"roles"`
	Languages []string `yaml:"languages"`
	Until     string   `yaml:"until"`
}

// Privacy says who answers for the data.
type Privacy struct {
	Controller string          `yaml:"controller"`
	Contact    string          `yaml:"contact"`
	Law        newsletter.Text `yaml:"law"` // on what ground, as people read it
	NoticeURL  string          `yaml:"notice_url"`
	Retention  Retention       `yaml:"retention"`
}

// Retention says how long things are kept; none means for ever.
type Retention struct {
	Pending    newsletter.Duration `yaml:"pending"`              // subscriptions that nobody confirmed
	Deliveries newsletter.Duration `yaml:"deliveries"`           // who got which issue
	Addresses  newsletter.Duration `yaml:"addresses_in_history"` // former addresses, service mail, servers' replies
}

// Relay is a mail server that takes our mail, or with Outbox the folder where rehearsals go.
type Relay struct {
	ID          string `yaml:"id"`
	Host        string `yaml:"host"`
	Port        int    `yaml:"port"`
	TLS         string `yaml:"tls" jsonschema:"enum=none,enum=opportunistic,enum=required,enum=implicit"`
	CA          string `yaml:"ca"` // a PEM file of authorities, for a relay that no public one vouches for
	Auth        string `yaml:"auth" jsonschema:"enum=none,enum=password,enum=xoauth2"`
	Username    string `yaml:"username"`
	Password    Secret `yaml:"password"`
	OAuth       *OAuth `yaml:"oauth"`
	Hello       string `yaml:"hello"` // the name we greet with; the machine's own if not given
	Connections int    `yaml:"connections"`
	Weight      int    `yaml:"weight"` // its share among relays that can take mail
	Rate        string `yaml:"rate" jsonschema:"pattern=^[0-9]+/(s|min|h)$"`
	PerDay      int    `yaml:"per_day"`
	Outbox      string `yaml:"outbox"`

	PerMinute   float64 `yaml:"-" json:"-"` // Rate, understood
	Authorities []byte  `yaml:"-" json:"-"` // what stands in CA
}

// OAuth says where access tokens for XOAUTH2 come from (RFC 6749): by a refresh
// token, or with none by the client's own credentials.
type OAuth struct {
	TokenURL     string `yaml:"token_url"`
	ClientID     string `yaml:"client_id"`
	ClientSecret Secret `yaml:"client_secret"`
	RefreshToken Secret `yaml:"refresh_token"`
	Scope        string `yaml:"scope"`
}

// DKIM is a key that signs what we send. Without one the relay signs.
type DKIM struct {
	Domain   string `yaml:"domain"`
	Selector string `yaml:"selector"`
	Key      Secret `yaml:"key"` // PEM
}

// Bounces says where failed mail goes.
type Bounces struct {
	ReturnPath string    `yaml:"return_path"`
	VERP       bool      `yaml:"verp"` // bounce+TOKEN@example.org, a token per copy
	Mailbox    *struct{} `yaml:"mailbox" later:"reading bounces" jsonschema:"-"`
	Maildir    string    `yaml:"maildir" later:"reading bounces" jsonschema:"-"`
}

// Load reads and checks the file at path. getenv looks a variable up for env: secrets.
func Load(path string, now time.Time, getenv func(string) (string, bool)) (*Config, error) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, fault.WithHint(fault.NotFoundf("no configuration at %s", path), "run `broadsheet init`, or name the file with --config")
	}
	if err != nil {
		return nil, fault.Invalidf("read configuration: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	return Parse(path, text, dir, now, getenv)
}

// Parse checks the text of a file called name that stands in dir.
func Parse(name string, text []byte, dir string, now time.Time, getenv func(string) (string, bool)) (*Config, error) {
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxFault(name, err)
	}
	cfg := &Config{Dir: dir}
	d := &decoder{positions: map[string]*token.Position{}}
	switch {
	case len(file.Docs) > 1:
		return nil, fault.Invalidf("%s: more than one YAML document", name)
	case len(file.Docs) == 0 || file.Docs[0].Body == nil || file.Docs[0].Body.Type() == ast.NullType:
		return nil, fault.WithHint(fault.Invalidf("%s is empty", name), "run `broadsheet init` for a file that works")
	}
	d.decode(file.Docs[0].Body, reflect.ValueOf(cfg).Elem(), "")
	cfg.setDefaults(d.positions)
	c := checker{decoder: d, cfg: cfg, now: now, getenv: getenv}
	c.all()
	if len(d.problems) > 0 {
		return nil, d.problems.sorted().err(name)
	}
	cfg.Warnings = c.warnings.sorted()
	return cfg, nil
}

func syntaxFault(name string, err error) error {
	var where yaml.Error
	if e, ok := err.(yaml.Error); ok {
		where = e
		p := Problem{Message: where.GetMessage(), Hint: "check indentation, colons and quotes there"}
		if t := where.GetToken(); t != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
		return Problems{p}.err(name)
	}
	return fault.Invalidf("%s: %w", name, err)
}

// setDefaults fills in what is not written; written holds the paths that are.
func (c *Config) setDefaults(written map[string]*token.Position) {
	c.Database = cmp.Or(c.Database, "broadsheet.db")
	c.Public.Listen = cmp.Or(c.Public.Listen, "127.0.0.1:8080")
	c.Public.URL = cmp.Or(c.Public.URL, "http://"+c.Public.Listen)
	c.Desk.Listen = cmp.Or(c.Desk.Listen, "127.0.0.1:8081")
	c.Desk.URL = cmp.Or(c.Desk.URL, "http://"+c.Desk.Listen)
	for i := range c.Relays {
		c.Relays[i].setDefaults()
	}
	for i := range c.Lists {
		l := &c.Lists[i]
		l.Signup = subscribers.Signup(cmp.Or(string(l.Signup), "closed"))
		l.OptIn = subscribers.OptIn(cmp.Or(string(l.OptIn), "double"))
		l.Basis = subscribers.Basis(cmp.Or(string(l.Basis), "consent"))
	}
	for i := range c.Publications {
		setPublicationDefaults(&c.Publications[i])
		c.Publications[i].Site = c.Public.URL
		if _, written := written[index("publications", i)+".approval.approvals"]; !written {
			c.Publications[i].Approval.Approvals = 1
		}
		if _, written := written[index("publications", i)+".minimum"]; !written {
			c.Publications[i].Minimum = 1
		}
	}
	for i := range c.Sources {
		s := &c.Sources[i]
		s.Kind = newsletter.Kind(cmp.Or(string(s.Kind), "news"))
		s.Timezone = cmp.Or(s.Timezone, "UTC")
		if s.Every == 0 {
			s.Every = newsletter.Duration(2 * time.Hour)
		}
		if s.Max == 0 {
			s.Max = 2000
		}
	}
}

func (r *Relay) setDefaults() {
	if r.Outbox != "" {
		return
	}
	r.TLS = cmp.Or(r.TLS, "required")
	r.Auth = cmp.Or(r.Auth, "none")
	if r.Connections == 0 {
		r.Connections = 4
	}
	if r.Weight == 0 {
		r.Weight = 1
	}
	if r.Port == 0 {
		r.Port = map[string]int{"none": 25, "opportunistic": 25, "required": 587, "implicit": 465}[r.TLS]
	}
}

func setPublicationDefaults(p *newsletter.Publication) {
	if p.Languages == nil {
		p.Languages = []string{"en"}
	}
	p.Untranslated = cmp.Or(p.Untranslated, "show")
	p.Timezone = cmp.Or(p.Timezone, "UTC")
	p.Period = cmp.Or(p.Period, "since_last_compose")
	p.Archive = cmp.Or(p.Archive, "unlisted")
	p.Theme.Name = cmp.Or(p.Theme.Name, "institutional")
	p.Theme.Colour = cmp.Or(p.Theme.Colour, "#00397a")
	if p.Schedule.SendWindow == 0 {
		p.Schedule.SendWindow = newsletter.Duration(24 * time.Hour)
	}
	if p.Schedule.GiveUpAfter == 0 {
		p.Schedule.GiveUpAfter = newsletter.Duration(72 * time.Hour)
	}
	p.Schedule.Unknown = cmp.Or(p.Schedule.Unknown, "retry")
	p.Schedule.Closed.Move = cmp.Or(p.Schedule.Closed.Move, "next")
	for i := range p.Sections {
		s := &p.Sections[i]
		if s.Kind == "" && len(s.Kinds) > 0 {
			s.Kind = s.Kinds[0]
		}
		s.Show = cmp.Or(s.Show, map[newsletter.Kind]string{newsletter.News: "full", newsletter.Report: "full", newsletter.Event: "short"}[s.Kind])
		s.Show = cmp.Or(s.Show, "list")
		if s.Kind == newsletter.Event {
			setAgendaDefaults(s)
		}
	}
}

func setAgendaDefaults(s *newsletter.Section) {
	s.Past = cmp.Or(s.Past, "drop")
	if s.Ahead == 0 {
		s.Ahead = newsletter.Duration(90 * 24 * time.Hour)
	}
	if s.Repeat == nil {
		repeat := true
		s.Repeat = &repeat
	}
}
