// Package newsletter owns what is published: publications, the sources they
// read, items, issues, proofs, approvals and deliveries, with the rules of their
// states. It does no I/O and knows nothing of stores, pages or mail servers.
//
// The flow, every arrow a row written before the next step begins:
//
//	Source -collect-> Item -compose-> Issue (draft) -render-> Proof (digest)
//	-review-> Approval (digest) -deliver-> Delivery -> Attempt -> Outcome
package newsletter

import (
	"time"

	"broadsheet/subscribers"
)

// Text is a text that readers see, by language.
type Text = subscribers.Text

// Publication is a periodical: what is collected for it, how an issue is built,
// who is sent it and when.
type Publication struct {
	ID           string    `yaml:"id"`
	Title        Text      `yaml:"title"`
	Tagline      Text      `yaml:"tagline"`
	From         string    `yaml:"from"`
	ReplyTo      string    `yaml:"reply_to"`
	Languages    []string  `yaml:"languages"` // the first is the fallback
	Untranslated string    `yaml:"untranslated" jsonschema:"enum=show,enum=drop"`
	Timezone     string    `yaml:"timezone"`
	Lists        []string  `yaml:"lists"`
	Segment      string    `yaml:"segment"` // of those lists, only whom this filter lets through
	Period       string    `yaml:"period"`  // since_last_compose, or a duration
	Schedule     Schedule  `yaml:"schedule"`
	Approval     Review    `yaml:"approval"`
	Archive      string    `yaml:"archive" jsonschema:"enum=public,enum=unlisted,enum=none"` // none: no page of an issue at all
	Theme        Theme     `yaml:"theme"`
	Imprint      Imprint   `yaml:"imprint"`
	Follow       []NavLink `yaml:"follow"`
	Sections     []Section `yaml:"sections"`
	Minimum      int       `yaml:"minimum" jsonschema:"minimum=1"` // with fewer new entries the schedule makes no issue, and the team is told

	Site string `yaml:"-" json:"-"` // the public side's address: where pictures are served
}

// Location returns the publication's timezone; config has checked that it loads.
func (p Publication) Location() *time.Location {
	loc, err := time.LoadLocation(p.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Fallback is the language used where a text has no other.
func (p Publication) Fallback() string {
	if len(p.Languages) == 0 {
		return "en"
	}
	return p.Languages[0]
}

// Schedule says when an issue is composed and sent: cron text in the publication's timezone.
type Schedule struct {
	Compose     string   `yaml:"compose"`
	Send        string   `yaml:"send"`
	Closed      Closed   `yaml:"closed"`
	SendWindow  Duration `yaml:"send_window"`
	GiveUpAfter Duration `yaml:"give_up_after"`
	Unknown     string   `yaml:"unknown" jsonschema:"enum=retry,enum=hold"` // what becomes of a copy that may or may not have been accepted
}

// Closed says on which days nothing is done, and where such a slot moves to.
type Closed struct {
	Weekends bool   `yaml:"weekends"`
	Calendar string `yaml:"calendar" later:"holiday calendars" jsonschema:"-"`
	Move     string `yaml:"move" jsonschema:"enum=next,enum=previous"`
}

// Duration is a span written as 90s, 15m, 2h or 90d.
type Duration time.Duration

// Review says what an issue needs before it may be sent.
type Review struct {
	Approvals     int      `yaml:"approvals"`
	AllowOwnEdits bool     `yaml:"allow_own_edits"` // may the last editor approve?
	Remind        Duration `yaml:"remind" later:"reminders to approvers" jsonschema:"-"`
}

// Theme names a look and its few settings.
type Theme struct {
	Name        string `yaml:"name" jsonschema:"enum=institutional,enum=plain"`
	Colour      string `yaml:"colour"`
	Accent      string `yaml:"accent"`                                       // a second colour, for lines; the first where it is not given
	Font        string `yaml:"font"`                                         // names with fallbacks, as CSS has them: Helvetica, Arial, sans-serif
	HeadingFont string `yaml:"heading_font"`                                 //
	Links       string `yaml:"links" jsonschema:"enum=inline,enum=numbered"` // of the text part; the theme's habit where it is not given
	Logo        string `yaml:"logo"`                                         // a file
	LogoAlt     Text   `yaml:"logo_alt"`

	Picture *Image `yaml:"-" json:"-"` // the logo as it is served
}

// Imprint is the small print of an issue.
type Imprint struct {
	Address    Text          `yaml:"address"`
	Disclaimer Text          `yaml:"disclaimer"`
	Logos      []ImprintLogo `yaml:"logos"`
}

// ImprintLogo is a funder's mark.
type ImprintLogo struct {
	Image string `yaml:"image"` // a file
	Alt   Text   `yaml:"alt"`
	URL   string `yaml:"url"`

	Picture *Image `yaml:"-" json:"-"` // as it is served
}

// NavLink is a standing link.
type NavLink struct {
	Title Text   `yaml:"title"`
	URL   string `yaml:"url"`
}

// Section is a part of an issue and the rule that fills it.
type Section struct {
	ID        string    `yaml:"id"`
	Kind      Kind      `yaml:"kind" jsonschema:"enum=news,enum=report,enum=event,enum=media,enum=links"`
	Kinds     []Kind    `yaml:"kinds" jsonschema:"enum=news,enum=report,enum=media"` // in place of kind: several, of which Kind becomes the first
	Title     Text      `yaml:"title"`
	Sources   []string  `yaml:"sources"`    // none: every source that gives the kind
	Languages []string  `yaml:"languages"`  // none: items of every language
	Max       int       `yaml:"max"`        // 0: no limit
	PerSource int       `yaml:"per_source"` // how many of one source, its variants included; 0: no limit
	Show      string    `yaml:"show" jsonschema:"enum=full,enum=short,enum=list"`
	Ahead     Duration  `yaml:"ahead"` // events: how far to look
	Past      string    `yaml:"past" jsonschema:"enum=drop,enum=keep_month"`
	Repeat    *bool     `yaml:"repeat"` // events: what is ahead stands in every issue until it is over; nil is no
	Empty     Text      `yaml:"empty"`  // what the section says with nothing in it; without it, it is left out
	More      NavLink   `yaml:"more"`
	Links     []NavLink `yaml:"links"`
}

// Source says where items come from and how to read them.
type Source struct {
	ID           string            `yaml:"id"`
	Kind         Kind              `yaml:"kind" jsonschema:"enum=news,enum=report,enum=event,enum=media"`
	Feed         string            `yaml:"feed"`
	Page         string            `yaml:"page"`
	Calendar     string            `yaml:"calendar"`
	File         string            `yaml:"file"`
	Language     string            `yaml:"language"`
	Timezone     string            `yaml:"timezone"`
	Every        Duration          `yaml:"every"`
	Max          int               `yaml:"max"`
	VariantOf    string            `yaml:"variant_of"`
	Priority     int               `yaml:"priority" jsonschema:"minimum=0,maximum=9"`            // of its items over those of others: 0 to 9
	Images       string            `yaml:"images" jsonschema:"enum=none,enum=own,enum=licensed"` // whether its pictures may be copied into an issue
	Rules        *Rules            `yaml:"rules"`
	AllowPrivate bool              `yaml:"allow_private"`
	Headers      map[string]string `yaml:"headers"`
	UserAgent    string            `yaml:"user_agent"`
	CA           string            `yaml:"ca"` // PEM file of authorities trusted besides the system's
}

// URL returns where the source is, whichever way it is read.
func (s Source) URL() string {
	for _, u := range []string{s.Feed, s.Page, s.Calendar, s.File} {
		if u != "" {
			return u
		}
	}
	return ""
}

// Way returns feed, page, calendar or file: how the source is read.
func (s Source) Way() string {
	switch {
	case s.Feed != "":
		return "feed"
	case s.Page != "":
		return "page"
	case s.Calendar != "":
		return "calendar"
	}
	return "file"
}

// Location returns the source's timezone; config has checked that it loads.
func (s Source) Location() *time.Location {
	loc, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Rule is where a page's field stands: CSS selectors, the first that gives
// something. "sel@attr" takes an attribute, "." is the item itself.
type Rule []string

// Rules say how the items of a page are found.
type Rules struct {
	Heading      Rule    `yaml:"heading"` // lends month and year to the items after it
	Item         Rule    `yaml:"item"`
	Siblings     bool    `yaml:"siblings"` // an item is this element and those after it up to the next
	Title        Rule    `yaml:"title"`
	Link         Rule    `yaml:"link"`
	Date         Rule    `yaml:"date"`
	When         Rule    `yaml:"when"`
	Summary      Rule    `yaml:"summary"`
	Place        Rule    `yaml:"place"`
	Venue        Rule    `yaml:"venue"`
	Contact      Rule    `yaml:"contact"`
	Language     Rule    `yaml:"language"`
	Documents    Rule    `yaml:"documents"`
	PressRelease Rule    `yaml:"press_release"`
	Image        Rule    `yaml:"image"`
	Next         Rule    `yaml:"next"`   // the page that the list goes on with
	Follow       *Follow `yaml:"follow"` // what is read from the page that an item links to
}

// Follow says where fields stand on the page that an item links to.
type Follow struct {
	Summary Rule `yaml:"summary"`
	Date    Rule `yaml:"date"`
}
