// Package notice owns service mail: what we write to approvers and to people who
// ask to join. It writes words; a notice is a row before it goes, and sending it
// is deliver's work.
package notice

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"io/fs"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"

	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

// Writer writes notices from the templates in mail/.
type Writer struct {
	html *template.Template
	text *texttemplate.Template
}

// New parses the mail templates.
func New(templates fs.FS) (*Writer, error) {
	html, err := template.ParseFS(templates, "mail/*.html")
	if err != nil {
		return nil, fmt.Errorf("mail templates: %w", err)
	}
	text, err := texttemplate.ParseFS(templates, "mail/*.txt")
	if err != nil {
		return nil, fmt.Errorf("mail templates: %w", err)
	}
	return &Writer{html, text}, nil
}

type view struct {
	Language, Dir, Subject, Heading, Intro, Open, Link, Until string
	Lines                                                     []string
	Urgent                                                    bool
	Colour, Ink                                               string // of the button
	Also, AlsoLink                                            string
	Foot                                                      []string
}

func (w *Writer) write(name string, v view) (html, text string, err error) {
	v.Colour = cmp.Or(v.Colour, "#00397a")
	v.Ink = newsletter.InkOn(v.Colour)
	var h, t bytes.Buffer
	if err := w.html.ExecuteTemplate(&h, name+".html", v); err != nil {
		return "", "", err
	}
	if err := w.text.ExecuteTemplate(&t, name+".txt", v); err != nil {
		return "", "", err
	}
	return h.String(), t.String(), nil
}

// Review asks a person to decide on an issue. The mail is the issue itself, in
// proof's language, with a banner above it.
func (w *Writer) Review(pub newsletter.Publication, issue newsletter.Issue, proof newsletter.Proof, person, link string, until time.Time) (newsletter.Notice, error) {
	words := locale.For(proof.Language)
	title := pub.Title.In(proof.Language, pub.Fallback())
	v := view{Language: proof.Language, Dir: words.Dir(), Intro: words.Label("review_intro"), Open: words.Label("review_open"), Link: link,
		Subject: words.Label("review_subject", "title", title, "n", strconv.Itoa(issue.Number)), Until: words.Label("review_until", "date", words.Date(until.In(pub.Location())))}
	html, text, err := w.write("review", v)
	if err != nil {
		return newsletter.Notice{}, err
	}
	return newsletter.Notice{Dedupe: fmt.Sprintf("review %s %d %s", issue.PublicID, issue.UpdatedAt.UnixMilli(), person), Kind: "review", Address: person, Sender: pub.From,
		Language: proof.Language, Subject: v.Subject, HTML: intoBody(retitle(proof.HTML, v.Subject), html), Text: text + proof.Text}, nil
}

// intoBody puts a fragment at the top of a document's body.
func intoBody(document, fragment string) string {
	at := strings.Index(document, "<body")
	if at < 0 {
		return fragment + document
	}
	end := strings.IndexByte(document[at:], '>')
	if end < 0 {
		return fragment + document
	}
	at += end + 1
	return document[:at] + fragment + document[at:]
}

// retitle gives a document the title of the mail that carries it.
func retitle(document, title string) string {
	before, rest, ok := strings.Cut(document, "<title>")
	_, after, closed := strings.Cut(rest, "</title>")
	if !ok || !closed {
		return document
	}
	return before + "<title>" + template.HTMLEscapeString(title) + "</title>" + after
}

// Alarm is what the team must hear: that a send was missed, waits though it is due,
// or stands still; that there was too little for an issue; that sources are broken.
type Alarm struct {
	Kind      string // missed | waits | stalled | few | sources
	Number    int    // of the issue, 0 if there is none
	Since     time.Time
	Until     time.Time
	Why       string
	Done, All int
	Lines     []string // one each
	Link      string
	Dedupe    string
}

// Alarm tells one of the team.
func (w *Writer) Alarm(pub newsletter.Publication, a Alarm, person, language string) (newsletter.Notice, error) {
	words := locale.For(language)
	when := func(t time.Time) string {
		local := t.In(pub.Location())
		return words.Date(local) + ", " + local.Format("15:04")
	}
	values := []string{"title", pub.Title.In(language, pub.Fallback()), "n", strconv.Itoa(a.Number), "date", when(a.Since), "until", when(a.Until), "why", a.Why,
		"done", strconv.Itoa(a.Done), "audience", strconv.Itoa(a.All)}
	subject := words.Label("alarm_"+a.Kind+"_subject", values...)
	v := view{Language: language, Dir: words.Dir(), Subject: subject, Heading: subject, Intro: words.Label("alarm_"+a.Kind, values...), Open: words.Label("alarm_open"), Link: a.Link, Lines: a.Lines, Urgent: true}
	html, text, err := w.write("alarm", v)
	if err != nil {
		return newsletter.Notice{}, err
	}
	return newsletter.Notice{Dedupe: "alarm " + a.Dedupe + " " + person, Kind: "alarm", Address: person, Sender: pub.From, Language: language, Subject: subject, HTML: html, Text: text}, nil
}
