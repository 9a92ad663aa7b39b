package locale

import (
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// written are forms of months that CLDR lacks and people write: nominatives where
// CLDR has the genitive, cases, other spellings, other short forms. One line a
// month, from January on.
var written = map[string]string{
	"en": `jan|feb|mar|apr|may|jun|jul|aug|sep sept|oct|nov|dec`,
	"de": `jänner jaenner jän|feber|maerz mrz|||||||||dez`,
	"fr": `janv|févr fév|||||juil||sept||| `,
	"es": `ene|feb|mar|abr|||||setiembre sept sep set|oct||dic`,
	"it": `genn gen||||magg|giu|lug||sett set|ott||dic`,
	"pt": `|||||||||out||dez`,
	"ru": `январь янв|февраль фев февр|март мар|апрель апр|май мая|июнь июн|июль июл|август авг|сентябрь сен сент|октябрь окт|ноябрь ноя нояб|декабрь дек`,
	"uk": `січень січ|лютий лют|березень бер|квітень квіт|травень трав|червень черв|липень лип|серпень серп|вересень вер|жовтень жовт|листопад лист|грудень груд`,
	"el": `Ιανουάριος Ιαν Γενάρη|Φεβρουάριος Φεβ Φλεβάρη|Μάρτιος Μαρ Μάρτη|Απρίλιος Απρ Απρίλη|Μάιος Μάη Μάης|Ιούνιος Ιουν Ιούνη|Ιούλιος Ιουλ Ιούλη|Αύγουστος Αυγ|Σεπτέμβριος Σεπ Σεπτ Σεπτέμβρη|Οκτώβριος Οκτ Οκτώβρη|Νοέμβριος Νοε Νοέμβρη|Δεκέμβριος Δεκ Δεκέμβρη`,
	"ar": `يناير جانفي|فبراير فيفري شباط|مارس آذار|أبريل إبريل أفريل نيسان|مايو ماي أيار|يونيو يونية جوان حزيران|يوليو يولية جويلية تموز|أغسطس أوت آب|سبتمبر أيلول|أكتوبر|نوفمبر|ديسمبر`,
	"he": `ינואר ינו|פברואר פבר|מרץ מרס|אפריל אפר|מאי|יוני|יולי|אוגוסט אוג|ספטמבר ספט|אוקטובר אוק|נובמבר נוב|דצמבר דצמ`,
	"ka": `იანვარი იანვარს იანვრის იანვარში|თებერვალი თებერვალს თებერვლის თებერვალში|მარტი მარტს მარტის მარტში|აპრილი აპრილს აპრილის აპრილში|მაისი მაისს მაისის მაისში|ივნისი ივნისს ივნისის ივნისში|ივლისი ივლისს ივლისის ივლისში|აგვისტო აგვისტოს აგვისტოში|სექტემბერი სექტემბერს სექტემბრის სექტემბერში|ოქტომბერი ოქტომბერს ოქტომბრის ოქტომბერში|ნოემბერი ნოემბერს ნოემბრის ნოემბერში|დეკემბერი დეკემბერს დეკემბრის დეკემბერში`,
}

// twoWords are months whose names are two words, as one of one word.
var twoWords = strings.NewReplacer("كانون الثاني", "يناير", "كانون ثاني", "يناير", "تشرين الاول", "أكتوبر", "تشرين الأول", "أكتوبر", "تشرين الثاني", "نوفمبر", "تشرين ثاني", "نوفمبر",
	"كانون الاول", "ديسمبر", "كانون الأول", "ديسمبر")

// monthNames maps every written form of a month, in every language, to its number.
var monthNames = sync.OnceValue(func() map[string]time.Month {
	table := map[string]time.Month{}
	add := func(tag, form string, m time.Month) {
		form = Fold(form)
		if _, taken := table[form]; form != "" && !isNumber(form) && (!taken || tag == "en") {
			table[form] = m
		}
		if tag == "he" && form != "" {
			table["ב"+form], table["ל"+form] = m, m
		}
	}
	for tag, calendar := range calendars {
		c := calendar()
		for m := time.January; m <= time.December; m++ {
			add(tag, c.MonthWide(m), m)
			add(tag, c.MonthAbbreviated(m), m)
		}
	}
	for tag, line := range written {
		for i, forms := range strings.Split(line, "|") {
			for _, form := range strings.Fields(forms) {
				add(tag, form, time.Month(i+1))
			}
		}
	}
	return table
})

// MonthNamed returns the month that a word names in any language, short forms included.
func MonthNamed(word string) (time.Month, bool) {
	m, ok := monthNames()[Fold(word)]
	return m, ok
}

// Fold makes spellings of a word equal: case, accents, vowel points, the final sigma and a last dot.
func Fold(word string) string {
	word = strings.Trim(word, ". \u200f\u200e")
	for i := range len(word) {
		if word[i] >= 0x80 {
			return strings.Map(func(r rune) rune {
				switch {
				case unicode.Is(unicode.Mn, r):
					return -1
				case r == 'ς':
					return 'σ'
				}
				return unicode.ToLower(r)
			}, norm.NFD.String(word))
		}
	}
	return strings.ToLower(word)
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
