package dkim

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"broadsheet/internal/deliver/mime"
)

// Keys sign together: each adds a signature.
type Keys []Key

// signed are the fields that are signed. Each is named once more than it stands
// in the message, so that nobody can put a second one above it, with another
// unsubscribe link or reply address, under our signature (RFC 6376 section 8.15).
// Sender and Cc are left out: lists that forward a mail add them.
var signed = []string{"from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type", "content-transfer-encoding", "content-language",
	"list-id", "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-post", "list-archive", "precedence", "feedback-id", "auto-submitted"}

// Sign puts the keys' signatures before a message, relaxed/relaxed.
func (ks Keys) Sign(m *mime.Signable) error {
	header := m.Header()
	canonical, names := selected(fields(header))
	bodyHash := base64.StdEncoding.EncodeToString(m.BodyHash(nil))
	for _, k := range slices.Backward(ks) { // so that they stand in the order of the configuration
		field, err := k.sign(canonical, names, bodyHash)
		if err != nil {
			return fmt.Errorf("sign for %s: %w", k.Domain, err)
		}
		m.Prepend(field)
	}
	return nil
}

// A field is one header field in relaxed canonical form (RFC 6376 section 3.4.2), without a line end.
type field struct {
	name string
	text []byte
}

func fields(header []byte) (out []field) {
	out = make([]field, 0, 24)
	for len(header) > 0 {
		end := fieldEnd(header)
		if colon := bytes.IndexByte(header[:end], ':'); colon > 0 {
			name := strings.ToLower(string(bytes.TrimRight(header[:colon], " \t")))
			out = append(out, field{name, relax(append([]byte(name), ':'), header[colon+1:end])})
		}
		header = header[end:]
	}
	return out
}

// fieldEnd is where the first field with its folded lines ends.
func fieldEnd(header []byte) int {
	for at := 0; ; {
		n := bytes.IndexByte(header[at:], '\n')
		if n < 0 {
			return len(header)
		}
		if at += n + 1; at == len(header) || header[at] != ' ' && header[at] != '\t' {
			return at
		}
	}
}

// relax appends a value unfolded, its white space reduced to single spaces and none at its ends.
func relax(dst, value []byte) []byte {
	begun, gap := false, false
	for _, b := range value {
		switch b {
		case ' ', '\t', '\r', '\n':
			gap = true
			continue
		}
		if gap && begun {
			dst = append(dst, ' ')
		}
		begun, gap = true, false
		dst = append(dst, b)
	}
	return dst
}

// selected returns what of the fields is signed, from the bottom up (RFC 6376
// section 5.4.2), and their names as h= has them.
func selected(fs []field) (canonical []byte, names string) {
	canonical = make([]byte, 0, 4096)
	var h []string
	for _, name := range signed {
		for i := len(fs) - 1; i >= 0; i-- {
			if fs[i].name == name {
				canonical = append(append(canonical, fs[i].text...), "\r\n"...)
				h = append(h, name)
			}
		}
		h = append(h, name)
	}
	return canonical, strings.Join(h, ":")
}

func (k Key) sign(canonical []byte, names, bodyHash string) ([]byte, error) {
	algorithm := "rsa-sha256"
	if _, ok := k.signer.(ed25519.PrivateKey); ok {
		algorithm = "ed25519-sha256" // RFC 8463
	}
	head := "DKIM-Signature: v=1; a=" + algorithm + "; c=relaxed/relaxed;\r\n d=" + k.Domain + ";\r\n s=" + k.Selector + ";\r\n h=" + foldNames(names) + ";\r\n bh=" + bodyHash + ";\r\n b="
	h := sha256.New()
	h.Write(canonical)
	h.Write(relax([]byte("dkim-signature:"), []byte(head[len("DKIM-Signature:"):])))
	sum := h.Sum(nil)
	var signature []byte
	var err error
	switch key := k.signer.(type) {
	case ed25519.PrivateKey:
		signature = ed25519.Sign(key, sum)
	case *rsa.PrivateKey:
		signature, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum)
	}
	if err != nil {
		return nil, err
	}
	return []byte(head + foldBase64(base64.StdEncoding.EncodeToString(signature)) + "\r\n"), nil
}

// foldNames breaks a list of names after colons, where white space is allowed (RFC 6376 section 3.5).
func foldNames(names string) string {
	var b strings.Builder
	width := 4
	for i, name := range strings.SplitAfter(names, ":") {
		if i > 0 && width+len(name) > 72 {
			b.WriteString("\r\n  ")
			width = 2
		}
		b.WriteString(name)
		width += len(name)
	}
	return b.String()
}

func foldBase64(s string) string {
	var b strings.Builder
	for len(s) > 70 {
		b.WriteString(s[:70] + "\r\n  ")
		s = s[70:]
	}
	b.WriteString(s)
	return b.String()
}
