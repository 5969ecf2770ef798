package bitbuckettest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// answer is what a handler gives: a JSON value, or text when body is nil.
type answer struct {
	status int
	header http.Header
	body   any
	text   string
}

// apiError is the error object of API 2.0 and of the gateway before both.
type apiError struct {
	Type  string    `json:"type"` // "error"
	Error errorBody `json:"error"`
	Data  any       `json:"data,omitempty"`
}

type errorBody struct {
	Message string              `json:"message"`
	Detail  any                 `json:"detail,omitempty"`
	Data    any                 `json:"data,omitempty"`
	Fields  map[string][]string `json:"fields,omitempty"`
}

func success(body any) answer { return answer{status: http.StatusOK, body: body} }

func noContent() answer { return answer{status: http.StatusNoContent} }

// jsonError is an error of the gateway, or of a handler of API 2.0.
func jsonError(status int, body errorBody) answer {
	return answer{status: status, body: apiError{Type: "error", Error: body}}
}

// textError is an error of a handler of API 1.0: the bare sentence.
func textError(status int, message string) answer { return answer{status: status, text: message} }

// fail is an error of a handler in the manner of its API.
func (c *call) fail(status int, message string) answer {
	if c.ofAdmin() {
		return c.problem(problem{status: status, title: message})
	}
	if c.old() {
		return textError(status, message)
	}
	return jsonError(status, errorBody{Message: message})
}

// refuse records a violation of the published description, and is its 400.
func (c *call) refuse(message string) *answer {
	c.server.violate(c.route.method+" "+c.request.URL.Path, message)
	a := c.fail(http.StatusBadRequest, message)
	return &a
}

// with adds a header.
func (a answer) with(name, value string) answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
	return a
}

// encode gives the body's bytes and sets the headers that tell of it.
func (a *answer) encode() []byte {
	body, contentType := []byte(a.text), "text/plain; charset=utf-8"
	if a.body != nil {
		encoded, err := json.Marshal(a.body)
		if err != nil { // cannot happen: all shapes are plain data
			encoded = []byte(`{"type":"error","error":{"message":"emulator of Bitbucket: a shape cannot be encoded"}}`)
		}
		body, contentType = encoded, "application/json; charset=utf-8"
	}
	if a.header.Get("Content-Type") == "" {
		*a = a.with("Content-Type", contentType)
	}
	if a.status != http.StatusNoContent {
		*a = a.with("Content-Length", strconv.Itoa(len(body)))
	}
	return body
}
