package web

import (
	"context"
	"time"
)

// Inbox is a mail server's inbox that the desk can show: the demo has one.
type Inbox interface {
	// List returns what arrived, newest first.
	List(ctx context.Context) []Mail
	// Mail returns one message; ok is false where there is none.
	Mail(ctx context.Context, id int) (m Mail, ok bool)
}

// Mail is a message in an Inbox.
type Mail struct {
	ID         int
	To         string
	Subject    string
	Language   string
	ReceivedAt time.Time
	HTML, Text string
	Source     string
}
