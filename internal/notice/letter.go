package notice

import (
	"strings"
	"time"

	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

// Letter is service mail to a reader. It carries no word of whoever asked for it.
type Letter struct {
	Kind     string // confirm, already, welcome, goodbye, link, data: a template in mail/ and labels that begin so
	Address  string
	Language string
	Link     string
	Until    time.Time // how long the link works; zero: for good
	Leave    string    // the link that ends what is welcomed
	Lists    []string  // their titles, where there are several
	Dedupe   string
}

// Letter writes to a reader of a publication.
func (w *Writer) Letter(pub newsletter.Publication, l Letter) (newsletter.Notice, error) {
	words := locale.For(l.Language)
	until := words.Date(l.Until.In(pub.Location()))
	label := func(part string) string {
		return words.Label(l.Kind+"_"+part, "title", pub.Title.In(l.Language, pub.Fallback()), "until", until)
	}
	v := view{Language: l.Language, Dir: words.Dir(), Subject: label("subject"), Heading: label("title"), Intro: label("mail"), Open: label("button"), Link: l.Link, Lines: l.Lists,
		Colour: pub.Theme.Colour, Foot: []string{pub.Title.In(l.Language, pub.Fallback())}}
	if !l.Until.IsZero() {
		v.Until = words.Label("letter_until", "date", until)
	}
	if l.Leave != "" {
		v.Also, v.AlsoLink = words.Label("letter_leave"), l.Leave
	}
	for _, line := range strings.Split(pub.Imprint.Address.In(l.Language, pub.Fallback()), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			v.Foot = append(v.Foot, line)
		}
	}
	html, text, err := w.write(l.Kind, v)
	if err != nil {
		return newsletter.Notice{}, err
	}
	return newsletter.Notice{Dedupe: l.Dedupe, Kind: l.Kind, Address: l.Address, Sender: pub.From, Language: l.Language, Subject: v.Subject, HTML: html, Text: text}, nil
}
