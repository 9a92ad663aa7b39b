package collect_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/collect"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
)

// A row that is edited is the same item, in whatever order the rows stand; one file that cannot be read does not stop the others.
func TestFiles(t *testing.T) {
	clock := testkit.NewClock(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	testkit.EachDatabase(t, clock.Now, func(t *testing.T, db *store.DB) {
		dir := t.TempDir()
		write := func(name, text string) {
			t.Helper()
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := collect.New(db, answers{}, clock.Now)
		run := func(pattern string) (run newsletter.SourceRun) {
			t.Helper()
			src := newsletter.Source{ID: "s", Kind: newsletter.Event, File: filepath.Join(dir, pattern), Language: "en", Timezone: "Europe/Paris", Max: 5, Every: newsletter.Duration(time.Hour)}
			if err := c.All(context.Background(), []newsletter.Source{src}, false, func(r newsletter.SourceRun) { run = r }); err != nil {
				t.Fatal(err)
			}
			return run
		}
		is := func(what string, r newsletter.SourceRun, status string, added, changed, unchanged, refused int) {
			t.Helper()
			if r.Status != status || r.New != added || r.Changed != changed || r.Unchanged != unchanged || r.Refused != refused {
				t.Errorf("%s: %+v", what, r)
			}
		}
		write("a/x.csv", "title,date,place\nHearing,2027-01-10,Rome\nBureau,2027-01-11,Paris\nBureau,2027-02-11,Paris\n")
		write("b/x.csv", "title,date,place\nHearing,2027-03-10,Oslo\n")
		is("the same title in two files is two items", run("*/x.csv"), "ok", 4, 0, 0, 0)
		write("a/x.csv", "title,date,place\nBureau,2027-02-11,Paris\nBureau,2027-01-11,Paris\nHearing,2027-01-12,Rome\nNo day,,\n")
		r := run("*/x.csv")
		is("a row was moved, others stand in another order", r, "ok", 0, 1, 3, 1)
		if !strings.Contains(strings.Join(r.Reasons, "\n"), "x.csv: line 5: an event needs") {
			t.Errorf("%q", r.Reasons)
		}
		if err := os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "moved-a")); err != nil {
			t.Fatal(err)
		}
		is("the folder has another name, and the rows say what they said", run("moved-a/x.csv"), "ok", 0, 0, 3, 1)
		write("c/x.csv", "titre;date\nSans titre;2027-01-01\n")
		r = run("[bc]/x.csv")
		is("one of two cannot be read", r, "ok", 0, 0, 1, 1)
		if !strings.Contains(r.Reasons[0], "names no column title") || !strings.Contains(r.Reasons[0], "begin the file with") {
			t.Errorf("%q", r.Reasons)
		}
		is("none can be read", run("c/x.csv"), "failed", 0, 0, 0, 0)
		write("folder.csv/x", "")
		if r = run("folder.csv"); r.Status != "failed" || !strings.Contains(r.Reasons[0], "folder.csv is not a file") {
			t.Errorf("%+v", r)
		}
		write("many.csv", "title,date\nA,2027-01-01\nB,2027-01-01\nC,2027-01-01\nD,2027-01-01\n")
		write("many2.csv", "title,date\nA,2027-01-02\nB,2027-01-02\nC,2027-01-02\nD,2027-01-02\n")
		if r = run("many*.csv"); r.New != 5 || !strings.Contains(strings.Join(r.Reasons, "\n"), "only the first 5 of 8 items") {
			t.Errorf("%+v", r)
		}
	})
}
