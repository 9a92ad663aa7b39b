package collect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/collect"
	"broadsheet/internal/config"
	"broadsheet/internal/fault"
	"broadsheet/internal/fetch"
	"broadsheet/internal/newsletter"
)

// documentCase is a document and what a careful reader takes from it: testdata/README.md.
type documentCase struct {
	What        string            `json:"what"`
	Source      map[string]any    `json:"source"`
	ContentType string            `json:"content_type"`
	Now         time.Time         `json:"now"`
	Others      map[string]string `json:"others"`
	Items       []map[string]any  `json:"items"`
	Refused     int               `json:"refused"`
	Notes       string            `json:"notes~"`
	Error       string            `json:"error"`
}

// Every document gives what its expectation says, on the way that production takes.
func TestDocuments(t *testing.T) {
	folders, err := filepath.Glob("testdata/[a-z]*")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			cases, err := filepath.Glob(filepath.Join(folder, "*.json"))
			if err != nil {
				t.Fatal(err)
			}
			for _, expectation := range cases {
				if strings.HasSuffix(expectation, ".doc.json") {
					continue
				}
				total++
				name := strings.TrimSuffix(filepath.Base(expectation), ".json")
				t.Run(name, func(t *testing.T) { document(t, folder, name) })
			}
		})
	}
	if total < 150 && !strings.Contains(os.Args[len(os.Args)-1], "Documents/") {
		t.Errorf("only %d documents", total)
	}
}

func document(t *testing.T, folder, name string) {
	text, err := os.ReadFile(filepath.Join(folder, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var c documentCase
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	src := configured(t, folder, c)
	found, err := collect.New(nothing{}, shelf(t, folder, name, src, c), func() time.Time { return c.Now }).Look(context.Background(), src, newsletter.SourceState{})
	if c.Error != "" {
		if err == nil || !strings.Contains(err.Error(), c.Error) {
			t.Errorf("%s: error %v, want %q", c.What, err, c.Error)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", c.What, err)
	}
	if len(found.Refused) != c.Refused {
		t.Errorf("%s: left out %d, want %d: %q", c.What, len(found.Refused), c.Refused, found.Refused)
	}
	if said := strings.Join(append(found.Refused, found.Notes...), "\n"); !strings.Contains(said, c.Notes) {
		t.Errorf("%s: it says %q, not %q", c.What, said, c.Notes)
	}
	if len(found.Items) != len(c.Items) {
		t.Errorf("%s: %d items, want %d:\n%s", c.What, len(found.Items), len(c.Items), asJSON(found.Items))
		return
	}
	for i, want := range c.Items {
		for _, complaint := range compare(shown(t, found.Items[i], src), want) {
			t.Errorf("%s: item %d: %s", c.What, i+1, complaint)
		}
	}
}

// configured takes the source through the configuration.
func configured(t *testing.T, folder string, c documentCase) newsletter.Source {
	t.Helper()
	c.Source["id"] = "s"
	dir, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	yaml := `link_secret: env:SECRET
team: [{email: a@example.org, roles: [editor, approver]}]
lists: [{id: l}]
publications: [{id: p, title: T, from: n@example.org, lists: [l], sections: [{id: news, kind: news}]}]
sources: [` + asJSON(c.Source) + "]\n"
	secret := func(string) (string, bool) { return "0123456789abcdef0123456789abcdef", true }
	cfg, err := config.Parse("broadsheet.yaml", []byte(yaml), dir, c.Now, secret)
	if err != nil {
		t.Fatalf("%v %s", err, fault.Hint(err))
	}
	return cfg.Sources[0]
}

// shelf answers for the sites: the document at the source's address, and the others at theirs.
type answers map[string]fetch.Response

func (a answers) Get(_ context.Context, r fetch.Request) (fetch.Response, error) {
	if resp, ok := a[r.URL]; ok {
		return resp, nil
	}
	return fetch.Response{Status: 404}, fault.Unavailablef("%s answers 404 Not Found", r.URL)
}

func shelf(t *testing.T, folder, name string, src newsletter.Source, c documentCase) answers {
	t.Helper()
	out := answers{}
	if src.File != "" {
		return out
	}
	put := func(address, file string) {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[address] = fetch.Response{URL: address, Status: 200, ContentType: c.ContentType, Body: body}
	}
	files, err := filepath.Glob(filepath.Join(folder, name+".*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if base := filepath.Base(file); base != name+".json" {
			put(src.URL(), file)
		}
	}
	for address, file := range c.Others {
		put(address, filepath.Join(folder, file))
	}
	if len(out) == 0 {
		t.Fatalf("there is no document %s", name)
	}
	return out
}

// nothing is a store that knows nothing.
type nothing struct{ collect.Store }

func (nothing) SourceItems(context.Context, string, []string) (map[string]newsletter.Item, error) {
	return nil, nil
}

// shown is an item as the expectations write it: days as days, instants in UTC.
func shown(t *testing.T, item newsletter.Item, src newsletter.Source) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(asJSON(item)), &out); err != nil {
		t.Fatal(err)
	}
	out["published_at"] = date(item.PublishedAt, item.Precision == newsletter.Day, src)
	out["starts_at"], out["ends_at"] = date(item.StartsAt, item.AllDay, src), date(item.EndsAt, item.AllDay, src)
	out["embargo_until"] = date(item.Embargo, false, src)
	return out
}

func date(at time.Time, day bool, src newsletter.Source) any {
	switch {
	case at.IsZero():
		return nil
	case day:
		return at.In(src.Location()).Format(time.DateOnly)
	}
	return at.UTC().Format(time.RFC3339)
}

// compare says where got is not as wanted. Only what is named in want is looked at.
func compare(got, want map[string]any) (complaints []string) {
	for key, value := range want {
		field := strings.TrimRight(key, "~!")
		have := got[field]
		text := fmt.Sprint(have)
		if have == nil {
			text = ""
		}
		switch {
		case strings.HasSuffix(key, "~"):
			if !strings.Contains(text, fmt.Sprint(value)) {
				complaints = append(complaints, fmt.Sprintf("%s is %q, which lacks %q", field, text, value))
			}
		case strings.HasSuffix(key, "!"):
			if strings.Contains(text, fmt.Sprint(value)) {
				complaints = append(complaints, fmt.Sprintf("%s is %q, which has %q", field, text, value))
			}
		default:
			complaints = append(complaints, differ(field, have, value)...)
		}
	}
	return complaints
}

func differ(field string, have, want any) (complaints []string) {
	list, isList := want.([]any)
	if !isList {
		if same(have, want) {
			return nil
		}
		return []string{fmt.Sprintf("%s is %v, want %v", field, have, want)}
	}
	got, _ := have.([]any)
	if len(got) != len(list) {
		return []string{fmt.Sprintf("%s is %v, want %v", field, asJSON(got), asJSON(list))}
	}
	for i := range list {
		part, isPart := list[i].(map[string]any)
		if !isPart {
			complaints = append(complaints, differ(fmt.Sprintf("%s[%d]", field, i), got[i], list[i])...)
			continue
		}
		for _, complaint := range compare(got[i].(map[string]any), part) {
			complaints = append(complaints, fmt.Sprintf("%s[%d]: %s", field, i, complaint))
		}
	}
	return complaints
}

// same compares one value; instants by the instant, and nothing with what is empty.
func same(have, want any) bool {
	if want == nil {
		return have == nil || have == "" || have == false || have == float64(0)
	}
	if have == nil {
		return want == "" || want == false || want == float64(0)
	}
	if text, ok := want.(string); ok {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			got, err := time.Parse(time.RFC3339, fmt.Sprint(have))
			return err == nil && got.Equal(at)
		}
	}
	return fmt.Sprint(have) == fmt.Sprint(want)
}

func asJSON(v any) string {
	text, _ := json.MarshalIndent(v, "", " ") // what came out of JSON goes into it
	return string(text)
}
