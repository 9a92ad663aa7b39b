package calendar

import (
	"regexp"
	"strings"
)

// windowsZones maps the timezone names that Outlook and Exchange write to those
// of the IANA database (CLDR windowsZones, the "001" territory).
var windowsZones = map[string]string{
	"Dateline Standard Time": "Etc/GMT+12", "Hawaiian Standard Time": "Pacific/Honolulu", "Alaskan Standard Time": "America/Anchorage",
	"Pacific Standard Time": "America/Los_Angeles", "Mountain Standard Time": "America/Denver", "US Mountain Standard Time": "America/Phoenix",
	"Central Standard Time": "America/Chicago", "Central Standard Time (Mexico)": "America/Mexico_City", "Canada Central Standard Time": "America/Regina",
	"Eastern Standard Time": "America/New_York", "SA Pacific Standard Time": "America/Bogota", "Atlantic Standard Time": "America/Halifax",
	"Venezuela Standard Time": "America/Caracas", "Pacific SA Standard Time": "America/Santiago", "Newfoundland Standard Time": "America/St_Johns",
	"E. South America Standard Time": "America/Sao_Paulo", "Argentina Standard Time": "America/Buenos_Aires", "Azores Standard Time": "Atlantic/Azores",
	"GMT Standard Time": "Europe/London", "Greenwich Standard Time": "Atlantic/Reykjavik", "Morocco Standard Time": "Africa/Casablanca", "UTC": "UTC",
	"W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest", "Romance Standard Time": "Europe/Paris",
	"Central European Standard Time": "Europe/Warsaw", "W. Central Africa Standard Time": "Africa/Lagos", "GTB Standard Time": "Europe/Bucharest",
	"E. Europe Standard Time": "Europe/Chisinau", "FLE Standard Time": "Europe/Kiev", "Middle East Standard Time": "Asia/Beirut", "Egypt Standard Time": "Africa/Cairo",
	"Israel Standard Time": "Asia/Jerusalem", "Jordan Standard Time": "Asia/Amman", "Syria Standard Time": "Asia/Damascus", "Libya Standard Time": "Africa/Tripoli",
	"South Africa Standard Time": "Africa/Johannesburg", "Turkey Standard Time": "Europe/Istanbul", "Belarus Standard Time": "Europe/Minsk",
	"Russian Standard Time": "Europe/Moscow", "Arab Standard Time": "Asia/Riyadh", "Arabic Standard Time": "Asia/Baghdad", "E. Africa Standard Time": "Africa/Nairobi",
	"Iran Standard Time": "Asia/Tehran", "Arabian Standard Time": "Asia/Dubai", "Georgian Standard Time": "Asia/Tbilisi", "Caucasus Standard Time": "Asia/Yerevan",
	"Azerbaijan Standard Time": "Asia/Baku", "Afghanistan Standard Time": "Asia/Kabul", "Pakistan Standard Time": "Asia/Karachi", "India Standard Time": "Asia/Calcutta",
	"Central Asia Standard Time": "Asia/Almaty", "SE Asia Standard Time": "Asia/Bangkok", "China Standard Time": "Asia/Shanghai", "Singapore Standard Time": "Asia/Singapore",
	"Tokyo Standard Time": "Asia/Tokyo", "Korea Standard Time": "Asia/Seoul", "AUS Eastern Standard Time": "Australia/Sydney", "New Zealand Standard Time": "Pacific/Auckland",
}

var zoneParameter = regexp.MustCompile(`(?i);TZID="?([^":;]+)"?`)

// knownZones writes IANA names where a line names a zone as Windows does.
func knownZones(line string) string {
	return zoneParameter.ReplaceAllStringFunc(line, func(parameter string) string {
		name := strings.TrimSpace(zoneParameter.FindStringSubmatch(parameter)[1])
		if iana, ok := windowsZones[name]; ok {
			return ";TZID=" + iana
		}
		return parameter
	})
}
