package deliver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"broadsheet/internal/deliver/smtp"
)

// Outbox is the relay of a rehearsal: each message becomes a file, and nothing counts as accepted.
type Outbox struct{ Dir string }

// Write stores one message under a running number.
func (o Outbox) Write(number int, message []byte) error {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	path := filepath.Join(o.Dir, fmt.Sprintf("%06d.eml", number))
	if err := os.WriteFile(path, message, 0o600); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// Rehearse writes the message of every recipient of an audience as a file.
func (e *Engine) Rehearse(ctx context.Context, job Job, box Outbox) (n int, err error) {
	if err := os.RemoveAll(box.Dir); err != nil { // of an earlier rehearsal
		return 0, fmt.Errorf("outbox: %w", err)
	}
	var after int64
	var buf []byte
	for {
		copies, err := e.store.Audience(ctx, job.Send.Lists, after, page)
		if err != nil || len(copies) == 0 {
			return n, err
		}
		for _, c := range copies {
			after = c.SubscriberID
			if buf, _, _, err = job.compose(buf[:0], c); err != nil {
				return n, err
			}
			n++
			if err := box.Write(n, buf); err != nil {
				return n, err
			}
		}
	}
}

// One hands a single message to the relay: a test copy, a service mail.
func One(ctx context.Context, d Dialer, from, to string, message []byte) (smtp.Result, error) {
	session, err := d.Dial(ctx)
	if err != nil {
		return smtp.Result{}, err
	}
	defer session.Close()
	return session.Send(from, to, message, ""), nil
}
