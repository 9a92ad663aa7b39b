package deliver_test

import (
	"testing"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/newsletter"
)

// Debian's smtp-sink, told to fail at each stage: what is written of it, and that
// a healthy relay afterwards gives everyone who may have one exactly a copy.
func TestSinkFailures(t *testing.T) {
	for name, c := range map[string]struct {
		options []string
		want    newsletter.DeliveryState
	}{
		"refuses connections":    {[]string{"-Q", "connect"}, ""},
		"refuses MAIL":           {[]string{"-f", "mail"}, newsletter.Deferred},
		"puts MAIL off":          {[]string{"-r", "mail"}, newsletter.Deferred},
		"refuses RCPT":           {[]string{"-f", "rcpt"}, newsletter.Rejected},
		"puts RCPT off":          {[]string{"-r", "rcpt"}, newsletter.Deferred},
		"hangs up at RCPT":       {[]string{"-q", "rcpt"}, newsletter.Deferred},
		"421 at DATA":            {[]string{"-Q", "data"}, newsletter.Deferred},
		"refuses DATA":           {[]string{"-f", "data"}, newsletter.Rejected},
		"hangs up after the dot": {[]string{"-q", "."}, newsletter.Unknown},
		"421 after the dot":      {[]string{"-Q", "."}, newsletter.Deferred},
		"puts off after the dot": {[]string{"-r", "."}, newsletter.Deferred},
		"refuses after the dot":  {[]string{"-f", "."}, newsletter.Rejected},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, 6, func(t *testing.T, b *bench) {
				b.start(t)
				failing := startSink(t, c.options...)
				_, _, _ = b.runOn(ctx, t, b.engine(t, b.db, benchRelay(failing.port, 2))) // an unusable relay is an error, and said elsewhere
				got := b.tally(t)
				reached := map[newsletter.DeliveryState]int{newsletter.Deferred: got.Deferred, newsletter.Rejected: got.Rejected, newsletter.Unknown: got.Unknown + got.Held}[c.want]
				if c.want != "" && reached == 0 || got.Accepted != 0 || got.Attempting != 0 || c.want != newsletter.Unknown && got.Unknown != 0 {
					t.Errorf("%+v", got)
				}
				b.clock.Move(10 * time.Minute)
				if _, _, err := b.run(ctx, t); err != nil {
					t.Fatal(err)
				}
				after := b.tally(t)
				if after.Pending+after.Deferred+after.Attempting != 0 || after.Rejected != got.Rejected || after.Held != got.Held || after.Accepted != len(b.smtp.Messages()) {
					t.Errorf("%+v after %+v", after, got)
				}
				b.once(t)
			})
		})
	}
}

// A server that answers slowly, but does, is waited for.
func TestSlowSink(t *testing.T) {
	each(t, 3, func(t *testing.T, b *bench) {
		b.start(t)
		slow := startSink(t, "-w", "1") // a second before the answer to DATA
		if finished, _, err := b.runOn(ctx, t, b.engine(t, b.db, deliver.Relay{ID: "slow", Connections: 3, Dialer: benchRelay(slow.port, 3).Dialer})); err != nil || !finished {
			t.Error(finished, err)
		}
	})
}
