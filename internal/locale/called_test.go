package locale_test

import (
	"testing"

	"broadsheet/internal/locale"
)

func TestCalled(t *testing.T) {
	for title, want := range map[string][2]string{
		"CANCELLED: Board":            {"Board", "cancelled"},
		"Canceled - Board - Part 2":   {"Board - Part 2", "cancelled"},
		"[Annulé] Conseil":            {"Conseil", "cancelled"},
		"Conseil (reportée)":          {"Conseil", "postponed"},
		"Tagung – ABGESAGT!":          {"Tagung", "cancelled"},
		"Семинар (перенесён)":         {"Семинар", "postponed"},
		"*** POSTPONED *** : Airport": {"Airport", "postponed"},
		"Board (Strasbourg)":          {"Board (Strasbourg)", ""},
		"Cancelled":                   {"Cancelled", ""},
		"Cancelled debts: a seminar":  {"Cancelled debts: a seminar", ""},
		"How a meeting was postponed": {"How a meeting was postponed", ""},
		"":                            {"", ""},
	} {
		if rest, status := locale.Called(title); rest != want[0] || status != want[1] {
			t.Errorf("%q: %q, %q", title, rest, status)
		}
	}
}
