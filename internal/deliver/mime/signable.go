package mime

import (
	"bytes"
	"crypto/sha256"
	"encoding"
	"hash"
	"sync"
)

// Signable is one recipient's message, before or after its signatures are put before it.
type Signable struct {
	message *Message
	buf     []byte
	start   int // where the message begins in buf
	body    int // where its body begins
}

// Bytes is the whole message.
func (s *Signable) Bytes() []byte { return s.buf[s.start:] }

// Buffer is what the message stands in, to be given to the next Compose.
func (s *Signable) Buffer() []byte { return s.buf }

// Header is the message up to the empty line.
func (s *Signable) Header() []byte { return s.buf[s.start : s.body-2] }

// Prepend puts a header field, with its line end, before the message.
func (s *Signable) Prepend(field []byte) {
	if len(field) > s.start { // more than the room that was kept
		s.buf = append(make([]byte, headroom+len(field), headroom+len(field)+len(s.buf)), s.buf[s.start:]...)
		s.body += headroom + len(field) - s.start
		s.start = headroom + len(field)
	}
	s.start -= len(field)
	copy(s.buf[s.start:], field)
}

var hashes = sync.Pool{New: func() any { return sha256.New() }}

// BodyHash appends the SHA-256 of the body in relaxed canonical form (RFC 6376
// section 3.7), which it is in already but for empty lines at its end. What is
// the same for all recipients up to the first mark was hashed once.
func (s *Signable) BodyHash(dst []byte) []byte {
	h := hashes.Get().(hash.Hash)
	defer hashes.Put(h)
	h.Reset()
	body := s.buf[s.body:]
	if m := s.message; m.hashed != nil && h.(encoding.BinaryUnmarshaler).UnmarshalBinary(m.hashed) == nil {
		h.Write(body[len(m.parts[0].fixed):])
		return h.Sum(dst)
	}
	body = bytes.TrimRight(body, "\r\n") // no line of ours ends in a lone CR or LF
	if h.Write(body); len(body) > 0 {
		h.Write([]byte("\r\n"))
	}
	return h.Sum(dst)
}

// hashState is SHA-256's state after some bytes.
func hashState(b []byte) []byte {
	h := sha256.New()
	h.Write(b)
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return nil // then every body is hashed from its beginning
	}
	return state
}
