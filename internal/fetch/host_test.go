package fetch

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"broadsheet/internal/fault"
)

func get(t *testing.T, c *Client, r Request) (Response, error) {
	t.Helper()
	r.AllowPrivate = true
	return c.Get(context.Background(), r)
}

// A move that is meant for good is told apart from one that is not.
func TestPermanentMoves(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := map[string]struct {
			path string
			code int
		}{"/good": {"/new", http.StatusMovedPermanently}, "/twice": {"/good", http.StatusPermanentRedirect}, "/now": {"/new", http.StatusFound}, "/mixed": {"/half", http.StatusMovedPermanently}, "/half": {"/new", http.StatusTemporaryRedirect}}
		if next, moved := to[r.URL.Path]; moved {
			http.Redirect(w, r, next.path, next.code)
		}
	}))
	defer server.Close()
	c := New("x")
	defer c.CloseIdle()
	for path, want := range map[string]string{"/new": "", "/good": "/new", "/twice": "/new", "/now": "", "/mixed": "/half"} {
		resp, err := get(t, c, Request{URL: server.URL + path})
		if err != nil || strings.TrimPrefix(resp.Permanent, server.URL) != want {
			t.Errorf("%s: %q %v, want %q", path, resp.Permanent, err, want)
		}
	}
}

// robots.txt is asked once and kept to, and a host that cannot say is left alone.
func TestRobots(t *testing.T) {
	var asked atomic.Int64
	code := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			asked.Add(1)
			w.WriteHeader(code)
			fmt.Fprint(w, "User-agent: *\nDisallow: /secret\n\nUser-agent: broadsheet\nDisallow: /own\n")
		}
	}))
	defer server.Close()
	for _, x := range []struct {
		path, agent string
		code        int
		allowed     bool
	}{{"/open", "other/1", 200, true}, {"/secret/a", "other/1", 200, false}, {"/own", "broadsheet/1 (+https://example.org)", 200, false}, {"/secret/a", "broadsheet/1", 200, true}, {"/secret/a", "other/1", 404, true}, {"/open", "other/1", 503, false}} {
		code = x.code
		c := New(x.agent)
		before := asked.Load()
		for range 2 {
			_, err := get(t, c, Request{URL: server.URL + x.path, Robots: true})
			if (err == nil) != x.allowed || err != nil && !fault.Is(err, fault.Forbidden) {
				t.Errorf("%+v: %v", x, err)
			}
		}
		if n := asked.Load() - before; n != 1 {
			t.Errorf("%+v: robots.txt was asked for %d times", x, n)
		}
		if _, err := get(t, c, Request{URL: server.URL + x.path}); err != nil {
			t.Errorf("%+v: asked for where that was not wanted: %v", x, err)
		}
		c.CloseIdle()
	}
}

// A host of others is asked one thing at a time, with a second between; who gives up waiting leaves the queue whole.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New("x")
		h := c.host("example.org")
		began := time.Now()
		for i := range 3 {
			if err := h.enter(context.Background(), false); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(began); waited != time.Duration(i)*space {
				t.Errorf("turn %d after %s", i, waited)
			}
			h.leave()
		}
		if err := h.enter(context.Background(), true); err != nil || time.Since(began) != 2*space {
			t.Error("the operator's own host was made to wait", err)
		}
		impatient, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		if err := h.enter(impatient, false); err == nil {
			t.Error("two at a time")
		}
		h.leave()
		during, cancel := context.WithTimeout(context.Background(), space/2)
		defer cancel()
		if err := h.enter(during, false); err == nil {
			t.Error("it did not wait")
		}
		if err := h.enter(context.Background(), false); err != nil {
			t.Error(err)
		}
		h.leave()
	})
}

// Authorities of a source's own are trusted for it alone.
func TestAuthorities(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "in") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of what is tried here
	server.StartTLS()
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c := New("x")
	defer c.CloseIdle()
	if _, err := get(t, c, Request{URL: server.URL}); err == nil {
		t.Error("an unknown authority was trusted")
	}
	if resp, err := get(t, c, Request{URL: server.URL, CA: file}); err != nil || string(resp.Body) != "in" {
		t.Error(err)
	}
	for _, wrong := range []string{"/none.pem", os.Args[0]} {
		if _, err := get(t, c, Request{URL: server.URL, CA: wrong}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// A name that leads to a private address is refused when it is connected to, and so is a redirect there.
func TestNoWayInside(t *testing.T) {
	var inside atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := New("x")
	defer c.CloseIdle()
	if _, err := c.Get(context.Background(), Request{URL: "http://localhost:" + port}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a name that leads inside: %v", err)
	}
	for _, spelling := range spellings() {
		host := spelling
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
		if _, err := c.Get(ctx, Request{URL: "http://" + host + ":" + port}); err == nil {
			t.Errorf("%s was fetched", spelling)
		}
		stop()
	}
	if inside.Load() != 0 {
		t.Errorf("%d requests came in", inside.Load())
	}
}

// spellings are the ways to write addresses that lead inside.
func spellings() []string {
	v4 := []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "172.16.0.1", "100.64.0.1", "0.0.0.0"}
	var out []string
	for _, a := range v4 {
		ip := net.ParseIP(a).To4()
		hex := fmt.Sprintf("%02x%02x:%02x%02x", ip[0], ip[1], ip[2], ip[3])
		out = append(out, a, "::ffff:"+a, "::ffff:"+hex, "64:ff9b::"+hex, "64:ff9b:1::"+hex, "2002:"+hex+"::1", "::"+a,
			fmt.Sprint(uint32(ip[0])<<24|uint32(ip[1])<<16|uint32(ip[2])<<8|uint32(ip[3])), "0x"+strings.ReplaceAll(hex, ":", ""), fmt.Sprintf("%#o.%d.%d.%d", ip[0], ip[1], ip[2], ip[3]))
	}
	return append(out, "127.1", "127.255.255.254", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "2001::1", "ff02::1", "localhost", "LOCALHOST", "localhost.")
}

// A server that never ends is left.
func TestEndlessAnswers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	c := New("x")
	defer c.CloseIdle()
	if _, err := get(t, c, Request{URL: server.URL}); err == nil || !strings.Contains(err.Error(), "larger than 10 MB") {
		t.Error(err)
	}
}

// Every answer ends within the time limit, whatever the server does: the clock here is not the wall's.
func TestSlowAnswersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		var server sync.WaitGroup
		server.Go(func() { // says its head, then a byte now and then for ever
			buffer := make([]byte, 4096)
			if _, err := far.Read(buffer); err != nil {
				return
			}
			fmt.Fprint(far, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
			for {
				time.Sleep(time.Second)
				if _, err := far.Write([]byte("a")); err != nil {
					return
				}
			}
		})
		client := newClient(true, nil)
		client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) { return near, nil }
		c := New("x")
		c.clients[trust{private: true}] = client
		began := time.Now()
		_, err := get(t, c, Request{URL: "http://slow.example/"})
		if err == nil || time.Since(began) != Timeout || !strings.Contains(err.Error(), "did not answer within 15s") {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		c.CloseIdle()
		far.Close()
		server.Wait()
	})
}
