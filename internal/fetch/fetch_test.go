package fetch

import (
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"broadsheet/internal/fault"
)

func TestConditional(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `W/"a b"`)
		if r.Header.Get("If-None-Match") == `W/"a b"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, r.Header.Get("User-Agent"), r.Header.Get("X-Key"))
	}))
	defer server.Close()
	c := New("broadsheet/1 (+https://example.org)")
	defer c.CloseIdle()
	resp, err := c.Get(context.Background(), Request{URL: server.URL, AllowPrivate: true, Headers: map[string]string{"X-Key": "k"}})
	if err != nil || string(resp.Body) != "broadsheet/1 (+https://example.org)k" {
		t.Fatal(string(resp.Body), err)
	}
	if resp, err = c.Get(context.Background(), Request{URL: server.URL, ETag: resp.ETag, AllowPrivate: true}); err != nil || !resp.NotModified {
		t.Error(resp, err)
	}
}

func TestLimits(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range MaxBytes>>10 + 10 {
				fmt.Fprint(z, strings.Repeat("a", 1024))
			}
			z.Close()
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/far":
			http.Redirect(w, r, "/far?"+r.URL.RawQuery+"1", http.StatusFound)
		case "/off":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/cut":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "short")
		case "/gone":
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer server.Close()
	c := New("x")
	defer c.CloseIdle()
	for path, want := range map[string]string{"/bomb": "larger than 10 MB", "/loop": "the redirects go in a circle", "/far": "more than 10 redirects", "/off": "not a web address", "/cut": "unexpected EOF", "/gone": "answers 410"} {
		if _, err := c.Get(context.Background(), Request{URL: server.URL + path, AllowPrivate: true}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// No spelling of a private address gets through, unless the source says so.
func TestPrivateAddresses(t *testing.T) {
	c := New("x")
	for _, host := range []string{"127.0.0.1", "127.1", "localhost", "0.0.0.0", "[::1]", "[::]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
		"[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "2130706433", "0x7f000001", "0177.0.0.1"} {
		_, err := c.Get(context.Background(), Request{URL: "http://" + host + ":9/"})
		if err == nil {
			t.Errorf("%s was fetched", host)
		}
		// Go reads no octal, hexadecimal or short forms: those are names, which do not resolve.
		if strings.ContainsAny(host[:1], "0123456789[") && strings.Count(host, ".") != 1 && !strings.HasPrefix(host, "0") && host != "2130706433" && !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", host, err)
		}
	}
}
