package csvfile

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// A file longer than the window comes whole, in few sorted runs, and what several
// lines say of one person stays in its order, however the address is written. A
// file that fits keeps its order.
func TestALongFileComesSorted(t *testing.T) {
	const people, twice, fit = 3000, 200, 300
	var b strings.Builder
	random := rand.New(rand.NewPCG(1, 2))
	for n, i := range append(random.Perm(people), random.Perm(people)[:twice]...) {
		address := fmt.Sprintf("reader%04d@bücher.example", i)
		if n%2 == 1 {
			address = fmt.Sprintf("Reader%04d@xn--bcher-kva.example.", i)
		}
		fmt.Fprintf(&b, "%s,\"Reader,\nof line %04d\"\n", address, n)
	}
	read := func(room int) (runs, lines int) {
		seen := map[string]int{}
		var before string
		for row, err := range sorted(&csvRecords{lines: newLines(strings.NewReader(b.String())), comma: ',', columns: make(columns, 2)}, room) {
			if err != nil {
				t.Fatal(err)
			}
			k := key(row.Text[0])
			if k < before {
				runs++
			}
			if row.Line < seen[k] {
				t.Errorf("line %d comes after line %d, of the same person", row.Line, seen[k])
			}
			before, seen[k] = k, row.Line
			lines++
		}
		if len(seen) != people || lines != people+twice {
			t.Errorf("%d lines of %d people", lines, len(seen))
		}
		return runs + 1, lines
	}
	size := lineSize + len("reader0000@bücher.example,\"Reader,\nof line 0000\"")
	if runs, lines := read(fit * size); runs > lines/fit*3/4 { // in no order, a run is twice the window
		t.Errorf("%d runs of %d lines through a window of %d", runs, lines, fit)
	}
	if runs, _ := read(1 << 30); runs < people/3 {
		t.Errorf("what fits did not keep its order: %d runs", runs)
	}
}
