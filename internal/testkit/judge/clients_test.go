package judge

import (
	"testing"

	"broadsheet/internal/testkit"
)

// clients are the mail programs that an issue must look right in, by the names of
// caniemail.com: new Outlook shows what outlook.com shows.
var clients = []string{"gmail.*", "outlook.windows", "outlook.outlook-com", "outlook.macos", "outlook.ios", "outlook.android",
	"apple-mail.*", "yahoo.*", "gmx.*", "web-de.*", "thunderbird.*", "samsung-email.*"}

// allowed are the features that some of them lack, in whole or in part, and why an
// issue may have them all the same. Anything else that one of them lacks fails.
var allowed = map[string]string{
	// Only for those who have it: the issue is whole without any <style>.
	"<style> element":       "everything that matters is inlined",
	"@media":                "phones, dark mode and paper; without it the layout is fluid and light",
	":hover":                "an underline that goes",
	"!important keyword":    "in media rules, over what is inlined",
	"CSS comments":          "dropped with the rest of the sheet",
	"Type selector":         "in the sheet only",
	"color-scheme meta tag": "says that the dark rules are ours; who does not know it inverts by itself",
	"display:none":          "the preheader, which has no height where it is shown, and in media rules",
	"max-height property":   "of the preheader",
	"overflow":              "of the preheader",
	"max-width":             "Outlook has a table of 640 px instead",
	"border-radius":         "corners are square where it is not known",
	// What a program does not take from us it does by itself.
	"<body> element":        "what stands on it stands on the outermost table too",
	"lang attribute":        "kept by most; where it is dropped readers lose a hint, not the text",
	"dir attribute":         "on every block, with align beside it",
	"role attribute":        "without it a layout table is read as one",
	"<bdi> element":         "names in another script; the text is the same without it",
	"HTML comments":         "for Outlook, which reads them",
	"mailto: links":         "the address is shown or in the contact's name",
	"align attribute":       "the same stands in the direction of the text",
	"cellpadding attribute": "zero; padding is inlined",
	"cellspacing attribute": "zero",
	"width attribute":       "Outlook takes it in px",
	"width property":        "Outlook takes the attribute",
	"height property":       "Outlook takes the attribute",
	"height attribute":      "px; of pictures and rules",
	"table-layout":          "Outlook takes the widths of cells",
	"word-break":            "for words longer than a line; elsewhere such a line is wider",
	"<img> element":         "plain, with alt, width and height; no srcset",
	// Supported as we use them: whole numbers of px, no shorthand with negative values, no position.
	"margin":           "zero, or on paragraphs, never negative",
	"padding":          "on cells and blocks, never on links alone",
	"background":       "a colour",
	"background-color": "a colour",
	"border":           "a line below",
	"display":          "none or block",
	"font-size":        "px",
	"font-weight":      "bold or normal",
	"line-height":      "px",
	"text-decoration":  "underline or none",
	"text-align":       "left or right; what some lack are start and end",
	"white-space":      "lines of an address in the small print, which run on where it is not known",
}

func TestMailProgramsKnowWhatTheyGet(t *testing.T) {
	b := testkit.OpenBrowser(t)
	n := sampled(t)
	for _, language := range languages {
		for _, lack := range b.Unsupported(t, n.html(t, language), clients...) {
			if allowed[lack.Feature] == "" {
				t.Errorf("%s: %s is not there (%s) in %q", language, lack.Feature, lack.Support, lack.Clients)
			}
		}
	}
}
