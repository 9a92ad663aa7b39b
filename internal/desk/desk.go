// Package desk owns the use cases: what a person, or the schedule in a person's
// stead, may do with issues. It checks roles, calls one stage after the other
// and writes who did what. Both doors call it: the command line and the web.
package desk

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"broadsheet/internal/collect"
	"broadsheet/internal/deliver"
	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/notice"
	"broadsheet/internal/render"
	"broadsheet/internal/review"
	"broadsheet/internal/staff"
	"broadsheet/subscribers"
)

// Actors that are no person: the command line of the machine, and the daemon's clock.
const (
	Operator  = "operator"
	Scheduler = "schedule"
)

// Issues is the store of issues and their proofs.
type Issues interface {
	CreateIssue(ctx context.Context, issue *newsletter.Issue) error
	SaveRevision(ctx context.Context, issue *newsletter.Issue) error
	Issue(ctx context.Context, publication string, number int) (newsletter.Issue, error)
	IssueByPublicID(ctx context.Context, id string) (newsletter.Issue, error)
	IssueByID(ctx context.Context, id int64) (newsletter.Issue, error)
	Issues(ctx context.Context, publication string) ([]newsletter.Issue, error)
	Sending(ctx context.Context) ([]newsletter.Issue, error)
	MoveIssue(ctx context.Context, issue *newsletter.Issue, to newsletter.IssueState, digest string) error
	Proofs(ctx context.Context, issue int64, revision int) ([]newsletter.Proof, error)
}

// Revisions is the store of what issues were like.
type Revisions interface {
	Revisions(ctx context.Context, issue newsletter.Issue) ([]newsletter.Issue, error)
	IssueAt(ctx context.Context, issue newsletter.Issue, revision int) (newsletter.Issue, error)
}

// Items is the store of what was collected.
type Items interface {
	Items(ctx context.Context, since time.Time) ([]newsletter.Item, error)
	PinnedItems(ctx context.Context) ([]newsletter.Item, error)
	Item(ctx context.Context, id int64) (newsletter.Item, error)
	PlacedItems(ctx context.Context, publication string, except int64) (map[int64]bool, error)
	FindItems(ctx context.Context, address string) ([]newsletter.Item, error)
	EditItem(ctx context.Context, id int64, edit newsletter.Edit) error
	SourceItems(ctx context.Context, source string, identities []string) (map[string]newsletter.Item, error)
	SourceHealth(ctx context.Context) (map[string]newsletter.SourceHealth, error)
	ForgetSource(ctx context.Context, source string) error
}

// Pictures is the store of pictures that we serve.
type Pictures interface {
	Picture(ctx context.Context, name string) (newsletter.Picture, error)
}

// Sends is what is being sent.
type Sends interface {
	StartSend(ctx context.Context, issue *newsletter.Issue, order newsletter.Order) error
	Send(ctx context.Context, issue int64) (newsletter.Send, error)
	Pause(ctx context.Context, issue int64, on bool) error
	CancelSend(ctx context.Context, issue int64, by string) error
	Stalled(ctx context.Context, issue int64, done int) (since time.Time, err error)
	Chunks(ctx context.Context, issue int64) ([]newsletter.Chunk, error)
	Chunk(ctx context.Context, issue int64, number int) (newsletter.Chunk, error)
	LockEngine() (unlock func(), ok bool, err error)
}

// Receipts is the ledger as people see it.
type Receipts interface {
	CountAudience(ctx context.Context, lists []string, segment string) (reached, suppressed int, err error)
	Audience(ctx context.Context, lists []string, segment string, after int64, limit int) ([]newsletter.Copy, error)
	Tally(ctx context.Context, issue int64) (newsletter.Tally, error)
	Outcomes(ctx context.Context, issue int64) ([]newsletter.Outcomes, error)
	Receipt(ctx context.Context, send newsletter.Send, each func(newsletter.ReceiptLine) error) error
	Tries(ctx context.Context, issue, subscriber int64) ([]newsletter.Try, error)
	Reopen(ctx context.Context, issue *newsletter.Issue, people []int64, states []newsletter.DeliveryState) (int64, error)
	CancelCopies(ctx context.Context, issue int64, people []int64, states []newsletter.DeliveryState) (int64, error)
}

// Slots is the store of the schedule.
type Slots interface {
	PlanSlots(ctx context.Context, publication, kind string, slots []newsletter.Slot, until time.Time) error
	LookedUntil(ctx context.Context, publication, kind string) (time.Time, error)
	PlannedSlots(ctx context.Context, publication string) ([]newsletter.Slot, error)
	SettleSlot(ctx context.Context, s newsletter.Slot, state, note string) (won bool, err error)
	NoteSlot(ctx context.Context, s newsletter.Slot, note string) error
}

// Office is the store of service mail and of the audit log.
type Office interface {
	AddNotice(ctx context.Context, n newsletter.Notice) error
	WaitingNotices(ctx context.Context, now time.Time, limit int) ([]newsletter.Notice, error)
	ClaimNotice(ctx context.Context, n newsletter.Notice, until time.Time) (won bool, err error)
	SettleNotice(ctx context.Context, id int64, state string, next time.Time) error
	AddAudit(ctx context.Context, e staff.AuditEntry) error
	Audit(ctx context.Context, subject string) ([]staff.AuditEntry, error)
}

// Links makes the addresses that stand in messages.
type Links interface {
	// Copy returns the values of one recipient's copy.
	Copy(pub newsletter.Publication, issue newsletter.Issue, c newsletter.Copy, language string) mime.Values
	// Test returns values whose links change nothing.
	Test(pub newsletter.Publication, issue newsletter.Issue, address, name, language string) mime.Values
	// Review returns an approver's personal link.
	Review(issue newsletter.Issue, person string, until time.Time) string
	// Issue returns where the desk shows an issue, or with "" all of them.
	Issue(slug string) string
	// Sources returns where the desk shows the sources.
	Sources() string
	// Confirm returns the link that confirms subscriptions.
	Confirm(subscriber string, until time.Time, lists ...string) string
	// Preferences, Unsubscribe and Data return a person's own links in service mail.
	Preferences(subscriber string, pub newsletter.Publication) string
	Unsubscribe(subscriber string, pub newsletter.Publication) string
	Data(subscriber string, pub newsletter.Publication, until time.Time) string
	// Headers returns the fixed list headers of a publication's issue.
	Headers(pub newsletter.Publication, issue newsletter.Issue) []mime.Header
	// MessageID returns the id of a message that is no one's copy of an issue.
	MessageID(pub newsletter.Publication, parts ...string) string
}

// Delivery says how mail leaves; a nil Engine means that no relay is configured.
type Delivery struct {
	Engine     *deliver.Engine
	Alive      *deliver.Alive
	Signer     Signer // nil: the relay signs
	ReturnPath string // "": the publication's sender
	VERP       bool   // name the copy in the return path
	Outbox     string // the folder of rehearsals
	Rehearsal  bool   // a rehearsal clock is set: nothing may really be sent
}

// Signer puts signatures before finished messages and checks its own.
type Signer interface {
	Sign(m *mime.Signable) error
	Verify(message []byte) error
}

// Desk is the use cases over the stages.
type Desk struct {
	Publications []newsletter.Publication
	Sources      []newsletter.Source
	Team         staff.Team
	Delivery     Delivery
	Retention    Retention

	Issues    Issues
	Revisions Revisions
	Items     Items
	Pictures  Pictures
	Sends     Sends
	Receipts  Receipts
	Slots     Slots
	Office    Office
	Wishes    Wishes
	Records   Records
	People    *subscribers.Service
	Collector *collect.Collector
	Renderer  *render.Renderer
	Reviews   *review.Service
	Notices   *notice.Writer
	Links     Links
	Now       func() time.Time
	Log       *slog.Logger

	jobs  jobs  // compiled issues
	pulse pulse // how fast they go

	origins sync.Map // what links in sent issues stand for, by the issue's public id

	watched map[string]watched // Watch's alone: how each send stood
}

// Publication returns the publication with an id; "" is the only one there is.
func (d *Desk) Publication(id string) (newsletter.Publication, error) {
	if id == "" && len(d.Publications) == 1 {
		return d.Publications[0], nil
	}
	ids := ""
	for _, p := range d.Publications {
		if p.ID == id {
			return p, nil
		}
		ids += " " + p.ID
	}
	return newsletter.Publication{}, fault.WithHint(fault.NotFoundf("no publication %q", id), "the publications are:%s", ids)
}

// Source returns the source with an id.
func (d *Desk) Source(id string) (newsletter.Source, error) {
	for _, s := range d.Sources {
		if s.ID == id {
			return s, nil
		}
	}
	return newsletter.Source{}, fault.WithHint(fault.NotFoundf("no source %q", id), "`broadsheet source list` shows them")
}

// Open returns an issue by its slug, with its publication.
func (d *Desk) Open(ctx context.Context, slug string) (newsletter.Issue, newsletter.Publication, error) {
	id, number, err := newsletter.ParseSlug(slug)
	if err != nil {
		return newsletter.Issue{}, newsletter.Publication{}, err
	}
	pub, err := d.Publication(id)
	if err != nil {
		return newsletter.Issue{}, newsletter.Publication{}, err
	}
	issue, err := d.Issues.Issue(ctx, id, number)
	return issue, pub, err
}

// who checks that an actor has one of the roles, and returns the name under
// which acts are written down. The operator at the command line may do
// everything but approve: approving is always a named person's.
func (d *Desk) who(actor string, roles ...staff.Role) (string, error) {
	if actor == Operator || actor == Scheduler {
		if !slices.Contains(roles, staff.Approver) || len(roles) > 1 {
			return actor, nil
		}
		return "", fault.WithHint(fault.Forbiddenf("this is decided by a person, not by the %s", actor), "say who with --as ADDRESS")
	}
	person, err := d.Team.Named(actor, d.Now())
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(roles, person.Has) {
		return "", fault.Forbiddenf("%s is not %s", person.Email, map[staff.Role]string{staff.Approver: "an approver", staff.Editor: "an editor"}[roles[0]])
	}
	return person.Email, nil
}

func (d *Desk) audit(ctx context.Context, actor, action string, issue newsletter.Issue, detail string) error {
	return d.Office.AddAudit(ctx, staff.AuditEntry{Actor: actor, Action: action, Subject: issue.Slug(), Detail: detail})
}
