package subscribers

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/subscribers/segment"
)

// Service holds the rules.
type Service struct {
	store  Store
	now    func() time.Time
	secret []byte
}

// NewService returns the rules over a store; now is the clock, secret keys the
// hashes that stay of erased addresses.
func NewService(store Store, now func() time.Time, secret string) *Service {
	return &Service{store, now, []byte(secret)}
}

// Rehearse returns the same rules over the same people, of which nothing is written.
func (s *Service) Rehearse() *Service {
	dry := *s
	dry.store = rehearsal{s.store}
	return &dry
}

// NewPublicID returns 128 random bits in hexadecimal.
func NewPublicID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}

var idText = base32.HexEncoding.WithPadding(base32.NoPadding)

// personID returns a public id: 128 random bits, after the time in milliseconds,
// so that those of an import stand side by side in the store's index.
func personID(now time.Time) string {
	var b [22]byte
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(now.UnixMilli()))
	copy(b[:6], at[2:])
	_, _ = rand.Read(b[6:])
	return strings.ToLower(idText.EncodeToString(b[:]))
}

// hashPrefix begins the key of what stays of an erased address; no address begins so.
const hashPrefix = "@erased "

// hash is what stays of an address key when the person is erased. It cannot be
// turned back without the secret, and with it only by guessing.
func (s *Service) hash(key string) string {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte("broadsheet erased " + key))
	return hashPrefix + hex.EncodeToString(h.Sum(nil)[:16])
}

// Show returns everything held on one person but the history, by address or public id.
func (s *Service) Show(ctx context.Context, who string) (Profile, error) {
	_, key, err := ParseAddress(who)
	if err != nil {
		return s.store.Profile(ctx, strings.TrimSpace(who))
	}
	p, err := s.store.Profile(ctx, key)
	if fault.Is(err, fault.NotFound) {
		if erased, gone := s.store.Profile(ctx, s.hash(key)); gone == nil {
			return p, fault.WithHint(fault.NotFoundf("this person was erased"), "`broadsheet subscriber show %s` shows the proof that is left", erased.PublicID)
		}
	}
	return p, err
}

// Held returns everything held on one person, the history included: what they
// get when they ask what we hold on them.
func (s *Service) Held(ctx context.Context, who string) (Profile, error) {
	p, err := s.Show(ctx, who)
	if err == nil {
		p.History, err = s.History(ctx, p)
	}
	return p, err
}

// Find returns subscribers whose address or name contains text.
func (s *Service) Find(ctx context.Context, text string, limit int) ([]Subscriber, error) {
	if strings.TrimSpace(text) == "" {
		return nil, fault.Invalidf("nothing to find: give a part of an address or name")
	}
	return s.store.Find(ctx, strings.TrimSpace(text), limit)
}

// page is how many members are read at a time.
const page = 1000

// Export calls each for every member of a list, whom the filter lets through, in the order of their ids.
func (s *Service) Export(ctx context.Context, list string, where segment.Filter, each func(Member) error) error {
	which := Selection{List: list, Where: where}
	for {
		members, err := s.store.Members(ctx, which, page)
		if err != nil || len(members) == 0 {
			return err
		}
		for _, m := range members {
			if err := each(m); err != nil {
				return err
			}
		}
		which.AfterList, which.After = members[len(members)-1].Subscription.ListID, members[len(members)-1].ID
	}
}
