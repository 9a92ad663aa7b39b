package render

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"regexp"
	"strings"
	texttemplate "text/template"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/render/inline"
)

// A theme is what one look is made of. A theme takes a file that it has not from
// the default one, so that plain is little more than a sheet.
type theme struct {
	name         string
	html         *template.Template
	text         *texttemplate.Template
	style, media string
}

// names are the themes'.
var names = []string{"institutional", "plain"}

// folders are the themes' folders by the names that configurations use.
var folders = map[string]string{"institutional": "default", "plain": "plain"}

const maxThemeFile = 256 << 10

func open(templates fs.FS, name string) (*theme, error) {
	t := &theme{name: name}
	texts := map[string]string{}
	paths := map[string]string{}
	for _, file := range []string{"issue.html", "issue.txt", "style.css", "media.css"} {
		text, path, err := themeFile(templates, folders[name], file)
		if err != nil {
			return nil, err
		}
		texts[file], paths[file] = text, path
	}
	t.style, t.media = texts["style.css"], texts["media.css"]
	faults := sheetFaults(paths["style.css"], t.style, inline.Lint)
	faults = append(faults, sheetFaults(paths["media.css"], t.media, inline.LintMedia)...)
	var err error
	if t.html, err = parseHTML(paths["issue.html"], texts["issue.html"]); err != nil {
		faults = append(faults, err)
	}
	if t.text, err = parseText(paths["issue.txt"], texts["issue.txt"]); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return nil, fault.WithHint(fault.Invalidf("theme %s: %w", name, errors.Join(faults...)), "templates/README.md says what a theme may do")
	}
	return t, nil
}

func sheetFaults(path, sheet string, lint func(string) []string) (faults []error) {
	sheet = filled.Replace(sheet)
	for i, line := range strings.Split(sheet, "\n") {
		if m := unknown.FindString(line); m != "" {
			faults = append(faults, fmt.Errorf("%s:%d: no %s", path, i+1, m))
		}
	}
	for _, problem := range lint(sheet) {
		faults = append(faults, fmt.Errorf("%s:%s", path, problem))
	}
	return faults
}

var unknown = regexp.MustCompile(`\[\[[^\]/]*\]\]`)

// filled stands for the palette where only the form of a sheet is looked at.
var filled = newPalette(newsletter.Theme{}, "en").replacer()

func themeFile(templates fs.FS, folder, file string) (text, path string, err error) {
	for _, at := range []string{folder, "default"} {
		path = at + "/" + file
		body, err := fs.ReadFile(templates, path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && len(body) > maxThemeFile {
			err = fmt.Errorf("larger than %d kB", maxThemeFile>>10)
		}
		if err != nil {
			return "", path, fault.Invalidf("theme: %s: %w", path, err)
		}
		return string(body), path, nil
	}
	return "", path, fault.Invalidf("theme: no file %s", path)
}

func parseHTML(path, text string) (*template.Template, error) {
	t, err := template.New(path).Funcs(template.FuncMap(anyHow)).Funcs(template.FuncMap(textFuncs)).Parse(text)
	if err != nil {
		return nil, err
	}
	var faults []error
	for _, each := range t.Templates() {
		faults = append(faults, guarded(each.Tree))
	}
	return t, errors.Join(faults...)
}

func parseText(path, text string) (*texttemplate.Template, error) {
	t, err := texttemplate.New(path).Funcs(texttemplate.FuncMap(anyHow)).Funcs(textFuncs).Parse(text)
	if err != nil {
		return nil, err
	}
	var faults []error
	for _, each := range t.Templates() {
		faults = append(faults, guarded(each.Tree))
	}
	return t, errors.Join(faults...)
}

// run executes both templates over a view, within their limits.
func (t *theme) run(v View) (html, text string, err error) {
	h, err := t.html.Clone() // what was run cannot be cloned: the parsed one stays as it is
	if err != nil {
		return "", "", err
	}
	m := newMeter()
	if err := h.Funcs(template.FuncMap(bound(m, v.Dir))).Execute(m, v); err != nil {
		return "", "", fault.Invalidf("theme %s: %w", t.name, err)
	}
	html = m.out.String()
	x, err := t.text.Clone()
	if err != nil {
		return "", "", err
	}
	m = newMeter()
	if err := x.Funcs(texttemplate.FuncMap(bound(m, v.Dir))).Execute(m, v); err != nil {
		return "", "", fault.Invalidf("theme %s: %w", t.name, err)
	}
	return html, m.out.String(), nil
}

// anyHow is what templates are parsed with; each run binds its own.
var anyHow = bound(&meter{}, "ltr")

// bound are the functions of one run. The mso ones give themes what html/template
// drops: comments that Outlook alone reads, which hold the tables it needs.
func bound(m *meter, dir string) map[string]any {
	table := func(width int) string {
		return fmt.Sprintf(`<table role="presentation" dir="%s" cellpadding="0" cellspacing="0" border="0"><tr><td width="%d" valign="top">`, dir, width)
	}
	only := func(s string) template.HTML { return template.HTML("<!--[if mso]>" + s + "<![endif]-->") }
	return map[string]any{
		"step": m.step, "print": printed, "printf": formatted,
		"mso": func(s string) (template.HTML, error) {
			if strings.Contains(s, "--") || strings.Contains(strings.ToLower(s), "<script") {
				return "", fault.Invalidf("mso: no comments and no scripts")
			}
			return only(s), nil
		},
		"msoOpen": func(width int) template.HTML {
			return only(strings.Replace(table(width), "<table ", `<table align="center" `, 1))
		},
		"msoRow":  func(width int) template.HTML { return only(table(width)) },
		"msoCell": func(width int) template.HTML { return only(fmt.Sprintf(`</td><td width="%d" valign="top">`, width)) },
		"msoEnd":  func() template.HTML { return only("</td></tr></table>") },
	}
}
