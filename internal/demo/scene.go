package demo

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"sync"
)

var scenes sync.Map // by name: several sample sites show the same

// drawn is scene, drawn once.
func drawn(name string) []byte {
	draw, _ := scenes.LoadOrStore(name, sync.OnceValue(func() []byte { return scene(name) }))
	return draw.(func() []byte)()
}

// scene draws a landscape, another for each name: the sample sites need pictures
// that are nobody's.
func scene(name string) []byte {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	seed := float64(h.Sum32()%1000) / 1000
	const w, height = 1200, 675
	m := image.NewRGBA(image.Rect(0, 0, w, height))
	top, low := hue(0.56+0.1*seed, 0.45, 0.62), hue(0.08+0.06*seed, 0.55, 0.86)
	sunX, sunY := 250+700*seed, 210+60*seed
	var hills [5][w]float64
	for layer := range hills {
		for x := range w {
			hills[layer][x] = ridge(float64(x), float64(layer)/4, seed)
		}
	}
	for y := range height {
		for x := range w {
			c := blend(top, low, math.Pow(float64(y)/height, 0.8)*1.3)
			d := math.Hypot(float64(x)-sunX, float64(y)-sunY)
			c = blend(c, [3]float64{1, 0.96, 0.86}, max(0, 0.75-d/520)*0.8)
			if d < 54 {
				c = blend(c, [3]float64{1, 0.98, 0.92}, min(1, (54-d)/2))
			}
			for layer := range hills {
				depth := float64(layer) / 4
				if over := float64(y) - hills[layer][x]; over > 0 {
					near := hue(0.58-0.12*depth+0.08*seed, 0.28+0.15*depth, 0.66-0.46*depth)
					c = blend(blend(near, low, max(0, 0.35-over/260)*(1-depth)), c, max(0, 1-over/1.5))
				}
			}
			m.SetRGBA(x, y, rgba(c))
		}
	}
	var out bytes.Buffer
	_ = jpeg.Encode(&out, m, &jpeg.Options{Quality: 88}) // into memory
	return out.Bytes()
}

// ridge is how high a row of hills stands at x, nearer rows lower and rougher.
func ridge(x, depth, seed float64) float64 {
	y, phase := 330+depth*270, 40*seed+17*depth
	for octave := 1.0; octave <= 32; octave *= 2 {
		y += (70 - 20*depth) / octave * math.Sin(x*octave/(310-90*depth)+phase*octave)
	}
	return y
}

// emblem draws the sample organisation's mark: a ring of arcs, white or in its colour.
func emblem(ink, ground color.RGBA) []byte {
	const w, h = 960, 240
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, ground)
			dx, dy := float64(x)-120, float64(y)-120
			r, angle := math.Hypot(dx, dy), math.Mod(math.Atan2(dy, dx)+2*math.Pi, 2*math.Pi)
			arcs := r > 62 && r < 84 && math.Mod(angle, math.Pi/6) > 0.09 || r < 36
			bar := func(top, bottom, right int) bool { return x > 252 && x < right && y > top && y < bottom }
			if arcs || bar(62, 104, 900) && x%58 > 12 || bar(138, 164, 760) && x%38 > 8 {
				m.SetRGBA(x, y, ink)
			}
		}
	}
	var out bytes.Buffer
	_ = png.Encode(&out, m) // into memory
	return out.Bytes()
}

func blend(a, b [3]float64, share float64) [3]float64 {
	share = min(1, max(0, share))
	for i := range a {
		a[i] += (b[i] - a[i]) * share
	}
	return a
}

// hue is a colour by hue, saturation and lightness, each 0 to 1.
func hue(h, s, l float64) (out [3]float64) {
	a := s * min(l, 1-l)
	for i, n := range []float64{0, 8, 4} {
		k := math.Mod(n+h*12, 12)
		out[i] = l - a*max(-1, min(k-3, 9-k, 1))
	}
	return out
}

func rgba(c [3]float64) color.RGBA {
	return color.RGBA{uint8(255 * min(1, c[0])), uint8(255 * min(1, c[1])), uint8(255 * min(1, c[2])), 255}
}
