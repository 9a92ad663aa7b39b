package collect

import (
	"strings"
	"unicode/utf8"

	"broadsheet/internal/newsletter"
)

// A sentence that so many items of one look have in common, and at least this part
// of them all, says nothing of any of them: "Follow us on ...", "Press release."
const (
	boilerplateFrom = 4
	boilerplatePart = 2.0 / 3
	boilerplateEach = 3 // sentences at either end
)

// withoutBoilerplate drops the sentences at the beginning and end of summaries
// that a source puts on everything.
func withoutBoilerplate(items []newsletter.Item) {
	for range boilerplateEach {
		trim(items, firstSentence, func(summary, sentence string) string { return strings.TrimSpace(summary[len(sentence):]) })
		trim(items, lastSentence, func(summary, sentence string) string {
			return strings.TrimSpace(summary[:len(summary)-len(sentence)])
		})
	}
}

func trim(items []newsletter.Item, sentenceOf func(string) string, without func(summary, sentence string) string) {
	counts, texts := map[string]int{}, 0
	for _, item := range items {
		if item.Summary != "" {
			texts++
			counts[sentenceOf(item.Summary)]++
		}
	}
	for i := range items {
		sentence := sentenceOf(items[i].Summary)
		if n := counts[sentence]; sentence != "" && n >= boilerplateFrom && float64(n) >= boilerplatePart*float64(texts) {
			items[i].Summary = without(items[i].Summary, sentence)
		}
	}
}

const stops = ".!?…؟。"

// firstSentence returns a text up to the end of its first sentence, all of it if it has only one.
func firstSentence(text string) string {
	for i, r := range text {
		if end := i + utf8.RuneLen(r); strings.ContainsRune(stops, r) && strings.HasPrefix(text[end:], " ") {
			return text[:end]
		}
	}
	return text
}

// lastSentence returns a text's last sentence, all of it if it has only one.
func lastSentence(text string) string {
	last := 0
	for i, r := range text {
		if end := i + utf8.RuneLen(r); strings.ContainsRune(stops, r) && strings.HasPrefix(text[end:], " ") {
			last = end + 1
		}
	}
	return text[last:]
}
