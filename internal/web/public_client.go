package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// machine returns the network address that a request came from: that of the
// connection, or where a proxy of ours speaks, what it says of the one before it.
func (s *Site) machine(r *http.Request) netip.Addr {
	port, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := port.Addr().Unmap().WithZone("")
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(said) - 1; i >= 0 && s.trusts(at); i-- { // the last was added by the nearest
		before, err := netip.ParseAddr(strings.TrimSpace(said[i]))
		if err != nil {
			break
		}
		at = before.Unmap().WithZone("")
	}
	return at
}

func (s *Site) trusts(at netip.Addr) bool {
	for _, p := range s.Proxies {
		if p.Contains(at) {
			return true
		}
	}
	return false
}

// network names who is asking without keeping the address: the keyed hash of an
// IPv4 address, or of the /64 that one customer has in IPv6.
func (s *Site) network(r *http.Request) string {
	at := s.machine(r)
	if at.Is6() {
		if p, err := at.Prefix(64); err == nil {
			at = p.Addr()
		}
	}
	return s.Tokens.Name("machine", at.String())
}
