package mime

import (
	"bytes"
	"fmt"
	"html"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"broadsheet/internal/newsletter"
)

// slow composes the same message the plain way: nothing is compiled, every piece
// is encoded for every recipient, character by character.
func slow(c Content, v Values) string {
	var b strings.Builder
	field := func(name, value string) { b.WriteString(name + ": " + value + "\r\n") }
	field("Date", v.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	field("Message-ID", "<"+v.MessageID+">")
	field("To", mailbox(v.Name, v.Address))
	field("List-Unsubscribe", "<"+v.Unsubscribe+">,\r\n <mailto:"+c.UnsubscribeMail+"?subject=unsubscribe>")
	field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	field("From", c.From)
	field("Subject", encodeText(c.Subject))
	field("Reply-To", c.ReplyTo)
	field("MIME-Version", "1.0")
	field("Content-Type", "multipart/alternative;\r\n boundary=\""+c.Boundary+"\"")
	const part = "Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	b.WriteString("\r\n--" + c.Boundary + "\r\n" + fmt.Sprintf(part, "plain") + slowBody(c.Text, false, c.Reader, v))
	b.WriteString("\r\n--" + c.Boundary + "\r\n" + fmt.Sprintf(part, "html") + slowBody(c.HTML, true, c.Reader, v))
	b.WriteString("\r\n--" + c.Boundary + "--\r\n")
	return b.String()
}

var anyMark = regexp.MustCompile(regexp.QuoteMeta(newsletter.MarkOpen) + "[^" + regexp.QuoteMeta(newsletter.MarkClose) + "]*" + regexp.QuoteMeta(newsletter.MarkClose))

func slowBody(body string, isHTML bool, reader string, v Values) string {
	values := map[string]string{newsletter.MarkName: v.Name, newsletter.MarkUnsubscribe: v.Unsubscribe, newsletter.MarkPreferences: v.Preferences, newsletter.MarkWebView: v.WebView}
	if v.Name == "" {
		values[newsletter.MarkName] = reader
	}
	var out string
	at := 0
	for _, m := range append(anyMark.FindAllStringIndex(body, -1), []int{len(body), len(body)}) {
		piece := slowQP(body[at:m[0]])
		if m[0] < len(body) {
			piece = closed(piece)
			value := values[body[m[0]:m[1]]]
			if isHTML {
				value = html.EscapeString(value)
			}
			piece += closed(slowQP(value))
		}
		out, at = out+piece, m[1]
	}
	return out
}

// closed ends a piece with a soft line break, unless it ends a line already.
func closed(piece string) string {
	if piece == "" || strings.HasSuffix(piece, "\n") {
		return piece
	}
	return piece + "=\r\n"
}

// slowQP is quoted-printable by the letter of RFC 2045, line by line, with what
// SMTP and DKIM would change encoded besides: leading dots, tabs, runs of spaces.
func slowQP(text string) string {
	var lines []string
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		var pieces []string
		current := ""
		for i := 0; i < len(line); i++ {
			c := line[i]
			token := fmt.Sprintf("=%02X", c)
			space := c == ' ' && i+1 < len(line) && !strings.HasSuffix(current, " ")
			if c > ' ' && c < 127 && c != '=' && !(c == '.' && current == "") || space {
				token = string(c)
			}
			if len(current)+len(token) > 75 {
				pieces = append(pieces, current+"=")
				current = ""
				if c == '.' {
					token = "=2E"
				}
			}
			current += token
		}
		lines = append(lines, strings.Join(append(pieces, current), "\r\n"))
	}
	return strings.Join(lines, "\r\n")
}

var bits = []string{"word ", "  ", "\t", ".", "..", "\n", "\n.\n", "=", "=3D", "é", "ж", "漢字", " \n", "<b>", "&", "long" + strings.Repeat("x", 90), newsletter.MarkName, newsletter.MarkUnsubscribe, newsletter.MarkPreferences, newsletter.MarkWebView}

func anyText(r *rand.Rand, marks bool, n int) string {
	var b strings.Builder
	most := len(bits)
	if !marks {
		most -= 4
	}
	for range r.IntN(n) {
		b.WriteString(bits[r.IntN(most)])
	}
	return b.String()
}

// A compiled message is byte for byte the one composed the slow way, whatever
// stands in it, and its body is its own canonical form.
func TestCompiledIsComposed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	clean := strings.NewReplacer("\n", " ", "\r", " ")
	var buf []byte
	for round := range 3000 {
		c := Content{From: "a@example.org", ReplyTo: "b@example.org", Subject: clean.Replace("S" + anyText(r, false, 12)), Text: anyText(r, true, 60), HTML: "<p>" + anyText(r, true, 60), Reader: "reader",
			ListUnsubscribe: true, UnsubscribeMail: "c@example.org", Boundary: BoundaryFor(fmt.Sprint(round))}
		m, err := Compile(c)
		if err != nil {
			t.Fatal(err)
		}
		v := values(clean.Replace(anyText(r, false, 6)))
		s, err := m.Compose(buf, v)
		if err != nil {
			t.Fatal(err)
		}
		if want := slow(c, v); string(s.Bytes()) != want {
			t.Fatalf("round %d: compiled\n%q\nis not\n%q", round, s.Bytes(), want)
		}
		body := s.Bytes()[bytes.Index(s.Bytes(), []byte("\r\n\r\n"))+4:]
		if relaxed := relaxedBody(string(body)); relaxed != string(body) {
			t.Fatalf("round %d: the body is not canonical:\n%q\n%q", round, body, relaxed)
		}
		buf = s.Buffer()
	}
}

var spaces = regexp.MustCompile("[ \t]+")

// relaxedBody is RFC 6376 section 3.4.4.
func relaxedBody(body string) string {
	lines := strings.Split(body, "\r\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(spaces.ReplaceAllString(line, " "), " ")
	}
	return strings.TrimRight(strings.Join(lines, "\r\n"), "\r\n") + "\r\n"
}
