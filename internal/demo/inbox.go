package demo

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"broadsheet/internal/web"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // so that every code page can be shown
	"github.com/emersion/go-smtp"
)

// Inbox is a mail server on loopback that keeps what it is given.
type Inbox struct {
	mu    sync.Mutex
	mails []received
}

type received struct {
	to   string
	body string
	at   time.Time
}

// serve listens until ctx ends and returns the port.
func (b *Inbox) serve(ctx context.Context) (int, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("start the sample mail server: %w", err)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: b}, nil }))
	server.Domain, server.MaxMessageBytes, server.MaxRecipients = "localhost", 4<<20, 1
	server.ReadTimeout, server.WriteTimeout = time.Minute, time.Minute
	go func() { _ = server.Serve(l) }() // ends with the listener
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return l.Addr().(*net.TCPAddr).Port, nil
}

type session struct {
	box *Inbox
	to  string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func (s *session) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.mails = append(s.box.mails, received{s.to, string(body), time.Now()})
	return nil
}

// List returns what arrived, newest first.
func (b *Inbox) List(context.Context) []web.Mail {
	b.mu.Lock()
	mails := slices.Clone(b.mails)
	b.mu.Unlock()
	out := make([]web.Mail, len(mails))
	for i, m := range mails {
		out[len(mails)-1-i] = headers(i, m)
	}
	return out
}

// Mail returns one message with its parts decoded.
func (b *Inbox) Mail(_ context.Context, id int) (web.Mail, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if id < 0 || id >= len(b.mails) {
		return web.Mail{}, false
	}
	m := headers(id, b.mails[id])
	m.Source = b.mails[id].body
	entity, err := message.Read(strings.NewReader(m.Source))
	if err != nil {
		return m, true
	}
	_ = entity.Walk(func(_ []int, part *message.Entity, err error) error { // what can be decoded is shown
		kind, _, _ := part.Header.ContentType()
		if err != nil || strings.HasPrefix(kind, "multipart/") {
			return err
		}
		body, err := io.ReadAll(part.Body)
		switch kind {
		case "text/html":
			m.HTML = string(body)
		case "text/plain":
			m.Text = string(body)
		}
		return err
	})
	return m, true
}

func headers(id int, r received) web.Mail {
	m := web.Mail{ID: id, To: r.to, ReceivedAt: r.at}
	if entity, err := message.Read(strings.NewReader(r.body)); err == nil {
		m.Subject, _ = entity.Header.Text("Subject") // an undecodable subject is shown empty
		m.Language = entity.Header.Get("Content-Language")
	}
	return m
}
