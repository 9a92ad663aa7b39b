package config

import (
	"crypto/x509"
	"os"
	"regexp"
	"strconv"
)

func (c *checker) relays() {
	seen := map[string]bool{}
	for i := range c.cfg.Relays {
		r, path := &c.cfg.Relays[i], index("relays", i)
		if r.Outbox != "" {
			c.outbox(r, path)
			continue
		}
		if r.Host == "" {
			c.bad(path, "host: smtp.example.org, or outbox: FOLDER for rehearsals", "%s has no host", path)
		}
		if r.ID == "" {
			r.ID = r.Host
		}
		if seen[r.ID] {
			c.bad(path, "give each relay an id of its own", "relay %s stands twice", r.ID)
		}
		seen[r.ID] = true
		if r.Port > 65535 || r.Connections > 64 || r.Weight > 100 {
			c.bad(path, "ports end at 65535, connections at 64, weights at 100", "%s: port %d, connections %d or weight %d is out of range", path, r.Port, r.Connections, r.Weight)
		}
		c.rate(r, path)
		c.authorities(r, path)
		c.signIn(r, path)
	}
}

func (c *checker) outbox(r *Relay, path string) {
	if r.Host != "" || r.Auth != "" || r.Rate != "" || r.PerDay != 0 {
		c.bad(path, "keep only id: and outbox:", "%s: an outbox is a folder and has nothing of a mail server", path)
	}
	for j := range c.cfg.Relays {
		if other := &c.cfg.Relays[j]; other != r && other.Outbox != "" {
			c.bad(path+".outbox", "keep one outbox", "%s: there are two outboxes", path)
			return
		}
	}
	r.Outbox = resolve(c.cfg.Dir, r.Outbox)
}

var rateText = regexp.MustCompile(`^([1-9][0-9]{0,8})/(s|min|h)$`)

func (c *checker) rate(r *Relay, path string) {
	if r.Rate == "" {
		return
	}
	m := rateText.FindStringSubmatch(r.Rate)
	if m == nil {
		c.bad(path+".rate", "write 30/min, 5/s or 1000/h", "%s.rate: %q is not a rate", path, r.Rate)
		return
	}
	n, _ := strconv.Atoi(m[1]) // nine digits at most
	r.PerMinute = float64(n) * map[string]float64{"s": 60, "min": 1, "h": 1.0 / 60}[m[2]]
}

func (c *checker) authorities(r *Relay, path string) {
	r.Authorities = c.certificates(&r.CA, path+".ca")
}

// certificates reads a file of certificate authorities, where one is named.
func (c *checker) certificates(file *string, path string) []byte {
	if *file == "" {
		return nil
	}
	*file = resolve(c.cfg.Dir, *file)
	text, err := os.ReadFile(*file)
	if err != nil {
		c.bad(path, "name a PEM file of certificates", "%s cannot be read: %v", path, err)
		return nil
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		c.bad(path, "name a PEM file of certificates", "%s: no certificate in %s", path, *file)
	}
	return text
}

func (c *checker) signIn(r *Relay, path string) {
	c.secret(path+".password", &r.Password)
	switch {
	case r.Auth == "password" && (r.Username == "" || r.Password.ref == ""):
		c.bad(path, "username: and password: env:NAME or file:PATH", "%s: auth password needs a username and a password", path)
	case r.Auth == "xoauth2" && (r.Username == "" || r.OAuth == nil):
		c.bad(path, "username: and oauth: {token_url: ..., client_id: ...}", "%s: auth xoauth2 needs a username and oauth:", path)
	case r.Auth != "xoauth2" && r.OAuth != nil:
		c.bad(path+".oauth", "auth: xoauth2", "%s: oauth: is for auth: xoauth2", path)
	}
	if r.Auth != "none" && r.TLS == "none" && !loopback(r.Host) {
		c.bad(path+".tls", "tls: required", "%s would send the password in clear", path)
	}
	o := r.OAuth
	if o == nil {
		return
	}
	c.secret(path+".oauth.client_secret", &o.ClientSecret)
	c.secret(path+".oauth.refresh_token", &o.RefreshToken)
	if !webURL(o.TokenURL) || o.ClientID == "" {
		c.bad(path+".oauth", `token_url: "https://...", client_id: ...`, "%s.oauth: token_url %q or client_id is missing or malformed", path, o.TokenURL)
	}
	if o.RefreshToken.ref == "" && o.ClientSecret.ref == "" {
		c.bad(path+".oauth", "refresh_token: or client_secret: env:NAME or file:PATH", "%s.oauth has neither a refresh token nor a client secret", path)
	}
}
