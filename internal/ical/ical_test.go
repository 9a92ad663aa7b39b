package ical

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var changed = time.Date(2017, 3, 20, 9, 0, 0, 0, time.UTC)

func lines(c Calendar) []string {
	unfolded := strings.ReplaceAll(string(c.Bytes()), "\r\n ", "")
	return strings.Split(strings.TrimSuffix(unfolded, "\r\n"), "\r\n")
}

func has(t *testing.T, c Calendar, wanted ...string) {
	t.Helper()
	all := "\n" + strings.Join(lines(c), "\n") + "\n"
	for _, w := range wanted {
		if !strings.Contains(all, "\n"+w+"\n") {
			t.Errorf("no line %q in%s", w, all)
		}
	}
}

func TestTimes(t *testing.T) {
	paris := time.FixedZone("", 3600)
	for _, c := range []struct {
		name string
		e    Event
		want []string
	}{
		{"a day", Event{AllDay: true, Start: time.Date(2017, 3, 21, 0, 0, 0, 0, paris)}, []string{"DTSTART;VALUE=DATE:20170321", "DTEND;VALUE=DATE:20170322", "TRANSP:TRANSPARENT"}},
		{"days over a month's end", Event{AllDay: true, Start: time.Date(2017, 3, 30, 0, 0, 0, 0, paris), End: time.Date(2017, 4, 2, 0, 0, 0, 0, paris)}, []string{"DTSTART;VALUE=DATE:20170330", "DTEND;VALUE=DATE:20170403"}},
		{"hours", Event{Start: time.Date(2017, 3, 21, 9, 30, 0, 0, paris), End: time.Date(2017, 3, 21, 17, 0, 0, 0, paris)}, []string{"DTSTART:20170321T083000Z", "DTEND:20170321T160000Z"}},
	} {
		t.Run(c.name, func(t *testing.T) { has(t, Calendar{Events: []Event{c.e}}, c.want...) })
	}
	open := Calendar{Events: []Event{{Start: changed}}}
	if got := strings.Join(lines(open), "\n"); strings.Contains(got, "DTEND") || strings.Contains(got, "TRANSP") {
		t.Errorf("an event whose end is not known has one:\n%s", got)
	}
}

func TestTexts(t *testing.T) {
	c := Calendar{Name: "Lettre; mars", Language: "fr", Events: []Event{{UID: "abc@example.org", Changed: changed, Sequence: 3, Start: changed,
		Title: "Réunion, \"suite\"; a\\b", Place: "Tbilissi\r\nBEGIN:VEVENT", Description: "un\x00\x07\ndeux", URL: "https://example.org/?a=1\nATTACH:x", Status: "CANCELLED"}, {UID: "d", Start: changed, Title: "News", Language: "en"}}}
	has(t, c, "VERSION:2.0", `NAME;LANGUAGE=fr:Lettre\; mars`, "UID:abc@example.org", "DTSTAMP:20170320T090000Z", "LAST-MODIFIED:20170320T090000Z", "SEQUENCE:3",
		`SUMMARY;LANGUAGE=fr:Réunion\, "suite"\; a\\b`, `LOCATION;LANGUAGE=fr:Tbilissi\nBEGIN:VEVENT`, `DESCRIPTION;LANGUAGE=fr:un\ndeux`, "STATUS:CANCELLED", "SUMMARY;LANGUAGE=en:News")
	for _, line := range lines(c) {
		if strings.HasPrefix(line, "ATTACH") || strings.ContainsAny(line, "\n\r\x00") {
			t.Errorf("a value made a line of its own: %q", line)
		}
	}
}

// Lines are folded at 75 octets, between characters, whatever stands in them.
func TestFolding(t *testing.T) {
	for _, unit := range []string{"a", "é", "ж ", "漢", "👩‍👧"} {
		for n := range 120 {
			title := strings.TrimSpace(strings.Repeat(unit, n))
			c := Calendar{Events: []Event{{Start: changed, Title: title}}}
			for _, line := range strings.Split(string(c.Bytes()), "\r\n") {
				if len(line) > 75 || !utf8.ValidString(line) {
					t.Fatalf("a line of %d octets: %q", len(line), line)
				}
			}
			if title != "" {
				has(t, c, "SUMMARY:"+title)
			}
		}
	}
}
