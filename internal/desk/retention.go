package desk

import (
	"context"
	"errors"
	"time"
)

// Retention says how long things are kept; 0 keeps them.
type Retention struct {
	Pending    time.Duration // subscriptions that nobody confirmed
	Deliveries time.Duration // who got which issue, after it was sent
	Addresses  time.Duration // addresses in the history, in service mail and in servers' replies
}

// Records forgets what is old.
type Records interface {
	ForgetDeliveries(ctx context.Context, before time.Time) (copies int64, err error)
	ForgetAddresses(ctx context.Context, before time.Time) (rows int64, err error)
}

// Forget does what retention asks for, and ends the subscriptions of those who
// were asked to confirm again and were silent. Doing it twice changes nothing.
func (d *Desk) Forget(ctx context.Context) error {
	ended, failed := d.People.Expire(ctx, d.Retention.Pending)
	var copies, rows int64
	if keep := d.Retention.Deliveries; keep > 0 {
		n, err := d.Records.ForgetDeliveries(ctx, d.Now().Add(-keep))
		copies, failed = n, errors.Join(failed, err)
	}
	if keep := d.Retention.Addresses; keep > 0 {
		n, err := d.Records.ForgetAddresses(ctx, d.Now().Add(-keep))
		rows, failed = n, errors.Join(failed, err)
	}
	if ended > 0 || copies > 0 || rows > 0 {
		d.Log.Info("what is old was forgotten", "pending", ended, "copies", copies, "addresses", rows)
	}
	return failed
}
