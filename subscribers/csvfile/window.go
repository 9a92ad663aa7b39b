package csvfile

import (
	"container/heap"
	"encoding/binary"
	"iter"
	"strings"

	"broadsheet/subscribers"
)

// window lets the lines of a long file go by in the order of their addresses, as
// far as the lines that fit into it allow: a database then writes neighbours in
// its index together, and writing them apart is what a long import costs most. It
// is a replacement selection (Knuth, The Art of Computer Programming, section
// 5.4.1): what comes in no order leaves in runs of twice the lines that it holds,
// each sorted. Two lines of one address keep their order, and a file that fits
// into the window keeps its own.
type window struct {
	heap       []place
	lines      []waiting
	free       []int32 // of lines
	room, held int     // in octets
	full       bool    // it was, once: from then on lines leave by their keys
	run        int32   // of the lines that leave now
	last       string
}

// waiting is a line in a window.
type waiting struct{ key, text string }

// place is a line's place in the order. There is no pointer in it: the rubbish
// collector need not watch it while it is moved about.
type place struct {
	begins    [2]uint64 // the key: most are told apart without reaching for it
	number    int
	run, line int32
}

const (
	windowRoom = 12 << 20
	lineSize   = 80 // octets that a line takes besides its text
)

// records are the records of a file that is read as text.
type records interface {
	record() (text string, number int, ok bool) // the next one
	err() error                                 // why there is none
	address(text string) string                 // "" where none is found
	row(text string, number int) (subscribers.Row, error)
}

// sorted returns the rows of a file, by way of a window of room octets.
func sorted(r records, room int) iter.Seq2[subscribers.Row, error] {
	return func(yield func(subscribers.Row, error) bool) {
		w := window{room: room}
		for text, number, ok := r.record(); ok; text, number, ok = r.record() {
			if strings.TrimSpace(text) != "" {
				w.add(key(r.address(text)), text, number)
			}
			for w.over() {
				if !yield(r.row(w.next())) {
					return
				}
			}
		}
		for w.Len() > 0 {
			if !yield(r.row(w.next())) {
				return
			}
		}
		if err := r.err(); err != nil {
			yield(subscribers.Row{}, err)
		}
	}
}

// key is by what a line with an address is sorted: who is one person has one key.
func key(address string) string {
	address = strings.TrimSpace(address)
	for i := range len(address) {
		if address[i] >= 0x80 {
			if _, key, err := subscribers.ParseAddress(address); err == nil {
				return key
			}
			break // it will be refused
		}
	}
	return strings.ToLower(strings.TrimSuffix(address, "."))
}

func (w *window) add(key, text string, number int) {
	in := place{begins: beginning(key), number: number, run: w.run, line: int32(len(w.lines))}
	if key < w.last { // too late for this run
		in.run++
	}
	if n := len(w.free) - 1; n >= 0 {
		in.line, w.free = w.free[n], w.free[:n]
		w.lines[in.line] = waiting{key, text}
	} else {
		w.lines = append(w.lines, waiting{key, text})
	}
	w.held += lineSize + len(text)
	heap.Push(w, in)
	if !w.full && w.over() { // from now on by keys
		w.full = true
		heap.Init(w)
	}
}

// over reports whether a line has to leave.
func (w *window) over() bool { return w.held > w.room }

// next lets a line out.
func (w *window) next() (text string, number int) {
	out := heap.Pop(w).(place)
	line := w.lines[out.line]
	w.lines[out.line] = waiting{} // what left is kept no longer
	w.free = append(w.free, out.line)
	w.held -= lineSize + len(line.text)
	if w.full {
		w.run, w.last = out.run, line.key
	}
	return line.text, out.number
}

// A window is a heap of places.

func (w *window) Len() int      { return len(w.heap) }
func (w *window) Swap(i, j int) { w.heap[i], w.heap[j] = w.heap[j], w.heap[i] }
func (w *window) Push(in any)   { w.heap = append(w.heap, in.(place)) }

func (w *window) Pop() any {
	last := len(w.heap) - 1
	out := w.heap[last]
	w.heap = w.heap[:last]
	return out
}

func (w *window) Less(i, j int) bool {
	a, b := &w.heap[i], &w.heap[j]
	switch {
	case a.run != b.run:
		return a.run < b.run
	case !w.full:
		return a.number < b.number
	case a.begins != b.begins:
		return a.begins[0] < b.begins[0] || a.begins[0] == b.begins[0] && a.begins[1] < b.begins[1]
	}
	if order := strings.Compare(w.lines[a.line].key, w.lines[b.line].key); order != 0 {
		return order < 0
	}
	return a.number < b.number
}

// beginning is the first 16 octets of a key as numbers of the same order.
func beginning(key string) [2]uint64 {
	var b [16]byte
	copy(b[:], key)
	return [2]uint64{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}
