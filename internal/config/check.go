package config

import (
	"net"
	"net/mail"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/collect/page"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/schedule"
	"broadsheet/subscribers"
	"broadsheet/subscribers/segment"

	"github.com/goccy/go-yaml/token"
)

// A checker finds what a file's shape cannot say: references, ranges, things that must come together.
type checker struct {
	*decoder
	cfg      *Config
	now      time.Time
	getenv   func(string) (string, bool)
	warnings Problems
}

// at returns where a path stands, or the nearest thing above it that is written.
func (c *checker) at(path string) *token.Position {
	for {
		if p, ok := c.positions[path]; ok && p != nil {
			return p
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return c.positions[""]
		}
		path = path[:cut]
	}
}

func (c *checker) bad(path, hint, format string, args ...any) {
	c.fault(c.at(path), path, hint, format, args...)
}

func (c *checker) warn(path, hint, format string, args ...any) {
	d := decoder{}
	d.fault(c.at(path), path, hint, format, args...)
	c.warnings = append(c.warnings, d.problems...)
}

func (c *checker) all() {
	cfg := c.cfg
	if !strings.Contains(cfg.Database, "://") {
		cfg.Database = resolve(cfg.Dir, cfg.Database)
	} else if !strings.HasPrefix(cfg.Database, "postgres://") && !strings.HasPrefix(cfg.Database, "postgresql://") {
		c.bad("database", "a file for SQLite, or postgres://user@host/name", "database %q is neither a file nor a PostgreSQL address", redactURL(cfg.Database))
	}
	if c.secret("link_secret", &cfg.LinkSecret); cfg.LinkSecret.ref == "" {
		c.bad("link_secret", "`broadsheet init` makes one: link_secret: file:broadsheet.secret", "link_secret is missing: it signs the links in messages")
	} else if v := cfg.LinkSecret.Value(); v != "" && len(v) < 32 {
		c.bad("link_secret", "use at least 32 characters at random", "link_secret is too short to be one")
	}
	for i := range cfg.OldSecrets {
		c.secret(index("link_secret_previous", i), &cfg.OldSecrets[i])
	}
	c.public()
	c.listener("public", cfg.Public.Listen, cfg.Public.URL)
	c.listener("desk", cfg.Desk.Listen, cfg.Desk.URL)
	if cfg.Public.Listen == cfg.Desk.Listen && !strings.HasSuffix(cfg.Desk.Listen, ":0") {
		c.bad("desk.listen", "give the desk a port of its own", "public and desk both listen on %s", cfg.Desk.Listen)
	}
	if host, _, err := net.SplitHostPort(cfg.Desk.Listen); err == nil && !loopback(host) {
		c.bad("desk.listen", "use 127.0.0.1:8081, and an SSH tunnel from elsewhere", "desk.listen %s: the desk has no sign-in yet, so it listens on loopback only", cfg.Desk.Listen)
	}
	if keep := time.Duration(cfg.Privacy.Retention.Pending); keep > 0 && keep < 24*time.Hour {
		c.bad("privacy.retention.pending", "30d", "privacy.retention.pending: people need at least a day to confirm")
	}
	c.team()
	c.relays()
	c.dkim()
	if cfg.Bounces.ReturnPath != "" {
		c.address("bounces.return_path", cfg.Bounces.ReturnPath)
	} else if cfg.Bounces.VERP {
		c.bad("bounces.verp", "return_path: bounce@example.org", "bounces.verp needs a return_path to put the token into")
	}
	c.lists()
	c.sources()
	c.publications()
}

func (c *checker) secret(path string, s *Secret) {
	if err := s.resolve(c.cfg.Dir, c.getenv); err != nil {
		c.bad(path, "write env:NAME or file:PATH", "%s: %v", path, err)
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && !strings.ContainsAny(s, " \t\r\n")
}

func redactURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "(unreadable)"
	}
	return u.Redacted()
}

func (c *checker) address(path, text string) {
	if _, _, err := subscribers.ParseAddress(text); err != nil {
		c.bad(path, "write one address, such as news@example.org", "%s: %v", path, err)
	}
}

func (c *checker) team() {
	seen := map[string]bool{}
	for i, p := range c.cfg.Team {
		path := index("team", i)
		c.languages(path+".languages", p.Languages)
		c.address(path+".email", p.Email)
		if seen[strings.ToLower(p.Email)] {
			c.bad(path+".email", "one entry per person", "%s: %s stands twice in the team", path, p.Email)
		}
		seen[strings.ToLower(p.Email)] = true
		if len(p.Roles) == 0 {
			c.bad(path, "roles: [editor], [approver] or both", "%s has no roles", path)
		}
		for j, role := range p.Roles {
			if !slices.Contains([]string{"reader", "editor", "approver", "admin"}, role) {
				c.bad(index(path+".roles", j), "use reader, editor, approver or admin", "%s: no role %q", path, role)
			}
		}
		if _, err := time.Parse(time.DateOnly, p.Until); p.Until != "" && err != nil {
			c.bad(path+".until", "write 2027-06-30", "%s.until: %q is not a date", path, p.Until)
		}
	}
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func (c *checker) dkim() {
	for i := range c.cfg.DKIM {
		k, path := &c.cfg.DKIM[i], index("dkim", i)
		if !dnsName.MatchString(k.Domain) || !dnsName.MatchString(k.Selector) {
			c.bad(path, "domain: example.org, selector: n2026", "%s: domain %q and selector %q must be names in DNS", path, k.Domain, k.Selector)
		}
		if c.secret(path+".key", &k.Key); k.Key.ref == "" {
			c.bad(path, "make one with `broadsheet dkim keygen`: key: file:dkim-n2026.pem", "%s has no key", path)
		}
	}
}

// signs warns where no signature is for the domain that a publication sends from: DMARC would not be met.
func (c *checker) signs(path, address string) {
	domain := address[strings.LastIndexByte(address, '@')+1:]
	for _, k := range c.cfg.DKIM {
		if k.Domain == domain || strings.HasSuffix(domain, "."+k.Domain) {
			return
		}
	}
	if len(c.cfg.DKIM) > 0 {
		c.warn(path, "add a key for it under dkim:", "%s: nothing signs for %s", path, domain)
	}
}

var dnsName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

func (c *checker) lists() {
	seen := map[string]bool{}
	for i, l := range c.cfg.Lists {
		path := index("lists", i)
		if err := subscribers.CheckList(l); err != nil {
			c.bad(path, "", "%v", err)
		}
		if seen[l.ID] {
			c.bad(path+".id", "", "list %s stands twice", l.ID)
		}
		seen[l.ID] = true
	}
}

var id = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

func (c *checker) sources() {
	seen := map[string]bool{}
	for i := range c.cfg.Sources {
		s, path := &c.cfg.Sources[i], index("sources", i)
		if !id.MatchString(s.ID) {
			c.bad(path, "id: lower-case letters, digits and hyphens", "%s: id %q", path, s.ID)
		}
		if seen[s.ID] {
			c.bad(path+".id", "", "source %s stands twice", s.ID)
		}
		seen[s.ID] = true
		c.place(s, path)
		c.zone(path+".timezone", s.Timezone)
		c.language(path+".language", &s.Language)
		if time.Duration(s.Every) < time.Minute {
			c.bad(path+".every", "at least 1m", "%s.every: %s is too often", path, time.Duration(s.Every))
		}
		c.headers(s, path)
		c.certificates(&s.CA, path+".ca")
		if s.Priority > 9 {
			c.bad(path+".priority", "0 to 9; the more, the further up", "%s.priority: %d", path, s.Priority)
		}
		if s.Rules != nil && s.Page == "" {
			c.bad(path+".rules", "rules belong to page:", "%s has rules but is not a page", path)
		}
		if s.Rules != nil {
			for _, problem := range page.Check(*s.Rules, s.Kind) {
				c.bad(path+".rules."+problem.Field, problem.Hint, "%s.rules: %s", path, problem.Message)
			}
		}
	}
	for i, s := range c.cfg.Sources {
		if s.VariantOf != "" && (!seen[s.VariantOf] || s.VariantOf == s.ID) {
			c.bad(index("sources", i)+".variant_of", "name another source", "source %s is a variant of %q, which is no other source", s.ID, s.VariantOf)
		}
	}
}

func (c *checker) headers(s *newsletter.Source, path string) {
	for name, value := range s.Headers {
		if !headerName.MatchString(name) || !headerValue.MatchString(value) {
			c.bad(path+".headers", "one line of plain characters", "%s: header %q is not well formed", path, name)
		}
	}
	if !headerValue.MatchString(s.UserAgent) {
		c.bad(path+".user_agent", "one line of plain characters", "%s.user_agent is not well formed", path)
	}
}

// RFC 9110 section 5.
var (
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	headerValue = regexp.MustCompile(`^[\t -~]*$`)
)

// fileEndings are the files that a source may be.
var fileEndings = []string{".csv", ".json", ".md"}

func (c *checker) place(s *newsletter.Source, path string) {
	n := 0
	for _, u := range []string{s.Feed, s.Page, s.Calendar} {
		if u != "" {
			n++
			if !webURL(u) {
				c.bad(path, "write the whole address, https:// included; credentials go into headers:", "%s: %q is not a web address", path, redactURL(u))
			}
		}
	}
	if s.File != "" {
		n++
		if ending := strings.ToLower(filepath.Ext(s.File)); !slices.Contains(fileEndings, ending) {
			c.bad(path+".file", "end it with what the files are: news/*.md, agenda.csv, items.json", "%s: files that are read end in .csv, .json or .md, not %q", path, ending)
		}
		if strings.Contains(s.File, "://") {
			c.bad(path+".file", "download it to a folder of this machine", "%s: a file is read from this machine, not from %s", path, redactURL(s.File))
		}
		s.File = resolve(c.cfg.Dir, s.File)
	}
	if n != 1 {
		c.bad(path, "exactly one of feed, page, calendar, file", "%s says %d times where it is", path, n)
	}
}

func (c *checker) zone(path, name string) {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		c.bad(path, "use a name such as Europe/Paris", "%s: no timezone %q", path, name)
	}
}

// language makes a tag the way it is compared everywhere: lower case.
func (c *checker) language(path string, tag *string) {
	cleaned, err := subscribers.CleanLanguage(*tag)
	if err != nil {
		c.bad(path, "", "%s: %v", path, err)
		return
	}
	*tag = cleaned
}

func (c *checker) languages(path string, tags []string) {
	for j := range tags {
		if c.language(index(path, j), &tags[j]); tags[j] == "" || slices.Contains(tags[:j], tags[j]) {
			c.bad(index(path, j), "each language once, the fallback first", "%s: language %q is empty or stands twice", path, tags[j])
		}
	}
}

func (c *checker) publications() {
	if len(c.cfg.Publications) == 0 {
		c.bad("", "add publications:", "no publication: nothing could be composed")
	}
	seen := map[string]bool{}
	for i := range c.cfg.Publications {
		p, path := &c.cfg.Publications[i], index("publications", i)
		if !id.MatchString(p.ID) || seen[p.ID] {
			c.bad(path+".id", "lower-case letters, digits and hyphens, once", "%s: id %q", path, p.ID)
		}
		seen[p.ID] = true
		c.publication(p, path)
		c.sections(p, path)
		c.approvers(p, path)
	}
}

func (c *checker) publication(p *newsletter.Publication, path string) {
	if len(p.Languages) == 0 {
		c.bad(path+".languages", "languages: [en]", "%s has no language", path)
		return
	}
	if strings.TrimSpace(p.Title[""]+p.Title[p.Languages[0]]) == "" {
		c.bad(path+".title", "title: My newsletter, or {en: My newsletter}", "%s has no title in %s", path, p.Languages[0])
	}
	for tag := range p.Title {
		c.language(path+".title", &tag)
	}
	if _, written := c.positions[path+".approval.approvals"]; written && p.Approval.Approvals < 1 {
		c.bad(path+".approval.approvals", "at least 1", "%s: nothing goes out without an approval", path)
	}
	if from, err := mail.ParseAddress(p.From); err != nil {
		c.bad(path+".from", "from: Name <news@example.org>", "%s.from %q is not a sender", path, p.From)
	} else if address, _, err := subscribers.ParseAddress(from.Address); err != nil {
		c.bad(path+".from", "from: Name <news@example.org>", "%s.from: %v", path, err)
	} else {
		p.From = (&mail.Address{Name: from.Name, Address: address}).String() // the domain in A-labels
		c.signs(path+".from", address)
	}
	if p.ReplyTo != "" {
		c.address(path+".reply_to", p.ReplyTo)
	}
	c.languages(path+".languages", p.Languages)
	c.zone(path+".timezone", p.Timezone)
	if _, err := newsletter.ParseDuration(p.Period); p.Period != "since_last_compose" && err != nil {
		c.bad(path+".period", "since_last_compose, or 30d", "%s.period %q", path, p.Period)
	}
	for key, text := range map[string]string{"compose": p.Schedule.Compose, "send": p.Schedule.Send} {
		if text == "" {
			continue
		}
		if err := schedule.Check(text); err != nil {
			c.bad(path+".schedule."+key, `minute hour day month weekday: "0 6 25 * *"`, "%s.schedule.%s: %v", path, key, err)
		}
	}
	for j, list := range p.Lists {
		if !slices.ContainsFunc(c.cfg.Lists, func(l subscribers.List) bool { return l.ID == list }) {
			c.warn(index(path+".lists", j), "add it under lists:, or run `broadsheet list create`", "%s: list %q is not in this file", path, list)
		}
	}
	if _, err := segment.Parse(p.Segment); err != nil {
		c.bad(path+".segment", "segment: language = fr and attr.country in (GE, MD)", "%s.segment: %v", path, err)
	}
	if len(p.Lists) == 0 {
		c.bad(path, "lists: [members]", "%s is sent to no list", path)
	}
	c.theme(p, path)
	for j, link := range p.Follow {
		if !webURL(link.URL) {
			c.bad(index(path+".follow", j), "url: https://...", "%s.follow: %q is not a web address", path, link.URL)
		}
	}
}

// approvers warns where nobody could approve: the schedule's issues would wait for ever.
func (c *checker) approvers(p *newsletter.Publication, path string) {
	able, editors := 0, 0
	for _, person := range c.cfg.Team {
		until, err := time.Parse(time.DateOnly, person.Until)
		if person.Until != "" && err == nil && c.now.After(until.AddDate(0, 0, 1)) {
			continue
		}
		if slices.Contains(person.Roles, "approver") {
			able++
		}
		if slices.Contains(person.Roles, "editor") {
			editors++
		}
	}
	switch {
	case able < p.Approval.Approvals:
		c.warn(path+".approval", "give someone in team: the role approver", "%s: %d approvals are needed and %d of the team may approve: nothing can be sent", path, p.Approval.Approvals, able)
	case able == p.Approval.Approvals && editors > 0 && !p.Approval.AllowOwnEdits:
		for _, person := range c.cfg.Team {
			if slices.Contains(person.Roles, "approver") && slices.Contains(person.Roles, "editor") {
				c.warn(path+".approval", "add another approver, or set allow_own_edits: true", "%s: nobody could approve what %s edited last", path, person.Email)
			}
		}
	}
}
