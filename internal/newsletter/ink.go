package newsletter

import (
	"fmt"
	"math"
)

// InkOn is the colour, black or white, in which words stand out from a colour
// #rrggbb: the contrast of one of them is at least 4.5 to 1 (WCAG 2.2, 1.4.3).
func InkOn(colour string) string {
	var rgb [3]int
	if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
		return "#ffffff"
	}
	luminance := 0.0
	for i, share := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(rgb[i]) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		luminance += share * v
	}
	if 1.05/(luminance+0.05) >= (luminance+0.05)/0.05 {
		return "#ffffff"
	}
	return "#000000"
}
