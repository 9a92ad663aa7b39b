package calendar

import (
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

func parse(t *testing.T, events string) ([]newsletter.Item, []string, error) {
	t.Helper()
	body := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n" + events + "END:VCALENDAR\n"
	return Parse(newsletter.Source{ID: "s", Timezone: "Europe/Paris", Max: 1000}, newsletter.Raw{URL: "https://example.org/x.ics", Body: []byte(body), At: time.Date(2017, 3, 1, 0, 0, 0, 0, time.UTC)})
}

func TestEvents(t *testing.T) {
	items, refused, err := parse(t, "BEGIN:VEVENT\nUID:1\nDTSTAMP:20170101T000000Z\nDTSTART;VALUE=DATE:20170321\nDTEND;VALUE=DATE:20170323\nSUMMARY:Confer\n ence\\, big\nLOCATION:Room 1\\, Tbilisi\nORGANIZER;CN=Ana:MAILTO:ana@example.org\nURL:/e/1\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nUID:2\nDTSTAMP:20170101T000000Z\nDTSTART;TZID=\"W. Europe Standard Time\":20170426T093000\nDURATION:PT2H\nSUMMARY:Meeting\nSTATUS:CANCELLED\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nUID:3\nDTSTAMP:20170101T000000Z\nDTSTART:20170426T093000Z\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nUID:4\nDTSTAMP:20170101T000000Z\nDTSTART:nonsense\nSUMMARY:Broken\nEND:VEVENT\n")
	if err != nil || len(items) != 2 || len(refused) != 2 {
		t.Fatalf("%+v %v %v", items, refused, err)
	}
	a, b := items[0], items[1]
	if a.Title != "Conference, big" || !a.AllDay || a.StartsAt.Format(time.DateOnly) != "2017-03-21" || a.EndsAt.Format(time.DateOnly) != "2017-03-22" || a.Place != "Tbilisi" || a.Venue != "Room 1" || a.URL != "https://example.org/e/1" || a.Contacts[0].Email != "ana@example.org" {
		t.Errorf("%+v", a)
	}
	if b.AllDay || b.Status != "cancelled" || b.EndsAt.Sub(b.StartsAt) != 2*time.Hour || b.StartsAt.UTC().Hour() != 7 {
		t.Errorf("%+v", b)
	}
}

func TestRecurrence(t *testing.T) {
	event := func(rule string) string {
		return "BEGIN:VEVENT\nUID:1\nDTSTAMP:20170101T000000Z\nDTSTART;VALUE=DATE:20170302\nSUMMARY:x\nRRULE:" + rule + "\nEND:VEVENT\n"
	}
	if items, _, err := parse(t, event("FREQ=WEEKLY;COUNT=3")); err != nil || len(items) != 3 || items[0].Identity == items[1].Identity {
		t.Errorf("%+v %v", items, err)
	}
	override := "BEGIN:VEVENT\nUID:1\nDTSTAMP:20170101T000000Z\nRECURRENCE-ID;VALUE=DATE:20170309\nDTSTART;VALUE=DATE:20170310\nSUMMARY:moved\nEND:VEVENT\n"
	if items, _, err := parse(t, event("FREQ=WEEKLY;COUNT=3")+override); err != nil || len(items) != 3 || items[2].Title != "moved" || items[1].StartsAt.Day() != 16 {
		t.Errorf("%+v %v", items, err)
	}
	if items, _, err := parse(t, event("FREQ=DAILY")); err != nil || len(items) != maxOccurrences {
		t.Errorf("%d %v", len(items), err)
	}
	if items, refused, err := parse(t, event("FREQ=SECONDLY")); err != nil || len(items) != 0 || len(refused) != 1 {
		t.Errorf("%d %v %v", len(items), refused, err)
	}
}

func TestWhatIsNoCalendar(t *testing.T) {
	for _, body := range []string{"", "<html></html>", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", strings.Repeat("BEGIN:VCALENDAR\n", 3)} {
		if _, _, err := Parse(newsletter.Source{ID: "s", Max: 10}, newsletter.Raw{URL: "x", Body: []byte(body)}); err == nil {
			t.Errorf("%q was taken", body)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20170321\nSUMMARY:x\nRRULE:FREQ=DAILY\nEND:VEVENT\n")
	f.Fuzz(func(t *testing.T, events string) { _, _, _ = parse(t, events) })
}
