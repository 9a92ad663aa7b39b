// Package fetch owns the only way out over HTTP: limits, validators, one request
// at a time per host, and no way to a private network. What it returns is bytes
// that nobody has read yet.
package fetch

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
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
	CA           string // PEM file of certificate authorities that are trusted besides the system's
	AllowPrivate bool   // loopback and private addresses
	Robots       bool   // ask robots.txt first (RFC 9309)
}

// Response is what a server answered. Status and RetryAfter are set for errors too.
type Response struct {
	URL          string // after redirects
	Permanent    string // where the address has moved to for good, "" if it has not (RFC 9110 sections 15.4.2 and 15.4.9)
	Status       int
	NotModified  bool
	ContentType  string
	ETag         string
	LastModified string
	Length       int64 // as the server says it, -1 if it does not
	Body         []byte
	RetryAfter   time.Duration // how long the server asks to be left alone
	Fresh        time.Duration // how long the answer stays good (Cache-Control: max-age)
}

// Client gets things. It is safe for concurrent use.
type Client struct {
	agent string

	mu      sync.Mutex
	clients map[trust]*http.Client
	hosts   map[string]*host
}

// trust is whom a client may connect to.
type trust struct {
	private bool
	ca      string
}

// New returns a client that names itself agent: a product and a way to reach its operator.
func New(agent string) *Client {
	return &Client{agent: agent, clients: map[trust]*http.Client{}, hosts: map[string]*host{}}
}

func (c *Client) client(t trust) (*http.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.clients[t]; known != nil {
		return known, nil
	}
	roots, err := authorities(t.ca)
	if err != nil {
		return nil, err
	}
	made := newClient(t.private, roots)
	c.clients[t] = made
	return made, nil
}

// authorities returns the system's and those of a file; nil for the system's alone.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Invalidf("ca: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, fault.Invalidf("ca: %s holds no PEM certificate", file)
	}
	return roots, nil
}

// guard is what the library's own list lacks: 6to4, NAT64, Teredo and the mapped
// forms lead to IPv4 addresses of any kind.
func guard() func(string, string, syscall.RawConn) error {
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV6Prefixes(
		netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/23"))).Safe
}

// newClient checks addresses when it connects, so that a name cannot be looked up
// as one thing and connected to as another. Proxies would blind that check.
func newClient(private bool, roots *x509.CertPool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !private {
		dialer.Control = guard()
	}
	return &http.Client{
		Timeout: Timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: followable,
	}
}

// followable refuses redirects that go in a circle, too far, or off the web.
func followable(req *http.Request, via []*http.Request) error {
	for _, earlier := range via {
		if earlier.URL.String() == req.URL.String() {
			return fmt.Errorf("the redirects go in a circle: %s leads back to %s", via[len(via)-1].URL.Redacted(), req.URL.Redacted())
		}
	}
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
}

// CloseIdle ends connections that wait for reuse.
func (c *Client) CloseIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, client := range c.clients {
		client.CloseIdleConnections()
	}
}

// Plain is for libraries that speak HTTP themselves, with addresses that the
// operator wrote into the configuration; private ones may be among these.
func (c *Client) Plain() *http.Client {
	client, _ := c.client(trust{private: true}) // without a file nothing can fail
	return client
}

// Get fetches one address. Errors are faults with a message for the operator.
func (c *Client) Get(ctx context.Context, r Request) (Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL, nil)
	if err != nil {
		return Response{}, fault.Invalidf("%s: %w", r.URL, err)
	}
	if req.URL.Host == "" || req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return Response{}, fault.Invalidf("%s is no web address", r.URL)
	}
	c.setHeaders(req, r)
	client, err := c.client(trust{r.AllowPrivate, r.CA})
	if err != nil {
		return Response{}, err
	}
	host := c.host(req.URL.Host)
	if err := host.enter(ctx, r.AllowPrivate); err != nil {
		return Response{}, err
	}
	defer host.leave()
	if r.Robots {
		if err := host.allows(ctx, c, client, req); err != nil {
			return Response{}, err
		}
	}
	return c.do(client, req, r)
}

func (c *Client) do(client *http.Client, req *http.Request, r Request) (Response, error) {
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
		URL: resp.Request.URL.String(), Permanent: permanent(resp), Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"),
		ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified"), Length: resp.ContentLength,
		RetryAfter: retryAfter(resp.Header.Get("Retry-After")), Fresh: fresh(resp.Header.Get("Cache-Control")),
	}
	switch {
	case resp.StatusCode == http.StatusNotModified:
		out.NotModified = true
		return out, nil
	case resp.StatusCode != http.StatusOK:
		return out, fault.Unavailablef("%s answers %s", r.URL, resp.Status)
	case resp.ContentLength > MaxBytes:
		return out, tooLarge(r)
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
		return out, tooLarge(r)
	}
	out.Body = text
	return out, nil
}

func tooLarge(r Request) error {
	return fault.Invalidf("%s is larger than %d MB", r.URL, MaxBytes>>20)
}

// permanent is where the chain of redirects leads as far as each says that it is for good.
func permanent(resp *http.Response) string {
	var chain []*http.Response
	for r := resp.Request.Response; r != nil; r = r.Request.Response {
		chain = append(chain, r)
	}
	to := ""
	for _, r := range slices.Backward(chain) {
		if r.StatusCode != http.StatusMovedPermanently && r.StatusCode != http.StatusPermanentRedirect {
			break
		}
		next, err := r.Location()
		if err != nil {
			break
		}
		to = next.String()
	}
	return to
}

// fresh reads max-age of Cache-Control (RFC 9111 section 5.2.2.1).
func fresh(header string) time.Duration {
	for _, part := range strings.Split(header, ",") {
		if age, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(part)), "max-age="); ok {
			return retryAfter(age)
		}
	}
	return 0
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
		return fault.WithHint(fault.Forbiddenf("%s leads to a private address", address), "if that is meant, set allow_private: true on the source, or give --allow-private")
	case errors.As(err, &timeout) && timeout.Timeout():
		return fault.Unavailablef("%s did not answer within %s", address, Timeout)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return fault.Unavailablef("%s cannot be reached: %v", address, op.Err)
	}
	return fault.Unavailablef("%s: %w", address, err)
}
