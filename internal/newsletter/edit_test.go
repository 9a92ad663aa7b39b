package newsletter

import "testing"

// A person describes a picture, says whose it is, or leaves it out; the source's own stays beside it.
func TestPicturesAreEdited(t *testing.T) {
	source := Item{Title: "T", Image: &Image{URL: "https://x.example/a.png", Alt: "DSC_0001", File: "a.png"}}
	got := source.With(Edit{Words: map[string]string{"image_alt": "A hall", "image_credit": "A. Smith"}})
	if *got.Image != (Image{URL: "https://x.example/a.png", Alt: "A hall", Credit: "A. Smith", File: "a.png"}) || source.Image.Alt != "DSC_0001" {
		t.Errorf("%+v of %+v", got.Image, source.Image)
	}
	if got := source.With(Edit{Words: map[string]string{"image": "none", "image_alt": "x"}}); got.Image != nil {
		t.Errorf("%+v", got.Image)
	}
	if got := (Item{}).With(Edit{Words: map[string]string{"image_alt": "x"}}); got.Image != nil {
		t.Errorf("%+v", got.Image)
	}
	if err := (Edit{Words: map[string]string{"image": "https://x.example/b.png"}}).Check(); err == nil {
		t.Error("a picture from elsewhere was taken")
	}
}

// Each picture that an issue shows is asked for its words and its owner, in every language.
func TestWanting(t *testing.T) {
	c := Content{Entries: []Entry{
		{Item: Item{ID: 1, Title: "None"}}, {Item: Item{ID: 2, Title: "Not copied", Image: &Image{URL: "x"}}}, {Item: Item{ID: 3, Title: "Whole", Image: &Image{File: "a.png", Alt: "x", Credit: "y"}}},
		{Item: Item{ID: 4, Title: "Bare", Image: &Image{File: "a.png"}}, Others: map[string]Item{"fr": {ID: 5, Title: "Nu", Image: &Image{File: "a.png", Credit: "y"}}}}}}
	if got := c.Wanting(); len(got) != 3 || got[2] != `the picture of "Nu" has no alternative text: broadsheet item set 5 --image-alt "..."` {
		t.Errorf("%q", got)
	}
}
