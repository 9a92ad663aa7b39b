package newsletter

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Kind is what an item or a section is about.
type Kind string

const (
	News   Kind = "news"
	Report Kind = "report"
	Event  Kind = "event"
	Media  Kind = "media"
	Links  Kind = "links" // sections only: standing links
)

// Contact is whom to ask about an item.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email"`
}

// Link is a further address of an item. Role: press_release | registration | video | more.
type Link struct {
	Role  string `json:"role"`
	Title string `json:"title,omitempty"`
	URL   string `json:"url"`
}

// Document is a file of a report in one language.
type Document struct {
	Language string `json:"language,omitempty"`
	URL      string `json:"url"`
	Title    string `json:"title,omitempty"`
	Bytes    int64  `json:"bytes,omitempty"`
	Pages    int    `json:"pages,omitempty"`
}

// Image is an item's picture. URL is where its source has it; File names our own
// copy, once there is one, and Width and Height are that copy's in pixels.
type Image struct {
	URL     string `json:"url"`
	Alt     string `json:"alt,omitempty"`
	Caption string `json:"caption,omitempty"`
	Credit  string `json:"credit,omitempty"`
	Rights  string `json:"rights,omitempty"` // own | licensed: as its source is configured
	File    string `json:"file,omitempty"`
	Width   int    `json:"width,omitempty"`
	Height  int    `json:"height,omitempty"`
}

// SummaryLength is how many characters a source's summary has at most.
const SummaryLength = 600

// Precision says how exactly a date is known: it is stored, never guessed.
type Precision string

const (
	Undated Precision = ""
	Day     Precision = "day"
	Minute  Precision = "minute"
)

// PrecisionOf is how exactly a date is known that was read with a time of day or without.
func PrecisionOf(minute bool) Precision {
	if minute {
		return Minute
	}
	return Day
}

// Item is one piece of news, a report, an agenda entry or a media link, as a source gives it.
// Title, Subtitle, Place, Venue are plain text; Summary is plain text; Body is sanitised HTML.
type Item struct {
	ID          int64      `json:"id,omitempty"`
	Kind        Kind       `json:"kind"`
	Source      string     `json:"source"`
	Identity    string     `json:"-"` // the source's own name for it: guid, uid, link
	Title       string     `json:"title"`
	Subtitle    string     `json:"subtitle,omitempty"`
	URL         string     `json:"url,omitempty"`
	Summary     string     `json:"summary,omitempty"`
	Body        string     `json:"body,omitempty"`
	Language    string     `json:"language,omitempty"`
	Authors     []string   `json:"authors,omitempty"`
	Categories  []string   `json:"categories,omitempty"`
	Alternates  Text       `json:"alternates,omitempty"` // where the source says that it stands in other languages
	Variants    []int64    `json:"variants,omitempty"`   // their ids
	PublishedAt time.Time  `json:"published_at,omitzero"`
	Precision   Precision  `json:"precision,omitempty"`
	Embargo     time.Time  `json:"embargo_until,omitzero"` // not to be printed before
	StartsAt    time.Time  `json:"starts_at,omitzero"`
	EndsAt      time.Time  `json:"ends_at,omitzero"` // inclusive for all-day events
	AllDay      bool       `json:"all_day,omitempty"`
	Place       string     `json:"place,omitempty"`
	Venue       string     `json:"venue,omitempty"`
	Status      string     `json:"status,omitempty"`    // events: confirmed | cancelled | postponed | tentative
	MovedFrom   time.Time  `json:"moved_from,omitzero"` // events: the start they had before
	Contacts    []Contact  `json:"contacts,omitempty"`
	Links       []Link     `json:"links,omitempty"`
	Image       *Image     `json:"image,omitempty"`
	Documents   []Document `json:"documents,omitempty"`
	Year        int        `json:"year,omitempty"` // reports: the year reported on

	FirstSeenAt  time.Time `json:"first_seen_at,omitzero"`
	ChangedAt    time.Time `json:"changed_at,omitzero"`
	NewsAt       time.Time `json:"news_at,omitzero"`        // when it last became news again: moved, cancelled, out in a further language
	NewLanguages []string  `json:"new_languages,omitempty"` // reports: which these were
	Origin       string    `json:"origin,omitempty"`        // SHA-256 of the bytes it was read from
	FollowedAt   time.Time `json:"followed_at,omitzero"`    // when the page it links to was read
	EditedBy     string    `json:"edited_by,omitempty"`     // who last put words of their own in place of the source's
	Rejected     bool      `json:"rejected,omitempty"`      // by a person: it comes into no issue
	Pinned       bool      `json:"pinned,omitempty"`        // by a person: it comes into the next issue, before others and whatever its age
	Priority     int       `json:"priority,omitempty"`      // set by a person, on top of its source's: -9 to 9
}

// When returns the instant an item counts for: its publication, its start, or when it was first seen.
func (i Item) When() time.Time {
	switch {
	case i.Kind == Event && !i.StartsAt.IsZero():
		return i.StartsAt
	case !i.PublishedAt.IsZero():
		return i.PublishedAt
	}
	return i.FirstSeenAt
}

// Until returns when an event is over. A day is a day everywhere: it ends at loc's midnight.
func (i Item) Until(loc *time.Location) time.Time {
	end := i.EndsAt
	if end.Before(i.StartsAt) {
		end = i.StartsAt
	}
	if i.AllDay {
		return time.Date(end.Year(), end.Month(), end.Day()+1, 0, 0, 0, 0, loc).Add(-time.Millisecond)
	}
	return end
}

// Digest returns SHA-256 over what a reader would see: two items with the same digest are the same text.
func (i Item) Digest() string {
	i.ID, i.FirstSeenAt, i.ChangedAt, i.Variants, i.Origin = 0, time.Time{}, time.Time{}, nil, ""
	i.FollowedAt, i.MovedFrom, i.NewsAt, i.NewLanguages, i.EditedBy, i.Rejected = time.Time{}, time.Time{}, time.Time{}, nil, "", false
	i.Pinned, i.Priority = false, 0
	i.PublishedAt, i.StartsAt, i.EndsAt, i.Embargo = i.PublishedAt.UTC(), i.StartsAt.UTC(), i.EndsAt.UTC(), i.Embargo.UTC()
	return digest(i)
}

// Since returns the item with what makes it news again when old was what stood
// before: an event that was moved, cancelled or postponed, a report that is out in
// a further language. Times are at's.
func (i Item) Since(old Item, at time.Time) Item {
	i.MovedFrom, i.NewsAt, i.NewLanguages = old.MovedFrom, old.NewsAt, old.NewLanguages
	switch {
	case i.Kind == Event && !old.StartsAt.IsZero() && !i.StartsAt.Equal(old.StartsAt):
		i.NewsAt = at
		if i.MovedFrom.IsZero() {
			i.MovedFrom = old.StartsAt
		}
		if i.MovedFrom.Equal(i.StartsAt) { // back to where it was
			i.MovedFrom = time.Time{}
		}
	case i.Kind == Event && i.Status != old.Status && (i.Off() || old.Off()):
		i.NewsAt = at
	case i.Kind == Report:
		if added := i.languagesBeyond(old); len(added) > 0 {
			i.NewsAt, i.NewLanguages = at, added
		}
	}
	return i
}

// Off reports whether an event does not take place as it was announced.
func (i Item) Off() bool { return i.Status == "cancelled" || i.Status == "postponed" }

func (i Item) languagesBeyond(old Item) (added []string) {
	for _, d := range i.Documents {
		there := slices.ContainsFunc(old.Documents, func(o Document) bool { return o.Language == d.Language })
		if d.Language != "" && len(old.Documents) > 0 && !there && !slices.Contains(added, d.Language) {
			added = append(added, d.Language)
		}
	}
	return added
}

// Likeness is the same for two items of a source that differ only in what the
// source calls them: title, dates and text are the same, address and guid may not be.
// It is "" for an item that says too little to be known by.
func (i Item) Likeness() string {
	text := i.Summary + i.Body
	if text == "" && i.PublishedAt.IsZero() && i.StartsAt.IsZero() {
		return ""
	}
	return digest([]any{i.Kind, i.Language, strings.ToLower(i.Title), i.PublishedAt.UTC(), i.StartsAt.UTC(), text})
}

func digest(v any) string {
	text, _ := json.Marshal(v) // strings, numbers and times always marshal
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
