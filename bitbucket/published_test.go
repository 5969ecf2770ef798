//go:build spec

package bitbucket_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// description is Bitbucket's published description of API 2.0 (OpenAPI 3.0).
type description struct {
	doc    *openapi3.T
	router routers.Router
	// partial is the same without properties that must be there, and without lists whose elements must differ: for answers
	// of which the parameter fields leaves a part.
	partial *openapi3.T
}

// describe reads the file that the variable BITROSTER_SPEC names.
func describe(t *testing.T) description {
	t.Helper()
	file := os.Getenv("BITROSTER_SPEC")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("set BITROSTER_SPEC to the file with the published description, or run make spec: %v", err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	loosen(tree)
	loose, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	d := description{doc: load(t, text), partial: load(t, loose)}
	if d.router, err = gorillamux.NewRouter(d.doc); err != nil {
		t.Fatal(err)
	}
	return d
}

// load reads a description without checking it: one of its examples does not fit its own schema.
func load(t *testing.T, text []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // the router would look for their host and path
	return doc
}

// loosen takes out of all schemas what a part of an answer cannot keep.
func loosen(tree any) {
	switch node := tree.(type) {
	case map[string]any:
		if _, isList := node["required"].([]any); isList {
			delete(node, "required")
		}
		delete(node, "uniqueItems")
		for _, child := range node {
			loosen(child)
		}
	case []any:
		for _, child := range node {
			loosen(child)
		}
	}
}

// routes lists what is described, as the emulator names its routes.
func (d description) routes() []string {
	var names []string
	for path, item := range d.doc.Paths.Map() {
		for method := range item.Operations() {
			names = append(names, method+" /2.0"+path)
		}
	}
	return names
}

// watcher compares everything that passes with the description.
type watcher struct {
	t    *testing.T
	next http.Handler
	description

	mu sync.Mutex
	// seen counts the answers by route and status, client by route those that the client asked for.
	seen   map[string]map[int]int
	client map[string]int
	// excused are the differences that are meant.
	excused map[string]bool
}

func newWatcher(t *testing.T, d description, next http.Handler) *watcher {
	return &watcher{t: t, next: next, description: d, seen: map[string]map[int]int{}, client: map[string]int{}, excused: map[string]bool{}}
}

func (w *watcher) ServeHTTP(res http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.t.Error(err)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	recorder := httptest.NewRecorder()
	w.next.ServeHTTP(recorder, req)
	if strings.HasPrefix(req.URL.Path, "/2.0/") {
		w.check(req, body, recorder)
	}
	maps.Copy(res.Header(), recorder.Header())
	res.WriteHeader(recorder.Code)
	_, _ = res.Write(recorder.Body.Bytes())
}

// check checks one exchange.
func (w *watcher) check(req *http.Request, body []byte, res *httptest.ResponseRecorder) {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := req.Clone(req.Context())
	asked.Body = io.NopCloser(bytes.NewReader(body))
	asked.URL.Path, asked.URL.RawPath = strings.TrimPrefix(req.URL.Path, "/2.0"), strings.TrimPrefix(req.URL.RawPath, "/2.0")
	route, params, err := w.router.FindRoute(asked)
	if err != nil {
		w.t.Errorf("%s %s: it is not described: %v", req.Method, req.URL, err)
		return
	}
	name := req.Method + " /2.0" + route.Path
	if w.seen[name] == nil {
		w.seen[name] = map[int]int{}
	}
	w.seen[name][res.Code]++
	byClient := strings.HasPrefix(req.Header.Get("User-Agent"), "bitroster/")
	if byClient {
		w.client[name]++
	}
	if byClient || res.Code < http.StatusBadRequest {
		w.checkRequest(asked, route, params)
	}
	w.checkAnswer(req, route, res)
}

// general are the query parameters of all lists, which the description tells of in its prose only.
func general() []string { return []string{"pagelen", "page", "fields", "q"} }

func (w *watcher) checkRequest(req *http.Request, route *routers.Route, params map[string]string) {
	err := openapi3filter.ValidateRequest(req.Context(), &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route, Options: &openapi3filter.Options{
			MultiError: true, RejectWhenRequestBodyNotSpecified: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	})
	if err != nil {
		w.t.Errorf("%s %s: the request is not as described: %v", req.Method, req.URL, err)
	}
	described := general()
	for _, parameter := range append(slices.Clone(route.PathItem.Parameters), route.Operation.Parameters...) {
		described = append(described, parameter.Value.Name)
	}
	for name := range req.URL.Query() {
		if !slices.Contains(described, name) {
			w.t.Errorf("%s %s: the query parameter %s is not described", req.Method, req.URL, name)
		}
	}
}

func (w *watcher) checkAnswer(req *http.Request, route *routers.Route, res *httptest.ResponseRecorder) {
	where := fmt.Sprintf("%s %s: %d", req.Method, req.URL, res.Code)
	doc := w.doc
	if fields := req.URL.Query().Get("fields"); fields != "" && !strings.HasPrefix(fields, "+") {
		doc = w.partial
	}
	schema := w.schema(where, doc, route, res)
	if schema == nil {
		if res.Body.Len() > 0 {
			w.t.Errorf("%s: it has a body, and none is described", where)
		}
		return
	}
	var value any
	if err := json.Unmarshal(res.Body.Bytes(), &value); err != nil || !strings.HasPrefix(res.Header().Get("Content-Type"), "application/json") {
		w.t.Errorf("%s: it is not JSON: %v, %s", where, err, res.Header().Get("Content-Type"))
		return
	}
	w.compare(where, schema, value)
	w.compareInner(where, doc, value)
}

// schema gives the schema of an answer; nil where it has no body.
func (w *watcher) schema(where string, doc *openapi3.T, route *routers.Route, res *httptest.ResponseRecorder) *openapi3.Schema {
	answer := doc.Paths.Value(route.Path).GetOperation(route.Method).Responses.Status(res.Code)
	if answer == nil {
		w.excuse(where, fmt.Sprintf("status %d", res.Code))
		return doc.Components.Schemas["error"].Value
	}
	if media := answer.Value.Content.Get("application/json"); media != nil {
		return media.Schema.Value
	}
	return nil
}

// compareInner checks each object that names its type against the schema of that type: the description has a general one
// in many places, such as account for user.
func (w *watcher) compareInner(where string, doc *openapi3.T, value any) {
	switch node := value.(type) {
	case map[string]any:
		kind, _ := node["type"].(string)
		if schema := doc.Components.Schemas[kind]; schema != nil {
			w.compare(where, schema.Value, value)
			w.compareNames(where, kind, schema.Value, node)
		}
		for _, child := range node {
			w.compareInner(where, doc, child)
		}
	case []any:
		for _, child := range node {
			w.compareInner(where, doc, child)
		}
	}
}

// compareNames wants every property described, also where the description allows others.
func (w *watcher) compareNames(where, kind string, schema *openapi3.Schema, node map[string]any) {
	described := properties(schema)
	for name := range node {
		if !slices.Contains(described, name) {
			w.excuse(where, fmt.Sprintf("the property %s of a %s is not described", name, kind))
		}
	}
}

// properties lists the properties of a schema and of what it is made of.
func properties(schema *openapi3.Schema) []string {
	names := slices.Collect(maps.Keys(schema.Properties))
	for _, part := range schema.AllOf {
		names = append(names, properties(part.Value)...)
	}
	return names
}

func (w *watcher) compare(where string, schema *openapi3.Schema, value any) {
	err := schema.VisitJSON(value, openapi3.VisitAsResponse(), openapi3.MultiErrors())
	for _, fault := range leaves(err) {
		w.excuse(where, fmt.Sprintf("/%s: %s", strings.Join(fault.JSONPointer(), "/"), fault.Reason))
	}
}

// leaves gives the faults at the bottom of an error.
func leaves(err error) []*openapi3.SchemaError {
	var several openapi3.MultiError
	var one *openapi3.SchemaError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &one) && one.Origin != nil && len(leaves(one.Origin)) > 0:
		return leaves(one.Origin)
	case errors.As(err, &several):
		var all []*openapi3.SchemaError
		for _, part := range several {
			all = append(all, leaves(part)...)
		}
		return all
	case one != nil:
		return []*openapi3.SchemaError{one}
	}
	return []*openapi3.SchemaError{{Reason: err.Error()}}
}

// excuses are the differences between the description and the true service that the emulator keeps, each with its reason.
func excuses() map[string]string {
	return map[string]string{
		"status 400":                            "values that the filter language or a list does not take are refused by every list",
		"status 401":                            "every call wants a credential, described or not",
		"status 403":                            "every call wants scopes, described or not",
		"status 404":                            "every call in a workspace wants it to be there",
		"status 429":                            "every call counts against the limits, which the description leaves out",
		"/error/detail: value must be a string": "the detail of a missing scope is served as an object",
		`/error: property "fields" is unsupported`: "faults of a form are served with it",

		"the property permission of a workspace_membership is not described":    "it is in the text of the calls that serve it",
		"the property added_on of a workspace_membership is not described":      "it is in the text of the calls that serve it",
		"the property last_accessed of a workspace_membership is not described": "it is in the text of the calls that serve it",
		"the property email of a user is not described":                         "it is in the text of the call that serves it, where fields asks for it",
		"the property slug of a repository is not described":                    "every repository is served with it",
		"the property workspace of a repository is not described":               "every repository is served with it",
		"the property workspace of a project is not described":                  "every project is served with it",
	}
}

// excuse reports a difference, unless it is one of the excuses.
func (w *watcher) excuse(where, difference string) {
	if _, meant := excuses()[difference]; meant {
		w.excused[difference] = true
		return
	}
	w.t.Errorf("%s: the answer is not as described: %s", where, difference)
}
