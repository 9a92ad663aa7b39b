package collect

import (
	"hash/fnv"
	"net/http"
	"time"

	"broadsheet/internal/newsletter"
)

const (
	longestWait = 24 * time.Hour
	fullEvery   = 7 * 24 * time.Hour // a server may err about what has changed: now and then it is asked for everything
	sightings   = 3                  // of a permanent redirect, after which it is believed
)

// wait is how long a source is left alone after a good look: its own `every`, longer
// where the server says that nothing will change sooner (max-age, ttl) or nothing
// has for long, up to a day; and a tenth more or less, so that sources spread.
func wait(src newsletter.Source, found Found, same int) time.Duration {
	every := time.Duration(src.Every)
	switch {
	case same >= 30:
		every *= 4
	case same >= 10:
		every *= 2
	}
	every = max(every, found.Fresh)
	if every > longestWait {
		every = max(longestWait, time.Duration(src.Every))
	}
	return every + jitter(src.ID, same, every/10)
}

// jitter is up to span, the same for the same look: nothing here is left to chance.
func jitter(id string, n int, span time.Duration) time.Duration {
	if span <= 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	_, _ = h.Write([]byte{byte(n), byte(n >> 8)})
	return time.Duration(h.Sum64() % uint64(span))
}

// backOff doubles from five minutes to a day.
func backOff(failures int) time.Duration {
	return min(5*time.Minute<<min(failures-1, 10), 24*time.Hour)
}

// later reports whether the server only asks for patience (RFC 6585 section 4; RFC 9110 section 15.6.4).
func later(found Found) bool {
	return found.Status == http.StatusTooManyRequests || found.Status == http.StatusServiceUnavailable && found.RetryAfter > 0
}

// moved counts how often in a row a source's address led elsewhere for good.
func moved(m *newsletter.SourceMemory, found Found) {
	switch {
	case found.direct: // asked for at its new address
		if found.Status != 0 && found.Status != http.StatusOK && found.Status != http.StatusNotModified {
			m.MovedTo, m.MovedSeen = "", 0 // which no longer holds: back to the old one
		}
	case found.Permanent == "":
		if found.Status != 0 {
			m.MovedTo, m.MovedSeen = "", 0
		}
	case found.Permanent == m.MovedTo:
		m.MovedSeen++
	default:
		m.MovedTo, m.MovedSeen = found.Permanent, 1
	}
}
