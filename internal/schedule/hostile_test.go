package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// after is just past a 29 February: the next is four years away.
var after = time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC)

// hostile are texts that mean nothing, or nothing that can be kept.
var hostile = []string{
	"", " ", "\t\n", "*", "* * * *", "0 0 6 25 * *", "0 0 6 25 * * 2026", // too little, too much
	"TZ=", "TZ=0", "TZ=0 0 6 * * *", "CRON_TZ=", "CRON_TZ=UTC", "CRON_TZ=Europe/Berlin 0 6 * * *", " TZ=UTC 0 6 * * *", "TZ=../../etc/passwd 0 6 * * *", "0 6 * * TZ=UTC",
	"@", "@every", "@every 1ns", "@every -1h", " @every 1h", "@every 290y", "@reboot", "@Monthly", "@monthly 1", " @monthly", "@@daily",
	"0 6 30 2 *", "0 6 31 2,4,6,9,11 *", "0 6 31 feb ?", // never
	"60 * * * *", "0 24 * * *", "0 6 0 * *", "0 6 32 * *", "0 6 1 0 *", "0 6 1 13 *", "0 6 * * 7", "0 6 * * 8", // out of range
	"-1 * * * *", "4294967296 * * * *", "9223372036854775807 * * * *", "9223372036854775808 * * * *", "18446744073709551616 * * * *", "*/9223372036854775808 * * * *",
	"*/0 * * * *", "0-59/0 * * * *", "*/-1 * * * *", "*/ * * * *", "/5 * * * *", "1/2/3 * * * *", "*/*", "*/* * * * *",
	"5-1 * * * *", "1- * * * *", "-5 * * * *", "1--5 * * * *", "1-2-3 * * * *", "0 6 * * FRI-MON", "0 6 * DEC-JAN *", // ranges
	"*-5 * * * *", "?-5 * * * *", "*-banana * * * *", "0 *-6 * * *", "0 6 *-*-* * *", "0 6 25 ?-3 *", // a star that is not alone: the library reads every minute
	", * * * *", "0 , * * *", "0 6 , * *", "0 6 * , *", "0 6 * * ,",
	"0 6 L * *", "0 6 15W * *", "0 6 * * MON#2", "0 6 * * MONDAY", "MON 6 * * *", "0 6 * MON *", "H 6 * * *", "~ 6 * * *", // other crons' words
	"\x00 6 * * *", "0 6\x00 * * *", "0\x006\x00*\x00*\x00*", "\xff 6 * * *", "0 6 25 * *\x00",
	"٠ ٦ ٢٥ * *", "０ ６ ２５ ＊ ＊", "0 6 ² * *", "\u202e* * 52 6 0", "0\u200b6 * * * *", "0 6 25 * ∗", // digits and stars of other scripts
	"0x10 6 * * *", "1e1 6 * * *", "1.5 6 * * *", "1_0 6 * * *", "'0' 6 * * *", "$(id) 6 * * *", "0;6 * * *", "%d %s %n * *",
	strings.Repeat("*", 1<<20), strings.Repeat("0 ", 1<<16), strings.Repeat(" ", 1<<20), strings.Repeat("9", 1<<16) + " 6 * * *",
	"0 6 " + strings.Repeat("1,", 1<<19) + "32 * *", strings.Repeat("1-", 1<<16) + "2 * * * *", strings.Repeat("@every ", 1<<17),
}

func TestHostileTextIsRefused(t *testing.T) {
	for _, text := range hostile {
		began := time.Now()
		err := Check(text)
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%.80q: %.200v", text, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%.80q took %s", text, took)
		}
		if slots, err := Slots(text, time.UTC, newsletter.Closed{}, after, after.AddDate(1, 0, 0)); err == nil || len(slots) != 0 {
			t.Errorf("%.80q gave %d slots", text, len(slots))
		}
		if slot, ok := Next(text, time.UTC, newsletter.Closed{}, after); ok {
			t.Errorf("%.80q is next at %s", text, slot.Label)
		}
	}
}

// What looks odd and is taken means what it says.
func TestOddTextThatIsTaken(t *testing.T) {
	for text, want := range map[string]string{
		"0 6 25 * *\n":                  "03-25T06:00 04-25T06:00",
		"\u00a00\u00a06 25  * *":        "03-25T06:00 04-25T06:00",
		"+5 006 25 * ?":                 "03-25T06:05 04-25T06:05",
		"? ? ? ? ?":                     "03-01T00:01 03-01T00:02",
		"0 6 * * 0-6":                   "03-01T06:00 03-02T06:00",
		"50/5 6 1 * *":                  "03-01T06:50 03-01T06:55",
		"*/61 * * * *":                  "03-01T01:00 03-01T02:00", // a step beyond the range leaves its first
		"*/9223372036854775807 * * * *": "03-01T01:00 03-01T02:00",
		"0 6 31 2,3,4,5 *":              "03-31T06:00 05-31T06:00", // months without that day are left out
		"0 6 , * MON":                   "03-06T06:00 03-13T06:00",
		"0 6 25 * MON":                  "03-06T06:00 03-13T06:00", // day and weekday, when both are given, are either ...
		"0 6 7 * MON":                   "03-06T06:00 03-07T06:00",
		"0 6 */1 * MON":                 "03-06T06:00 03-13T06:00", // ... and a star gives none
		"0 6 30 2 WED":                  "02-07T06:00 02-14T06:00", // 30 February never comes, Wednesdays do
		"0 6 29 2 *":                    "02-29T06:00 02-29T06:00",
		"0 6 " + strings.Repeat("25,", 1<<18) + "25 * *": "03-25T06:00 04-25T06:00",
		"@monthly":  "04-01T00:00 05-01T00:00",
		"@yearly":   "01-01T00:00 01-01T00:00",
		"@midnight": "03-02T00:00 03-03T00:00",
	} {
		var got []string
		for from := after; len(got) < 2; {
			slot, ok := Next(text, time.UTC, newsletter.Closed{}, from)
			if !ok {
				t.Fatalf("%.80q has no slot after %s", text, from)
			}
			got, from = append(got, slot.Label[5:]), slot.At
		}
		if err := Check(text); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%.80q: %v, want %s; %v", text, got, want, err)
		}
	}
}

// A span with more slots than are given at once gives the first of them.
func TestSlotsAreBounded(t *testing.T) {
	slots, err := Slots("* * * * *", time.UTC, newsletter.Closed{}, after, after.AddDate(10, 0, 0))
	if err != nil || len(slots) != Most {
		t.Fatal(len(slots), err)
	}
	if first, last := slots[0].Label, slots[Most-1].Label; first != "2028-03-01T00:01" || last != "2028-03-01T16:40" {
		t.Error(first, last)
	}
}

// Whatever is taken has slots: rising, each once, each within the span, each found again by its label.
func FuzzCheck(f *testing.F) {
	for _, text := range hostile {
		if len(text) < 100 {
			f.Add(text)
		}
	}
	f.Add("*/15 0-3,22 1-7 mar,oct SUN")
	f.Add("0 6 29 2 *")
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	from := time.Date(2028, 3, 24, 0, 0, 0, 0, loc) // two days before clocks go forward
	f.Fuzz(func(t *testing.T, text string) {
		slots, err := Slots(text, loc, newsletter.Closed{}, from, from.AddDate(0, 0, 4))
		if refused := Check(text); (refused == nil) != (err == nil) {
			t.Fatalf("checked: %q; slots: %v", refused, err)
		}
		if next, ok := Next(text, loc, newsletter.Closed{}, from); ok != (err == nil) || ok && !next.At.After(from) {
			t.Fatalf("the next is %v, %v; %v", next, ok, err)
		}
		if got := labels(slots); !slices.IsSorted(got) || len(slices.Compact(got)) != len(slots) {
			t.Fatalf("not rising: %v", got)
		}
		for _, s := range slots {
			at, err := Instant(s.Label, loc, newsletter.Closed{})
			if err != nil || !at.Equal(s.At) || !at.After(from) || at.After(from.AddDate(0, 0, 4)) {
				t.Fatalf("%v, by its label %s; %v", s, at, err)
			}
		}
	})
}
