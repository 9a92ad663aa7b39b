package calendar

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"broadsheet/internal/markup"
)

var (
	separators = regexp.MustCompile(`[,;\n،，]`)
	web        = regexp.MustCompile(`(?i)https?://\S+`)
	codeBefore = regexp.MustCompile(`^(?:[A-Z]{1,2}-)?(?:\d{4,6}|\d{3} \d{2}|\d{2}-\d{3}|\d{4}-\d{3})(?:\s?[A-Z]{2})?\s+(\D+)$`)
	codeAfter  = regexp.MustCompile(`\s+(?:[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}|\d{4,6}|\d{5}-\d{4})$`)
	cedex      = regexp.MustCompile(`(?i)\s+cedex(\s+\d+)?$`)
)

// location splits "Room 1, Guzmán el Bueno 110, 28003 Madrid, Spain" into venue and place: the
// place is the town with its country, the venue what is inside of the town.
func location(text string) (venue, place string) {
	if tags.MatchString(text) {
		text = markup.Text(text)
	}
	var parts []string
	for _, part := range separators.Split(web.ReplaceAllString(text, ""), -1) {
		if part = strings.Trim(markup.Plain(part), " -–—"); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "", ""
	}
	last := len(parts) - 1
	if last > 0 && countries[fold(parts[last])] {
		if town := town(parts[last-1]); isTown(town) {
			return strings.Join(parts[:last-1], ", "), town + ", " + parts[last]
		}
		return strings.Join(parts[:last], ", "), parts[last]
	}
	if town := town(parts[last]); isTown(town) {
		return strings.Join(parts[:last], ", "), town
	}
	if last > 0 && isTown(parts[0]) { // the town first
		return strings.Join(parts[1:], ", "), parts[0]
	}
	if last == 0 && online[fold(parts[0])] {
		return "", parts[0]
	}
	return strings.Join(parts, ", "), ""
}

// town takes the postal code off: 67075 Strasbourg Cedex, London SW1A 2AA.
func town(part string) string {
	part = cedex.ReplaceAllString(part, "")
	if m := codeBefore.FindStringSubmatch(part); m != nil {
		return strings.TrimSpace(m[1])
	}
	return codeAfter.ReplaceAllString(part, "")
}

// isTown reports whether a part may be a town: no number of a house or a room, and none of the words for buildings.
func isTown(part string) bool {
	if part == "" || strings.ContainsFunc(part, unicode.IsDigit) || online[fold(part)] {
		return false
	}
	words := strings.FieldsFunc(fold(part), func(r rune) bool { return !unicode.IsLetter(r) })
	return len(words) > 0 && !slices.ContainsFunc(words, func(word string) bool { return buildings[word] })
}

func fold(s string) string { return strings.ToLower(strings.ReplaceAll(s, "’", "'")) }

func set(words, separator string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Split(words, separator) {
		if word = strings.TrimSpace(word); word != "" {
			out[word] = true
		}
	}
	return out
}

var online = set("online,on line,on-line,virtual,virtually,online event,online meeting,webinar,zoom,zoom meeting,teams,ms teams,microsoft teams,"+
	"microsoft teams meeting,réunion microsoft teams,webex,google meet,kudo,en ligne,visioconférence,distanciel,hybrid,hybride,en línea,virtuale,da remoto,videokonferenz,"+
	"онлайн,διαδικτυακά,ონლაინ", ",")

// buildings are words for what stands in a town, not for one.
var buildings = set("room rooms hall building auditorium centre center office offices headquarters hotel palace university institute library museum ministry embassy campus "+
	"floor street avenue road square theatre theater amphitheatre school hospital tower house salle salles palais bâtiment immeuble hôtel université institut bibliothèque musée "+
	"ministère ambassade étage rue boulevard place amphithéâtre école hôpital maison siège agora raum saal gebäude zentrum universität schloss straße strasse platz haus "+
	"sala edificio centro università universidad ministerio ministero calle plaza piazza via viale palazzo зал комната здание улица", " ")

// countries in the languages of our sources, for what follows a town.
var countries = set(`afghanistan,albania,algeria,andorra,angola,argentina,armenia,australia,austria,azerbaijan,bahrain,bangladesh,belarus,belgium,benin,bolivia,
bosnia and herzegovina,botswana,brazil,brunei,bulgaria,burkina faso,burundi,cabo verde,cambodia,cameroon,canada,cape verde,chad,chile,china,colombia,comoros,congo,costa rica,
croatia,cuba,cyprus,czech republic,czechia,côte d'ivoire,denmark,djibouti,dominican republic,ecuador,egypt,el salvador,estonia,eswatini,ethiopia,fiji,finland,france,gabon,
gambia,georgia,germany,ghana,greece,guatemala,guinea,haiti,honduras,hungary,iceland,india,indonesia,iran,iraq,ireland,israel,italy,ivory coast,jamaica,japan,jordan,kazakhstan,
kenya,kosovo,kuwait,kyrgyzstan,laos,latvia,lebanon,lesotho,liberia,libya,liechtenstein,lithuania,luxembourg,madagascar,malawi,malaysia,maldives,mali,malta,mauritania,
mauritius,mexico,moldova,republic of moldova,monaco,mongolia,montenegro,morocco,mozambique,myanmar,namibia,nepal,netherlands,the netherlands,new zealand,nicaragua,niger,
nigeria,north macedonia,norway,oman,pakistan,palestine,panama,papua new guinea,paraguay,peru,philippines,poland,portugal,qatar,romania,russia,russian federation,rwanda,
san marino,saudi arabia,senegal,serbia,sierra leone,singapore,slovak republic,slovakia,slovenia,somalia,south africa,south korea,republic of korea,south sudan,spain,sri lanka,
sudan,suriname,sweden,switzerland,syria,taiwan,tajikistan,tanzania,thailand,togo,trinidad and tobago,tunisia,turkey,türkiye,turkmenistan,uganda,uk,ukraine,
united arab emirates,united kingdom,england,scotland,wales,northern ireland,united states,united states of america,uruguay,us,usa,uzbekistan,vatican,holy see,venezuela,
vietnam,yemen,zambia,zimbabwe,
albanie,algérie,allemagne,andorre,arménie,autriche,azerbaïdjan,belgique,bosnie-herzégovine,bulgarie,chypre,croatie,danemark,égypte,espagne,estonie,états-unis,finlande,géorgie,
grèce,hongrie,irlande,islande,israël,italie,japon,lettonie,liban,lituanie,macédoine du nord,malte,maroc,mexique,monténégro,norvège,pays-bas,pologne,république de moldova,
république tchèque,tchéquie,roumanie,royaume-uni,russie,saint-marin,serbie,slovaquie,slovénie,suède,suisse,tunisie,turquie,
albanien,armenien,aserbaidschan,belgien,bulgarien,deutschland,dänemark,estland,finnland,frankreich,georgien,griechenland,großbritannien,irland,italien,kroatien,lettland,
litauen,luxemburg,niederlande,norwegen,nordmazedonien,österreich,polen,rumänien,schweden,schweiz,serbien,slowakei,slowenien,spanien,tschechien,türkei,ungarn,zypern,
alemania,bélgica,españa,francia,grecia,irlanda,italia,países bajos,polonia,reino unido,suiza,svizzera,germania,austria,belgio,spagna,paesi bassi,regno unito,hellas,
россия,украина,грузия,армения,ελλάδα,κύπρος,საქართველო`, ",")
