package calendar

import (
	"slices"
	"strings"
)

// document is a file taken apart, all its calendars together.
type document struct {
	events     []*component
	zones      map[string]*component // VTIMEZONE by TZID
	whole      bool                  // every calendar has its end
	unfinished []string              // titles of events without one
	malformed  int
	example    string // the first malformed line
	more       int    // events beyond maxEvents

	open   []*component
	cancel bool // the open calendar says METHOD:CANCEL
}

const maxNesting = 8 // real calendars have three levels

// wanted are the properties that are read; the rest is not kept.
var wanted = map[string]bool{}

func init() {
	for _, name := range strings.Fields(`SUMMARY DESCRIPTION X-ALT-DESC LOCATION URL STATUS ORGANIZER CONTACT CATEGORIES CLASS UID SEQUENCE DTSTAMP
		LAST-MODIFIED DTSTART DTEND DURATION RRULE RDATE EXDATE EXRULE RECURRENCE-ID ATTACH CONFERENCE X-MICROSOFT-CDO-ALLDAYEVENT METHOD
		TZID TZOFFSETFROM TZOFFSETTO X-LIC-LOCATION`) {
		wanted[name] = true
	}
}

// read takes unfolded text apart.
func read(text string) document {
	d := document{zones: map[string]*component{}}
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		p, ok := split(line)
		switch {
		case ok && p.name == "BEGIN":
			d.begin(strings.ToUpper(strings.TrimSpace(p.value)))
		case len(d.open) == 0: // what stands around calendars is nobody's property
		case !ok:
			d.drop(line)
		case p.name == "END":
			d.end(strings.ToUpper(strings.TrimSpace(p.value)), line)
		case wanted[p.name]:
			d.property(p)
		}
	}
	d.whole = len(d.open) == 0
	d.cut(0)
	return d
}

func (d *document) drop(line string) {
	if d.malformed == 0 {
		d.example = line
	}
	d.malformed++
}

func (d *document) property(p property) {
	top := d.open[len(d.open)-1]
	switch top.name {
	case "VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT":
		top.props = append(top.props, p)
	case "VCALENDAR":
		if p.name == "METHOD" {
			d.cancel = strings.EqualFold(strings.TrimSpace(p.value), "CANCEL")
		}
	}
}

func (d *document) begin(name string) {
	switch name {
	case "VCALENDAR":
		d.cut(0)
		d.cancel = false
	case "VEVENT":
		if i := d.find("VEVENT"); i >= 0 { // the one before has no end
			d.cut(i)
		}
	}
	if len(d.open) == maxNesting || len(d.open) == 0 && name != "VCALENDAR" {
		d.drop("BEGIN:" + name)
		return
	}
	d.open = append(d.open, &component{name: name, off: d.cancel})
}

func (d *document) find(name string) int {
	for i := len(d.open) - 1; i >= 0; i-- {
		if d.open[i].name == name {
			return i
		}
	}
	return -1
}

// cut gives up the open components from i on.
func (d *document) cut(i int) {
	for _, c := range d.open[i:] {
		if c.name == "VEVENT" && len(d.unfinished) < maxEvents {
			d.unfinished = append(d.unfinished, title(c))
		}
	}
	d.open = d.open[:i]
}

func (d *document) end(name, line string) {
	i := d.find(name)
	if i < 0 {
		d.drop(line)
		return
	}
	c := d.open[i]
	d.cut(i + 1)
	d.open = d.open[:i]
	switch name {
	case "VEVENT":
		if len(d.events) == maxEvents {
			d.more++
			return
		}
		c.props = slices.Clip(c.props)
		d.events = append(d.events, c)
	case "VTIMEZONE":
		id, _ := c.get("TZID")
		d.zones[strings.TrimSpace(id.text())] = c
	case "STANDARD", "DAYLIGHT":
		if parent := d.find("VTIMEZONE"); parent >= 0 {
			d.open[parent].parts = append(d.open[parent].parts, c)
		}
	}
}
