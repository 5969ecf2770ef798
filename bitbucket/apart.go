package bitbucket

import (
	"slices"
	"strings"
)

// Apart gives a client for each credential, in the order of Options.Keys, that has this one only: for finding out what a
// credential may do. It spends the same budget. Its lists of API 2.0 end after a first, short page.
func (c *Client) Apart() []*Client {
	var clients []*Client
	for _, h := range c.wallet.holders {
		clients = append(clients, &Client{
			base: c.base, brief: true, wallet: &wallet{holders: []*holder{h}, works: map[class]*holder{}},
		})
	}
	return clients
}

// Order gives the credentials, as places in Options.Keys, in the order in which a first call of a method and a route
// tries them: the next one is tried where the server refuses one.
func (c *Client) Order(method, route string) []int {
	best := call{method: method, route: route}.class().best()
	var order []int
	for i := range c.wallet.holders {
		order = append(order, i)
	}
	rank := func(i int) int { return slices.Index(best, c.wallet.holders[i].kind) }
	slices.SortStableFunc(order, func(a, b int) int { return rank(a) - rank(b) })
	return order
}

// Scopes gives the scopes that the server has said the first credential has, in its latest answer that told; nil while
// none did. They are granular for API tokens ("read:user:bitbucket"), classic for others ("account:write").
func (c *Client) Scopes() []string {
	if told := c.wallet.holders[0].scopes.Load(); told != nil {
		return slices.Clone(*told)
	}
	return nil
}

// scopesHeader tells the scopes of the credential of a request, where the server sends it.
const scopesHeader = "X-Oauth-Scopes"

// hear takes in what an answer tells of the credential's scopes.
func (h *holder) hear(scopes []string) {
	if len(scopes) > 0 {
		h.scopes.Store(&scopes)
	}
}

// scopesOf parts a list of scopes, which comes with blanks or commas between.
func scopesOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' })
}
