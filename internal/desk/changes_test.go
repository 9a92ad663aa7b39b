package desk

import (
	"reflect"
	"testing"
)

func TestChanges(t *testing.T) {
	for _, c := range []struct {
		name, before, now string
		want              []Line
	}{
		{"the same", "a\nb\n", "a\nb", nil},
		{"one line", "a\nb\nc\nd\ne\nf", "a\nb\nc\nx\ne\nf", []Line{{" ", "b"}, {" ", "c"}, {"-", "d"}, {"+", "x"}, {" ", "e"}, {" ", "f"}}},
		{"far apart", "x\n1\n2\n3\n4\n5\n6\ny\nz", "1\n2\n3\n4\n5\n6\nz", []Line{{"-", "x"}, {" ", "1"}, {" ", "2"}, {"…", ""}, {" ", "5"}, {" ", "6"}, {"-", "y"}, {" ", "z"}}},
		{"all new", "a", "b", []Line{{"-", "a"}, {"+", "b"}}},
		{"longer", "a", "a\nb\nc", []Line{{" ", "a"}, {"+", "b"}, {"+", "c"}}},
		{"nothing after", "a\n1\n2\n3", "b\n1\n2\n3", []Line{{"-", "a"}, {"+", "b"}, {" ", "1"}, {" ", "2"}}},
	} {
		if got := changes(c.before, c.now); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
