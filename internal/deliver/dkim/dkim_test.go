package dkim

import (
	"bytes"
	"strings"
	"testing"

	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/newsletter"
)

const plain = "Date: Sat, 01 Apr 2017 14:00:00 +0200\r\nMessage-ID: <x@example.org>\r\nTo: a@example.org\r\nList-Unsubscribe: <https://example.org/u/x>,\r\n <mailto:o@example.org?subject=unsubscribe>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFrom: News <news@example.org>\r\nSubject: x\r\n\r\nBody.\r\n"

func keys(t *testing.T) Keys {
	t.Helper()
	var ks Keys
	for _, kind := range []string{"rsa", "ed25519"} {
		text, err := Generate(kind)
		if err != nil {
			t.Fatal(err)
		}
		k, err := Parse("example.org", "n2026"+kind, string(text))
		if err != nil {
			t.Fatal(err)
		}
		ks = append(ks, k)
	}
	return ks
}

func compiled(t testing.TB) *mime.Message {
	t.Helper()
	m, err := mime.Compile(mime.Content{From: "News <news@example.org>", ReplyTo: "office@example.org", Subject: strings.Repeat("Numéro très long ", 20), Text: "Dear " + newsletter.MarkName + "\n\n\n",
		HTML: "<p>  Dear\t " + newsletter.MarkName + "  </p>" + newsletter.MarkUnsubscribe, ListUnsubscribe: true, UnsubscribeMail: "office@example.org", Boundary: mime.BoundaryFor("x")})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func signedMail(t testing.TB, ks Keys) []byte {
	t.Helper()
	s, err := compiled(t).Compose(nil, mime.Values{Address: "josé@example.org", Name: "Ana  Núñez", MessageID: "x@example.org", Unsubscribe: "https://example.org/u/x"})
	if err == nil {
		err = ks.Sign(&s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.Bytes()
}

func TestSignaturesHold(t *testing.T) {
	ks := keys(t)
	whole := signedMail(t, ks)
	if err := ks.Verify(whole); err != nil {
		t.Fatalf("%v\n%s", err, whole)
	}
	for _, line := range strings.Split(string(whole), "\r\n") {
		if len(line) > 78 {
			t.Errorf("a line of %d: %s", len(line), line)
		}
	}
	for name, change := range map[string][2]string{
		"body": {"Dear", "Deer"}, "one-click": {"List-Unsubscribe=One-Click", "List-Unsubscribe=No"}, "unsubscribe": {"<https://example.org/u/x>", "<https://example.org/u/y>"},
	} {
		changed := bytes.Replace(whole, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(changed, whole) || ks.Verify(changed) == nil {
			t.Errorf("a changed %s still verifies", name)
		}
	}
	for _, name := range signed { // one more of anything signed breaks it, also of what is not in the message
		if ks.Verify(append([]byte(name+": evil@example.net\r\n"), whole...)) == nil {
			t.Errorf("a second %s verifies", name)
		}
	}
	if keys(t).Verify(whole) == nil {
		t.Error("other keys verify it")
	}
	if ks.Verify([]byte(plain)) == nil {
		t.Error("an unsigned message verifies")
	}
}

func BenchmarkSign(b *testing.B) {
	for _, kind := range []string{"rsa", "ed25519"} {
		b.Run(kind, func(b *testing.B) {
			text, err := Generate(kind)
			if err != nil {
				b.Fatal(err)
			}
			k, err := Parse("example.org", "n2026", string(text))
			if err != nil {
				b.Fatal(err)
			}
			m, values := compiled(b), mime.Values{Address: "a@example.org", MessageID: "x@example.org"}
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				s, err := m.Compose(buf, values)
				if err == nil {
					err = Keys{k}.Sign(&s)
				}
				if err != nil {
					b.Fatal(err)
				}
				buf = s.Buffer()
			}
		})
	}
}

func TestWrongKeys(t *testing.T) {
	if _, err := Parse("example.org", "s", "nonsense"); err == nil {
		t.Error("nonsense is a key")
	}
	if _, err := Generate("dsa"); err == nil {
		t.Error("a dsa key was made")
	}
}
