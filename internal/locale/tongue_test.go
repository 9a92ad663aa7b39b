package locale

import "testing"

func TestTongue(t *testing.T) {
	for _, c := range []struct{ text, declared, want string }{
		{"Prevention", "en", "en"},
		{"Prevention", "", ""},
		{"Профилактика", "", "ru"},
		{"Профилактика", "en", "ru"},
		{"Профилактика", "bg", "bg"},
		{"Профілактика", "", "uk"},
		{"Профілактика", "ru", "ru"},
		{"الوقاية من المخدرات", "fr", "ar"},
		{"پیشگیری", "fa", "fa"},
		{"מניעה", "", "he"}, {"Πρόληψη", "", "el"}, {"პრევენცია", "en", "ka"},
		{"Report on Πρόληψη in schools and prisons", "en", "en"},
		{"The committee of ministers has adopted a recommendation on the treatment of people who use drugs in prison", "", "en"},
		{"Le comité des ministres a adopté une recommandation sur le traitement des personnes qui consomment des drogues", "", "fr"},
		{"Der Ausschuss hat eine Empfehlung über die Behandlung von Menschen angenommen, die in Haft Drogen nehmen", "", "de"},
		{"The committee of ministers has adopted a recommendation on the treatment of people who use drugs in prison", "fr", "fr"},
		{"", "", ""},
	} {
		if got := Tongue(c.text, c.declared); got != c.want {
			t.Errorf("%q declared %q: %q, want %q", c.text, c.declared, got, c.want)
		}
	}
}

func TestDirection(t *testing.T) {
	for text, want := range map[string]string{"1 Square": "ltr", "(رأي) 1 x": "rtl", "12 · !": "", "": "", "א a": "rtl", "\xff é": "ltr"} {
		if got := Direction(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
