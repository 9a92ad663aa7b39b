package desk

import (
	"strings"

	"broadsheet/internal/compose"
)

// Line is a line of a comparison: "-" stood before, "+" stands now, " " in both;
// "…" is in the place of lines that are the same.
type Line struct{ Sign, Text string }

// changes compares two texts line by line, with a few unchanged lines around each
// change. It is empty for texts that are the same.
func changes(before, now string) (out []Line) {
	unified := compose.Compare("before", before, "now", now)
	for i, line := range strings.Split(strings.TrimSuffix(unified, "\n"), "\n") {
		switch {
		case i < 3: // what is compared
		case !strings.HasPrefix(line, "@@"):
			out = append(out, Line{line[:1], line[1:]})
		case i > 3:
			out = append(out, Line{"…", ""})
		}
	}
	return out
}
