package bitbuckettest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// mark is what a cursor stands for: the rest of a list that was asked for before.
type mark struct {
	path  string
	body  []byte
	query url.Values
	from  int
}

// adminPage is one page of a list of the organization API.
type adminPage[T any] struct {
	Data  []T            `json:"data"`
	Links map[string]any `json:"links"`
}

// resume finds what a cursor stands for, and goes on from there.
func (c *call) resume(cursor string) (mark, *answer) {
	m, known := c.server.marks[cursor]
	if !known || m.path != c.request.URL.Path {
		c.server.violate(c.route.String(), "There is no such cursor here: cursors are not to be made up")
		return mark{}, c.fails(problem{status: http.StatusBadRequest, code: "ADMIN-400-1", title: "The cursor is not valid"})
	}
	c.from = m.from
	return m, nil
}

// readList reads the body of a search into a struct. A cursor is to be the only property: it stands for all of a search.
func (c *call) readList(into any) *answer {
	var alone struct {
		Cursor *string `json:"cursor"`
	}
	if json.Unmarshal(c.body, &alone) == nil && alone.Cursor != nil {
		properties, refused := c.object("cursor")
		if refused != nil || len(properties) != 1 {
			return refused
		}
		m, refused := c.resume(*alone.Cursor)
		if refused != nil {
			return refused
		}
		c.body = m.body
	}
	return c.read(into)
}

// read reads a JSON body into a struct, whose properties are all that it may have; null is none of their types.
func (c *call) read(into any) *answer {
	properties, refused := c.object(jsonNames(into)...)
	if refused != nil {
		return refused
	}
	for name, raw := range properties {
		if string(raw) == "null" {
			return c.refuse("The property " + name + " has the wrong type")
		}
	}
	if strictly(c.body, into) != nil {
		return c.refuse("The request body has a property that does not belong there, or of the wrong type")
	}
	return nil
}

// strictly decodes JSON without properties that the target does not have.
func strictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// jsonNames lists the properties of a pointer's struct.
func jsonNames(of any) []string {
	shape := reflect.TypeOf(of).Elem()
	var names []string
	for _, f := range reflect.VisibleFields(shape) {
		if !f.Anonymous {
			names = append(names, f.Tag.Get("json"))
		}
	}
	return names
}

// limitOf checks the length of a page, where 0 is none given. More than 100 has not been seen to work.
func (c *call) limitOf(given *int, usual int) (int, *answer) {
	switch {
	case given == nil:
		return usual, nil
	case *given < 1 || *given > maxPageLength:
		return 0, c.refuse("The limit is not 1 to " + strconv.Itoa(maxPageLength))
	}
	return *given, nil
}

// queryLimit is limitOf for a list with parameters.
func (c *call) queryLimit(usual int) (int, *answer) {
	if !c.query.Has("limit") {
		return usual, nil
	}
	given, err := strconv.Atoi(c.query.Get("limit"))
	if err != nil {
		return 0, c.refuse("The limit is not a number")
	}
	return c.limitOf(&given, usual)
}

// adminPaged gives the page of items that a call asks for.
func adminPaged[T, V any](c *call, items []T, limit int, shape func(T) V) answer {
	from := min(c.from, len(items))
	to := min(from+limit, len(items))
	p := adminPage[V]{Data: []V{}, Links: map[string]any{"self": nil, "prev": nil}}
	for _, item := range items[from:to] {
		p.Data = append(p.Data, shape(item))
	}
	switch last := c.server.options.Organization.LastCursor; {
	case to < len(items):
		p.Links["next"] = c.next(to)
	case last == lastEmpty:
		p.Links["next"] = ""
	case last == lastNull:
		p.Links["next"] = nil
	}
	return success(p)
}

// next makes the cursor for the rest of a list, as a token or as a URL.
func (c *call) next(from int) string {
	key := strings.Join([]string{c.request.URL.Path, string(c.body), c.query.Encode(), strconv.Itoa(from)}, "\n")
	token := strings.ReplaceAll(strings.Trim(uuidOf("cursor", key), "{}"), "-", "")[:16] + "=" // is to be escaped in a query
	c.server.marks[token] = mark{path: c.request.URL.Path, body: slices.Clone(c.body), query: c.query, from: from}
	form := c.server.options.Organization.Cursor
	if form == cursorToken || form == cursorMixed && !c.route.admin.url {
		return token
	}
	link := url.URL{Scheme: "http", Host: c.request.Host, Path: c.request.URL.Path, RawQuery: url.Values{"cursor": {token}}.Encode()}
	if c.request.TLS != nil {
		link.Scheme = "https"
	}
	return link.String()
}
