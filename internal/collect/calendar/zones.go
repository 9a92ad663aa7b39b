package calendar

import (
	"cmp"
	"encoding/binary"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// zones finds time zones by what calendars call them. What is found once is kept.
type zones struct {
	defined map[string]*component
	known   map[string]*time.Location // nil: not known
	steps   *int
}

// find returns a zone, or nil: by its IANA name, by its Windows name, by the file's own
// VTIMEZONE, or by the IANA name at the end of a program's path. The database's
// rules are preferred, because those in files are often old or only a piece.
func (z *zones) find(name string) *time.Location {
	name = strings.TrimSpace(name)
	loc, ok := z.known[name]
	if ok || len(z.known) >= maxZones {
		return loc
	}
	for _, look := range []func(string) *time.Location{iana, windows, z.own, atEnd, offset, byCity} {
		if loc = look(name); loc != nil {
			break
		}
	}
	z.known[name] = loc
	return loc
}

func iana(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	if strings.EqualFold(name, "UTC") || strings.EqualFold(name, "Z") || strings.EqualFold(name, "Etc/UTC") {
		return time.UTC
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return loc
}

func windows(name string) *time.Location { return iana(windowsZones[strings.ToLower(name)]) }

// atEnd finds /mailprogram.example/20260101_1/Europe/Vienna.
func atEnd(path string) *time.Location {
	parts := strings.Split(path, "/")
	for n := min(3, len(parts)-1); n > 0; n-- { // America/Argentina/Salta has three
		if loc := iana(strings.Join(parts[len(parts)-n:], "/")); loc != nil {
			return loc
		}
	}
	return nil
}

var offsetName = regexp.MustCompile(`^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?$`)

// offset finds GMT+0200 and UTC-3.
func offset(name string) *time.Location {
	m := offsetName.FindStringSubmatch(strings.ToUpper(name))
	if m == nil {
		return nil
	}
	hours, _ := strconv.Atoi(m[2]) // digits by the pattern
	minutes, _ := strconv.Atoi("0" + m[3])
	seconds := hours*3600 + minutes*60
	if m[1] == "-" {
		seconds = -seconds
	}
	return time.FixedZone(name, seconds)
}

var displayed = regexp.MustCompile(`^\((?:UTC|GMT)([+-]\d\d:\d\d)?\) (.+)$`)

// byCity finds what Windows shows people, "(UTC+01:00) Brussels, Copenhagen, Madrid":
// the zone of the first of the cities that is known and has that offset in winter.
func byCity(name string) *time.Location {
	m := displayed.FindStringSubmatch(strings.ReplaceAll(name, `\,`, ","))
	if m == nil {
		return nil
	}
	wanted := offset("UTC" + cmp.Or(m[1], "+00:00"))
	for _, city := range strings.Split(m[2], ",") {
		for _, area := range []string{"Europe/", "Asia/", "Africa/", "America/", "Australia/", "Pacific/", "Atlantic/"} {
			loc := iana(area + strings.ReplaceAll(strings.TrimSpace(city), " ", "_"))
			if loc != nil && winter(loc) == winter(wanted) {
				return loc
			}
		}
	}
	return nil
}

// winter is a zone's offset from UTC, in seconds, when no summer time counts.
func winter(loc *time.Location) int {
	_, january := time.Date(2026, 1, 1, 0, 0, 0, 0, loc).Zone()
	_, july := time.Date(2026, 7, 1, 0, 0, 0, 0, loc).Zone()
	return min(january, july)
}

// own makes a zone of the file's VTIMEZONE (RFC 5545 section 3.6.5).
func (z *zones) own(name string) *time.Location {
	c := z.defined[name]
	if c == nil {
		return nil
	}
	if p, ok := c.get("X-LIC-LOCATION"); ok {
		if loc := iana(strings.TrimSpace(p.text())); loc != nil {
			return loc
		}
	}
	var changes []change
	first := 0
	for i, part := range c.parts {
		found, from, ok := z.observance(part)
		if !ok {
			continue
		}
		if i == 0 || len(found) > 0 && len(changes) > 0 && found[0].at < changes[0].at {
			first = from
		}
		changes = append(changes, found...)
		slices.SortStableFunc(changes, func(a, b change) int { return int(max(-1, min(1, a.at-b.at))) })
	}
	if len(changes) == 0 {
		return nil
	}
	loc, err := time.LoadLocationFromTZData(name, tzif(first, changes))
	if err != nil {
		return nil
	}
	return loc
}

// change is an instant from which another offset from UTC counts, in seconds.
type change struct {
	at       int64
	offset   int
	daylight bool
}

// Changes are computed for these years; before and after them the nearest counts.
var (
	zonesFrom = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	zonesTo   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// observance returns when a STANDARD or DAYLIGHT begins, and the offset before it.
func (z *zones) observance(c *component) (out []change, from int, ok bool) {
	begin, _ := c.get("DTSTART")
	before, _ := c.get("TZOFFSETFROM")
	after, _ := c.get("TZOFFSETTO")
	r := &reader{loc: time.UTC, zones: z}
	start, err := r.moment(property{}, begin.value)
	from, ok1 := seconds(before.value)
	to, ok2 := seconds(after.value)
	if err != nil || !ok1 || !ok2 {
		return nil, 0, false
	}
	onsets := []time.Time{start.wall}
	for _, p := range c.all("RDATE") {
		for _, value := range strings.Split(p.value, ",") {
			if m, err := r.moment(property{}, value); err == nil {
				onsets = append(onsets, m.wall)
			}
		}
	}
	for _, p := range c.all("RRULE") {
		if rule, err := parseRule(p.value, start.wall, time.FixedZone("", from)); err == nil {
			found, _ := rule.expand(start.wall, span{zonesFrom, zonesTo, 2 * 130}, z.steps)
			onsets = append(onsets, found...)
		}
	}
	for _, onset := range onsets[:min(len(onsets), 1000)] {
		out = append(out, change{at: onset.Unix() - int64(from), offset: to, daylight: c.name == "DAYLIGHT"})
	}
	return out, from, true
}

// seconds reads a UTC-OFFSET such as +0100 or -005328.
func seconds(value string) (int, bool) {
	text := strings.ReplaceAll(strings.TrimSpace(value), ":", "")
	digits := strings.TrimLeft(text, "+-")
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) != 4 && len(digits) != 6 {
		return 0, false
	}
	if len(digits) == 4 {
		n *= 100
	}
	out := n/10000*3600 + n/100%100*60 + n%100
	if strings.HasPrefix(text, "-") {
		out = -out
	}
	return out, out > -24*3600 && out < 24*3600
}

// tzif writes a zone as the time zone database stores it (RFC 8536, version 2), which is what package time reads.
func tzif(first int, changes []change) []byte {
	kinds := []change{{offset: first}}
	var index []byte
	for _, c := range changes {
		kind := change{offset: c.offset, daylight: c.daylight}
		i := slices.Index(kinds, kind)
		if i < 0 && len(kinds) < 250 {
			i, kinds = len(kinds), append(kinds, kind)
		}
		index = append(index, byte(max(i, 0)))
	}
	const magic = "TZif2" // and 15 reserved bytes
	head := func(times, types, chars int) []byte {
		out := append([]byte(magic), make([]byte, 15)...)
		for _, n := range []int{0, 0, 0, times, types, chars} {
			out = binary.BigEndian.AppendUint32(out, uint32(n))
		}
		return out
	}
	out := append(head(0, 0, 0), head(len(changes), len(kinds), 1)...)
	for _, c := range changes {
		out = binary.BigEndian.AppendUint64(out, uint64(c.at))
	}
	out = append(out, index...)
	for _, k := range kinds {
		out = binary.BigEndian.AppendUint32(out, uint32(int32(k.offset)))
		daylight := byte(0)
		if k.daylight {
			daylight = 1
		}
		out = append(out, daylight, 0)
	}
	return append(out, 0, '\n', '\n')
}
