package document

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// file writes a PDF of n pages (ISO 32000-1 section 7.5).
func file(n int) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(text string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), text)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	kids := make([]string, n)
	for i := range kids {
		kids[i] = fmt.Sprintf("%d 0 R", i+3)
	}
	object(fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", n, strings.Join(kids, " ")))
	for range kids {
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>")
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}

func TestPages(t *testing.T) {
	for _, n := range []int{1, 3, 120} {
		if got := Pages(file(n)); got != n {
			t.Errorf("%d pages, want %d", got, n)
		}
	}
	whole := file(3)
	for name, body := range map[string][]byte{"nothing": nil, "no PDF": []byte("<html></html>"), "cut": whole[:len(whole)/2], "a lie": bytes.Replace(whole, []byte("/Count 3"), []byte("/Count -9"), 1)} {
		if got := Pages(body); got != 0 {
			t.Errorf("%s: %d pages", name, got)
		}
	}
}

func FuzzPages(f *testing.F) {
	f.Add(file(2))
	f.Add([]byte("%PDF-1.5\nxref\n0 1\ntrailer <</Prev 9>>\nstartxref\n9\n%%EOF"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if n := Pages(body); n < 0 || n > maxPages {
			t.Error(n)
		}
	})
}
