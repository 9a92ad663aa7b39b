// Package fetch owns the only way out over HTTP: limits, validators, one request
// at a time per host, and no way to a private network. What it returns is bytes
// that nobody has read yet.
package fetch

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"broadsheet/internal/fault"

	"code.dny.dev/ssrf"
)

// Limits of one answer.
const (
	Timeout      = 15 * time.Second
	MaxBytes     = 10 << 20 // decompressed
	MaxRedirects = 10
)

// Request says what to get and what is already here.
type Request struct {
	URL          string
	ETag         string
	LastModified string
	UserAgent    string
	Headers      map[string]string
	AllowPrivate bool // loopback and private addresses
}

// Response is what a server answered.
type Response struct {
	URL          string // after redirects
	NotModified  bool
	ContentType  string
	ETag         string
	LastModified string
	Body         []byte
	RetryAfter   time.Duration // how long the server asks to be left alone
}

// Client gets things. It is safe for concurrent use.
type Client struct {
	guarded *http.Client
	open    *http.Client
	agent   string

	mu    sync.Mutex
	hosts map[string]*sync.Mutex
}

// New returns a client that names itself agent: a product and a way to reach its operator.
func New(agent string) *Client {
	// What the guard's own list lacks: 6to4, NAT64, Teredo and the mapped forms lead to IPv4 addresses of any kind.
	guard := ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV6Prefixes(
		netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/23")))
	return &Client{guarded: client(guard.Safe), open: client(nil), agent: agent, hosts: map[string]*sync.Mutex{}}
}

// client checks addresses when it connects, so that a name cannot be looked up
// as one thing and connected to as another. Proxies would blind that check.
func client(control func(string, string, syscall.RawConn) error) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: control}
	return &http.Client{
		Timeout: Timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) >= MaxRedirects {
				return fmt.Errorf("more than %d redirects, last to %s", MaxRedirects, req.URL.Redacted())
			}
			if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
				return fmt.Errorf("redirect to %s is not a web address", req.URL.Scheme)
			}
			if req.URL.Host != via[0].URL.Host { // headers of a source are for that source
				req.Header = http.Header{"User-Agent": via[0].Header["User-Agent"], "Accept-Encoding": {"gzip"}}
			}
			return nil
		},
	}
}

// CloseIdle ends connections that wait for reuse.
func (c *Client) CloseIdle() {
	c.guarded.CloseIdleConnections()
	c.open.CloseIdleConnections()
}

// Plain is for libraries that speak HTTP themselves, with addresses that the
// operator wrote into the configuration; private ones may be among these.
func (c *Client) Plain() *http.Client { return c.open }

func (c *Client) host(name string) *sync.Mutex {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hosts[name] == nil {
		c.hosts[name] = &sync.Mutex{}
	}
	return c.hosts[name]
}

// Get fetches one address. Errors are faults with a message for the operator.
func (c *Client) Get(ctx context.Context, r Request) (Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL, nil)
	if err != nil {
		return Response{}, fault.Invalidf("%s: %w", r.URL, err)
	}
	c.setHeaders(req, r)
	host := c.host(req.URL.Host)
	host.Lock()
	defer host.Unlock()
	client := c.guarded
	if r.AllowPrivate {
		client = c.open
	}
	resp, err := client.Do(req)
	if err != nil {
		return Response{}, explain(r.URL, err)
	}
	defer resp.Body.Close()
	return read(resp, r)
}

func (c *Client) setHeaders(req *http.Request, r Request) {
	req.Header.Set("User-Agent", c.agent)
	if r.UserAgent != "" {
		req.Header.Set("User-Agent", r.UserAgent)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	for key, value := range r.Headers {
		req.Header.Set(key, value)
	}
	if r.ETag != "" {
		req.Header.Set("If-None-Match", r.ETag)
	}
	if r.LastModified != "" {
		req.Header.Set("If-Modified-Since", r.LastModified)
	}
}

func read(resp *http.Response, r Request) (Response, error) {
	out := Response{
		URL: resp.Request.URL.String(), ContentType: resp.Header.Get("Content-Type"),
		ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified"),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After")),
	}
	switch {
	case resp.StatusCode == http.StatusNotModified:
		out.NotModified = true
		return out, nil
	case resp.StatusCode != http.StatusOK:
		return out, fault.Unavailablef("%s answers %s", r.URL, resp.Status)
	}
	body := io.Reader(resp.Body)
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		zip, err := gzip.NewReader(body)
		if err != nil {
			return out, fault.Invalidf("%s: broken compression: %w", r.URL, err)
		}
		body = zip
	}
	text, err := io.ReadAll(io.LimitReader(body, MaxBytes+1))
	if err != nil {
		return out, explain(r.URL, err)
	}
	if len(text) > MaxBytes {
		return out, fault.Invalidf("%s is larger than %d MB", r.URL, MaxBytes>>20)
	}
	out.Body = text
	return out, nil
}

func retryAfter(header string) time.Duration {
	if at, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(at))
	}
	span, err := time.ParseDuration(header + "s")
	if err != nil || span < 0 {
		return 0
	}
	return span
}

func explain(address string, err error) error {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork):
		return fault.WithHint(fault.Forbiddenf("%s leads to a private address", address), "if that is meant, set allow_private: true on the source")
	case errors.As(err, &timeout) && timeout.Timeout():
		return fault.Unavailablef("%s did not answer within %s", address, Timeout)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return fault.Unavailablef("%s cannot be reached: %v", address, op.Err)
	}
	return fault.Unavailablef("%s: %w", address, err)
}
