package newsletter

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// IssueState is where an issue stands.
type IssueState string

const (
	Draft     IssueState = "draft"
	InReview  IssueState = "in_review"
	Approved  IssueState = "approved"
	Sending   IssueState = "sending"
	Sent      IssueState = "sent"
	Cancelled IssueState = "cancelled"
)

// next lists the ways between states. An edit leads back to draft from any state before sending.
var next = map[IssueState][]IssueState{
	Draft:    {InReview, Cancelled},
	InReview: {Approved, Draft, Cancelled},
	Approved: {Sending, Draft, Cancelled},
	Sending:  {Sent, Cancelled},
}

// CanBecome reports whether an issue may go from s to t.
func (s IssueState) CanBecome(t IssueState) bool {
	for _, n := range next[s] {
		if n == t {
			return true
		}
	}
	return false
}

// Editable reports whether an issue in this state may still be changed.
func (s IssueState) Editable() bool { return s == Draft || s == InReview || s == Approved }

// Issue is one number of a publication.
type Issue struct {
	ID          int64      `json:"-"`
	PublicID    string     `json:"id"`
	Publication string     `json:"publication"`
	Number      int        `json:"number"`
	Kind        string     `json:"kind"`           // regular | special
	Slot        string     `json:"slot,omitempty"` // the send slot it is for: a local time label
	State       IssueState `json:"state"`
	Revision    int        `json:"revision"`
	Content     Content    `json:"content"`
	Digest      string     `json:"digest,omitempty"` // of the current revision's proofs
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
}

// Slug is the issue's name for people: publication/number.
func (i Issue) Slug() string { return i.Publication + "/" + strconv.Itoa(i.Number) }

var slug = regexp.MustCompile(`^([a-z0-9][a-z0-9-]*)/([0-9]{1,9})$`)

// ParseSlug reads publication/number.
func ParseSlug(text string) (publication string, number int, err error) {
	m := slug.FindStringSubmatch(text)
	if m == nil {
		return "", 0, fault.WithHint(fault.Invalidf("%q is not an issue", text), "issues are named publication/number, such as monthly/12")
	}
	number, err = strconv.Atoi(m[2])
	return m[1], number, err
}

// Content is what a revision of an issue says.
type Content struct {
	Date      time.Time `json:"date"`  // the day that stands on the issue
	Since     time.Time `json:"since"` // items from here on were considered
	Author    string    `json:"author"`
	Headline  Text      `json:"headline,omitempty"`
	Summary   Text      `json:"summary,omitempty"`
	Editorial Text      `json:"editorial,omitempty"` // Markdown
	Entries   []Entry   `json:"entries"`

	Order []string            `json:"order,omitempty"` // ids of sections, where it is not the publication's order
	Off   map[string][]string `json:"off,omitempty"`   // sections that are left out, and in which languages; none named: in all
	Notes map[string]Text     `json:"notes,omitempty"` // what the editor says at the head of a section
	Left  []int64             `json:"left,omitempty"`  // items there was no room for: the next issue considers them once more
}

// Entry is an item as an editor placed it. It holds the item as it was then, so
// that a later collect never changes what was approved.
type Entry struct {
	Section  string          `json:"section"`
	Item     Item            `json:"item"`
	Others   map[string]Item `json:"others,omitempty"` // the same item in other languages
	Headline Text            `json:"headline,omitempty"`
	Summary  Text            `json:"summary,omitempty"`
	Note     Text            `json:"note,omitempty"`  // the editor's remark below it
	Again    bool            `json:"again,omitempty"` // it stood in an issue before, and is no news since
}

// Holds reports whether the entry is of an item, in any language.
func (e Entry) Holds(id int64) bool {
	if e.Item.ID == id {
		return true
	}
	for _, other := range e.Others {
		if other.ID == id {
			return true
		}
	}
	return false
}

// In returns the entry's item for readers of language and whether it is in that
// language. Another region's is: who reads pt-br reads pt.
func (e Entry) In(language string) (Item, bool) {
	if e.Item.Language == "" {
		return e.Item, true
	}
	if other, ok := e.Others[language]; ok && e.Item.Language != language {
		return other, true
	}
	if SameLanguage(e.Item.Language, language) {
		return e.Item, true
	}
	for _, tag := range slices.Sorted(maps.Keys(e.Others)) {
		if SameLanguage(tag, language) {
			return e.Others[tag], true
		}
	}
	return e.Item, false
}

// SameLanguage reports whether two tags are of one language, whatever the region.
func SameLanguage(a, b string) bool {
	a, _, _ = strings.Cut(a, "-")
	b, _, _ = strings.Cut(b, "-")
	return a == b
}

// Proof is an issue rendered for one language and frozen. Subject, HTML and
// Text hold marks where values differ per recipient.
type Proof struct {
	Issue    int64  `json:"-"`
	Revision int    `json:"revision"`
	Language string `json:"language"`
	Subject  string `json:"subject"`
	HTML     string `json:"html"`
	Page     string `json:"page,omitempty"` // the whole issue for the web view, where the message had to be shortened
	Text     string `json:"text"`
	Reader   string `json:"reader"` // stands for the name of a recipient who gave none
	Digest   string `json:"digest"`
}

// Seal computes the proof's digest over every frozen field.
func (p *Proof) Seal() {
	h := sha256.New()
	for _, field := range []string{p.Language, p.Subject, p.HTML, p.Text, p.Reader} {
		fmt.Fprintf(h, "%d\n%s\n", len(field), field)
	}
	if p.Page != "" {
		fmt.Fprintf(h, "%d\n%s\n", len(p.Page), p.Page)
	}
	p.Digest = hex.EncodeToString(h.Sum(nil))
}

// IssueDigest is SHA-256 over the sorted lines "language SP proof-digest LF": what an approval names.
func IssueDigest(proofs []Proof) string {
	lines := make([]string, len(proofs))
	for i, p := range proofs {
		lines[i] = p.Language + " " + p.Digest + "\n"
	}
	sort.Strings(lines)
	h := sha256.New()
	for _, line := range lines {
		h.Write([]byte(line))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// A mark stands in a proof where a value per recipient goes. Its delimiters are
// private-use characters that the gates for outside text remove, so no source
// and no editor can write one.
const (
	MarkOpen        = "\uE000"
	MarkClose       = "\uE001"
	MarkName        = MarkOpen + "name" + MarkClose
	MarkUnsubscribe = MarkOpen + "unsubscribe" + MarkClose
	MarkPreferences = MarkOpen + "preferences" + MarkClose
	MarkWebView     = MarkOpen + "web_view" + MarkClose
)

// Decision is what an approver says.
type Decision string

const (
	DecisionApproved Decision = "approved"
	DecisionReturned Decision = "returned"
)

// Approval binds a person's decision to the digest they saw.
type Approval struct {
	Issue     int64     `json:"-"`
	Revision  int       `json:"revision"`
	Digest    string    `json:"digest"`
	Person    string    `json:"person"`
	Decision  Decision  `json:"decision"`
	Comment   string    `json:"comment,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// Standing returns the approvals of all decisions on an issue that hold for a
// revision and digest: one a person, and none from before a return.
func Standing(all []Approval, revision int, digest string) []Approval {
	var given []Approval
	seen := map[string]bool{}
	for _, a := range all {
		switch {
		case a.Decision == DecisionReturned:
			given, seen = nil, map[string]bool{}
		case a.Digest == digest && a.Revision == revision && !seen[a.Person]:
			given, seen[a.Person] = append(given, a), true
		}
	}
	return given
}
