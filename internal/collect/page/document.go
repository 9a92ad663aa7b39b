package page

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/PuerkitoBio/goquery"
)

// documents are the files that a rule finds, each once. What other links to the
// same file say of it counts too: a cover says less than a text.
func documents(scope *goquery.Selection, rule newsletter.Rule, base *url.URL) (out []newsletter.Document) {
	meet := func(s *goquery.Selection, found bool) {
		link, ok := markup.Link(base, s.AttrOr("href", ""))
		at := slices.IndexFunc(out, func(o newsletter.Document) bool { return o.URL == link })
		if !ok || !strings.HasPrefix(link, "http") || at < 0 && !found {
			return
		}
		d := newsletter.Document{Language: documentLanguage(s, link), URL: link, Title: text(s)}
		d.Pages, d.Bytes = extent(d.Title)
		if at < 0 {
			out = append(out, d)
			return
		}
		out[at] = joined(out[at], d)
	}
	for _, entry := range rule {
		selector, _ := split(entry)
		find(scope, selector).Each(func(_ int, s *goquery.Selection) { meet(s, true) })
	}
	if len(out) > 0 {
		scope.Find("a[href]").Each(func(_ int, s *goquery.Selection) { meet(s, false) })
	}
	return out
}

// joined is what two links to one file say together.
func joined(a, b newsletter.Document) newsletter.Document {
	if a.Title == "" {
		a.Title = b.Title
	}
	if a.Language == "" {
		a.Language = b.Language
	}
	a.Pages, a.Bytes = max(a.Pages, b.Pages), max(a.Bytes, b.Bytes)
	return a
}

var (
	pagesText = regexp.MustCompile(`(?i)(\d{1,5})\s*(?:pages?|pp?\.|p\b|seiten|páginas|pagine|págs?\.|стр\.?|с\.|σελ(?:ίδες|\.)|გვ\.?|صفحة|ص\.?|עמ)`)
	bytesText = regexp.MustCompile(`(?i)(\d{1,3}(?:[.,  ]\d{3})+|\d+)\s*(?:bytes|octets)`)
)

// extent reads how long and how large a file is from the text beside it. Rounded
// sizes ("2.3 MB") are no bytes: those are measured.
func extent(text string) (pages int, bytes int64) {
	if m := pagesText.FindStringSubmatch(text); m != nil {
		pages, _ = strconv.Atoi(m[1]) // five digits at most
	}
	if m := bytesText.FindStringSubmatch(text); m != nil {
		bytes, _ = strconv.ParseInt(strings.NewReplacer(".", "", ",", "", " ", "", "\u00a0", "").Replace(m[1]), 10, 64)
	}
	return pages, bytes
}

// documentLanguage takes a document's language from hreflang, its text, or its name.
func documentLanguage(s *goquery.Selection, link string) string {
	for _, attribute := range []string{"hreflang", "lang"} {
		if lang := locale.Primary(s.AttrOr(attribute, "")); lang != "" {
			return lang
		}
	}
	words := text(s) + " " + markup.Plain(s.AttrOr("title", "")) + " " + markup.Plain(s.Find("img").AttrOr("alt", ""))
	if tag := languageNamed(words); tag != "" {
		return tag
	}
	return languageOfName(link)
}

func languageNamed(text string) string {
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" ,;.()[]/-_:|", r) }) {
		if tag, ok := languageWords[word]; ok {
			return tag
		}
	}
	return ""
}

var codeInName = regexp.MustCompile(`^(ar|de|el|en|es|fr|he|it|ka|pt|ru|uk|zh|ara|deu|ger|ell|gre|eng|spa|esp|fra|fre|heb|ita|kat|geo|por|rus|ukr|zho|chi|[acefrs])$`)

// threeLetters and oneLetter are the codes of ISO 639-2 and of UN documents (AR_2016_E.pdf).
var (
	threeLetters = map[string]string{"ara": "ar", "deu": "de", "ger": "de", "ell": "el", "gre": "el", "eng": "en", "spa": "es", "esp": "es", "fra": "fr", "fre": "fr", "heb": "he", "ita": "it",
		"kat": "ka", "geo": "ka", "por": "pt", "rus": "ru", "ukr": "uk", "zho": "zh", "chi": "zh"}
	oneLetter = map[string]string{"a": "ar", "c": "zh", "e": "en", "f": "fr", "r": "ru", "s": "es"}
)

// languageOfName takes a language from a file's name: outlook_2018_fr.pdf.
func languageOfName(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	name := strings.ToLower(path.Base(u.Path))
	name = strings.TrimSuffix(name, path.Ext(name))
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	for _, part := range slices.Backward(parts) {
		if tag, ok := languageWords[part]; ok {
			return tag
		}
		if len(parts) < 2 || !codeInName.MatchString(part) {
			continue
		}
		for _, codes := range []map[string]string{threeLetters, oneLetter} {
			if tag, ok := codes[part]; ok {
				return tag
			}
		}
		return part
	}
	return ""
}

// languageWords name languages in the languages of our sources.
var languageWords = names(map[string]string{
	"en": "english anglais inglés inglese englisch английский αγγλικά الإنجليزية الانجليزية אנגלית ინგლისური inglês англійська",
	"fr": "french français francais française francés francese französisch французский γαλλικά الفرنسية צרפתית ფრანგული francês французька",
	"es": "spanish español espanol española espagnol spagnolo spanisch испанский ισπανικά الإسبانية ספרדית ესპანური espanhol castellano",
	"ru": "russian русский russe ruso russo russisch ρωσικά الروسية רוסית რუსული російська",
	"ar": "arabic العربية عربي عربية arabe árabe arabo arabisch арабский αραβικά ערבית არაბული",
	"zh": "chinese 中文 chinois chino cinese chinesisch китайский κινεζικά الصينية סינית ჩინური chinês",
	"de": "german deutsch allemand alemán tedesco немецкий γερμανικά الألمانية גרמנית გერმანული alemão",
	"it": "italian italiano italien italienisch итальянский ιταλικά الإيطالية איטלקית იტალიური",
	"el": "greek ελληνικά grec griego greco griechisch греческий اليونانية יוונית ბერძნული grego",
	"ka": "georgian ქართული géorgien georgiano georgisch грузинский γεωργιανά الجورجية גאורגית",
	"he": "hebrew עברית hébreu hebreo ebraico hebräisch иврит εβραϊκά العبرية ებრაული",
	"uk": "ukrainian українська ukrainien ucraniano ucraino ukrainisch украинский ουκρανικά الأوكرانية უკრაინული",
	"pt": "portuguese português portugais portugués portoghese portugiesisch португальский πορτογαλικά البرتغالية",
})

func names(by map[string]string) map[string]string {
	out := map[string]string{}
	for tag, words := range by {
		for _, word := range strings.Fields(words) {
			out[word] = tag
		}
	}
	return out
}

var (
	year     = regexp.MustCompile(`(?:^|\D)((?:19|20)\d\d)(?:\D|$)`)
	yearNear = regexp.MustCompile(`(?i)(?:report|rapport|bericht|informe|relatório|rapporto|relazione|отч[её]т|доклад|έκθεση|ანგარიში|التقرير|تقرير|statistics|estimates|survey|review|outlook|for|pour|für|de|за)\D{0,24}((?:19|20)\d\d)(?:\D|$)`)
)

// ReportYear takes the year a report is about from its title: the one beside
// "report" or its like, else the first; 0 if there is none.
func ReportYear(title string) int {
	title = locale.Digits(title)
	for _, pattern := range []*regexp.Regexp{yearNear, year} {
		if m := pattern.FindStringSubmatch(title); m != nil {
			n, _ := strconv.Atoi(m[1]) // four digits
			return n
		}
	}
	return 0
}
