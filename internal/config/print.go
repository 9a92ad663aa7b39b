package config

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"time"

	"broadsheet/internal/newsletter"

	"github.com/goccy/go-yaml"
	"github.com/invopop/jsonschema"
)

// Print returns the configuration as it is understood, defaults included and
// secrets as references, in YAML or JSON.
func (c *Config) Print(asJSON bool) ([]byte, error) {
	text, err := c.yaml()
	if err != nil || !asJSON {
		return text, err
	}
	return yaml.YAMLToJSON(text)
}

func (c *Config) yaml() ([]byte, error) {
	shown := *c
	shown.Database = redactDatabase(c.Database)
	shown.Sources = slices.Clone(c.Sources)
	for i := range shown.Sources { // what a source is sent may be a key
		shown.Sources[i].Headers = maps.Clone(shown.Sources[i].Headers)
		for name := range shown.Sources[i].Headers {
			shown.Sources[i].Headers[name] = "redacted"
		}
	}
	return yaml.MarshalWithOptions(shown,
		yaml.OmitEmpty(),
		yaml.CustomMarshaler(func(s Secret) ([]byte, error) { return yaml.Marshal(s.ref) }),
		yaml.CustomMarshaler(func(d newsletter.Duration) ([]byte, error) { return yaml.Marshal(formatDuration(d)) }),
		yaml.CustomMarshaler(func(t newsletter.Text) ([]byte, error) {
			if only, ok := t[""]; ok && len(t) == 1 {
				return yaml.Marshal(only)
			}
			return yaml.Marshal(map[string]string(t))
		}))
}

// Schema returns a JSON Schema of the file, for editors.
func Schema() ([]byte, error) {
	r := jsonschema.Reflector{FieldNameTag: "yaml", DoNotReference: true, ExpandedStruct: true, RequiredFromJSONSchemaTags: true, Mapper: shape}
	schema := r.Reflect(&Config{})
	schema.Title = "broadsheet.yaml"
	return schema.MarshalJSON()
}

// shape describes the values that may be written in more than one way.
func shape(t reflect.Type) *jsonschema.Schema {
	text := &jsonschema.Schema{Type: "string"}
	switch t {
	case reflect.TypeFor[newsletter.Text]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{text, {Type: "object", AdditionalProperties: text}}}
	case reflect.TypeFor[newsletter.Rule]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{text, {Type: "array", Items: text}}}
	case reflect.TypeFor[newsletter.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+d|([0-9.]+(h|m|s))+)$`}
	case reflect.TypeFor[Secret]():
		return &jsonschema.Schema{Type: "string", Pattern: `^(env|file):.+`}
	}
	return nil
}

func redactDatabase(s string) string {
	if webScheme.MatchString(s) {
		return redactURL(s)
	}
	return s
}

func formatDuration(d newsletter.Duration) string {
	const day = 24 * time.Hour
	if span := time.Duration(d); span%day == 0 && span > 0 {
		return strconv.Itoa(int(span/day)) + "d"
	}
	return time.Duration(d).String()
}

var webScheme = regexp.MustCompile(`^[a-z]+://`)
