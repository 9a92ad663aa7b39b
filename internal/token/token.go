// Package token owns the strings in links that prove we made them: HMACs over a
// purpose and a few ids. A token for one purpose is worthless for any other. No
// address and no name is ever in one.
//
// A token is PART.PART.KEYMAC: KEY names the secret in 4 characters, so that a new
// secret can sign while the links that older ones signed go on working.
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
	Data        = "data" // what is held on a person: short-lived, as messages are passed on
	Review      = "review"
)

const (
	macSize = 16 // 128 bits
	keySize = 3  // octets that name a key
)

// A key is one secret and its name.
type key struct {
	name   string
	secret []byte
}

// Signer makes tokens with one secret, and checks them with those of before too.
type Signer struct{ keys []key } // the newest first

// New returns a signer. Secrets must be long and random; config checks that. The
// first signs; those of before it, the newest first, only check.
func New(secret string, before ...string) Signer {
	var s Signer
	for _, secret := range append([]string{secret}, before...) {
		k := key{secret: []byte(secret)}
		k.name = base64.RawURLEncoding.EncodeToString(k.mac("key", "name")[:keySize])
		s.keys = append(s.keys, k)
	}
	return s
}

func (k key) mac(purpose, payload string) []byte {
	derived := hmac.New(sha256.New, k.secret)
	derived.Write([]byte("broadsheet " + purpose))
	h := hmac.New(sha256.New, derived.Sum(nil))
	h.Write([]byte(payload))
	return h.Sum(nil)[:macSize]
}

// proves reports whether the end of a token is this key's. One without the name of
// a key was made before keys had names.
func (k key) proves(purpose, payload, end string) bool {
	mac, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimPrefix(end, k.name))
	return err == nil && hmac.Equal(mac, k.mac(purpose, payload))
}

// Sign returns a token that carries parts, none of which may contain a dot.
func (s Signer) Sign(purpose string, parts ...string) string {
	k, payload := s.keys[0], strings.Join(parts, ".")
	return payload + "." + k.name + base64.RawURLEncoding.EncodeToString(k.mac(purpose, payload))
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
	for _, k := range s.keys {
		if k.proves(purpose, token[:cut], token[cut+1:]) {
			return strings.Split(token[:cut], "."), nil
		}
	}
	return nil, fault.NotFoundf("this link is not valid")
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
// a Message-ID is made of. It cannot be turned back. It proves nothing, and is
// that of the oldest secret: what is known by a name keeps it when a new secret comes.
func (s Signer) Name(purpose string, parts ...string) string {
	mac := s.keys[len(s.keys)-1].mac(purpose, strings.Join(parts, "."))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac[:12]))
}
