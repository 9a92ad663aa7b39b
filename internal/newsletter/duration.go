package newsletter

import (
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// ParseDuration reads 90s, 15m, 2h or 90d.
func ParseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return 0, fault.Invalidf("%q is not a number of days", s)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	span, err := time.ParseDuration(s)
	if err == nil && span < 0 {
		err = fault.Invalidf("%q is negative", s)
	}
	return span, err
}
