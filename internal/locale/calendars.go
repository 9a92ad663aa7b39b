package locale

import (
	"github.com/go-playground/locales"
	"github.com/go-playground/locales/ar"
	"github.com/go-playground/locales/bg"
	"github.com/go-playground/locales/cs"
	"github.com/go-playground/locales/da"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/el"
	"github.com/go-playground/locales/en"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/et"
	"github.com/go-playground/locales/fi"
	"github.com/go-playground/locales/fr"
	"github.com/go-playground/locales/he"
	"github.com/go-playground/locales/hr"
	"github.com/go-playground/locales/hu"
	"github.com/go-playground/locales/hy"
	"github.com/go-playground/locales/it"
	"github.com/go-playground/locales/ka"
	"github.com/go-playground/locales/lt"
	"github.com/go-playground/locales/lv"
	"github.com/go-playground/locales/mk"
	"github.com/go-playground/locales/nb"
	"github.com/go-playground/locales/nl"
	"github.com/go-playground/locales/pl"
	"github.com/go-playground/locales/pt"
	"github.com/go-playground/locales/ro"
	"github.com/go-playground/locales/ru"
	"github.com/go-playground/locales/sk"
	"github.com/go-playground/locales/sl"
	"github.com/go-playground/locales/sq"
	"github.com/go-playground/locales/sr"
	"github.com/go-playground/locales/sv"
	"github.com/go-playground/locales/tr"
	"github.com/go-playground/locales/uk"
)

// calendars give months, numbers and plurals by CLDR, also for languages that have
// no labels yet: those need a file and no more.
var calendars = map[string]func() locales.Translator{
	"ar": ar.New, "bg": bg.New, "cs": cs.New, "da": da.New, "de": de.New, "el": el.New, "en": en.New, "es": es.New, "et": et.New,
	"fi": fi.New, "fr": fr.New, "he": he.New, "hr": hr.New, "hu": hu.New, "hy": hy.New, "it": it.New, "ka": ka.New, "lt": lt.New,
	"lv": lv.New, "mk": mk.New, "nb": nb.New, "nl": nl.New, "no": nb.New, "pl": pl.New, "pt": pt.New, "ro": ro.New, "ru": ru.New,
	"sk": sk.New, "sl": sl.New, "sq": sq.New, "sr": sr.New, "sv": sv.New, "tr": tr.New, "uk": uk.New,
}

// categories are CLDR's names for the forms that a number asks of the words beside it.
var categories = map[locales.PluralRule]string{
	locales.PluralRuleZero: "zero", locales.PluralRuleOne: "one", locales.PluralRuleTwo: "two",
	locales.PluralRuleFew: "few", locales.PluralRuleMany: "many", locales.PluralRuleOther: "other",
}
