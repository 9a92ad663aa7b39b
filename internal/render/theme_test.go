package render

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/templates"
)

// own are the built-in templates with some files in place of ours.
func own(t *testing.T, files map[string]string) (*Renderer, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return New(templates.Open(dir))
}

const frame = "<!DOCTYPE html>\n<html><head><style>{{.Style}}</style></head><body>\n%\n<a href=\"{{.Marks.Unsubscribe}}\">u</a></body></html>"

// A theme is data that somebody wrote: it is refused, or ended, with its file and line.
func TestHostileThemes(t *testing.T) {
	doubling := `{{$x := print "0123456789"}}` + strings.Repeat(`{{$x = print $x $x}}`, 40) + `{{len $x}}`
	for what, c := range map[string][2]string{
		"another function":        {`{{html "x"}}`, `default/issue.html:3:2: a theme has no function "html"`},
		"call":                    {`{{call .Title}}`, `a theme has no function "call"`},
		"the environment":         {`{{env "HOME"}}`, `default/issue.html:3: function "env" not defined`},
		"a field that is not":     {`{{.Secret}}`, `default/issue.html:3:2: executing`},
		"an endless loop":         {`{{range 1000000000000}}{{end}}`, "default/issue.html:3:"},
		"a loop without end":      {`{{range 1000000000000}}{{end}}`, "runs for too long"},
		"loops in loops":          {`{{range 5000}}{{range 5000}}{{end}}{{end}}`, "runs for too long"},
		"a template in itself":    {`{{define "x"}}{{template "x" .}}{{end}}{{template "x" .}}`, "too"},
		"templates that multiply": {`{{define "a"}}{{template "b"}}{{template "b"}}{{template "b"}}{{end}}{{define "b"}}{{template "c"}}{{template "c"}}{{template "c"}}{{end}}{{define "c"}}{{range 20000}}{{end}}{{end}}{{template "a"}}`, "runs for too long"},
		"too much":                {`{{range 40000}}` + strings.Repeat("0123456789", 20) + `{{end}}`, "writes more than"},
		"a wide number":           {`{{printf "%1000000000d" 1}}`, "without widths"},
		"a starred width":         {`{{printf "%*d" 1000000000 1}}`, "without widths"},
		"doubling":                {doubling, "more than 64 kB in a theme"},
		"a comment's end":         {`{{mso "x --><script>"}}`, "no comments"},
		"a broken tag":            {`<a href="{{if .Title}}x`, "default/issue.html"},
		"a script":                {`<script>{{.Title}}</script>`, "<script> does not belong"},
	} {
		t.Run(what, func(t *testing.T) {
			began := time.Now()
			r, err := own(t, map[string]string{"default/issue.html": strings.Replace(frame, "%", c[0], 1)})
			said := ""
			if err == nil {
				var found []string
				found, err = r.Findings()
				said = strings.Join(found, "\n")
			}
			if err != nil {
				said = err.Error()
			}
			if !strings.Contains(said, c[1]) {
				t.Errorf("%s\nwant %s", said, c[1])
			}
			if took := time.Since(began); took > 2*maxTime {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestThemesNeedTheWayOut(t *testing.T) {
	for file, text := range map[string]string{"default/issue.html": "<html><head></head><body></body></html>", "default/issue.txt": "nothing"} {
		r, err := own(t, map[string]string{file: text})
		if err == nil {
			_, err = r.Findings()
		}
		if err == nil || !strings.Contains(err.Error(), filepath.Base(file)+" has no way to unsubscribe") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// A sheet is replaced by itself; what is wrong in it is named by file and line.
func TestOwnSheets(t *testing.T) {
	r, err := own(t, map[string]string{"plain/style.css": ".pad { padding: 0 9px; color: #222222; }\n.title { color: #111111; }\n"})
	if err != nil {
		t.Fatal(err)
	}
	pub, issue := sample()
	pub.Theme.Name = "plain"
	list, err := r.Proofs(pub, issue)
	if err != nil || !strings.Contains(list[0].HTML, "padding:0 9px") {
		t.Errorf("the own sheet is not used: %v", err)
	}
	for sheet, want := range map[string]string{
		"p { color: red }\n\ntd > p { margin: 0 }": "default/style.css:3: selector",
		"p { color: [[collour]] }":                 "default/style.css:1: no [[collour]]",
	} {
		if _, err := own(t, map[string]string{"default/style.css": sheet}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	if _, err := own(t, map[string]string{"default/media.css": "\n@font-face { src: url(x) }"}); err == nil || !strings.Contains(err.Error(), "default/media.css:2: ") {
		t.Error(err)
	}
	found, err := mustOwn(t, map[string]string{"default/media.css": "@media print { .top { display: none !important; } }"}).Findings()
	if err != nil || !strings.Contains(strings.Join(found, "\n"), "no rules for dark mode") {
		t.Errorf("%v %v", found, err)
	}
	found, err = mustOwn(t, nil).Findings()
	if err != nil || len(found) > 0 {
		t.Errorf("ours: %v %v", found, err)
	}
}

func mustOwn(t *testing.T, files map[string]string) *Renderer {
	t.Helper()
	r, err := own(t, files)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Whatever a theme is made of: it is refused, fails, or ends, and has no script that was not in it.
func FuzzTheme(f *testing.F) {
	for _, body := range []string{`{{range .Sections}}{{.Title}}{{end}}`, `{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`, `{{with $x := print 1}}{{$x}}{{else}}{{break}}{{end}}`, `<a href="{{.Title}}" {{if .Logo}}style="{{.Style}}"{{end}}>`} {
		f.Add(body)
	}
	pub, issue := sample()
	pub.Languages = pub.Languages[:1]
	f.Fuzz(func(t *testing.T, body string) {
		html, err := parseHTML("x", body)
		if err != nil {
			return
		}
		text, err := parseText("x", body)
		if err != nil {
			return
		}
		began := time.Now()
		_, _, _ = (&theme{name: "x", html: html, text: text}).run(newView(pub, issue, "en", Marks{Name: "n"}, cut{}))
		if took := time.Since(began); took > 2*maxTime+time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
