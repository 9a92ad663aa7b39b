package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"broadsheet/internal/fault"
)

var navy = color.RGBA{0, 0x39, 0x7a, 255}

// halves is red on the left and blue on the right.
func halves(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, map[bool]color.Color{true: color.RGBA{200, 0, 0, 255}, false: color.RGBA{0, 0, 200, 255}}[x < w/2])
		}
	}
	return m
}

func asPNG(m image.Image) []byte {
	var out bytes.Buffer
	_ = png.Encode(&out, m)
	return out.Bytes()
}

func asJPEG(m image.Image) []byte {
	var out bytes.Buffer
	_ = jpeg.Encode(&out, m, nil)
	return out.Bytes()
}

func TestPicturesAreScaledAndWrittenAnew(t *testing.T) {
	var small bytes.Buffer
	_ = gif.Encode(&small, halves(300, 200), nil)
	for what, c := range map[string]struct {
		body          []byte
		kind          string
		width, height int
	}{
		"a wide photograph": {asJPEG(halves(3000, 1500)), "image/jpeg", 1200, 600},
		"a tall one":        {asJPEG(halves(1000, 4000)), "image/jpeg", 400, 1600},
		"a drawing":         {asPNG(halves(600, 300)), "image/png", 600, 300},
		"a GIF":             {small.Bytes(), "image/png", 300, 200},
	} {
		secret := []byte("GPS 48.58, 7.75")
		p, err := Make(append(c.body, secret...), navy)
		if err != nil || p.Type != c.kind || p.Width != c.width || p.Height != c.height {
			t.Errorf("%s: %s %d x %d, %v", what, p.Type, p.Width, p.Height, err)
			continue
		}
		m, _, err := image.Decode(bytes.NewReader(p.Body))
		if err != nil || m.Bounds().Dx() != c.width || bytes.Contains(p.Body, secret) {
			t.Errorf("%s: what is served is not the picture alone: %v", what, err)
		}
		if r, _, b, _ := m.At(m.Bounds().Dx()/4, 9).RGBA(); r < 2*b {
			t.Errorf("%s: the left half is not red", what)
		}
		again, _ := Make(append(c.body, secret...), navy)
		if again.Name != p.Name || !strings.HasPrefix(p.Type, "image/") {
			t.Errorf("%s: the same picture has another name", what)
		}
	}
}

// claims is a PNG whose header says that it is so large; nothing stands behind it.
func claims(w, h uint32, depth, colour byte) []byte {
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	chunk = append(chunk, depth, colour, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

func TestWhatIsTooLargeIsNotDecoded(t *testing.T) {
	progressive := asJPEG(halves(64, 64))
	at := bytes.Index(progressive, []byte{0xff, 0xc0})
	progressive[at+1] = 0xc2
	binary.BigEndian.PutUint16(progressive[at+5:], 4000)
	binary.BigEndian.PutUint16(progressive[at+7:], 4000)
	for what, body := range map[string][]byte{
		"95 million pixels": claims(9760, 9760, 8, 6), "16 bits a channel": claims(4000, 4000, 16, 6), "one row without end": claims(1<<30, 30, 1, 0),
		"progressive": progressive, "a counter": asPNG(halves(1, 1)), "SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "nothing": nil, "cut off": asPNG(halves(900, 900))[:400],
	} {
		if _, err := Make(body, navy); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Make(claims(9760, 9760, 8, 6), navy); err == nil || !strings.Contains(err.Error(), "9760 x 9760") {
		t.Errorf("it was refused for another reason: %v", err)
	}
}

// A dark logo stands on white, a white one on the publication's colour.
func TestTransparentPicturesStayReadable(t *testing.T) {
	for _, c := range []struct{ ink, ground color.Color }{{color.NRGBA{20, 30, 90, 255}, color.White}, {color.NRGBA{255, 255, 255, 255}, navy}, {color.NRGBA{250, 250, 240, 255}, navy}} {
		m := image.NewNRGBA(image.Rect(0, 0, 80, 40))
		for x := 20; x < 60; x++ {
			m.Set(x, 20, c.ink)
		}
		p, err := Make(asPNG(m), navy)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := png.Decode(bytes.NewReader(p.Body))
		if colours(got.At(2, 2)) != colours(c.ground) || colours(got.At(30, 20)) != colours(c.ink) {
			t.Errorf("ink %v stands on %v", c.ink, got.At(2, 2))
		}
	}
}

// A camera that was held upright says so in Exif; the picture is turned, for what is served has no Exif.
func TestCamerasHeldOtherwise(t *testing.T) {
	red := func(m image.Image, x, y int) bool { r, _, b, _ := m.At(x, y).RGBA(); return r > b }
	for orientation, leftIsRed := range map[byte]bool{1: true, 2: false, 3: false, 4: true} {
		m := decoded(t, exif(orientation))
		if red(m, 5, 20) != leftIsRed || m.Bounds().Dx() != 80 {
			t.Errorf("orientation %d", orientation)
		}
	}
	for orientation, topIsRed := range map[byte]bool{5: true, 6: true, 7: false, 8: false} {
		m := decoded(t, exif(orientation))
		if red(m, 20, 5) != topIsRed || m.Bounds().Dx() != 40 {
			t.Errorf("orientation %d", orientation)
		}
	}
}

func exif(orientation byte) []byte {
	tiff := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), orientation, 0, 0)
	segment := append([]byte{0xff, 0xe1, 0, byte(len(tiff) + 2)}, tiff...)
	body := asJPEG(halves(80, 40))
	return append(append(append([]byte{}, body[:2]...), segment...), body[2:]...)
}

func decoded(t *testing.T, body []byte) image.Image {
	t.Helper()
	p, err := Make(body, navy)
	if err != nil {
		t.Fatal(err)
	}
	m, _, _ := image.Decode(bytes.NewReader(p.Body))
	return m
}

func FuzzMake(f *testing.F) {
	f.Add(asPNG(halves(30, 30)))
	f.Add(exif(6))
	f.Fuzz(func(t *testing.T, body []byte) {
		if p, err := Make(body, navy); err == nil && (p.Width > Widest || p.Height > tallest || len(p.Body) == 0) {
			t.Errorf("%d x %d", p.Width, p.Height)
		}
	})
}
