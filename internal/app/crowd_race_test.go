//go:build race

package app_test

// crowd is how many of n come at once under the race detector, which keeps the
// history of every word of memory: with all it takes ten gigabytes and minutes.
// `make unit` runs these tests with the whole crowd besides.
func crowd(n int) int { return n / 10 }
