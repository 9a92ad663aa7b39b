package picture

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// onto chooses what a transparent picture stands on: white, or the ground where
// what is visible of it is nearly white.
func onto(src image.Image, ground color.Color) color.Color {
	if opaque, ok := src.(interface{ Opaque() bool }); ok && opaque.Opaque() {
		return color.White
	}
	b := src.Bounds()
	step := max(1, b.Dx()/200)
	var light, seen float64
	for y := b.Min.Y; y < b.Max.Y; y += step {
		for x := b.Min.X; x < b.Max.X; x += step {
			r, g, b, a := src.At(x, y).RGBA() // premultiplied
			light += 0.2126*float64(r) + 0.7152*float64(g) + 0.0722*float64(b)
			seen += float64(a)
		}
	}
	if seen > 0 && light/seen > 0.85 {
		return ground
	}
	return color.White
}

// scale returns the picture at most Widest wide and tallest high, each pixel the
// mean of those it stands for. It takes a few rows of the source at a time, so
// that it needs little beside the result.
func scale(src image.Image, ground color.Color, willTurn bool) *image.RGBA {
	b := src.Bounds()
	w, h := bounded(b.Dx(), b.Dy(), willTurn)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	fx, fy := float64(b.Dx())/float64(w), float64(b.Dy())/float64(h)
	rows := image.NewRGBA(image.Rect(0, 0, b.Dx(), int(math.Ceil(fy))+1))
	sums := make([][3]float64, w)
	for y := range h {
		from, to := float64(y)*fy, float64(y+1)*fy
		first := int(from)
		count := min(int(math.Ceil(to)), b.Dy()) - first
		band := image.Rect(0, 0, b.Dx(), count)
		draw.Draw(rows, band, image.NewUniform(ground), image.Point{}, draw.Src)
		draw.Draw(rows, band, src, image.Pt(b.Min.X, b.Min.Y+first), draw.Over)
		clear(sums)
		for i := range count {
			weight := min(to, float64(first+i+1)) - max(from, float64(first+i))
			addRow(sums, rows.Pix[i*rows.Stride:], fx, weight, b.Dx())
		}
		for x, sum := range sums {
			at := out.Pix[y*out.Stride+4*x:]
			for c := range 3 {
				at[c] = uint8(math.Round(sum[c] / (fx * fy)))
			}
			at[3] = 255
		}
	}
	return out
}

// addRow adds one row of source pixels to the sums, each by the share that falls into it.
func addRow(sums [][3]float64, row []uint8, fx, weight float64, width int) {
	for x := range sums {
		from, to := float64(x)*fx, float64(x+1)*fx
		for i := int(from); i < min(int(math.Ceil(to)), width); i++ {
			share := weight * (min(to, float64(i+1)) - max(from, float64(i)))
			for c := range 3 {
				sums[x][c] += share * float64(row[4*i+c])
			}
		}
	}
}

func bounded(w, h int, willTurn bool) (int, int) {
	maxW, maxH := Widest, tallest
	if willTurn {
		maxW, maxH = maxH, maxW
	}
	f := min(1, float64(maxW)/float64(w), float64(maxH)/float64(h))
	return max(1, int(math.Round(float64(w)*f))), max(1, int(math.Round(float64(h)*f)))
}

// turned puts upright what a camera held otherwise (Exif orientations 2 to 8).
func turned(src *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	outW, outH := w, h
	if orientation >= 5 {
		outW, outH = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, outW, outH))
	for y := range outH {
		for x := range outW {
			from := [9]image.Point{2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y},
				5: {y, x}, 6: {y, h - 1 - x}, 7: {w - 1 - y, h - 1 - x}, 8: {w - 1 - y, x}}[orientation]
			copy(out.Pix[y*out.Stride+4*x:][:4], src.Pix[from.Y*src.Stride+4*from.X:][:4])
		}
	}
	return out
}
