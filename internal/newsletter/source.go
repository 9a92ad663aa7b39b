package newsletter

import "time"

// SourceRun is one look at a source, and what came of it.
type SourceRun struct {
	Source     string    `json:"source"`
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Status     string    `json:"status"` // ok | not_modified | later | suspect | failed | gone
	New        int       `json:"new"`
	Changed    int       `json:"changed"`
	Unchanged  int       `json:"unchanged"`
	Refused    int       `json:"refused"`
	Reasons    []string  `json:"reasons,omitempty"` // why items were refused, or why the run failed
}

// Bad reports whether the run gave nothing that can be relied on. A server that
// asks to be left alone for a while is not bad.
func (r SourceRun) Bad() bool {
	return r.Status == "failed" || r.Status == "gone" || r.Status == "suspect"
}

// SourceState is what a source's next look needs to know.
type SourceState struct {
	Source       string
	Reading      string // what the source was read as: with another address or other rules the validators mean nothing
	ETag         string // byte-exact, stored only after a good parse
	LastModified string
	NextAt       time.Time
	Failures     int
	Memory       SourceMemory
}

// SourceMemory is what a source was like so far.
type SourceMemory struct {
	FullAt    time.Time `json:"full_at,omitzero"`     // when it last answered in full
	Same      int       `json:"same,omitempty"`       // looks in a row that gave nothing new
	MovedTo   string    `json:"moved_to,omitempty"`   // where its address leads for good
	MovedSeen int       `json:"moved_seen,omitempty"` // how often in a row it said so
	Gone      bool      `json:"gone,omitempty"`       // it answered 410: it is not asked again
	Yields    []Yield   `json:"yields,omitempty"`     // of its last good looks, newest last
	Trouble   *Trouble  `json:"trouble,omitempty"`    // nil while it is well
}

// Yield is what one look gave.
type Yield struct {
	At     time.Time `json:"at"`
	Items  int       `json:"items"`
	Dated  int       `json:"dated"`
	Newest time.Time `json:"newest,omitzero"` // publication of the newest item
	Gap    Duration  `json:"gap,omitempty"`   // the longest time between two of its items
}

// Trouble is what is wrong with a source, with what it gave before and what it gives now.
type Trouble struct {
	Since  time.Time `json:"since"`
	Looks  int       `json:"looks"` // in a row that found it
	Why    string    `json:"why"`
	Before *Yield    `json:"before,omitempty"`
	Now    *Yield    `json:"now,omitempty"`
}

// Broken reports whether the trouble was seen by two looks: one may be an accident.
func (t *Trouble) Broken() bool { return t != nil && t.Looks >= 2 }

// SourceHealth is a source as the team sees it: its last run and what is wrong.
type SourceHealth struct {
	Run     SourceRun
	NextAt  time.Time
	MovedTo string // where its address leads for good, "" if it stays
	Trouble *Trouble
}

// Raw is what a source answered, before anyone read it.
type Raw struct {
	URL         string // the final address, after redirects
	ContentType string
	Body        []byte
	At          time.Time
}
