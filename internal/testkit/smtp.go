package testkit

import (
	"bufio"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// SMTP is a mail server that does as its script says. It speaks the protocol
// itself, so that it can break it anywhere.
type SMTP struct {
	listener net.Listener
	mu       sync.Mutex
	messages []Message
	wg       sync.WaitGroup
	conns    map[net.Conn]bool
	closed   bool
	script   func(stage, to string) string
	manner   Manner
}

// Manner is how the server speaks.
type Manner struct {
	NoPipelining bool          // does not offer RFC 2920
	AnswersData  bool          // says 354 to DATA after it refused every recipient, as RFC 2920 allows
	Forget       bool          // keeps no message
	Delay        time.Duration // before the answer to a message
	Kept         func(Message) // called with each message that is accepted, before the answer
}

// SetManner sets how the server speaks from the next connection on.
func (s *SMTP) SetManner(m Manner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.manner = m
}

// Message is one that the server accepted.
type Message struct {
	From, To string
	Raw      string
	Header   mail.Header
}

// NewSMTP starts a server on loopback; it ends with the test.
func NewSMTP(t testing.TB) *SMTP {
	t.Helper()
	s, err := ListenSMTP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// ListenSMTP starts a server on loopback, until Close.
func ListenSMTP() (*SMTP, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &SMTP{listener: l, conns: map[net.Conn]bool{}}
	s.wg.Add(1)
	go s.accept()
	return s, nil
}

// SetScript sets what happens at a stage: mail (to the sender), rcpt, or data
// (after the final dot). The script returns a reply line, "drop" to cut the connection,
// "accept and drop", or "" for success. nil is success always.
func (s *SMTP) SetScript(script func(stage, to string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
}

// Port is where it listens.
func (s *SMTP) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Close stops it and cuts its connections.
func (s *SMTP) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// Messages returns what was accepted so far.
func (s *SMTP) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Copies counts accepted messages per recipient.
func (s *SMTP) Copies() map[string]int {
	out := map[string]int{}
	for _, m := range s.Messages() {
		out[m.To]++
	}
	return out
}

func (s *SMTP) accept() {
	defer s.wg.Done()
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			_ = c.Close()
			return
		}
		s.conns[c] = true
		s.mu.Unlock()
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			s.talk(c)
			_ = c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		}()
	}
}

func (s *SMTP) ask(stage, to string) string {
	s.mu.Lock()
	script := s.script
	s.mu.Unlock()
	if script == nil {
		return ""
	}
	return script(stage, to)
}

func (s *SMTP) talk(c net.Conn) {
	in := bufio.NewReader(c)
	s.mu.Lock()
	manner := s.manner
	s.mu.Unlock()
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say("220 test ESMTP")
	var from, to string
	mailed := false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb := strings.ToUpper(line)
		switch {
		case strings.HasPrefix(verb, "EHLO"):
			if manner.NoPipelining {
				say("250-test\r\n250 8BITMIME")
			} else {
				say("250-test\r\n250-8BITMIME\r\n250 PIPELINING")
			}
		case strings.HasPrefix(verb, "MAIL FROM:"):
			from, mailed = between(line), false
			if reply := s.ask("mail", from); reply != "" {
				say(reply)
				if strings.HasPrefix(reply, "421") { // it says so and leaves
					return
				}
				continue
			}
			mailed = true
			say("250 2.1.0 ok")
		case strings.HasPrefix(verb, "RCPT TO:") && !mailed:
			say("503 5.5.1 MAIL first")
		case strings.HasPrefix(verb, "RCPT TO:"):
			to = between(line)
			if reply := s.ask("rcpt", to); reply == "drop" {
				return
			} else if reply != "" {
				to = ""
				say(reply)
				continue
			}
			say("250 2.1.5 ok")
		case verb == "DATA" && to == "" && !manner.AnswersData:
			say("554 5.5.1 no valid recipients")
		case verb == "DATA":
			say("354 go on")
			raw, ok := readData(in)
			if !ok {
				return
			}
			if to == "" {
				say("554 5.5.1 no valid recipients")
				continue
			}
			kept := Message{From: from, To: to, Raw: raw}
			reply := s.ask("data", to)
			to, from = "", ""
			if manner.Delay > 0 { // what a far server costs
				time.Sleep(manner.Delay)
			}
			if (reply == "" || reply == "accept and drop") && !manner.Forget {
				kept = s.keep(kept)
				if manner.Kept != nil {
					manner.Kept(kept)
				}
			}
			switch reply {
			case "":
				say("250 2.0.0 queued")
			case "drop", "accept and drop":
				return
			default:
				say(reply)
			}
		case verb == "RSET" || verb == "NOOP":
			say("250 ok")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("502 not known")
		}
	}
}

func (s *SMTP) keep(m Message) Message {
	if parsed, err := mail.ReadMessage(strings.NewReader(m.Raw)); err == nil {
		m.Header = parsed.Header
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	return m
}

func readData(in *bufio.Reader) (string, bool) {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", false
		}
		if line == ".\r\n" {
			return b.String(), true
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

func between(line string) string {
	_, rest, _ := strings.Cut(line, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}
