// Package dkim owns signatures (RFC 6376, RFC 8463): keys, the DNS records that
// publish them, signing finished messages and checking our own signatures.
//
// Checking is go-msgauth's, to which this is the only door. Signing is our own:
// go-msgauth canonicalises and hashes every message from its first byte and
// allocates as it goes, five times what the hash of a body costs that is in
// canonical form already (package mime). go-mail's signer is not used: it writes
// invalid signatures once a tag is long.
package dkim

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net"
	"strings"

	"broadsheet/internal/fault"

	"github.com/emersion/go-msgauth/dkim"
)

// Key signs for one domain under one selector.
type Key struct {
	Domain, Selector string

	signer crypto.Signer
}

// Generate makes a key of a kind, rsa (2048 bits) or ed25519, as PEM.
func Generate(kind string) ([]byte, error) {
	var key any
	var err error
	switch kind {
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, fault.Invalidf("a key is rsa or ed25519, not %q", kind)
	}
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Parse reads a private key in PEM, PKCS #8 or PKCS #1. RSA keys under 1024 bits
// are refused, as verifiers do (RFC 8301 section 3.2).
func Parse(domain, selector, text string) (Key, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return Key{}, fault.WithHint(fault.Invalidf("the key for %s is not PEM", domain), "make one with `broadsheet dkim keygen`")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return Key{}, fault.Invalidf("the key for %s cannot be read: %w", domain, err)
		}
	}
	k := Key{Domain: domain, Selector: selector}
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < 1024 {
			return k, fault.Invalidf("the key for %s has only %d bits", domain, key.N.BitLen())
		}
		k.signer = key
	case ed25519.PrivateKey:
		k.signer = key
	default:
		return k, fault.Invalidf("the key for %s is neither RSA nor Ed25519", domain)
	}
	return k, nil
}

// Name is where the key is published.
func (k Key) Name() string { return k.Selector + "._domainkey." + k.Domain }

// Record is the TXT record that publishes the key.
func (k Key) Record() (string, error) {
	switch public := k.signer.Public().(type) {
	case ed25519.PublicKey:
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public), nil
	default:
		der, err := x509.MarshalPKIXPublicKey(public)
		return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), err
	}
}

// Published looks the key's record up and says what is wrong with it.
func (k Key) Published(ctx context.Context) error {
	want, err := k.Record()
	if err != nil {
		return err
	}
	var resolver net.Resolver
	found, err := resolver.LookupTXT(ctx, k.Name())
	if err != nil {
		return fault.WithHint(fault.Unavailablef("%s: no record can be looked up: %w", k.Name(), err), "publish what `broadsheet dkim record` prints")
	}
	for _, text := range found {
		if tag(text, "p") == tag(want, "p") {
			return nil
		}
	}
	return fault.WithHint(fault.Conflictf("%s publishes another key", k.Name()), "publish what `broadsheet dkim record` prints")
}

// tag returns the value of a tag of a record, white space dropped.
func tag(record, name string) string {
	for _, part := range strings.Split(record, ";") {
		if key, value, ok := strings.Cut(part, "="); ok && strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), "")
		}
	}
	return ""
}

// Verify checks that each of the keys signed a message, against the keys
// themselves instead of DNS: what we send must hold where our records stand.
func (ks Keys) Verify(message []byte) error {
	found, err := dkim.VerifyWithOptions(bytes.NewReader(message), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		for _, k := range ks {
			if k.Name() == name {
				record, err := k.Record()
				return []string{record}, err
			}
		}
		return nil, fault.NotFoundf("no key of ours is published at %s", name)
	}})
	if err != nil {
		return fault.Invalidf("our own signature does not hold: %w", err)
	}
	for _, v := range found {
		if v.Err != nil {
			return fault.Invalidf("our own signature for %s does not hold: %w", v.Domain, v.Err)
		}
	}
	if len(found) != len(ks) {
		return fault.Invalidf("%d of %d signatures stand in the message", len(found), len(ks))
	}
	return nil
}
