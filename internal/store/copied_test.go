package store

import "testing"

// A text reaches PostgreSQL as it is, whatever is in it.
func TestAppendCopied(t *testing.T) {
	for text, want := range map[string]string{"": "", "plain é": "plain é", "a\tb\nc\rd\\e": `a\tb\nc\rd\\e`, `\.`: `\\.`, "\\N": `\\N`, "\x01\x0b": "\x01\x0b", "\n": `\n`} {
		if got := string(appendCopied(nil, text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
