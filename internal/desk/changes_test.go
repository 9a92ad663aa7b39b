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
		{"one line", "a\nb\nc\nd\ne\nf\ng\nh", "a\nb\nc\nx\ne\nf\ng\nh", []Line{{" ", "a"}, {" ", "b"}, {" ", "c"}, {"-", "d"}, {"+", "x"}, {" ", "e"}, {" ", "f"}, {" ", "g"}}},
		{"far apart", "x\n1\n2\n3\n4\n5\n6\n7\n8\ny\nz", "1\n2\n3\n4\n5\n6\n7\n8\nz", []Line{{"-", "x"}, {" ", "1"}, {" ", "2"}, {" ", "3"}, {"…", ""}, {" ", "6"}, {" ", "7"}, {" ", "8"}, {"-", "y"}, {" ", "z"}}},
		{"all new", "a", "b", []Line{{"-", "a"}, {"+", "b"}}},
		{"longer", "a", "a\n\n@@ -c", []Line{{" ", "a"}, {"+", ""}, {"+", "@@ -c"}}},
	} {
		if got := changes(c.before, c.now); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
