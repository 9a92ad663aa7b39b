package deliver

import (
	"hash/fnv"
	"strings"
	"time"
)

// RetryAfter is when a deferred copy is tried again after so many attempts: two
// minutes, then doubling up to four hours, each plus up to a quarter that depends
// on what the copy is called, so that a full server is not met by all at once.
func RetryAfter(attempts int, name string) time.Duration {
	wait := min(2*time.Minute<<min(max(attempts-1, 0), 10), 4*time.Hour)
	h := fnv.New32a()
	h.Write([]byte(name))
	return wait + wait/4*time.Duration(h.Sum32()%1000)/1000
}

// gone are the enhanced codes that say that there is no such mailbox (RFC 3463
// sections 3.2 and 3.3, RFC 7505).
var gone = map[string]bool{"5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.6": true, "5.1.10": true, "5.2.1": true}

// HardBounce reports whether a refusal says clearly that the mailbox is gone, so
// that nothing is sent to it again. A code without an enhanced one never is: 550
// is said of spam and policy too.
func HardBounce(code int, enhanced string) bool { return code >= 500 && gone[enhanced] }

// ClassLimit is a reply that asks for less mail and says nothing of a recipient:
// 421 (RFC 5321 section 3.8), and 4.7 in a 450.
const ClassLimit = "limit"

// Class is the kind of a reply in a word: ok, mailbox, quota, size, policy,
// limit, network, protocol or other.
func Class(code int, enhanced string) string {
	switch {
	case code == 0:
		return "network"
	case code < 400:
		return "ok"
	case code == 421 || code == 450 && strings.HasPrefix(enhanced, "4.7."):
		return ClassLimit
	case code == 552 && enhanced == "" || strings.HasSuffix(enhanced, ".2.2"):
		return "quota"
	case strings.HasSuffix(enhanced, ".3.4") || strings.HasSuffix(enhanced, ".2.3"):
		return "size"
	}
	if len(enhanced) > 3 {
		switch enhanced[2] {
		case '1', '2':
			return "mailbox"
		case '4':
			return "network"
		case '5', '6':
			return "protocol"
		case '7':
			return "policy"
		}
	}
	return "other"
}

// Rule is one line of the policy, as it is printed.
type Rule struct {
	When string `json:"when"`
	Then string `json:"then"`
}

// Policy is what is done with each kind of answer, in words.
func Policy() []Rule {
	return []Rule{
		{"2xx after the final dot", "accepted"},
		{"4xx, or the connection is lost before the final dot", "deferred: tried again " + retries()},
		{"5xx to the recipient or the message", "rejected: not tried again"},
		{"5xx with 5.1.1, 5.1.2, 5.1.3, 5.1.6, 5.1.10 or 5.2.1", "rejected, the address is suppressed and its subscriptions end as bounced"},
		{"5xx of quota, size or policy", "rejected; the address stays subscribed"},
		{"the connection or the process is lost after the final dot", "unknown: tried once more under the same Message-ID after everybody else (schedule.unknown: retry), or held for a person (hold)"},
		{"unknown a second time", "held for a person; there is never a third copy"},
		{"any answer to MAIL FROM but 2xx, or no connection", "the relay rests 15 s, then twice as long up to 10 min; other relays take over; nobody is rejected"},
		{"421, or 450 with 4.7.x", "deferred, and the relay's rate is halved for all workers; it recovers by a quarter each 30 s"},
		{"schedule.give_up_after is over", "what is pending or deferred is cancelled"},
	}
}

func retries() string {
	var out []string
	for n := 1; ; n++ {
		wait := RetryAfter(n, "")
		wait -= wait % time.Minute
		base := min(2*time.Minute<<(n-1), 4*time.Hour)
		if out = append(out, strings.TrimSuffix(strings.TrimSuffix(base.String(), "0s"), "0m")); base == 4*time.Hour {
			break
		}
	}
	return "after " + strings.Join(out, ", ") + ", and then each 4h, plus up to a quarter"
}
