//go:build !race

package app_test

// crowd is how many of n come at once: all.
func crowd(n int) int { return n }
