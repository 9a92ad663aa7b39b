package main

import (
	"fmt"
	"strings"
	"time"

	"broadsheet/internal/newsletter"
)

type sourceLine struct {
	ID      string              `json:"id"`
	Kind    string              `json:"kind"`
	Way     string              `json:"way"`
	URL     string              `json:"url"`
	Status  string              `json:"status,omitempty"`
	LastAt  string              `json:"last_at,omitempty"`
	NextAt  string              `json:"next_at,omitempty"`
	MovedTo string              `json:"moved_to,omitempty"`
	Broken  bool                `json:"broken"`
	Why     string              `json:"why,omitempty"`
	Trouble *newsletter.Trouble `json:"trouble,omitempty"`
}

func viewSource(s newsletter.Source, h newsletter.SourceHealth) sourceLine {
	l := sourceLine{ID: s.ID, Kind: string(s.Kind), Way: s.Way(), URL: s.URL(), Status: h.Run.Status, LastAt: instantText(h.Run.StartedAt), NextAt: instantText(h.NextAt),
		MovedTo: h.MovedTo, Broken: h.Trouble.Broken(), Trouble: h.Trouble}
	switch {
	case h.Trouble != nil:
		l.Why = h.Trouble.Why
	case h.Run.Bad() && len(h.Run.Reasons) > 0:
		l.Why = h.Run.Reasons[0]
	}
	return l
}

func instantText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// health is a source's condition in a word.
func (l sourceLine) health() string {
	switch {
	case l.Status == "":
		return "never read"
	case l.Status == "gone":
		return "gone for good"
	case l.NextAt == "":
		return "read anew next time"
	case l.Broken:
		return "BROKEN"
	case l.Trouble != nil:
		return "doubtful"
	}
	return "well"
}

func (c *cli) sourceTable(lines []sourceLine) error {
	rows := [][]string{{"SOURCE", "KIND", "WAY", "HEALTH", "LAST", "STATUS", "NEXT", "WHERE"}}
	for _, l := range lines {
		rows = append(rows, []string{l.ID, l.Kind, l.Way, l.health(), l.LastAt, strings.ReplaceAll(l.Status, "_", " "), l.NextAt, l.URL})
	}
	if err := c.table(rows); err != nil {
		return err
	}
	for _, l := range lines {
		if l.Why != "" {
			c.say("%s: %s%s", l.ID, l.Why, beforeNow(l.Trouble))
		}
		if l.MovedTo != "" {
			c.say("%s: has moved to %s", l.ID, l.MovedTo)
		}
	}
	return nil
}

// beforeNow says what a source gave and gives.
func beforeNow(t *newsletter.Trouble) string {
	if t == nil || t.Before == nil {
		return ""
	}
	text := fmt.Sprintf(" (before: %d items, %d dated, on %s", t.Before.Items, t.Before.Dated, t.Before.At.Format(time.DateOnly))
	if t.Now != nil {
		text += fmt.Sprintf("; now: %d items, %d dated", t.Now.Items, t.Now.Dated)
	}
	return text + ")"
}
