package app

import "net/http"

// PublicTable is the public side without the loops that answer those who come in by it.
func (a *App) PublicTable() (http.Handler, error) {
	s, err := a.site()
	if err != nil {
		return nil, err
	}
	return s.Public(), nil
}
