package fetch

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"broadsheet/internal/fault"

	"github.com/temoto/robotstxt"
)

// A host is asked one thing at a time, with a pause between.
type host struct {
	turn   chan struct{} // holds one token: whoever has it may ask
	last   time.Time     // when it last answered
	robots *robotstxt.RobotsData
	read   time.Time // when robots was read
}

const (
	space      = time.Second // between two questions to a host of others
	robotsLife = 24 * time.Hour
)

func (c *Client) host(name string) *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hosts[name] == nil {
		c.hosts[name] = &host{turn: make(chan struct{}, 1)}
	}
	return c.hosts[name]
}

// enter waits for the turn and, at hosts that are not the operator's own, for the pause to end.
func (h *host) enter(ctx context.Context, own bool) error {
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	wait := time.Until(h.last.Add(space))
	if own || wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		<-h.turn
		return ctx.Err()
	}
}

func (h *host) leave() {
	h.last = time.Now()
	<-h.turn
}

// allows asks the host's robots.txt whether the page may be read, by the rules of
// RFC 9309: without the file everything may be (section 2.3.1.3); while the host
// cannot say, nothing is (section 2.3.1.4).
func (h *host) allows(ctx context.Context, c *Client, client *http.Client, page *http.Request) error {
	if h.robots == nil || time.Since(h.read) > robotsLife {
		file := url.URL{Scheme: page.URL.Scheme, Host: page.URL.Host, Path: "/robots.txt"}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, file.String(), nil)
		if err != nil {
			return fault.Invalidf("%s: %w", file.String(), err)
		}
		c.setHeaders(req, Request{UserAgent: page.Header.Get("User-Agent")})
		got, err := c.do(client, req, Request{URL: file.String()})
		if err != nil && got.Status == 0 {
			return err
		}
		if h.robots, err = robotstxt.FromStatusAndBytes(got.Status, got.Body); err != nil {
			h.robots, _ = robotstxt.FromStatusAndBytes(http.StatusNotFound, nil) // unreadable: as if there were none
		}
		h.read = time.Now()
	}
	if h.robots.TestAgent(page.URL.RequestURI(), page.Header.Get("User-Agent")) {
		return nil
	}
	return fault.WithHint(fault.Forbiddenf("%s: the site's robots.txt asks programs not to read it", page.URL.Redacted()),
		"ask the site for a feed, or for leave; with leave, take a user_agent that their robots.txt allows")
}
