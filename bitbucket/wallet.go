package bitbucket

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// class is what calls have in common as to which credentials they take.
type class int

const (
	readGroups       class = iota // API 1.0: groups and invitations
	writeGroups                   // API 1.0: the same, changed
	lookUp                        // API 2.0: the workspace and its members
	readPermissions               // API 2.0: permissions-config
	writePermissions              // API 2.0: the same, changed
)

// best lists the kinds of credential in the order in which they are likely to work. OAuth consumers are the best
// documented for writes of API 1.0 and are refused for changes of permissions, where the published description of API 2.0
// names API tokens only; whether API tokens may write on API 1.0 is told both ways.
func (c class) best() []string {
	if c == writeGroups {
		return []string{kindOAuth, kindAPIToken, kindAccessToken}
	}
	return []string{kindAPIToken, kindAccessToken, kindOAuth}
}

// class sorts a call by its method and route.
func (c call) class() class {
	write := c.method != http.MethodGet
	switch {
	case strings.HasPrefix(c.route, "/1.0/") && write:
		return writeGroups
	case strings.HasPrefix(c.route, "/1.0/"):
		return readGroups
	case !strings.Contains(c.route, "/permissions-config/"):
		return lookUp
	case write:
		return writePermissions
	}
	return readPermissions
}

// holder is a credential with what it sends through.
type holder struct {
	Key
	// place names it in messages, without its account's address: where it stands in the config, and its kind.
	place string
	http  *http.Client
	pacer *pacer
	// scopes are those that the server said the credential has.
	scopes atomic.Pointer[[]string]
}

// wallet picks a credential for each class of calls.
type wallet struct {
	holders []*holder

	mu sync.Mutex
	// works is the credential that was last seen to work for a class.
	works map[class]*holder
}

func newWallet(o Options) *wallet {
	w := &wallet{works: map[class]*holder{}}
	wire := o.Transport
	if wire == nil {
		wire = newWire(o.RootCAs)
	}
	for i, key := range o.Keys {
		transport, pacer := stack(wire, key, o)
		w.holders = append(w.holders, &holder{
			Key: key, place: fmt.Sprintf("credentials[%d] (%s)", i, key.kind), http: unredirected(transport), pacer: pacer,
		})
	}
	return w
}

// unredirected is a client that follows no redirect: it could carry the credential to another host.
func unredirected(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// order gives all credentials, the one that works first, then by kind, then as the config has them.
func (w *wallet) order(c class) []*holder {
	w.mu.Lock()
	defer w.mu.Unlock()
	rank := func(h *holder) int {
		if h == w.works[c] {
			return -1
		}
		return slices.Index(c.best(), h.kind)
	}
	order := slices.Clone(w.holders)
	slices.SortStableFunc(order, func(a, b *holder) int { return rank(a) - rank(b) })
	return order
}

// learn remembers a credential that was taken. The lack of an answer, and trouble of the server's own, tell nothing of it.
func (w *wallet) learn(c class, h *holder, err error) {
	var answer *Error
	if errors.As(err, &answer) && (answer.Status < http.StatusOK || answer.Status >= http.StatusInternalServerError) {
		return
	}
	if err != nil && answer == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.works[c] = h
}
