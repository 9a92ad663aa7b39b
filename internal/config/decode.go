package config

import (
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"broadsheet/internal/newsletter"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// A decoder fills a struct from a syntax tree and notes every fault on the way,
// where the usual decoders stop at the first. It knows only the shapes that the
// file needs.
type decoder struct {
	problems  Problems
	positions map[string]*token.Position // of every value, by path: publications[0].lists[1]
}

func (d *decoder) fault(at *token.Position, path, hint, format string, args ...any) {
	p := Problem{Path: path, Message: fmt.Sprintf(format, args...), Hint: hint}
	if at != nil {
		p.Line, p.Column = at.Line, at.Column
	}
	d.problems = append(d.problems, p)
}

func position(n ast.Node) *token.Position {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		return m.Values[0].Key.GetToken().Position // a block mapping's own token is its first colon
	}
	if t := n.GetToken(); t != nil {
		return t.Position
	}
	return nil
}

func (d *decoder) decode(n ast.Node, v reflect.Value, path string) {
	if a, ok := n.(*ast.AnchorNode); ok {
		n = a.Value
	}
	d.positions[path] = position(n)
	if _, null := n.(*ast.NullNode); null {
		return
	}
	switch target := v.Addr().Interface().(type) {
	case *newsletter.Text:
		d.text(n, target, path)
		return
	case *newsletter.Rule:
		d.rule(n, target, path)
		return
	case *newsletter.Duration:
		d.duration(n, target, path)
		return
	case *Secret:
		if s, ok := d.scalar(n, path); ok {
			target.ref = s
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(n, v.Elem(), path)
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.sequence(n, v, path)
	case reflect.Map:
		d.table(n, v, path)
	case reflect.String:
		if s, ok := d.scalar(n, path); ok {
			v.SetString(s)
		}
	case reflect.Int:
		d.integer(n, v, path)
	case reflect.Bool:
		if b, ok := n.(*ast.BoolNode); ok {
			v.SetBool(b.Value)
		} else {
			d.fault(position(n), path, "write true or false", "%s must be true or false", path)
		}
	default:
		d.fault(position(n), path, "", "%s cannot be read", path)
	}
}

func (d *decoder) integer(n ast.Node, v reflect.Value, path string) {
	s, ok := d.scalar(n, path)
	if !ok {
		return
	}
	i, err := strconv.Atoi(s)
	if err != nil || i < 0 {
		d.fault(position(n), path, "", "%s must be a whole number, not %q", path, s)
		return
	}
	v.SetInt(int64(i))
}

// scalar returns a scalar as it is written: 08 and 1.10 keep their digits.
func (d *decoder) scalar(n ast.Node, path string) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	case ast.ScalarNode:
		return s.GetToken().Value, true
	}
	d.fault(position(n), path, "", "%s must be a single value", path)
	return "", false
}

func pairs(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	return nil, false
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, path string) {
	values, ok := pairs(n)
	if !ok {
		d.fault(position(n), path, "write its keys below it, indented", "%s must have keys and values", path)
		return
	}
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if name := f.Tag.Get("yaml"); name != "" && name != "-" {
			fields[name] = f
		}
	}
	seen := map[string]bool{}
	for _, pair := range values {
		key := pair.Key.GetToken().Value
		at, where := pair.Key.GetToken().Position, join(path, key)
		f, known := fields[key]
		switch {
		case !known:
			d.fault(at, where, suggest(key, fields), "unknown key %s", where)
		case seen[key]:
			d.fault(at, where, "keep one of them", "%s stands twice", where)
		case f.Tag.Get("later") != "":
			d.fault(at, where, "leave it out for now", "%s is not available yet (%s)", where, f.Tag.Get("later"))
		default:
			d.decode(pair.Value, v.FieldByIndex(f.Index), where)
			d.enum(f, v.FieldByIndex(f.Index), pair.Value, where)
		}
		seen[key] = true
	}
}

func (d *decoder) enum(f reflect.StructField, v reflect.Value, n ast.Node, path string) {
	var allowed []string
	for _, part := range strings.Split(f.Tag.Get("jsonschema"), ",") {
		if word, ok := strings.CutPrefix(part, "enum="); ok {
			allowed = append(allowed, word)
		}
	}
	if len(allowed) == 0 || v.Kind() != reflect.String || v.String() == "" {
		return
	}
	for _, word := range allowed {
		if v.String() == word {
			return
		}
	}
	d.fault(position(n), path, "use "+strings.Join(allowed, ", "), "%s cannot be %q", path, v.String())
}

func (d *decoder) sequence(n ast.Node, v reflect.Value, path string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fault(position(n), path, "write [a, b], or a line with - for each", "%s must be a list", path)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, value := range seq.Values {
		d.decode(value, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

func (d *decoder) table(n ast.Node, v reflect.Value, path string) {
	values, ok := pairs(n)
	if !ok {
		d.fault(position(n), path, "", "%s must have keys and values", path)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, pair := range values {
		key := pair.Key.GetToken().Value
		if s, ok := d.scalar(pair.Value, join(path, key)); ok {
			v.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(s))
		}
	}
}

func (d *decoder) text(n ast.Node, target *newsletter.Text, path string) {
	if _, isMap := pairs(n); isMap {
		d.table(n, reflect.ValueOf(target).Elem(), path)
		return
	}
	if s, ok := d.scalar(n, path); ok {
		*target = newsletter.Text{"": s}
	}
}

func (d *decoder) rule(n ast.Node, target *newsletter.Rule, path string) {
	if _, isList := n.(*ast.SequenceNode); isList {
		var list []string
		d.sequence(n, reflect.ValueOf(&list).Elem(), path)
		*target = list
		return
	}
	if s, ok := d.scalar(n, path); ok {
		*target = newsletter.Rule{s}
	}
}

func (d *decoder) duration(n ast.Node, target *newsletter.Duration, path string) {
	s, ok := d.scalar(n, path)
	if !ok {
		return
	}
	span, err := newsletter.ParseDuration(s)
	if err != nil {
		d.fault(position(n), path, "write 90s, 15m, 2h or 90d", "%s: %q is not a duration", path, s)
		return
	}
	*target = newsletter.Duration(span)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// suggest names the known key nearest to a mistyped one, or all of them.
func suggest(key string, fields map[string]reflect.StructField) string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	best, distance := "", 3
	for _, name := range names {
		if d := editDistance(key, name); d < distance {
			best, distance = name, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "known here: " + strings.Join(names, ", ")
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
