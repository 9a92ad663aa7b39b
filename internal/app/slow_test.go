package app_test

import (
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/web"
)

// A thousand clients that never finish what they say hold nobody up, and are not waited for for ever.
func TestSlowClients(t *testing.T) {
	h := openHouse(t, filepath.Join(t.TempDir(), "test.db"))
	public, _ := h.serve(t)
	for range connections(t, 1000) {
		slow, err := net.Dial("tcp", strings.TrimPrefix(public, "http://"))
		must(t, err)
		t.Cleanup(func() { must(t, slow.Close()) })
		_, err = slow.Write([]byte("POST /subscribe/p HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nX-Never: "))
		must(t, err)
	}
	client := &http.Client{Timeout: 10 * time.Second}
	for range 20 {
		resp, err := client.Get(public + "/subscribe/p")
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode != 200 {
			t.Error(resp.StatusCode)
		}
	}
	s := web.Serve(http.NotFoundHandler())
	for what, limit := range map[string]time.Duration{"a header": s.ReadHeaderTimeout, "a request": s.ReadTimeout, "an answer": s.WriteTimeout, "the next request": s.IdleTimeout} {
		if limit <= 0 || limit > 2*time.Minute {
			t.Errorf("%s may take %s", what, limit)
		}
	}
}
