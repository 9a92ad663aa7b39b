package mime

import (
	"bytes"
	"io"
	gomime "mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

var content = Content{
	From: "Pompidou Group <news@example.org>", ReplyTo: "reply@example.org", Subject: "Numéro de mars : " + strings.Repeat("très ", 30) + "long",
	HTML:   "<p>Dear " + newsletter.MarkName + ",</p>\n.\n..dots\n<a href=\"" + newsletter.MarkUnsubscribe + "\">out</a> " + strings.Repeat("long line ", 200) + newsletter.MarkWebView + newsletter.MarkPreferences,
	Text:   "Dear " + newsletter.MarkName + ",\n.\ntrailing \n" + strings.Repeat("ж", 100) + "\n" + newsletter.MarkUnsubscribe + "\n",
	Reader: "reader", Headers: []Header{{"List-Id", "<monthly.example.org>"}}, ListUnsubscribe: true, UnsubscribeMail: "reply@example.org", Boundary: BoundaryFor(strings.Repeat("ab", 32)),
}

func values(name string) Values {
	return Values{Address: "a@example.org", Name: name, MessageID: "x@example.org", Date: time.Unix(1490421600, 0).UTC(),
		Unsubscribe: "https://example.org/u/a.b?x=1&y=2", Preferences: "https://example.org/p/a.b", WebView: "https://example.org/w"}
}

// What a reader's program decodes is the proof with the values in it, whatever the values are.
func TestDecodedMessageIsTheProofWithItsValues(t *testing.T) {
	m, err := Compile(content)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "Ana", "Élodie <b>\"& Co\"", strings.Repeat("ქართული ", 30), ".dot", "=equals="} {
		composed, err := m.Compose(nil, values(name))
		if err != nil {
			t.Fatal(err)
		}
		raw := composed.Bytes()
		for i, line := range strings.Split(string(raw), "\r\n") {
			if len(line) > 78 || strings.HasPrefix(line, ".") || strings.ContainsAny(line, "\r\n") {
				t.Errorf("name %q: line %d is %q", name, i, line)
			}
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := new(gomime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
		if subject != content.Subject {
			t.Errorf("subject %q", subject)
		}
		to, err := mail.ParseAddress(parsed.Header.Get("To"))
		if err != nil || to.Address != "a@example.org" || strings.TrimSpace(to.Name) != strings.TrimSpace(name) {
			t.Errorf("To %v %v, want %q", to, err, name)
		}
		text, html := bodies(t, parsed)
		v := values(name)
		if want := crlf(Personalise(content.Text, false, content.Reader, v)); text != want {
			t.Errorf("text of %q:\n%q\nwant\n%q", name, text, want)
		}
		if want := crlf(Personalise(content.HTML, true, content.Reader, v)); html != want {
			t.Errorf("html of %q:\n%q\nwant\n%q", name, html, want)
		}
	}
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func bodies(t *testing.T, m *mail.Message) (text, html string) {
	t.Helper()
	_, params, err := gomime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	var out []string
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(body))
	}
	if len(out) != 2 {
		t.Fatalf("%d parts", len(out))
	}
	return out[0], out[1]
}

func TestValuesCannotAddHeaders(t *testing.T) {
	m, err := Compile(content)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []Values{{Name: "a\r\nBcc: x@example.org"}, {Address: "a@example.org\nX: y"}, {MessageID: "x\r\n"}} {
		if _, err := m.Compose(nil, v); err == nil {
			t.Errorf("%+v was taken", v)
		}
	}
	if _, err := Compile(Content{From: "a@example.org", Subject: "x\r\nBcc: y"}); err == nil {
		t.Error("a subject with a line break was taken")
	}
}

func BenchmarkCompose(b *testing.B) {
	m, err := Compile(content)
	if err != nil {
		b.Fatal(err)
	}
	v, buf := values("Ana"), make([]byte, 0, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		s, err := m.Compose(buf, v)
		if err != nil {
			b.Fatal(err)
		}
		buf = s.Buffer()
	}
}
