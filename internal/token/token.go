// Package token owns the strings in links that prove we made them: HMACs over a
// purpose and a few ids. A token for one purpose is worthless for any other. No
// address and no name is ever in one.
package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// The purposes. Unsubscribe tokens never expire: a link in a five-year-old mail must work.
const (
	Unsubscribe = "unsubscribe"
	Preferences = "preferences"
	Confirm     = "confirm"
	Review      = "review"
)

const macSize = 16 // 128 bits

// Signer makes and checks tokens with one secret.
type Signer struct{ secret []byte }

// New returns a signer. The secret must be long and random; config checks that.
func New(secret string) Signer { return Signer{[]byte(secret)} }

func (s Signer) mac(purpose, payload string) []byte {
	derived := hmac.New(sha256.New, s.secret)
	derived.Write([]byte("broadsheet " + purpose))
	h := hmac.New(sha256.New, derived.Sum(nil))
	h.Write([]byte(payload))
	return h.Sum(nil)[:macSize]
}

// Sign returns a token that carries parts, none of which may contain a dot.
func (s Signer) Sign(purpose string, parts ...string) string {
	payload := strings.Join(parts, ".")
	return payload + "." + base64.RawURLEncoding.EncodeToString(s.mac(purpose, payload))
}

// SignUntil returns a token that stops working at an instant.
func (s Signer) SignUntil(purpose string, until time.Time, parts ...string) string {
	return s.Sign(purpose, append(parts, strconv.FormatInt(until.Unix(), 36))...)
}

// Open returns the parts of a token of ours; anything else is NotFound.
func (s Signer) Open(purpose, token string) ([]string, error) {
	cut := strings.LastIndexByte(token, '.')
	if cut < 0 {
		return nil, fault.NotFoundf("this link is not valid")
	}
	mac, err := base64.RawURLEncoding.DecodeString(token[cut+1:])
	if err != nil || !hmac.Equal(mac, s.mac(purpose, token[:cut])) {
		return nil, fault.NotFoundf("this link is not valid")
	}
	return strings.Split(token[:cut], "."), nil
}

// OpenAt is Open for tokens of SignUntil.
func (s Signer) OpenAt(purpose, token string, now time.Time) ([]string, error) {
	parts, err := s.Open(purpose, token)
	if err != nil {
		return nil, err
	}
	last := len(parts) - 1
	until, err := strconv.ParseInt(parts[last], 36, 64)
	if err != nil || now.Unix() > until {
		return nil, fault.Forbiddenf("this link has expired")
	}
	return parts[:last], nil
}

// Name returns a stable name of 20 lower-case letters and digits for ids: what
// a Message-ID is made of. It cannot be turned back.
func (s Signer) Name(purpose string, parts ...string) string {
	mac := s.mac(purpose, strings.Join(parts, "."))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac[:12]))
}
