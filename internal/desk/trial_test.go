package desk

import (
	"testing"
	"time"

	"broadsheet/internal/collect"
	"broadsheet/internal/newsletter"
)

// A trial knows again what storing knows again: by the name, or by all else being the same, and not by an editor's words.
func TestTrial(t *testing.T) {
	at := time.Date(2026, 11, 4, 9, 0, 0, 0, time.UTC)
	item := func(identity, title string) newsletter.Item {
		return newsletter.Item{Kind: newsletter.News, Source: "s", Identity: identity, Title: title, PublishedAt: at}
	}
	stored := map[string]newsletter.Item{"1": item("1", "kept"), "2": item("2", "renamed"), "3": item("3", "reworded"), "4": item("4", "gone")}
	past := []newsletter.Item{item("1", "kept"), item("2", "an editor's words"), item("3", "reworded"), item("4", "gone")}
	trial := Trial{Found: collect.Found{Items: []newsletter.Item{item("1", "kept"), item("2b", "renamed"), item("3", "in other words"), item("5", "fresh")}}}
	trial.hold(stored, past)
	for i, want := range []string{"same", "same", "changed", "new"} {
		if got := trial.Items[i]; got.State != want {
			t.Errorf("%s is %s, not %s", got.Title, got.State, want)
		}
	}
	if len(trial.Gone) != 1 || trial.Gone[0].Identity != "4" {
		t.Errorf("no longer given: %v", trial.Gone)
	}
}
