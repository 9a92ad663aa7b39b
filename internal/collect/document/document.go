// Package document reads the facts of a report's file: how many pages a PDF has.
// It is pure, and the only door to ledongthuc/pdf. It never takes text from a
// document: what a report is called stands beside its link.
package document

import (
	"bytes"

	"github.com/ledongthuc/pdf"
)

// maxPages is beyond any report: a number above it is a broken or hostile file's.
const maxPages = 20_000

// Pages returns how many pages a PDF has, 0 if that cannot be read.
func Pages(body []byte) (pages int) {
	defer func() {
		if recover() != nil { // the library panics on some malformed files
			pages = 0
		}
	}()
	r, err := pdf.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return 0
	}
	if n := r.NumPage(); n > 0 && n <= maxPages {
		return n
	}
	return 0
}
