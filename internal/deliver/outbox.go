package deliver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"broadsheet/internal/newsletter"
)

// Audience is whom a send to a segment of lists would reach now, by id.
type Audience interface {
	Audience(ctx context.Context, lists []string, segment string, after int64, limit int) ([]newsletter.Copy, error)
}

// Rehearse writes the message of every recipient of an audience as a file into
// dir, under a running number. Nothing counts as accepted.
func Rehearse(ctx context.Context, audience Audience, job Job, dir string) (n int, err error) {
	if err := os.RemoveAll(dir); err != nil { // of an earlier rehearsal
		return 0, fmt.Errorf("outbox: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, fmt.Errorf("outbox: %w", err)
	}
	var after int64
	m := &message{}
	for {
		copies, err := audience.Audience(ctx, job.Send.Lists, job.Send.Segment, after, pageMost)
		if err != nil || len(copies) == 0 {
			return n, err
		}
		for _, c := range copies {
			after, m.copy = c.SubscriberID, c
			if err := job.compose(m); err != nil {
				return n, err
			}
			n++
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.eml", n)), m.bytes, 0o600); err != nil {
				return n, fmt.Errorf("outbox: %w", err)
			}
		}
	}
}
