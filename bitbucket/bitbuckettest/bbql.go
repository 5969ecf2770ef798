package bitbuckettest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// condition is a query of the filter language as far as the published description shows it: one field with = and a
// string, or IN and a list of strings.
type condition struct {
	field  string
	in     bool
	values []string
}

var errBBQL = errors.New(`invalid query: want field="value" or field IN ("a","b")`)

// parseBBQL reads a query.
func parseBBQL(q string) (condition, error) {
	end := strings.IndexFunc(q, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz_.0123456789", r) })
	if end <= 0 {
		return condition{}, errBBQL
	}
	c := condition{field: q[:end]}
	rest := strings.TrimLeft(q[end:], " ")
	if after, ok := strings.CutPrefix(rest, "="); ok {
		value, rest, err := quoted(strings.TrimLeft(after, " "))
		if err != nil || strings.TrimSpace(rest) != "" {
			return condition{}, errBBQL
		}
		c.values = []string{value}
		return c, nil
	}
	after, ok := strings.CutPrefix(rest, "IN")
	if !ok || !strings.HasPrefix(q[end:], " ") {
		return condition{}, errBBQL
	}
	c.in = true
	values, err := list(strings.TrimLeft(after, " "))
	c.values = values
	return c, err
}

// list reads a list of strings in parentheses, to the end of the query.
func list(s string) ([]string, error) {
	s, ok := strings.CutPrefix(s, "(")
	var values []string
	for ok {
		value, rest, err := quoted(strings.TrimLeft(s, " "))
		if err != nil {
			return nil, err
		}
		values = append(values, value)
		rest = strings.TrimLeft(rest, " ")
		if strings.TrimRight(rest, " ") == ")" {
			return values, nil
		}
		s, ok = strings.CutPrefix(rest, ",")
	}
	return nil, errBBQL
}

// quoted reads one string in double quotes, with \ before a quote or a backslash, and gives what is behind it.
func quoted(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", errBBQL
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] == '"' {
			return b.String(), s[i+1:], nil
		}
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", errBBQL
}

// filter reads the query parameter q, whose field must be one of those of the route; nil when there is no q.
func (c *call) filter(fields ...string) (*condition, *answer) {
	if !c.query.Has("q") {
		return nil, nil
	}
	parsed, err := parseBBQL(c.query.Get("q"))
	if err != nil {
		return nil, c.refuse(err.Error())
	}
	if !slices.Contains(fields, parsed.field) {
		return nil, c.refuse(fmt.Sprintf("Field %q does not support filtering", parsed.field))
	}
	return &parsed, nil
}

// maxEmails is how many addresses one query may name.
const maxEmails = 90

// emailFilter reads q of the members list: only user.email, only IN, only for administrators, at most 90.
func (c *call) emailFilter() (*condition, *answer) {
	q, refused := c.filter("user.email")
	if q == nil || refused != nil {
		return nil, refused
	}
	if !q.in {
		return nil, c.refuse("user.email is filtered with IN")
	}
	var a answer
	switch {
	case c.credential.rankIn(c.workspace) < workspaceAdmin:
		a = c.fail(http.StatusForbidden, "Only administrators of the workspace may filter by e-mail address")
	case len(q.values) > maxEmails:
		a = c.badRequest(fmt.Sprintf("At most %d e-mail addresses may be queried at a time", maxEmails))
	default:
		return q, nil
	}
	return nil, &a
}

// is says whether one of the values is the wanted one.
func (q *condition) is(value string) bool { return q == nil || slices.Contains(q.values, value) }
