package bitbuckettest

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
)

// checkQuery refuses query parameters that the route does not have, or has twice.
func (s *Server) checkQuery(c *call) *answer {
	query, err := url.ParseQuery(c.request.URL.RawQuery)
	if err != nil {
		return c.refuse("The query string cannot be read: " + err.Error())
	}
	c.query = query
	for name, values := range query {
		if !slices.Contains(c.route.query, name) {
			return c.refuse("There is no query parameter " + name)
		}
		if len(values) > 1 {
			return c.refuse("The query parameter " + name + " is there twice")
		}
	}
	if !query.Has("fields") {
		return nil
	}
	if _, err := parseFields(query.Get("fields")); err != nil {
		return c.refuse(err.Error())
	}
	return nil
}

// checkBody refuses a body where there is none to be, and a body of another content type than the route takes.
func (s *Server) checkBody(c *call) *answer {
	if c.route.body == bodyNone {
		if len(c.body) > 0 {
			return c.refuse("This resource takes no request body")
		}
		return nil
	}
	contentType, err := c.contentType()
	if err != nil {
		return c.refuse("The Content-Type cannot be read")
	}
	if !slices.Contains(contentTypes(c.route.body), contentType) {
		return c.refuse("The Content-Type " + contentType + " is not one that this resource takes")
	}
	return nil
}

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

func (c *call) contentType() (string, error) {
	header := c.request.Header.Get("Content-Type")
	if header == "" {
		return "", nil
	}
	contentType, _, err := mime.ParseMediaType(header)
	return contentType, err
}

// contentTypes lists what a kind of body may be sent as; empty is no content type at all.
func contentTypes(kind bodyKind) []string {
	switch kind {
	case bodyJSON:
		return []string{jsonType}
	case bodyForm:
		return []string{formType, ""}
	}
	return []string{jsonType, formType}
}

// object reads a JSON body: one object with no other than the allowed properties, and nothing behind it.
func (c *call) object(allowed ...string) (map[string]json.RawMessage, *answer) {
	var properties map[string]json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(c.body))
	if err := decoder.Decode(&properties); err != nil || properties == nil {
		return nil, c.refuse("The request body is not a JSON object")
	}
	if rest := bytes.TrimSpace(c.body[decoder.InputOffset():]); len(rest) > 0 {
		return nil, c.refuse("There is something behind the JSON object of the request body")
	}
	for name := range properties {
		if !slices.Contains(allowed, name) {
			return nil, c.refuse("There is no property " + name)
		}
	}
	return properties, nil
}

// strings reads a body of strings, JSON or form, with no other than the allowed names.
func (c *call) strings(allowed ...string) (map[string]string, *answer) {
	if contentType, _ := c.contentType(); contentType != jsonType {
		return c.form(allowed)
	}
	properties, refused := c.object(allowed...)
	if refused != nil {
		return nil, refused
	}
	values := map[string]string{}
	for name, raw := range properties {
		var value *string
		if err := json.Unmarshal(raw, &value); err != nil || value == nil {
			return nil, c.refuse("The property " + name + " is not a string")
		}
		values[name] = *value
	}
	return values, nil
}

// form reads a urlencoded body.
func (c *call) form(allowed []string) (map[string]string, *answer) {
	parsed, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil, c.refuse("The form in the request body cannot be read")
	}
	values := map[string]string{}
	for name, all := range parsed {
		if !slices.Contains(allowed, name) || len(all) != 1 {
			return nil, c.refuse("The form has a field too many: " + name)
		}
		values[name] = all[0]
	}
	return values, nil
}

// badRequest is a 400 that is no violation: the request has the right shape and a value that is refused.
func (c *call) badRequest(message string) answer { return c.fail(http.StatusBadRequest, message) }
