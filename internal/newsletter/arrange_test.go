package newsletter

import (
	"strings"
	"testing"
)

func TestArrange(t *testing.T) {
	sections := []Section{{ID: "lead"}, {ID: "news"}, {ID: "agenda"}, {ID: "links"}}
	for name, c := range map[string]struct {
		content Content
		want    string
	}{
		"as the publication has them":      {Content{}, "lead news agenda links"},
		"in its own order":                 {Content{Order: []string{"agenda", "lead", "gone"}}, "agenda links lead news"},
		"off in every language":            {Content{Off: map[string][]string{"news": {}}}, "lead agenda links"},
		"off in the reader's":              {Content{Off: map[string][]string{"news": {"fr"}}}, "lead agenda links"},
		"off in another":                   {Content{Off: map[string][]string{"news": {"en"}}}, "lead news agenda links"},
		"a section that came after":        {Content{Order: []string{"links", "agenda", "news"}}, "lead links agenda news"},
		"off and moved, and nothing stays": {Content{Order: []string{"links"}, Off: map[string][]string{"lead": nil, "news": nil, "agenda": nil, "links": nil}}, ""},
	} {
		var ids []string
		for _, s := range c.content.Arrange(sections, "fr") {
			ids = append(ids, s.ID)
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestEntryInALanguage(t *testing.T) {
	e := Entry{Item: Item{Language: "en-gb"}, Others: map[string]Item{"pt": {Language: "pt"}, "pt-br": {Language: "pt-br"}}}
	for language, want := range map[string]string{"en": "en-gb", "en-us": "en-gb", "pt-br": "pt-br", "pt": "pt", "pt-ao": "pt", "fr": ""} {
		if item, own := e.In(language); own != (want != "") || own && item.Language != want {
			t.Errorf("%s: %s, %v", language, item.Language, own)
		}
	}
}

func TestOwnWords(t *testing.T) {
	e := Entry{Item: Item{Language: "en"}, Others: map[string]Item{"fr": {Language: "fr"}}}
	russian := Entry{Item: Item{Language: "ru"}}
	for name, c := range map[string]struct {
		entry          Entry
		text           Text
		language, want string
	}{
		"in the reader's":                            {e, Text{"fr": "T"}, "fr", "T fr"},
		"English never over a French item":           {e, Text{"en": "H"}, "fr", " "},
		"English over the English item for Georgian": {e, Text{"en": "H", "fr": "T"}, "ka", "H en"},
		"the fallback over a third":                  {russian, Text{"en": "H"}, "ka", "H en"},
		"the item's before the fallback":             {russian, Text{"en": "H", "ru": "R"}, "ka", "R ru"},
		"for all":                                    {e, Text{"": "X"}, "fr", "X fr"},
		"of the language for a region":               {e, Text{"fr": "T"}, "fr-ch", "T fr-ch"},
		"none":                                       {e, nil, "fr", " "},
	} {
		words, in := c.entry.Own(c.text, c.language, "en")
		if got := words + " " + in; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
