package smtp

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// OAuth says where access tokens come from (RFC 6749): by RefreshToken, or with
// none by the client's own credentials.
type OAuth struct {
	TokenURL, ClientID, ClientSecret, RefreshToken, Scope string
	HTTP                                                  *http.Client
}

// Tokens returns what gives a valid access token, asked for anew shortly before
// the last one expires. Its errors hold no token. It is safe for concurrent use.
func (o OAuth) Tokens() func(ctx context.Context) (string, error) {
	var scopes []string
	if o.Scope != "" {
		scopes = []string{o.Scope}
	}
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, o.HTTP) // the client has a timeout of its own
	var once sync.Once
	var source oauth2.TokenSource
	return func(context.Context) (string, error) {
		once.Do(func() {
			if o.RefreshToken == "" {
				source = (&clientcredentials.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, TokenURL: o.TokenURL, Scopes: scopes}).TokenSource(ctx)
				return
			}
			config := &oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL}, Scopes: scopes}
			source = config.TokenSource(ctx, &oauth2.Token{RefreshToken: o.RefreshToken})
		})
		token, err := source.Token()
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) { // its text is the server's whole answer
			return "", errors.New("the token server answered " + refused.Response.Status + " " + refused.ErrorCode)
		}
		if err != nil {
			return "", err
		}
		return token.AccessToken, nil
	}
}
