package store_test

import (
	"slices"
	"testing"

	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
)

// A text arrives in both databases as it is, whatever is in it and however many there are.
func TestRowsArriveAsTheyAre(t *testing.T) {
	odd := []string{"", "plain é", "a\tb\nc\rd\\e", `\.`, `\N`, "\x01\x0b", "\n", `it's "quoted"`}
	each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		want := slices.Concat(slices.Repeat(odd, store.CopyRows/len(odd)), odd[1:]) // more than are given at once
		if got, err := db.Round(t.Context(), want); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d texts of %d: %v", len(got), len(want), err)
		}
	})
}
