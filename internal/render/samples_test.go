package render

import (
	"fmt"
	"strings"
	"time"

	"broadsheet/internal/newsletter"
)

// samples are the issues of the golden proofs, by name.
func samples() map[string]func() (newsletter.Publication, newsletter.Issue) {
	return map[string]func() (newsletter.Publication, newsletter.Issue){
		"everything": sample,
		"plain": func() (newsletter.Publication, newsletter.Issue) {
			p, i := sample()
			p.Theme.Name = "plain"
			return p, i
		},
		"empty": func() (newsletter.Publication, newsletter.Issue) { return with("en") },
		"minimal": func() (newsletter.Publication, newsletter.Issue) {
			return with("en", news(1, "en", "One piece of news", ""))
		},
		"huge":         huge,
		"rtl":          rtl,
		"mixed":        mixed,
		"long-words":   longWords,
		"no-pictures":  noPictures,
		"hostile":      hostile,
		"only-agenda":  func() (newsletter.Publication, newsletter.Issue) { return only(newsletter.Event) },
		"only-reports": func() (newsletter.Publication, newsletter.Issue) { return only(newsletter.Report) },
		"editorial":    editorial,
		"edited":       edited,
		"languages":    languages,
		"drop": func() (newsletter.Publication, newsletter.Issue) {
			p, i := sample()
			p.Untranslated = "drop"
			return p, i
		},
	}
}

// with is an issue of some entries and little else.
func with(languages string, entries ...newsletter.Entry) (newsletter.Publication, newsletter.Issue) {
	pub := newsletter.Publication{ID: "p", Title: newsletter.Text{"": "A letter"}, Languages: strings.Fields(languages), Untranslated: "show", Timezone: "UTC", Site: "https://news.example.org",
		Theme: newsletter.Theme{Name: "institutional", Colour: "#7a003c"}, Sections: []newsletter.Section{
			{ID: "news", Kind: newsletter.News, Show: "full"}, {ID: "reports", Kind: newsletter.Report, Show: "full"}, {ID: "agenda", Kind: newsletter.Event, Show: "short"}, {ID: "media", Kind: newsletter.Media, Show: "list"}}}
	return pub, newsletter.Issue{ID: 1, Publication: "p", Number: 1, Revision: 1, Content: newsletter.Content{Date: sampleDay(3, 25), Entries: entries}}
}

func news(id int64, language, title, summary string) newsletter.Entry {
	return newsletter.Entry{Section: "news", Item: newsletter.Item{ID: id, Kind: newsletter.News, Language: language, Title: title, Summary: summary, URL: fmt.Sprintf("https://example.org/%s/%d", language, id)}}
}

// huge has eighty entries with the texts that such entries have.
func huge() (newsletter.Publication, newsletter.Issue) {
	sentence := "Officials, researchers and people from civil society compared what helps when someone with a drug dependence breaks the law. "
	var entries []newsletter.Entry
	for n := range 80 {
		e := news(int64(n+1), "en", fmt.Sprintf("Story %d of a month in which very much has happened", n+1), strings.TrimSpace(strings.Repeat(sentence, 1+n%5)))
		e.Item.Precision, e.Item.PublishedAt = newsletter.Day, sampleDay(3, 1+n%28)
		switch n % 8 {
		case 5:
			e.Section, e.Item.Kind = "agenda", newsletter.Event
			e.Item.StartsAt, e.Item.EndsAt, e.Item.AllDay, e.Item.Place = sampleDay(3, 1).AddDate(0, 0, n), sampleDay(3, 2).AddDate(0, 0, n), true, "Strasbourg"
		case 6:
			e.Section, e.Item.Kind = "reports", newsletter.Report
			e.Item.Documents = []newsletter.Document{{Language: "en", URL: "https://example.org/a.pdf", Bytes: 1_200_000, Pages: 48}, {Language: "fr", URL: "https://example.org/b.pdf"}}
		case 7:
			e.Section, e.Item.Kind = "media", newsletter.Media
		case 0:
			e.Item.Image = &newsletter.Image{File: "photo.jpg", Width: 1200, Height: 800, Alt: "A hall", Credit: "Sample"}
		}
		entries = append(entries, e)
	}
	return with("en", entries...)
}

func rtl() (newsletter.Publication, newsletter.Issue) {
	first := news(1, "ar", "جورجيا تقارن بين العلاج وعقوبة السجن", "اجتمع في تبليسي على مدى يومين أكثر من سبعين مسؤولا وباحثا (EMCDDA 2017) لبحث ما يساعد من يخالف القانون.")
	first.Item.Image = &newsletter.Image{File: "photo.jpg", Width: 1200, Height: 800, Alt: "قاعة", Credit: "Sample"}
	hebrew := news(2, "he", "דיון בתל אביב", "שמונים משתתפים צפויים.")
	event := newsletter.Entry{Section: "agenda", Item: newsletter.Item{ID: 3, Kind: newsletter.Event, Language: "ar", Title: "ندوة حول النساء والمخدرات", Place: "الجزائر", StartsAt: sampleDay(3, 30), EndsAt: sampleDay(4, 2), AllDay: true, Status: "postponed"}}
	english := news(4, "en", "An English story in an Arabic issue", "It runs from left to right.")
	return with("ar", first, hebrew, english, event)
}

func mixed() (newsletter.Publication, newsletter.Issue) {
	both := news(1, "en", "In two languages", "English words.")
	both.Others = map[string]newsletter.Item{"fr": {ID: 11, Kind: newsletter.News, Language: "fr", Title: "En deux langues", Summary: "Des mots français.", URL: "https://example.org/fr/11"}}
	return with("en fr", both, news(2, "fr", "Seulement en français", "Rien en anglais."), news(3, "ru", "Только по-русски", "Ничего по-английски."), news(4, "ar", "بالعربية فقط", "لا شيء بالإنجليزية."), news(5, "zh", "只有中文的新闻，标题很长，没有空格，所以必须在任何地方换行，否则它就会超出七十八列的限制，而读者就看不到完整的标题了", "这是一段没有空格的中文文字，它比一行长得多，因此必须在文字之间换行，每个字占两列，所以一行最多只能容纳三十六个字，读者才能顺利阅读。"))
}

func longWords() (newsletter.Publication, newsletter.Issue) {
	long := "Betäubungsmittelverschreibungsverordnungsänderungsgesetzentwurfsbegründungsanhangsverzeichnis"
	e := news(1, "de", long+" und "+long, "Ein Wort: "+long+long+".")
	e.Item.URL = "https://example.org/" + strings.Repeat("very-long-path-", 20)
	return with("de", e)
}

func noPictures() (newsletter.Publication, newsletter.Issue) {
	pub, issue := sample()
	pub.Theme.Picture, pub.Imprint.Logos[0].Picture = nil, nil
	for i := range issue.Content.Entries {
		if image := issue.Content.Entries[i].Item.Image; image != nil {
			issue.Content.Entries[i].Item.Image = &newsletter.Image{URL: "https://elsewhere.example/hot.jpg", Alt: "never linked"} // it could not be copied
		}
	}
	return pub, issue
}

const attack = `"><script>alert(1)</script><img src=x onerror=alert(2)><style>*{display:none}</style><a href="javascript:alert(3)">x</a>{{.Marks.Name}}` + "\u202e" + newsletter.MarkUnsubscribe + `--><!--[if mso]><b>`

func hostile() (newsletter.Publication, newsletter.Issue) {
	pub, issue := sample()
	for i := range issue.Content.Entries {
		item := &issue.Content.Entries[i].Item
		item.Title, item.Subtitle, item.Place, item.Venue = attack, attack, attack, attack
		item.Summary, item.Body, item.Language = attack, attack, `en" onload="alert(4)`
		item.URL = "javascript:alert(5)"
		item.Contacts = []newsletter.Contact{{Name: attack, Email: `a@b.c" onclick="alert(6)`}}
		item.Documents = []newsletter.Document{{Language: `x"><script>`, URL: "data:text/html,<script>alert(7)</script>", Title: attack}}
		item.Links = []newsletter.Link{{Title: attack, URL: "vbscript:alert(8)"}}
		if item.Image != nil {
			item.Image = &newsletter.Image{File: `x" onerror="alert(9)`, Alt: attack, Caption: attack, Credit: attack, Width: 1200, Height: 1}
		}
	}
	issue.Content.Editorial = newsletter.Text{"en": attack + "\n\n[x](javascript:alert(10)) <iframe src=x></iframe>"}
	issue.Content.Headline, issue.Content.Summary = newsletter.Text{"en": attack}, newsletter.Text{"en": attack}
	return pub, issue
}

func only(kind newsletter.Kind) (newsletter.Publication, newsletter.Issue) {
	_, all := sample()
	var entries []newsletter.Entry
	for _, e := range all.Content.Entries {
		if e.Item.Kind == kind {
			entries = append(entries, e)
		}
	}
	return with("en", entries...)
}

func editorial() (newsletter.Publication, newsletter.Issue) {
	pub, issue := with("en", news(1, "en", "A story", "Of some words."))
	issue.Content.Editorial = newsletter.Text{"en": "Dear colleagues,\n\nthis month brought [a report](https://example.org/r), a **seminar** and\n\n- one new member,\n- two meetings.\n\n### Looking ahead\n\n> Nothing is settled.\n\nThe secretariat"}
	return pub, issue
}

func edited() (newsletter.Publication, newsletter.Issue) {
	pub, issue := sample()
	issue.Content.Headline, issue.Content.Summary = newsletter.Text{"en": "What March brought", "fr": "Ce que mars a apporté"}, newsletter.Text{"en": "A report, a seminar and a new member."}
	issue.Content.Entries[1].Headline = newsletter.Text{"en": "An editor’s headline", "fr": "Le titre de la rédaction"}
	issue.Content.Entries[0].Summary = newsletter.Text{"en": "An editor’s summary in place of the body."}
	return pub, issue
}

// languages has what differs by language: dates, ranges, plurals, statuses.
func languages() (newsletter.Publication, newsletter.Issue) {
	pub, issue := sample()
	pub.Languages = strings.Fields("en de el es he ka ru")
	issue.Content.Entries = append(issue.Content.Entries, newsletter.Entry{Section: "agenda", Item: newsletter.Item{ID: 30, Kind: newsletter.Event, Title: "Over the year's end", Language: "en",
		StartsAt: time.Date(2017, 12, 30, 0, 0, 0, 0, time.UTC), EndsAt: time.Date(2018, 1, 2, 0, 0, 0, 0, time.UTC), AllDay: true}})
	return pub, issue
}
