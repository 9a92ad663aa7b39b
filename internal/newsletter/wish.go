package newsletter

import (
	"time"

	"broadsheet/subscribers"
)

// Wish is what someone asked for on a public page. It is a row before anything is
// done about it, so that asking is the same work whoever the address belongs to.
type Wish struct {
	ID          int64
	Kind        string // subscribe, or link: be sent one's own link
	Publication string
	Request     subscribers.Request
	AskedAt     time.Time
}

// The kinds of wishes.
const (
	WishSubscribe = "subscribe"
	WishLink      = "link"
)

// Allowance is how often something may happen: Most times Within a span. Key says
// what, and never names a person or a machine in clear.
type Allowance struct {
	Key    string
	Most   int
	Within time.Duration
}
