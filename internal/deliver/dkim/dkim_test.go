package dkim

import (
	"bytes"
	"strings"
	"testing"
)

const message = "Date: Sat, 01 Apr 2017 14:00:00 +0200\r\nMessage-ID: <x@example.org>\r\nTo: a@example.org\r\nList-Unsubscribe: <https://example.org/u/x>,\r\n <mailto:o@example.org?subject=unsubscribe>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFrom: News <news@example.org>\r\nSubject: x\r\n\r\nBody.\r\n"

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

func TestSignaturesHold(t *testing.T) {
	ks := keys(t)
	head, err := ks.Sign([]byte(message))
	if err != nil {
		t.Fatal(err)
	}
	whole := append(head, message...)
	if err := ks.Verify(whole); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(head), "\r\n") {
		if len(line) > 998 {
			t.Errorf("a line of %d", len(line))
		}
	}
	for name, change := range map[string][2]string{
		"body": {"Body.", "Bodi."}, "one-click": {"List-Unsubscribe=One-Click", "List-Unsubscribe=No"}, "unsubscribe": {"/u/x>", "/u/y>"},
		"second from": {"Subject: x", "From: evil@example.net\r\nSubject: x"}, "second to": {"Subject: x", "To: b@example.org\r\nSubject: x"},
	} {
		changed := bytes.Replace(whole, []byte(change[0]), []byte(change[1]), 1)
		if name == "second from" || name == "second to" { // put before the signed one too
			changed = append([]byte(strings.SplitN(change[1], "\r\n", 2)[0]+"\r\n"), whole...)
		}
		if ks.Verify(changed) == nil {
			t.Errorf("a changed %s still verifies", name)
		}
	}
	if keys(t).Verify(whole) == nil {
		t.Error("other keys verify it")
	}
	if ks.Verify([]byte(message)) == nil {
		t.Error("an unsigned message verifies")
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
