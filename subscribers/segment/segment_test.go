package segment

import (
	"strings"
	"testing"
	"time"

	"broadsheet/internal/fault"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"language = fr": `language = "fr"`,
		"Language=FR AND list=members OR not list=staff":         `(language = "fr" and list = "members") or not (list = "staff")`,
		`attr.country in (GE, "MD") and subscribed < 2025-01-01`: `attr.country in ("ge", "md") and subscribed < 2025-01-01`,
		`((address ~ "a\"b\\"))`:                                 `address ~ "a\"b\\"`,
		"not not origin != page":                                 `not (not (origin != "page"))`,
		"a.b = c":                                                "",
		"confirmed>=2024-02-29 and (list=a or list=b)":           `confirmed >= 2024-02-29 and (list = "a" or list = "b")`,
		"": "",
	} {
		f, err := Parse(text)
		if want == "" && text != "" {
			if err == nil {
				t.Errorf("%s: no error", text)
			}
			continue
		}
		if err != nil || f.String() != want {
			t.Errorf("%s: %s (%v)", text, f, err)
		}
	}
}

// An error names the character and shows it.
func TestErrorsPointAtTheCharacter(t *testing.T) {
	for text, want := range map[string]string{
		"langage = fr":                                 "character 1: no field \"langage\"",
		"language fr":                                  "character 10: here one of",
		"language = ":                                  "character 12: here a value",
		"language = fr and":                            "character 18: here a field",
		"(language = fr":                               "character 15: here ) was",
		"language = fr list = x":                       "character 15: here and, or",
		"subscribed < yesterday":                       "character 14: here a day",
		"subscribed < 2025-02-30":                      "character 14: here a day",
		"language < fr":                                "character 10: language cannot be compared with <",
		"subscribed ~ 2025":                            "character 12: subscribed cannot be compared with ~",
		"language in fr":                               "character 13: here ( was",
		"language in (fr en)":                          "character 17: here , or )",
		`name = x`:                                     "character 1: no field \"name\"",
		`language = "fr`:                               "character 12: this quote",
		"langue = \"é\" and ä = 1":                     "character 1: no field",
		"language = \"é\" and ä = 1":                   "character 20: no field",
		"attr.Bad-Name = 1":                            "character 1: no field",
		"subscribed in (2025-01-01)":                   "character 12: a day is compared",
		strings.Repeat("(", 40) + "x":                  "nested more than",
		strings.Repeat("not ", 40) + "":                "nested more than",
		strings.Repeat("x", 5000):                      "longer than",
		strings.Repeat("list=a or ", 110) + "list=a":   "more than 100 tests",
		"list in (" + strings.Repeat("a,", 300) + "a)": "more than 200 values",
		"language = \xff":                              "not valid UTF-8",
	} {
		_, err := Parse(text)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v", text, err)
			continue
		}
		if _, picture, ok := strings.Cut(err.Error(), "\n"); ok {
			lines := strings.Split(picture, "\n")
			if len(lines) != 2 || strings.TrimLeft(lines[1], " ") != "^" {
				t.Errorf("%q is not shown: %q", text, picture)
			}
		}
	}
}

// Whatever parses, prints as something that parses to the same; nothing makes the parser fail or go deep.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"language = fr and list = members", `attr.country in (GE, "MD") or not subscribed < 2025-01-01`, "((((", `address ~ "\\"`, "not not not list=a", "\"", "list in ("} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		filter, err := Parse(text)
		if took := time.Since(began); took > time.Second {
			t.Fatalf("%q took %s", text, took)
		}
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := Parse(filter.String())
		if len(filter.String()) > maxLength { // quotes make it longer than anybody may write
			return
		}
		if err != nil || again.String() != filter.String() {
			t.Fatalf("%q became %q, and that %q (%v)", text, filter, again, err)
		}
	})
}
