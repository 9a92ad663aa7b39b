package subscribers

import (
	"math/rand/v2"
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

func TestAddresses(t *testing.T) {
	long := strings.Repeat("a", 64)
	for text, want := range map[string][2]string{
		" Ana.B+news@Example.ORG ":      {"Ana.B+news@example.org", "ana.b+news@example.org"},
		"a.b@example.org":               {"a.b@example.org", "a.b@example.org"},
		"ab@example.org":                {"ab@example.org", "ab@example.org"},
		"žofie@exämple.org":             {"žofie@xn--exmple-cua.org", "žofie@xn--exmple-cua.org"},
		"z\u030cofie@x.org":             {"z\u030cofie@x.org", "žofie@x.org"}, // one person, however the letter is written
		"info@ПРИМЕР.рф":                {"info@xn--e1afmkfd.xn--p1ai", "info@xn--e1afmkfd.xn--p1ai"},
		"x@xn--exmple-cua.org":          {"x@xn--exmple-cua.org", "x@xn--exmple-cua.org"},
		"o'neil!#$%&*/=?^_`{|}~-@x.org": {"o'neil!#$%&*/=?^_`{|}~-@x.org", "o'neil!#$%&*/=?^_`{|}~-@x.org"},
		long + "@example.org":           {long + "@example.org", long + "@example.org"},
		"a@example.org.":                {"a@example.org", "a@example.org"},
	} {
		address, key, err := ParseAddress(text)
		if err != nil || address != want[0] || key != want[1] {
			t.Errorf("%q: %q, %q, %v", text, address, key, err)
		}
	}
}

// What is refused says why.
func TestRefusedAddresses(t *testing.T) {
	for text, why := range map[string]string{
		"": "empty", "ana": "no @", "@example.org": "before @", "ana@": "not a mail domain", "ana@localhost": "not a mail domain", "ana@exa mple.org": "a space",
		"ana@@example.org": "not allowed", "a..b@example.org": "not well formed", ".a@example.org": "not well formed", "a.@example.org": "not well formed",
		`"ana b"@example.org`: "a space", `"ana"@example.org`: "not allowed", "ana@[192.0.2.1]": "not a mail domain", "ana@192.0.2.1": "not a mail domain",
		"Ana <ana@example.org>": "a space", "ana@-example.org": "not a mail domain", "ana@exam_ple.org": "not a mail domain", "ana@example.org\r\nBcc: x@y.org": "control character",
		"ana\x00@example.org": "control character", "ana\u202e@example.org": "control character", "\xff@example.org": "UTF-8",
		strings.Repeat("a", 65) + "@example.org": "1 to 64 octets", "a@" + strings.Repeat("a.", 130) + "org": "not a mail domain", "a@" + strings.Repeat("b", 64) + ".org": "not a mail domain",
		"a,b@example.org": "not allowed", "a@example..org": "not a mail domain",
	} {
		if _, _, err := ParseAddress(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", text, err, why)
		}
	}
}

// An address that passes is one line, in one form, and passes again.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"a@example.org", "žofie@exämple.org", "A.B+c@X.org", "a@b", "\"x\"@y.org", "İ@example.org"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, key, err := ParseAddress(text)
		if err != nil {
			return
		}
		if !utf8.ValidString(address) || strings.ContainsAny(address, "\r\n\t \x00") || len(address) > maxAddress {
			t.Fatalf("%q became %q", text, address)
		}
		again, sameKey, err := ParseAddress(address)
		if err != nil || again != address || sameKey != key {
			t.Fatalf("%q became %q (%q), then %q (%q): %v", text, address, key, again, sameKey, err)
		}
		if _, once, err := ParseAddress(key); err == nil && once != key {
			t.Fatalf("the key %q has the key %q", key, once)
		}
	})
}

// The short cuts for plain addresses say what the whole rules say.
func TestShortCutsOfAddresses(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	took := 0
	for range 20_000 {
		text := make([]byte, 1+random.IntN(6))
		for i := range text {
			text[i] = "aZ09.-_+"[random.IntN(8)]
		}
		local := string(text)
		if _, err := mail.ParseAddress(local + "@example.org"); plainAtoms(local) && err != nil {
			t.Errorf("%q: %v", local, err)
		}
		domain := strings.ToLower(local)
		short, err := toASCII(domain)
		long, wrong := idna.Lookup.ToASCII(domain)
		if plausibleDomain(domain) && (short != long || (err == nil) != (wrong == nil)) {
			t.Errorf("%q: %q, %v; want %q, %v", domain, short, err, long, wrong)
		}
		if plainAtoms(local) {
			took++
		}
	}
	if took < 1000 {
		t.Errorf("only %d of them were plain", took)
	}
}
