package internal

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// may says who may import whom of ours. "x/..." allows x and everything below.
// A package may always import its own sub-packages. Tests may import testkit.
var may = map[string][]string{
	"internal/fault":         {},
	"templates":              {},
	"internal/render/inline": {},
	"subscribers":            {"internal/fault"},
	"subscribers/segment":    {"internal/fault"},
	"subscribers/csvfile":    {"subscribers", "internal/fault"},
	"subscribers/storetest":  {"subscribers/...", "internal/fault"},
	"internal/newsletter":    {"subscribers", "internal/fault"},
	"internal/fetch":         {"internal/fault"},
	"internal/markup":        {"internal/fault"},
	"internal/locale":        {"internal/fault"},
	"internal/token":         {"internal/fault"},
	"internal/staff":         {"internal/fault"},
	"internal/jobs":          {"internal/fault"},
	"internal/ical":          {},
	"internal/schedule":      {"internal/newsletter", "internal/fault"},
	"internal/notice":        {"internal/newsletter", "subscribers", "templates", "internal/locale", "internal/fault"},
	"internal/picture":       {"internal/newsletter", "internal/fault"},
	"internal/config":        {"internal/newsletter", "subscribers/...", "internal/schedule", "internal/collect/page", "internal/picture", "internal/fault"},
	"internal/collect/...":   stage("internal/collect/...", "internal/picture"),
	"internal/compose/...":   stage(),
	"internal/render/...":    stage("templates"),
	"internal/review/...":    stage(),
	"internal/deliver/...":   stage("internal/deliver/..."),
	"internal/store":         {"internal/newsletter", "subscribers/...", "internal/staff", "internal/jobs", "internal/fault"},
	"internal/desk": {"internal/collect", "internal/compose", "internal/render", "internal/review", "internal/deliver/...", "internal/notice", "internal/staff",
		"internal/schedule", "internal/ical", "internal/newsletter", "subscribers", "internal/fault"},
	"internal/web":     {"internal/desk", "internal/newsletter", "subscribers", "internal/staff", "templates", "internal/locale", "internal/token", "internal/fault"},
	"internal/app":     {"internal/...", "subscribers/...", "templates"},
	"internal/demo":    {"internal/app", "internal/config", "internal/desk", "internal/newsletter", "internal/web", "subscribers", "internal/fault"},
	"internal/testkit": {"internal/...", "subscribers/..."},
	"cmd/broadsheet":   {"internal/app", "internal/desk", "internal/demo", "internal/config", "internal/newsletter", "subscribers/...", "internal/fault"},
}

func stage(more ...string) []string {
	return append(more, "internal/newsletter", "subscribers", "internal/fault", "internal/fetch", "internal/markup", "internal/locale", "internal/token")
}

// doors lists third-party libraries that may be imported in one place only.
var doors = map[string]string{
	"code.dny.dev/ssrf":                    "internal/fetch",
	"github.com/PuerkitoBio/goquery":       "internal/collect/page",
	"github.com/abadojack/whatlanggo":      "internal/locale",
	"github.com/emersion/go-msgauth":       "internal/deliver/dkim",
	"github.com/go-playground/locales":     "internal/locale",
	"github.com/goccy/go-yaml":             "internal/config",
	"github.com/gofrs/flock":               "internal/store",
	"github.com/jackc/pgx/v5/pgconn":       "internal/store",
	"github.com/jackc/pgx/v5/pgxpool":      "internal/jobs",
	"github.com/jackc/pgx/v5/stdlib":       "internal/store",
	"github.com/jmoiron/sqlx":              "internal/store",
	"github.com/ledongthuc/pdf":            "internal/collect/document",
	"github.com/microcosm-cc/bluemonday":   "internal/markup",
	"github.com/pressly/goose":             "internal/store",
	"github.com/riverqueue/river":          "internal/jobs",
	"github.com/robfig/cron":               "internal/schedule",
	"github.com/rogpeppe/go-internal/diff": "internal/compose",
	"github.com/spf13/cobra":               "cmd/broadsheet",
	"github.com/teambition/rrule-go":       "internal/collect/calendar",
	"github.com/temoto/robotstxt":          "internal/fetch",
	"github.com/vanng822/go-premailer":     "internal/render/inline",
	"github.com/vbauerster/mpb":            "cmd/broadsheet",
	"github.com/wneessen/go-mail":          "internal/deliver/smtp",
	"github.com/xuri/excelize":             "subscribers/csvfile",
	"github.com/yuin/goldmark":             "internal/markup",
	"golang.org/x/image":                   "internal/picture",
	"golang.org/x/oauth2":                  "internal/deliver/smtp",
	"modernc.org/sqlite":                   "internal/store",
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") {
			return err
		}
		dir := path.Dir(filepath.ToSlash(strings.TrimPrefix(file, "../")))
		isTest := strings.HasSuffix(file, "_test.go")
		if !isTest {
			seen[dir] = true
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			check(t, dir, imported, isTest)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range seen {
		if _, ok := rule(dir); !ok && dir != "." {
			t.Errorf("%s has no row in the table", dir)
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d packages were seen", len(seen))
	}
}

func check(t *testing.T, dir, imported string, isTest bool) {
	t.Helper()
	ours, isOurs := strings.CutPrefix(imported, "broadsheet/")
	if !isOurs {
		for library, door := range doors {
			if strings.HasPrefix(imported, library) && dir != door && !isTest {
				t.Errorf("%s imports %s, whose door is %s", dir, imported, door)
			}
		}
		return
	}
	if isTest && (ours == "internal/testkit" || ours == "templates" || ours == "internal/desk" || ours == dir || ours == "internal/store" || ours == "internal/jobs" || ours == "internal/config" || ours == "subscribers/storetest" || ours == "internal/demo") {
		return
	}
	allowed, ok := rule(dir)
	if !ok {
		return // said once, above
	}
	if strings.HasPrefix(ours, dir+"/") || slices.ContainsFunc(allowed, func(pattern string) bool { return matches(pattern, ours) }) {
		if dir == "internal/app" && (ours == "internal/testkit" || ours == "internal/demo") {
			t.Errorf("%s must not import %s", dir, ours)
		}
		return
	}
	t.Errorf("%s must not import %s", dir, ours)
}

func matches(pattern, dir string) bool {
	tree, all := strings.CutSuffix(pattern, "/...")
	return pattern == dir || all && (tree == dir || strings.HasPrefix(dir, tree+"/"))
}

// rule is the row of a package: its own, or that of the tree it stands in.
func rule(dir string) ([]string, bool) {
	if r, ok := may[dir]; ok {
		return r, true
	}
	for pattern, r := range may {
		if matches(pattern, dir) {
			return r, true
		}
	}
	return nil, false
}
