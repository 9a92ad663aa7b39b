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
