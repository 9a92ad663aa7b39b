package calendar

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

var source = newsletter.Source{ID: "s", Kind: newsletter.Event, Timezone: "Europe/Paris", Language: "en", Max: 1000}

func body(t testing.TB, src newsletter.Source, text string) (Result, error) {
	t.Helper()
	return Parse(src, newsletter.Raw{URL: "https://example.org/x.ics", Body: []byte(text), At: time.Date(2017, 3, 1, 0, 0, 0, 0, time.UTC)})
}

// parse reads events that must give a calendar.
func parse(t testing.TB, events string) Result {
	t.Helper()
	result, err := body(t, source, "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n"+events+"END:VCALENDAR\n")
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// vevent is an event with a title, and more lines.
func vevent(lines ...string) string {
	return "BEGIN:VEVENT\nSUMMARY:x\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\n"
}

func identities(items []newsletter.Item) (out []string) {
	for _, item := range items {
		out = append(out, item.Identity)
	}
	return out
}

func starts(items []newsletter.Item) (out []string) {
	for _, item := range items {
		out = append(out, item.StartsAt.UTC().Format("0102T1504"))
	}
	return out
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// An occurrence is known by its UID and the instant that it was to have: where it is moved to does not matter.
func TestIdentityOfWhatIsMoved(t *testing.T) {
	const master = "UID:1\nDTSTART;TZID=Europe/Paris:20170302T100000\nRRULE:FREQ=WEEKLY;COUNT=3"
	before := parse(t, vevent(master))
	after := parse(t, vevent("UID:1", "RECURRENCE-ID:20170309T090000Z", "DTSTART;TZID=Asia/Tbilisi:20170320T100000")+vevent(master))
	equal(t, "before", identities(before.Items), []string{"1|20170302T090000Z", "1|20170309T090000Z", "1|20170316T090000Z"})
	equal(t, "after", identities(after.Items), []string{"1|20170302T090000Z", "1|20170316T090000Z", "1|20170309T090000Z"})
	equal(t, "once", identities(parse(t, vevent("UID:7", "DTSTART:20170309T090000Z")).Items), []string{"7"})
	day := parse(t, vevent("UID:1", "DTSTART;VALUE=DATE:20170302", "RRULE:FREQ=WEEKLY;COUNT=2")+vevent("UID:1", "RECURRENCE-ID:20170308T230000Z", "DTSTART;VALUE=DATE:20170401"))
	equal(t, "a day named by its midnight in UTC", identities(day.Items), []string{"1|20170302", "1|20170309"})
}

func TestChanges(t *testing.T) {
	const master = "UID:1\nDTSTART;TZID=Europe/Paris:20170302T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4"
	bare := parse(t, vevent(master, "LOCATION:Riga")+"BEGIN:VEVENT\nUID:1\nRECURRENCE-ID;TZID=Europe/Paris:20170309T100000\nSTATUS:CANCELLED\nEND:VEVENT\n")
	if len(bare.Items) != 4 || bare.Items[1].Status != "cancelled" || bare.Items[1].Title != "x" || bare.Items[1].Place != "Riga" || bare.Items[2].Status != "" || bare.Items[1].EndsAt.Sub(bare.Items[1].StartsAt) != time.Hour {
		t.Errorf("a cancellation that says no more: %+v", bare.Items)
	}
	byDay := parse(t, vevent(master)+vevent("UID:1", "RECURRENCE-ID;VALUE=DATE:20170309", "DTSTART:20170310T090000Z"))
	equal(t, "named by its day", starts(byDay.Items), []string{"0302T0900", "0310T0900", "0316T0900", "0323T0900"})
	following := parse(t, vevent(master)+vevent("UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20170309T100000", "DTSTART;TZID=Europe/Paris:20170310T110000"))
	equal(t, "this and the following", starts(following.Items), []string{"0302T0900", "0310T1000", "0317T1000", "0324T1000"})
	equal(t, "and they stay who they were", identities(following.Items)[2:], []string{"1|20170316T090000Z", "1|20170323T090000Z"})
	newest := parse(t, vevent("UID:1", "RECURRENCE-ID:20170309T090000Z", "SEQUENCE:2", "DTSTART:20170311T090000Z")+vevent(master)+vevent("UID:1", "RECURRENCE-ID:20170309T090000Z", "SEQUENCE:1", "DTSTART:20170310T090000Z"))
	equal(t, "the highest SEQUENCE", starts(newest.Items), []string{"0302T0900", "0311T0900", "0316T0900", "0323T0900"})
	old := parse(t, vevent(master)+vevent("UID:1", "RECURRENCE-ID:20070309T090000Z", "DTSTART:20070310T090000Z"))
	equal(t, "a change of ten years ago", starts(old.Items), []string{"0302T0900", "0309T0900", "0316T0900", "0323T0900"})
}

func TestSharedUID(t *testing.T) {
	same := parse(t, "BEGIN:VEVENT\nUID:0\nSUMMARY:One\nDTSTART:20170309T090000Z\nEND:VEVENT\nBEGIN:VEVENT\nUID:0\nSUMMARY:Two\nDTSTART:20170310T090000Z\nEND:VEVENT\n")
	equal(t, "a UID given to two events", identities(same.Items), []string{"0|one", "0|two"})
	edited := parse(t, "BEGIN:VEVENT\nUID:0\nDTSTAMP:20170101T000000Z\nSUMMARY:One\nDTSTART:20170309T090000Z\nEND:VEVENT\nBEGIN:VEVENT\nUID:0\nDTSTAMP:20170102T000000Z\nSUMMARY:Two\nDTSTART:20170310T090000Z\nEND:VEVENT\n")
	equal(t, "a later version", identities(edited.Items), []string{"0"})
}

func TestRepetition(t *testing.T) {
	series := func(lines ...string) []string {
		return starts(parse(t, vevent(append([]string{"UID:1", "DTSTART;TZID=Europe/Paris:20170302T100000"}, lines...)...)).Items)
	}
	equal(t, "period", series("RDATE;VALUE=PERIOD;TZID=Europe/Paris:20170303T080000/PT3H"), []string{"0302T0900", "0303T0700"})
	equal(t, "an RDATE that is in the rule", series("RRULE:FREQ=DAILY;COUNT=2", "RDATE:20170303T090000Z"), []string{"0302T0900", "0303T0900"})
	equal(t, "RDATE as a day", series("RDATE;VALUE=DATE:20170303"), []string{"0302T0900", "0303T0900"})
	equal(t, "EXDATE as a day", series("RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20170303"), []string{"0302T0900", "0304T0900"})
	equal(t, "EXRULE", series("RRULE:FREQ=DAILY;COUNT=4", "EXRULE:FREQ=DAILY;INTERVAL=2"), []string{"0303T0900", "0305T0900"})
	equal(t, "two rules", series("RRULE:FREQ=DAILY;COUNT=2", "RRULE:FREQ=WEEKLY;COUNT=2"), []string{"0302T0900", "0303T0900", "0309T0900"})
	equal(t, "02:30 where it is left out", starts(parse(t, vevent("UID:1", "DTSTART;TZID=Europe/Paris:20170325T023000", "RRULE:FREQ=DAILY;COUNT=3")).Items), []string{"0325T0130", "0326T0130", "0327T0030"})
	equal(t, "many dates, most of them long past", series("RDATE:"+strings.Repeat("20010101T090000Z,", 1000)+"20170303T090000Z"), []string{"0302T0900", "0303T0900"})
	if unread := parse(t, vevent("DTSTART:20170302T090000Z", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE;TZID=Mars:20170303T090000")); len(unread.Items) != 2 || len(unread.Notes) != 1 {
		t.Errorf("an EXDATE in an unknown zone: %d items, %q", len(unread.Items), unread.Notes)
	}
	if got := series("RRULE:FREQ=DAILY"); len(got) != maxOccurrences {
		t.Errorf("a daily series for ever: %d", len(got))
	}
	if got := starts(parse(t, vevent("UID:1", "DTSTART;VALUE=DATE:00010101", "RRULE:FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=26")).Items); len(got) != 1 {
		t.Errorf("for two thousand years: %q", got)
	}
}

func TestRefused(t *testing.T) {
	for lines, why := range map[string]string{
		"DTSTART:20170230":                            "no day",
		"DTSTART:at some time":                        "no date",
		"DTSTART;TZID=Mars/Olympus:20170309T090000":   "Mars/Olympus",
		"DTSTART;TZID=Local:20170309T090000":          "Local",
		"DTSTART:20170309T090000Z\nDURATION:3h":       "no duration",
		"DTSTART:20170309T090000Z\nDURATION:-PT1H":    "ends before it starts",
		"DTSTART:20170309T090000Z\nCLASS:PRIVATE":     "private",
		"DTSTART:20170309T090000Z\nRRULE:FREQ=HOURLY": "more often than daily",
		"DTSTART:20170309T090000Z\nRRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,1,2,3,4,5,6,7,8,9": "more often than daily",
		"DTSTART:20170309T090000Z\nRRULE:FREQ=DAILY;BYMONTH=13":                                "out of bounds",
		"DTSTART:20170309T090000Z\nRRULE:FREQ=DAILY;BYMONTH=0":                                 "out of bounds",
		"DTSTART:20170309T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=XX":                                 "BYDAY",
		"DTSTART:20170309T090000Z\nRRULE:BYDAY=MO":                                             "FREQ",
		"DTSTART:20170309T090000Z\nRRULE:FREQ=DAILY;UNTIL=soon":                                "UNTIL",
		"DTSTART:00010101T090000Z\nRRULE:FREQ=DAILY;COUNT=999999999":                           "too long",
	} {
		result := parse(t, vevent("UID:1", lines))
		if len(result.Items) != 0 || len(result.Refused) != 1 || !strings.Contains(result.Refused[0], why) {
			t.Errorf("%s: %d items, %q", lines, len(result.Items), result.Refused)
		}
	}
}

func TestWhatIsBroken(t *testing.T) {
	const whole = "BEGIN:VEVENT\nUID:1\nSUMMARY:Whole\nDTSTART:20170309T090000Z\nEND:VEVENT\n"
	for name, c := range map[string]struct {
		text, note     string
		items, refused int
	}{
		"cut after an event":                    {"BEGIN:VCALENDAR\n" + whole, "breaks off", 1, 0},
		"cut in an event":                       {"BEGIN:VCALENDAR\n" + whole + "BEGIN:VEVENT\nSUMMARY:Half\nDTSTA", "breaks off", 1, 1},
		"an event without an end":               {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Half\n" + whole + "END:VCALENDAR", "", 1, 1},
		"an event that the calendar's end ends": {"BEGIN:VCALENDAR\n" + whole + "BEGIN:VEVENT\nSUMMARY:Half\nEND:VCALENDAR", "", 1, 1},
		"a calendar without one":                {"BEGIN:VCALENDAR\n" + whole + "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:2\nSUMMARY:b\nDTSTART:20170309T090000Z\nEND:VEVENT\nEND:VCALENDAR", "", 2, 0},
		"lines that are none":                   {"BEGIN:VCALENDAR\nand more\n" + whole + "END:VTODO\nno name: x\nEND:VCALENDAR", `dropped: 3, the first of them "and more"`, 1, 0},
		"an open quote":                         {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY;X=\"y:Title\nDTSTART:20170309T090000Z\nEND:VEVENT\nEND:VCALENDAR", "", 1, 0},
		"CR alone":                              {strings.ReplaceAll("BEGIN:VCALENDAR\n"+whole+"END:VCALENDAR\n", "\n", "\r"), "", 1, 0},
		"UTF-16":                                {"\xff\xfe" + strings.Join(strings.Split("BEGIN:VCALENDAR\n"+whole+"END:VCALENDAR\n", ""), "\x00") + "\x00", "", 1, 0},
	} {
		result, err := body(t, source, c.text)
		if err != nil || len(result.Items) != c.items || len(result.Refused) != c.refused || !strings.Contains(strings.Join(result.Notes, "\n"), c.note) || (c.note == "") != (len(result.Notes) == 0) {
			t.Errorf("%s: %d items, refused %q, notes %q, %v", name, len(result.Items), result.Refused, result.Notes, err)
		}
	}
	for _, text := range []string{"", "<html></html>", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", strings.Repeat("BEGIN:VCALENDAR\n", 3)} {
		if _, err := body(t, source, text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

// What is over the source's limit is what is furthest from the day of collecting.
func TestLimit(t *testing.T) {
	var events strings.Builder
	for year := 2008; year < 2018; year++ {
		events.WriteString(vevent(fmt.Sprintf("UID:%d", year), fmt.Sprintf("DTSTART:%d0309T090000Z", year)))
	}
	src := source
	src.Max = 3
	result, err := body(t, src, "BEGIN:VCALENDAR\n"+events.String()+"END:VCALENDAR\n")
	if err != nil || len(result.Notes) != 1 {
		t.Errorf("%v %q", err, result.Notes)
	}
	equal(t, "of ten", identities(result.Items), []string{"2015", "2016", "2017"})
}

func TestFields(t *testing.T) {
	it := parse(t, "METHOD:CANCEL\n"+vevent("DTSTART:20170309T090000Z", "URL:/e/1", "CATEGORIES:A\\, B,C", "CATEGORIES:D",
		"ORGANIZER;CN=Shared:mailto:x1@group.calendar.google.com", "CONTACT:Ana Lee\\, +33 1 23\\, Ana@example.org", "CONTACT:no address",
		"ATTACH;FMTTYPE=application/pdf;FILENAME=Programme.pdf:https://example.org/p.pdf", "ATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA",
		"CONFERENCE;VALUE=URI;LABEL=Watch:https://example.org/live", "CONFERENCE:tel:+331", "DESCRIPTION:1 < 2 & <a-b@example.org>\\nC:\\\\new")).Items[0]
	if it.URL != "https://example.org/e/1" || it.Status != "cancelled" || it.Summary != `1 < 2 & <a-b@example.org> C:\new` || it.Body != "" {
		t.Errorf("%+v", it)
	}
	equal(t, "categories", it.Categories, []string{"A, B", "C", "D"})
	if want := (newsletter.Contact{Name: "Ana Lee", Email: "ana@example.org"}); !slices.Equal(it.Contacts, []newsletter.Contact{want}) {
		t.Errorf("%+v", it.Contacts)
	}
	if len(it.Links) != 2 || it.Links[0].Title != "Programme.pdf" || it.Links[1].Title != "Watch" {
		t.Errorf("%+v", it.Links)
	}
	joined := parse(t, "BEGIN:VEVENT\nSUMMARY:Canceled: Bureau\nDTSTART;VALUE=DATE:20170309\nDTEND:20170310T120000Z\nDESCRIPTION:Come.\\n"+strings.Repeat("_", 40)+"\\nMicrosoft Teams meeting\\nPasscode: 1\nEND:VEVENT\n").Items[0]
	if joined.Title != "Bureau" || joined.Status != "cancelled" || joined.Summary != "Come." || joined.EndsAt.Day() != 10 {
		t.Errorf("%+v", joined)
	}
	languages := "BEGIN:VEVENT\nSUMMARY;LANGUAGE=fr:Réunion\nSUMMARY;LANGUAGE=en-GB:Meeting\nDTSTART:20170309T090000Z\nEND:VEVENT\n"
	if got := parse(t, languages).Items[0].Title; got != "Meeting" {
		t.Errorf("of two languages: %q", got)
	}
}

func TestLocation(t *testing.T) {
	for text, want := range map[string][2]string{
		"":        {"", ""},
		"Tbilisi": {"", "Tbilisi"},
		"Online":  {"", "Online"},
		"Room 1, Guzmán el Bueno 110, 28003 Madrid, Spain": {"Room 1, Guzmán el Bueno 110", "Madrid, Spain"},
		"Palais de l’Europe; F-67075 Strasbourg Cedex":     {"Palais de l’Europe", "Strasbourg"},
		"Agora\n1 quai Jacoutot\nStrasbourg\nFrance":       {"Agora, 1 quai Jacoutot", "Strasbourg, France"},
		"10 Downing Street, London SW1A 2AA, UK":           {"10 Downing Street", "London, UK"},
		"Strasbourg, Agora, room G03":                      {"Agora, room G03", "Strasbourg"},
		"Strasbourg, online":                               {"online", "Strasbourg"},
		"Palais des Nations, room XX":                      {"Palais des Nations, room XX", ""},
		"Salle 5":                                          {"Salle 5", ""},
		"https://example.org/j/123":                        {"", ""},
		"Zoom, https://example.org/j/123":                  {"", "Zoom"},
		"Georgia":                                          {"", "Georgia"},
		"Hotel Iveria, Georgia":                            {"Hotel Iveria", "Georgia"},
	} {
		if venue, place := location(text); venue != want[0] || place != want[1] {
			t.Errorf("%q: venue %q, place %q", text, venue, place)
		}
	}
}

// seeds are the documents of the test set.
func seeds(f *testing.F) {
	files, err := filepath.Glob("../testdata/calendar/*.ics")
	if err != nil || len(files) < 50 {
		f.Fatalf("%d documents, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

func FuzzParse(f *testing.F) {
	seeds(f)
	f.Add([]byte("BEGIN:VCALENDAR\n" + vevent("UID:1", "DTSTART;VALUE=DATE:20170321", "RRULE:FREQ=DAILY;BYSETPOS=-1;BYWEEKNO=-53;WKST=SU", "RDATE:20170401/P1D", "EXDATE:20170402") + "END:VCALENDAR\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		began := time.Now()
		result, err := body(t, source, string(text))
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		if err != nil {
			return
		}
		if len(result.Items) > source.Max || len(result.Refused) > maxEvents+strings.Count(strings.ToUpper(string(text)), "VEVENT") {
			t.Errorf("%d items, %d refused of %d bytes", len(result.Items), len(result.Refused), len(text))
		}
		for _, it := range result.Items {
			if it.Title == "" || it.Identity == "" || it.StartsAt.IsZero() || it.EndsAt.Before(it.StartsAt) {
				t.Errorf("%+v", it)
			}
		}
	})
}

// BenchmarkParse reads a calendar of 1 MB: times and days, in several zones, one event in twenty repeating.
func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	text.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:Palais\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n")
	for i := 0; text.Len() < 1_000_000; i++ {
		zone := []string{"Europe/Madrid", "W. Europe Standard Time", "Palais", "Asia/Tbilisi"}[i%4]
		fmt.Fprintf(&text, "BEGIN:VEVENT\r\nUID:%d@meetings.example.org\r\nDTSTAMP:20161102T081500Z\r\nDTSTART;TZID=%s:201703%02dT093000\r\nDTEND;TZID=%s:201703%02dT173000\r\n", i, zone, i%28+1, zone, i%28+1)
		if i%20 == 0 {
			text.WriteString("RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=TU,TH\r\n")
		}
		fmt.Fprintf(&text, "SUMMARY:Meeting number %d of the drafting group\\, with a title that is as long \r\n as they are\r\nLOCATION:Palais de l'Europe\\, Strasbourg\\, France\r\nDESCRIPTION:%s\r\nORGANIZER;CN=Secretariat:mailto:secretariat@example.org\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\n", i, strings.Repeat("The group looks at what was said\\, and says more.\\n\r\n ", 6))
	}
	text.WriteString("END:VCALENDAR\r\n")
	raw := newsletter.Raw{URL: "https://example.org/x.ics", ContentType: "text/calendar; charset=utf-8", Body: []byte(text.String()), At: time.Date(2017, 3, 1, 0, 0, 0, 0, time.UTC)}
	src := source
	src.Max = 10_000
	b.SetBytes(int64(len(raw.Body)))
	for b.Loop() {
		if result, err := Parse(src, raw); err != nil || len(result.Items) < 1000 || len(result.Refused)+len(result.Notes) > 0 {
			b.Fatalf("%d items, %v, %q, %q", len(result.Items), err, result.Refused, result.Notes)
		}
	}
}
