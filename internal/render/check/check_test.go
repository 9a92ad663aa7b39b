package check

import (
	"strings"
	"testing"
)

const sound = `<!DOCTYPE html><html lang="en" dir="ltr"><head><title>T</title><meta name="color-scheme" content="light dark">
<style>@media (prefers-color-scheme: dark) { body { background-color: #12171c !important; color: #d6dde3 !important; } .x a { color: #9fc2e8 !important; } }</style></head>
<body lang="en" dir="ltr" style="background-color:#ffffff;color:#222222"><div class="preheader" style="display:none;color:#fff">Other words</div><!--[if mso]><table role="presentation"><tr><td><![endif]-->
<div role="main" lang="en" dir="ltr"><table role="presentation" width="9"><tr><td class="x"><h1>T</h1><h2><a href="https://x.example/" style="color:#00397a">One</a></h2><img src="https://x.example/a.png" alt="" width="10" height="10"></td></tr></table></div></body></html>`

func TestASoundMessageHasNoFindings(t *testing.T) {
	if found := HTML(sound); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
}

func TestFindings(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`<html lang="en" dir="ltr">`, `<html>`, "<html> has no lang"},
		{`<div role="main" lang="en" dir="ltr">`, `<div role="main">`, "<div> has no lang"},
		{`role="main"`, `role="note"`, "role=\"main\""},
		{`<title>T</title>`, ``, "no title"},
		{`content="light dark"`, `content="light"`, "dark mode would be guessed"},
		{`<h1>T</h1>`, `<h1>T</h1><h1>U</h1>`, "2 <h1>"},
		{`<h2>`, `<h4>x</h4><h2>`, "a level is left out"},
		{`Other words`, `One`, "repeats the first headline"},
		{`<table role="presentation" width="9"`, `<table`, "no role"},
		{`[if mso]><table role="presentation">`, `[if mso]><table width="1">`, "for Outlook has no role"},
		{` alt=""`, ``, "no alt"},
		{` height="10"`, ``, "no height"},
		{`a.png`, `a.webp`, "no PNG or JPEG"},
		{`src="https://x.example/a.png"`, `src="data:image/png;base64,x"`, "acts or is not loaded"},
		{`width="10"`, `width="900"`, "more than 640"},
		{`color:#00397a`, `color:#aaccee`, `#aaccee on #ffffff has a contrast of 1.67 in light mode, less than 4.5, as in "One"`},
		{`#9fc2e8`, `#333333`, `#333333 on #12171c has a contrast of 1.43 in dark mode`},
		{`color:#00397a`, `color:#00397a !important`, "drop"},
		{`color:#00397a`, `color:#00397a;display:flex`, "drop"},
		{`color:#00397a`, `background-color:url(x)`, "drop"},
		{`<h2>`, `<script>x</script><h2>`, "<script>"},
		{`<h2>`, `<h2 onclick="x">`, "acts"},
		{`href="https://x.example/"`, `href="javascript:x"`, "acts"},
		{`>One</a>`, `></a>`, "no address or no words"},
		{`<h2>`, `<!-- note --><h2>`, "no program reads"},
		{`<h2>`, `<p>` + strings.Repeat("word ", 19000) + `</p><h2>`, "more than 90000"},
		{`@media`, strings.Repeat("p { color: #222222 } ", 800) + `@media`, "bytes of style"},
		{`@media (prefers-color-scheme: dark)`, `@media print`, "no rules for dark mode"},
	} {
		changed := strings.Replace(sound, c.old, c.new, 1)
		if changed == sound {
			t.Fatalf("%s is not there", c.old)
		}
		if found := strings.Join(HTML(changed), "\n"); !strings.Contains(found, c.want) {
			t.Errorf("%s:\n%s\nwant %s", c.new, found, c.want)
		}
	}
}
