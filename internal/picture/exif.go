package picture

import (
	"bytes"
	"encoding/binary"
)

// jpegFacts are what the markers of a JPEG say and the decoder does not.
type jpegFacts struct {
	progressive bool
	orientation int // of Exif: 1 is upright
}

// readJPEG walks the markers before the first scan (ITU T.81 annex B).
func readJPEG(body []byte) jpegFacts {
	facts := jpegFacts{orientation: 1}
	for at := 2; at+4 <= len(body) && body[at] == 0xff; {
		marker := body[at+1]
		if marker == 0xff { // a fill byte
			at++
			continue
		}
		size := int(binary.BigEndian.Uint16(body[at+2:]))
		end := at + 2 + size
		if marker == 0xda || size < 2 || end > len(body) {
			return facts
		}
		switch marker {
		case 0xc2, 0xc6, 0xca, 0xce:
			facts.progressive = true
		case 0xe1:
			if tiff, ok := bytes.CutPrefix(body[at+4:end], []byte("Exif\x00\x00")); ok {
				facts.orientation = orientation(tiff)
			}
		}
		at = end
	}
	return facts
}

// orientation reads tag 0x0112 of the first directory of a TIFF header.
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	start := int64(order.Uint32(tiff[4:]))
	if start+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[start+2:]
	for range order.Uint16(tiff[start:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			return int(order.Uint16(entries[8:]))
		}
		entries = entries[12:]
	}
	return 1
}
