// Package mime compiles a proof into a message: everything that is the same for
// all recipients is encoded once, and per recipient only the values at the marks
// are encoded and written between the fixed pieces. The result is a complete
// RFC 5322 message with CRLF line ends that needs no dot-stuffing.
//
// A soft line break (RFC 2045 section 6.7) stands on both sides of each mark in
// a body, so that lines stay legal whatever the value is.
package mime

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"net/mail"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// Header is one fixed header field.
type Header struct{ Name, Value string }

// Content is what is the same for all recipients of a message.
type Content struct {
	From    string // RFC 5322 mailbox
	ReplyTo string
	Subject string
	HTML    string // "": text only
	Text    string
	Reader  string // stands for the name of who gave none
	Headers []Header
	// ListUnsubscribe writes List-Unsubscribe and RFC 8058's List-Unsubscribe-Post.
	ListUnsubscribe bool
	UnsubscribeMail string // the mailto: of List-Unsubscribe, "" for none
	Boundary        string // letters and digits; must not stand in the bodies
}

// Values are what differs per recipient.
type Values struct {
	Address, Name string
	MessageID     string // without angle brackets
	Date          time.Time
	Unsubscribe   string // complete https addresses
	Preferences   string
	WebView       string
}

// Message is a compiled message, safe for concurrent use.
type Message struct {
	content Content
	head    []byte // fixed headers
	parts   []part // the body from the first boundary on
	hashed  []byte // SHA-256's state over the body up to the first mark
}

// A part is fixed bytes followed by one value, but for the last.
type part struct {
	fixed []byte
	mark  string
	html  bool
}

// Compile encodes the fixed parts of a message.
func Compile(c Content) (*Message, error) {
	m := &Message{content: c}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fault.Invalidf("sender %q: %w", c.From, err)
	}
	if strings.ContainsAny(c.Subject, "\r\n\x00") {
		return nil, fault.Invalidf("the subject contains a line break")
	}
	headers := []Header{{"From", mailbox(from.Name, from.Address)}, {"Subject", encodeText(c.Subject)}}
	if c.ReplyTo != "" {
		headers = append(headers, Header{"Reply-To", c.ReplyTo})
	}
	headers = append(headers, c.Headers...)
	for _, h := range headers {
		if strings.ContainsAny(strings.ReplaceAll(h.Value, "\r\n ", ""), "\r\n\x00") || h.Value == "" {
			return nil, fault.Invalidf("header %s is empty or contains a line break", h.Name)
		}
		m.head = append(m.head, h.Name+": "+h.Value+"\r\n"...)
	}
	m.head = append(m.head, "MIME-Version: 1.0\r\n"...)
	m.body()
	return m, nil
}

const partHead = "Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"

func (m *Message) body() {
	c := m.content
	if c.HTML == "" {
		m.head = fmt.Appendf(m.head, partHead, "plain")
		m.encode(c.Text, false, nil)
		return
	}
	m.head = fmt.Appendf(m.head, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n", c.Boundary)
	open := fmt.Appendf(nil, "--%s\r\n"+partHead, c.Boundary, "plain")
	m.encode(c.Text, false, open)
	between := fmt.Appendf(nil, "\r\n--%s\r\n"+partHead, c.Boundary, "html")
	m.encode(c.HTML, true, between)
	m.last([]byte("\r\n--" + c.Boundary + "--\r\n"))
	m.hashed = hashState(m.parts[0].fixed)
}

// last appends fixed bytes to the end of the message.
func (m *Message) last(fixed []byte) {
	if n := len(m.parts); n > 0 && m.parts[n-1].mark == "" {
		m.parts[n-1].fixed = append(m.parts[n-1].fixed, fixed...)
		return
	}
	m.parts = append(m.parts, part{fixed: fixed})
}

// encode cuts a body at its marks and encodes the pieces between them.
func (m *Message) encode(body string, isHTML bool, before []byte) {
	m.last(before)
	column := 0
	for {
		open := strings.Index(body, newsletter.MarkOpen)
		end := strings.Index(body, newsletter.MarkClose)
		if open < 0 || end < open {
			piece, _ := appendQP(nil, body, column)
			m.last(piece)
			return
		}
		piece, at := appendQP(nil, body[:open], column)
		if at > 0 {
			piece = append(piece, "=\r\n"...)
		}
		m.last(piece)
		last := &m.parts[len(m.parts)-1]
		last.mark, last.html = body[open:end+len(newsletter.MarkClose)], isHTML
		m.parts = append(m.parts, part{})
		body, column = body[end+len(newsletter.MarkClose):], 0
	}
}

// headroom is what is kept free before a message for its signatures, and spare
// behind it for the final dot and the next envelope, so that nothing is copied.
const headroom, spare = 2048, 2048

// Compose writes the message for one recipient into buf, whose contents are lost.
// It refuses values that could change the structure of the message.
func (m *Message) Compose(buf []byte, v Values) (Signable, error) {
	for _, s := range []string{v.Address, v.Name, v.MessageID, v.Unsubscribe, v.Preferences, v.WebView} {
		if strings.ContainsAny(s, "\r\n\x00") {
			return Signable{}, fault.Invalidf("a value for a recipient contains a line break")
		}
	}
	dst := slices.Grow(buf[:0], headroom)[:headroom]
	dst = append(dst, "Date: "...)
	dst = v.Date.AppendFormat(dst, "Mon, 02 Jan 2006 15:04:05 -0700")
	dst = append(append(append(dst, "\r\nMessage-ID: <"...), v.MessageID...), ">\r\nTo: "...)
	dst = append(append(dst, mailbox(v.Name, v.Address)...), "\r\n"...)
	if m.content.ListUnsubscribe {
		dst = append(append(append(dst, "List-Unsubscribe: <"...), v.Unsubscribe...), '>')
		if m.content.UnsubscribeMail != "" {
			dst = append(append(append(dst, ",\r\n <mailto:"...), m.content.UnsubscribeMail...), "?subject=unsubscribe>"...)
		}
		dst = append(dst, "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"...)
	}
	dst = append(dst, m.head...)
	s := Signable{message: m, start: headroom, body: len(dst)}
	for _, p := range m.parts {
		dst = append(dst, p.fixed...)
		if p.mark == "" {
			continue
		}
		value := m.value(p.mark, v)
		if p.html {
			value = html.EscapeString(value)
		}
		var column int
		if dst, column = appendQP(dst, value, 0); column > 0 {
			dst = append(dst, "=\r\n"...)
		}
	}
	s.buf = slices.Grow(dst, spare)
	return s, nil
}

func (m *Message) value(mark string, v Values) string {
	switch mark {
	case newsletter.MarkName:
		if v.Name == "" {
			return m.content.Reader
		}
		return v.Name
	case newsletter.MarkUnsubscribe:
		return v.Unsubscribe
	case newsletter.MarkPreferences:
		return v.Preferences
	case newsletter.MarkWebView:
		return v.WebView
	}
	return ""
}

const upperHex = "0123456789ABCDEF"

// appendQP writes text as quoted-printable (RFC 2045 section 6.7) with CRLF line
// ends and lines of at most 76, starting at a column; it returns the column after.
// A dot at the start of a line is encoded, so that SMTP need not stuff it. So is
// every tab, and a space after a space: what comes out is its own relaxed
// canonical form (RFC 6376 section 3.4.4), and can be hashed for DKIM as it is.
func appendQP(dst []byte, text string, column int) ([]byte, int) {
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			continue
		}
		if b == '\n' {
			dst, column = append(dst, '\r', '\n'), 0
			continue
		}
		atEnd := i+1 == len(text) || text[i+1] == '\n' || text[i+1] == '\r'
		plain := b >= '!' && b <= '~' && b != '=' || b == ' ' && !atEnd && !(column > 0 && dst[len(dst)-1] == ' ')
		if b == '.' && column == 0 {
			plain = false
		}
		width := 3
		if plain {
			width = 1
		}
		if column+width > 75 {
			dst, column = append(dst, '=', '\r', '\n'), 0
			if b == '.' { // it now begins a line
				plain, width = false, 3
			}
		}
		if plain {
			dst = append(dst, b)
		} else {
			dst = append(dst, '=', upperHex[b>>4], upperHex[b&15])
		}
		column += width
	}
	return dst, column
}

// encodeText writes header text folded, as it is or as encoded-words (RFC 2047).
func encodeText(s string) string {
	if isASCII(s) {
		return fold(s)
	}
	return fold(encodeWords(s))
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 || s[i] < ' ' {
			return false
		}
	}
	return !strings.Contains(s, "=?")
}

// encodeWords cuts text into encoded-words of at most 60 characters: lines with
// them may have 76 (RFC 2047 section 2), and a field name stands before the first.
func encodeWords(s string) string {
	var words []string
	word := "=?utf-8?q?"
	for _, r := range s {
		var piece []byte
		for _, b := range []byte(string(r)) {
			switch {
			case b == ' ':
				piece = append(piece, '_')
			case b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z':
				piece = append(piece, b)
			default:
				piece = append(piece, '=', upperHex[b>>4], upperHex[b&15])
			}
		}
		if len(word)+len(piece)+2 > 60 {
			words, word = append(words, word+"?="), "=?utf-8?q?"
		}
		word += string(piece)
	}
	return strings.Join(append(words, word+"?="), " ")
}

// ListID writes the List-Id of RFC 2919: a phrase and an identifier that looks like a domain.
func ListID(title, id string) string {
	if !isASCII(title) {
		return fold(encodeWords(title) + " <" + id + ">")
	}
	return fold(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(title) + `" <` + id + ">")
}

// mailbox writes a name and an address: RFC 5322 section 3.4.
func mailbox(name, address string) string {
	switch {
	case name == "":
		return address
	case isASCII(name):
		return fold((&mail.Address{Name: name, Address: address}).String())
	}
	return fold(encodeWords(name) + " <" + address + ">")
}

// fold breaks a header value at spaces so that lines stay near 76 (RFC 5322 section 2.2.3).
func fold(value string) string {
	var b strings.Builder
	width := 12 // a field name stands before it
	for i, word := range strings.Split(value, " ") {
		if i > 0 {
			if width+1+len(word) > 74 {
				b.WriteString("\r\n ")
				width = 1
			} else {
				b.WriteByte(' ')
				width++
			}
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String()
}

// BoundaryFor returns a boundary that depends on a text only; "=_" cannot stand in quoted-printable text (RFC 2045 section 6.7).
func BoundaryFor(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "=_" + hex.EncodeToString(sum[:12])
}

// Personalise fills the marks of a proof's HTML or text outside of mail: for a
// preview or the web view.
func Personalise(body string, isHTML bool, reader string, v Values) string {
	m := Message{content: Content{Reader: reader}}
	var pairs []string
	for _, mark := range []string{newsletter.MarkName, newsletter.MarkUnsubscribe, newsletter.MarkPreferences, newsletter.MarkWebView} {
		value := m.value(mark, v)
		if isHTML {
			value = html.EscapeString(value)
		}
		pairs = append(pairs, mark, value)
	}
	return strings.NewReplacer(pairs...).Replace(body)
}
