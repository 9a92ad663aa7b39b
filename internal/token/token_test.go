package token

import (
	"testing"
	"time"
)

func TestTokens(t *testing.T) {
	s := New("0123456789abcdef0123456789abcdef")
	tok := s.Sign(Unsubscribe, "abc", "7")
	parts, err := s.Open(Unsubscribe, tok)
	if err != nil || len(parts) != 2 || parts[0] != "abc" || parts[1] != "7" {
		t.Fatal(parts, err)
	}
	for name, bad := range map[string]string{"changed": "abd" + tok[3:], "cut": tok[:len(tok)-1], "empty": "", "no mac": "abc.7", "longer": tok + "A"} {
		if _, err := s.Open(Unsubscribe, bad); err == nil {
			t.Errorf("%s token was taken", name)
		}
	}
	if _, err := s.Open(Preferences, tok); err == nil {
		t.Error("a token opened for another purpose")
	}
	if _, err := New("another secret, another secret, 12").Open(Unsubscribe, tok); err == nil {
		t.Error("a token opened with another secret")
	}
	now := time.Unix(1_800_000_000, 0)
	tok = s.SignUntil(Review, now.Add(time.Hour), "x")
	if _, err := s.OpenAt(Review, tok, now.Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if _, err := s.OpenAt(Review, tok, now.Add(time.Hour+time.Second)); err == nil {
		t.Error("an expired token was taken")
	}
	if a, b := s.Name("message", "1", "2"), s.Name("message", "1", "3"); a == b || len(a) != 20 {
		t.Error(a, b)
	}
}

// A new secret signs what is new; links of before go on working, those without the name of a key too.
func TestRotation(t *testing.T) {
	const first, second, third = "0123456789abcdef0123456789abcdef", "another secret, another secret, 12", "a third secret, a third secret, 123"
	old := New(first)
	link, name := old.Sign(Unsubscribe, "abc", "7"), old.Name("message", "1")
	nameless := link[:len(link)-26] + link[len(link)-22:]
	now := New(third, second, first)
	for _, tok := range []string{link, nameless, New(second).Sign(Unsubscribe, "abc", "7"), now.Sign(Unsubscribe, "abc", "7")} {
		if parts, err := now.Open(Unsubscribe, tok); err != nil || len(parts) != 2 {
			t.Errorf("%s: %v", tok, err)
		}
	}
	if _, err := old.Open(Unsubscribe, now.Sign(Unsubscribe, "abc", "7")); err == nil {
		t.Error("the new secret is not used")
	}
	if _, err := New(third, second).Open(Unsubscribe, link); err == nil {
		t.Error("a secret that was taken out still works")
	}
	if now.Name("message", "1") != name {
		t.Error("a name changed with the secret")
	}
	for at := range link { // no byte of it may differ
		bad := []byte(link)
		bad[at] ^= 1
		if _, err := now.Open(Unsubscribe, string(bad)); err == nil {
			t.Errorf("changed at %d, and taken: %s", at, bad)
		}
	}
}
