package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What is known of one person is found without reading through everybody's rows.
func TestAPersonIsFoundByKeys(t *testing.T) {
	db, err := Open(context.Background(), filepath.Join(t.TempDir(), "test.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var plan []struct {
		ID, Parent, NotUsed int
		Detail              string
	}
	for _, query := range []string{subscriptionsOf, `UPDATE subscriptions SET note = '' WHERE list_id IN (SELECT id FROM lists) AND subscriber_id = ?`} {
		if err := db.write.Select(&plan, `EXPLAIN QUERY PLAN `+query, 1); err != nil {
			t.Fatal(err)
		}
		all := ""
		for _, step := range plan {
			all += step.Detail + "\n"
		}
		if strings.Contains(all, "SCAN x") || strings.Contains(all, "SCAN subscriptions") || !strings.Contains(all, "list_id=? AND subscriber_id=?") {
			t.Errorf("%s\n%s", query, all)
		}
	}
}
