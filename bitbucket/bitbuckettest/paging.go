package bitbuckettest

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Page lengths of API 2.0.
const (
	pageLength    = 10
	maxPageLength = 100
)

// page is one page of a list of API 2.0. Next is absent on the last.
type page[T any] struct {
	Values  []T    `json:"values"`
	PageLen int    `json:"pagelen"`
	Size    int    `json:"size"`
	Page    int    `json:"page"`
	Next    string `json:"next,omitempty"`
}

// listQuery adds the parameters that every list has.
func listQuery(more ...string) []string {
	return append([]string{"pagelen", "page", "fields"}, more...)
}

// paged gives the page of items that a call asks for, each shaped only when it is on it. What follows a page is opaque:
// a page number that the client made up is refused.
func paged[T, V any](c *call, items []T, length int, shape func(T) V) answer {
	if c.query.Has("pagelen") {
		asked, err := strconv.Atoi(c.query.Get("pagelen"))
		if err != nil || asked < 1 || asked > maxPageLength {
			return c.badRequest("Invalid pagelen: want 1 to " + strconv.Itoa(maxPageLength))
		}
		length = asked
	}
	from, known := c.offset(length)
	if !known {
		return *c.refuse("Invalid page: follow next, which is not to be made up")
	}
	from = min(from, len(items))
	to := min(from+length, len(items))
	p := page[V]{Values: []V{}, PageLen: length, Size: len(items), Page: from/length + 1}
	for _, item := range items[from:to] {
		p.Values = append(p.Values, shape(item))
	}
	if to < len(items) {
		p.Next = c.link(to, length)
	}
	return success(p)
}

// offset reads the mark that link made.
func (c *call) offset(length int) (int, bool) {
	if !c.query.Has("page") {
		return 0, true
	}
	digits, _, _ := strings.Cut(c.query.Get("page"), "-")
	from, err := strconv.ParseInt(digits, 36, 32)
	return int(from), err == nil && c.query.Get("page") == c.mark(int(from), length)
}

// mark names an offset into this list, and no other.
func (c *call) mark(from, length int) string {
	key := fmt.Sprint(c.request.URL.Path, c.query.Get("q"), c.query.Get("sort"), from, length)
	h := sha256.Sum256([]byte(key))
	return strconv.FormatInt(int64(from), 36) + "-" + fmt.Sprintf("%x", h[:6])
}

// link is the address of the page at an offset, on the host that was asked.
func (c *call) link(from, length int) string {
	query := url.Values{}
	for name, values := range c.query {
		query[name] = values
	}
	query.Set("page", c.mark(from, length))
	query.Set("pagelen", strconv.Itoa(length))
	next := url.URL{Scheme: "http", Host: c.request.Host, Path: c.request.URL.Path, RawPath: c.request.URL.RawPath, RawQuery: query.Encode()}
	if c.request.TLS != nil {
		next.Scheme = "https"
	}
	return next.String()
}
