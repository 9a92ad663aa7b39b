package testkit

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands between a client and a server and breaks what passes.
type Proxy struct {
	listener net.Listener
	target   string

	held  atomic.Bool // nothing passes, and nobody is told
	eat   atomic.Bool // the next answer is swallowed and its connection cut
	mu    sync.Mutex
	conns map[net.Conn]bool
}

// NewProxy forwards a port on loopback to target, until the test ends.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, target: target, conns: map[net.Conn]bool{}}
	go p.accept()
	t.Cleanup(func() { _ = l.Close(); p.Cut() })
	return p
}

// Port is where it listens.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Cut resets every connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, not a goodbye
		}
		_ = c.Close()
		delete(p.conns, c)
	}
}

// Hold lets nothing pass, in silence, until it is called with false.
func (p *Proxy) Hold(on bool) { p.held.Store(on) }

// EatReply lets the next request through and cuts before its answer: the client
// cannot know whether it was carried out.
func (p *Proxy) EatReply() { p.eat.Store(true) }

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		go p.pass(server, client, false)
		go p.pass(client, server, true)
	}
}

func (p *Proxy) pass(to, from net.Conn, answers bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && !p.held.Load() { // what comes while it holds is lost, as in a network that fails
			if answers && p.eat.CompareAndSwap(true, false) {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
