package desk

import "strings"

// Line is a line of a comparison: "-" stood before, "+" stands now, " " in both;
// "…" is in the place of lines that are the same.
type Line struct{ Sign, Text string }

// around is how many unchanged lines are shown on both sides of a change.
const around = 2

// changes compares two texts line by line: the longest common sequence of lines
// stays, with no more than a few of them around each change. It is empty for
// texts that are the same.
func changes(before, now string) []Line {
	a, b := strings.Split(strings.TrimSpace(before), "\n"), strings.Split(strings.TrimSpace(now), "\n")
	common := make([][]int, len(a)+1) // common[i][j]: of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var all []Line
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			all = append(all, Line{" ", a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			all = append(all, Line{"-", a[i]})
			i++
		default:
			all = append(all, Line{"+", b[j]})
			j++
		}
	}
	return near(all)
}

// near keeps the changes and what stands around them.
func near(all []Line) (kept []Line) {
	shown := make([]bool, len(all))
	for i, l := range all {
		for k := max(0, i-around); l.Sign != " " && k <= min(len(all)-1, i+around); k++ {
			shown[k] = true
		}
	}
	for i, l := range all {
		switch {
		case shown[i]:
			kept = append(kept, l)
		case i > 0 && shown[i-1]:
			kept = append(kept, Line{"…", ""})
		}
	}
	if n := len(kept); n > 0 && kept[n-1].Sign == "…" {
		kept = kept[:n-1]
	}
	return kept
}
