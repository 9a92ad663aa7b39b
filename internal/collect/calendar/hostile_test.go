package calendar

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A megabyte that was made to cost much costs a moment (ten are the most that is fetched).
const hostileSize = 1_000_000

func TestHostile(t *testing.T) {
	fill := func(event func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < hostileSize; i++ {
			b.WriteString(event(i))
		}
		return b.String()
	}
	list := func(before, each string) string {
		return vevent("UID:1", "DTSTART:20170309T090000Z", "RRULE:FREQ=DAILY", before+strings.Repeat(each+",", hostileSize/(len(each)+1))+each)
	}
	const zone = "BEGIN:VTIMEZONE\nTZID:%d\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=DAILY\nEND:STANDARD\nEND:VTIMEZONE\n"
	for name, events := range map[string]string{
		"rules without a day": fill(func(i int) string {
			return vevent(fmt.Sprintf("UID:%d\nDTSTART:20170309T090000Z\nRRULE:FREQ=YEARLY;BYDAY=53MO;BYMONTHDAY=31;BYMONTH=1,3,5,7,8,10,12;BYYEARDAY=1", i))
		}),
		"counted from year one": fill(func(i int) string {
			return vevent(fmt.Sprintf("UID:%d\nDTSTART:00010309T090000Z\nRRULE:FREQ=DAILY;COUNT=999999999", i))
		}),
		"daily for ever": fill(func(i int) string {
			return vevent(fmt.Sprintf("UID:%d\nDTSTART:20010309T090000Z\nRRULE:FREQ=DAILY", i))
		}),
		"zones": fill(func(i int) string {
			return fmt.Sprintf(zone, i) + vevent(fmt.Sprintf("DTSTART;TZID=%d:20170309T090000", i))
		}),
		"unknown zones": fill(func(i int) string { return vevent(fmt.Sprintf("DTSTART;TZID=A/%d:20170309T090000", i)) }),
		"changes": vevent("UID:1", "DTSTART:20170309T090000Z", "RRULE:FREQ=DAILY") + fill(func(i int) string {
			return vevent(fmt.Sprintf("UID:1\nDTSTART:20170309T090000Z\nRECURRENCE-ID;RANGE=THISANDFUTURE:%sZ", time.Unix(int64(i)*60, 0).UTC().Format("20060102T150405")))
		}),
		"one UID": fill(func(i int) string {
			return fmt.Sprintf("BEGIN:VEVENT\nUID:1\nSUMMARY:%d\nDTSTART:20170309T090000Z\nEND:VEVENT\n", i)
		}),
		"nesting":  strings.Repeat("BEGIN:X\n", hostileSize/8) + strings.Repeat("END:VEVENT\n", 10),
		"EXDATE":   list("EXDATE:", "20170309T090000Z"),
		"RDATE":    list("RDATE:", "20170309T090000Z"),
		"BYSETPOS": list("RRULE:FREQ=YEARLY;BYSETPOS=", "1"),
		"RRULE": fill(func(int) string {
			return vevent("UID:1", "DTSTART:20170309T090000Z", strings.Repeat("RRULE:FREQ=DAILY\n", 1000))
		}),
		"parameters": vevent("DTSTART" + strings.Repeat(";A=B", hostileSize/4) + ":20170309T090000Z"),
		"tags":       vevent("DTSTART:20170309T090000Z\nDESCRIPTION:" + strings.Repeat("<p", hostileSize/2)),
		"properties": vevent(strings.Repeat("CONTACT:a@b.example\n", hostileSize/20) + "DTSTART:20170309T090000Z"),
	} {
		began := time.Now()
		result := parse(t, events)
		took := time.Since(began)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		t.Logf("%-22s %6d items, %6d refused, %v, %d notes, heap %d MB", name, len(result.Items), len(result.Refused), took.Round(time.Millisecond), len(result.Notes), m.HeapSys>>20)
		if len(result.Items) > source.Max {
			t.Errorf("%s: %d items", name, len(result.Items))
		}
	}
}
