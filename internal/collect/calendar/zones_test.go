package calendar

import (
	"testing"
	"time"
)

func TestWindowsZones(t *testing.T) {
	if len(windowsZones) < 139 {
		t.Errorf("only %d names", len(windowsZones))
	}
	for name := range windowsZones {
		if windows(name) == nil {
			t.Errorf("%s leads to %s, which is no zone", name, windowsZones[name])
		}
	}
}

func finder(text string) *zones {
	steps := maxSteps
	return &zones{defined: read(text).zones, known: map[string]*time.Location{}, steps: &steps}
}

func TestZoneNames(t *testing.T) {
	z := finder("")
	for name, hours := range map[string]int{"Europe/Paris": 2, "w. europe standard time": 2, "/softwarestudio.org/Tzfile/America/New_York": -4, "/x/America/Argentina/Salta": -3, "GMT+0300": 3, "UTC-3": -3, "Etc/GMT-3": 3, "UTC": 0} {
		loc := z.find(name)
		if loc == nil {
			t.Errorf("%s was not found", name)
			continue
		}
		if _, offset := time.Date(2026, 7, 1, 0, 0, 0, 0, loc).Zone(); offset != hours*3600 {
			t.Errorf("%s is %d s from UTC", name, offset)
		}
	}
	for _, name := range []string{"", "Local", "../../etc/passwd", "/etc/passwd", "nowhere/"} {
		if loc := z.find(name); loc != nil {
			t.Errorf("%q is %v", name, loc)
		}
	}
}

// A VTIMEZONE with the rules of Paris is Paris, hour by hour around the changes and over the years.
func TestOwnZone(t *testing.T) {
	const rules = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Own\nBEGIN:STANDARD\nDTSTART:16011028T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n" +
		"BEGIN:DAYLIGHT\nDTSTART:16010325T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\nEND:VCALENDAR\n"
	own, paris := finder(rules).find("Own"), iana("Europe/Paris")
	if own == nil || paris == nil {
		t.Fatal(own, paris)
	}
	for at := time.Date(1997, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2037; at = at.Add(time.Hour) {
		if !clock(at.In(own)).Equal(clock(at.In(paris))) {
			t.Fatalf("%v is %v, in Paris %v", at, at.In(own), at.In(paris))
		}
	}
	for wall := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC); wall.Month() < 11; wall = wall.Add(30 * time.Minute) {
		if !at(wall, own).Equal(at(wall, paris)) {
			t.Fatalf("%v is %v, in Paris %v", wall, at(wall, own), at(wall, paris))
		}
	}
}

// Zones that are defined by dates, one after the other.
func TestOwnZoneByDates(t *testing.T) {
	z := finder("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Own\nBEGIN:DAYLIGHT\nDTSTART:20260301T000000\nRDATE:20270401T000000\nTZOFFSETFROM:-0330\nTZOFFSETTO:-0230\nEND:DAYLIGHT\n" +
		"BEGIN:STANDARD\nDTSTART:20261001T000000\nRDATE:20271101T000000\nTZOFFSETFROM:-0230\nTZOFFSETTO:-0330\nEND:STANDARD\nEND:VTIMEZONE\n" +
		"BEGIN:VTIMEZONE\nTZID:Empty\nEND:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:Alias\nX-LIC-LOCATION:Asia/Tbilisi\nEND:VTIMEZONE\nEND:VCALENDAR\n")
	own := z.find("Own")
	for day, minutes := range map[string]int{"2020-01-01": -210, "2026-06-01": -150, "2026-12-01": -210, "2027-03-15": -210, "2027-06-01": -150, "2040-06-01": -210} {
		at, err := time.ParseInLocation(time.DateOnly, day, own)
		if err != nil {
			t.Fatal(err)
		}
		if _, offset := at.Zone(); offset != minutes*60 {
			t.Errorf("%s: %d minutes", day, offset/60)
		}
	}
	if loc := z.find("Empty"); loc != nil {
		t.Errorf("nothing defines %v", loc)
	}
	if loc := z.find("Alias"); loc == nil || loc.String() != "Asia/Tbilisi" {
		t.Errorf("%v", loc)
	}
}

// Times that do not exist and times that exist twice (RFC 5545 section 3.3.5).
func TestChangesOfTheClock(t *testing.T) {
	for zone, walls := range map[string]map[string]string{
		"Europe/Paris":        {"2026-03-29T02:30:00": "2026-03-29T01:30:00Z", "2026-10-25T02:30:00": "2026-10-25T00:30:00Z", "2026-03-29T03:00:00": "2026-03-29T01:00:00Z"},
		"America/New_York":    {"2026-03-08T02:30:00": "2026-03-08T07:30:00Z", "2026-11-01T01:30:00": "2026-11-01T05:30:00Z"},
		"Asia/Beirut":         {"2026-03-29T00:00:00": "2026-03-28T22:00:00Z"},
		"Australia/Lord_Howe": {"2026-04-05T01:45:00": "2026-04-04T14:45:00Z"},
	} {
		for text, want := range walls {
			wall, err := time.Parse("2006-01-02T15:04:05", text)
			if err != nil {
				t.Fatal(err)
			}
			if got := at(wall, iana(zone)).UTC().Format(time.RFC3339); got != want {
				t.Errorf("%s in %s is %s, want %s", text, zone, got, want)
			}
		}
	}
}
