package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// public checks who may say whom they speak for, and where the privacy notice is.
func (c *checker) public() {
	for i, text := range c.cfg.Public.TrustedProxies {
		if _, err := network(text); err != nil {
			c.bad(index("public.trusted_proxies", i), "write an address or a network: 127.0.0.1, 10.0.0.0/8", "public.trusted_proxies: %q is neither", text)
		}
	}
	if p := c.cfg.Privacy; p.NoticeURL != "" && !webURL(p.NoticeURL) {
		c.bad("privacy.notice_url", "https://...", "privacy.notice_url %q is not a web address", p.NoticeURL)
	}
	for tag := range c.cfg.Privacy.Law {
		c.language("privacy.law", &tag)
	}
	if c.cfg.Privacy.Controller == "" && c.open() {
		c.warn("privacy", "privacy: {controller: Your organisation, contact: privacy@example.org}", "privacy.controller is missing: people who subscribe must be told who answers for their data")
	}
}

func (c *checker) listener(path, listen, link string) {
	if _, port, err := net.SplitHostPort(listen); err != nil || !number(port, 0, 65535) {
		c.bad(path+".listen", "write host:port, such as 127.0.0.1:8080", "%s.listen %q is not an address to listen on", path, listen)
	}
	if !webURL(link) || strings.ContainsAny(link, "?#") {
		c.bad(path+".url", "write https://host, without ? and #", "%s.url %q is not a web address", path, link)
	}
}

func number(s string, low, high int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= low && n <= high
}

// open reports whether strangers may ask to join a list.
func (c *checker) open() bool {
	for _, l := range c.cfg.Lists {
		if l.Signup == "open" {
			return true
		}
	}
	return false
}

// network reads an address, or a network in CIDR notation.
func network(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	at, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(at, at.BitLen()), nil
}

// Proxies are the networks whose X-Forwarded-For is believed.
func (p Public) Proxies() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range p.TrustedProxies {
		if n, err := network(text); err == nil { // which was checked
			out = append(out, n.Masked())
		}
	}
	return out
}

// Previous are the secrets that only check.
func (c *Config) Previous() []string {
	var out []string
	for _, s := range c.OldSecrets {
		out = append(out, s.Value())
	}
	return out
}

// FirstSecret is the oldest secret. It keys the hashes that stay of erased
// addresses: they must be found again whatever signs links now.
func (c *Config) FirstSecret() string {
	if n := len(c.OldSecrets); n > 0 {
		return c.OldSecrets[n-1].Value()
	}
	return c.LinkSecret.Value()
}
