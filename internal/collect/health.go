package collect

import (
	"fmt"
	"slices"
	"time"

	"broadsheet/internal/newsletter"
)

// A source that breaks rarely says so: a redesigned page still answers 200. What
// it gives now is held against what it used to give.
const (
	habit     = 8 // looks that are remembered
	fewOf     = 4 // "few" is less than the fourth part of what was usual,
	usual     = 4 // where at least so many were usual
	quiet     = 4 // "silent" is so many times the longest pause it has made,
	quietMin  = 30 * 24 * time.Hour
	quietFrom = 5 // dated items from which a pause can be told
)

func yield(items []newsletter.Item, at time.Time) newsletter.Yield {
	y := newsletter.Yield{At: at, Items: len(items)}
	var days []time.Time
	for _, item := range items {
		if item.Precision != newsletter.Undated {
			y.Dated++
		}
		if !item.PublishedAt.IsZero() && !item.PublishedAt.After(at) {
			days = append(days, item.PublishedAt)
		}
	}
	slices.SortFunc(days, time.Time.Compare)
	for i, day := range days {
		if i > 0 {
			y.Gap = max(y.Gap, newsletter.Duration(day.Sub(days[i-1])))
		}
		y.Newest = day
	}
	return y
}

// judge returns what is wrong with a yield, "" if nothing is, and whether its items
// are better not stored because what they say is likely untrue.
func judge(src newsletter.Source, before []newsletter.Yield, y newsletter.Yield) (why string, untrue bool) {
	if len(before) == 0 {
		return "", false
	}
	items := make([]int, len(before))
	dated := 0
	for i, b := range before {
		items[i] = b.Items
		dated = max(dated, b.Dated)
	}
	slices.Sort(items)
	typical := items[len(items)/2]
	switch {
	case src.Kind == newsletter.Event && src.Way() != "page":
		return "", false // a calendar may well be empty
	case y.Items == 0 && typical > 0:
		return fmt.Sprintf("it gives nothing where it gave %d items", typical), false
	case typical >= usual && y.Items*fewOf < typical:
		return fmt.Sprintf("it gives %d items where it gave %d", y.Items, typical), false
	case y.Dated == 0 && y.Items > 0 && dated >= 2:
		return fmt.Sprintf("none of its %d items has a date any more", y.Items), true
	}
	return silent(y, y.At), false
}

// silent says if nothing new has come for longer than the source has ever paused.
func silent(y newsletter.Yield, now time.Time) string {
	if y.Dated < quietFrom || y.Newest.IsZero() {
		return ""
	}
	pause := now.Sub(y.Newest)
	if pause <= max(quiet*time.Duration(y.Gap), quietMin) {
		return ""
	}
	days := "1 day"
	if n := int(time.Duration(y.Gap).Hours() / 24); n != 1 {
		days = fmt.Sprintf("%d days", n)
	}
	return fmt.Sprintf("nothing new since %s; its longest pause before was %s", y.Newest.Format("2 January 2006"), days)
}

// stillWell looks at a source that says that nothing has changed.
func stillWell(m *newsletter.SourceMemory, src newsletter.Source, now time.Time) {
	if len(m.Yields) == 0 {
		return
	}
	last := m.Yields[len(m.Yields)-1]
	if why := silent(last, now); why != "" && src.Kind != newsletter.Event {
		trouble(m, now, why, &last)
		return
	}
	m.Trouble = nil
}

// trouble notes what is wrong, for the first time or once more.
func trouble(m *newsletter.SourceMemory, now time.Time, why string, y *newsletter.Yield) {
	t := newsletter.Trouble{Since: now, Why: why, Now: y}
	if m.Trouble != nil {
		t.Since, t.Looks = m.Trouble.Since, m.Trouble.Looks
	}
	t.Looks++
	if n := len(m.Yields); n > 0 {
		t.Before = &m.Yields[n-1]
	}
	m.Trouble = &t
}
