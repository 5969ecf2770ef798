package bitbuckettest

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// directory3 is a directory of an organization.
type directory3 struct {
	ID   string  `json:"directoryId"`
	Name string  `json:"name"`
	Icon *string `json:"icon"`
}

// resource3 is what the list of workspaces has: a Bitbucket workspace, or the site of another app.
type resource3 struct {
	ID            string         `json:"id"`
	Type          string         `json:"type"`
	Attributes    attributes3    `json:"attributes"`
	Links         map[string]any `json:"links"`
	Relationships struct{}       `json:"relationships"`
}

type attributes3 struct {
	Name          string   `json:"name"`
	TypeKey       string   `json:"typeKey"`
	Type          string   `json:"type"` // for display
	Owner         *string  `json:"owner"`
	Status        string   `json:"status"`
	StatusDetails []string `json:"statusDetails"`
	Labels        []string `json:"labels"`
	Sandbox       *string  `json:"sandbox"`
	Usage         *int     `json:"usage"`
	Capacity      *int     `json:"capacity"`
	CreatedAt     *string  `json:"createdAt"`
	CreatedBy     *string  `json:"createdBy"`
	UpdatedAt     *string  `json:"updatedAt"`
	HostURL       string   `json:"hostUrl"`
	Realm         string   `json:"realm"`
	Regions       []string `json:"regions"`
}

func directoryRoutes() []route {
	directories := route{
		doc: docAdmin, needs: scopes{granular: []string{"read:directories:admin"}},
		query: []string{"accountId", "searchTerm", "cursor", "limit"}, admin: adminManner{reads: true, lists: []string{"directoryIds"}},
	}
	workspaces := route{
		doc: docAdmin, needs: scopes{granular: []string{"read:workspaces:admin"}}, body: bodyJSON, admin: adminManner{reads: true, url: true},
	}
	return []route{
		directories.at(http.MethodGet, adminRoot+"/directories", (*call).listDirectories),
		workspaces.at(http.MethodPost, adminRoot+"/workspaces", (*call).searchWorkspaces),
	}
}

func (c *call) listDirectories() answer {
	limit, refused := c.queryLimit(maxPageLength)
	if refused != nil {
		return *refused
	}
	o := c.organization
	one := directory3{ID: o.directory, Name: o.name}
	term, ids, account := c.query.Get("searchTerm"), c.query["directoryIds"], c.query.Get("accountId")
	found := []directory3{one}
	if !containsFold(one.Name, term) || len(ids) > 0 && !slices.Contains(ids, one.ID) || account != "" && !o.people.has(account) {
		found = nil
	}
	return adminPaged(c, found, limit, func(d directory3) directory3 { return d })
}

// containsFold says whether a text has a part, in any case.
func containsFold(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// workspacesBody is the body of the search for workspaces. The order that sort asks for is not emulated.
type workspacesBody struct {
	Limit *int             `json:"limit"`
	Query *resourceQuery   `json:"query"`
	Sort  []map[string]any `json:"sort"`
}

// resourceQuery is a condition: exactly one of its properties is there.
type resourceQuery struct {
	And      *[]resourceQuery `json:"and"`
	Or       *[]resourceQuery `json:"or"`
	Nor      *[]resourceQuery `json:"nor"`
	Field    *fieldQuery      `json:"field"`
	Text     *string          `json:"searchWorkspaces"`
	Features *[]string        `json:"features"`
	Policies *[]string        `json:"policies"`
}

type fieldQuery struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// UnmarshalJSON refuses a condition that has not exactly one property.
func (q *resourceQuery) UnmarshalJSON(text []byte) error {
	var properties map[string]json.RawMessage
	if err := json.Unmarshal(text, &properties); err != nil {
		return err
	}
	if len(properties) != 1 {
		return errors.New("a condition of the search has not exactly one property")
	}
	type plain resourceQuery
	return strictly(text, (*plain)(q))
}

// holds says whether a resource fulfils a condition. An empty list asks for nothing. Nothing has features or policies.
func (q *resourceQuery) holds(r resource3) bool {
	fulfils := func(q resourceQuery) bool { return q.holds(r) }
	switch {
	case q.And != nil:
		return !slices.ContainsFunc(*q.And, func(q resourceQuery) bool { return !q.holds(r) })
	case q.Or != nil:
		return len(*q.Or) == 0 || slices.ContainsFunc(*q.Or, fulfils)
	case q.Nor != nil:
		return !slices.ContainsFunc(*q.Nor, fulfils)
	case q.Text != nil:
		return containsFold(r.Attributes.Name, *q.Text) || containsFold(r.Attributes.HostURL, *q.Text)
	case q.Field != nil:
		return len(q.Field.Values) == 0 || slices.Contains(q.Field.Values, r.field(q.Field.Name))
	case q.Features != nil:
		return len(*q.Features) == 0
	case q.Policies != nil:
		return len(*q.Policies) == 0
	}
	return false
}

// field is an attribute by which can be searched.
func (r resource3) field(name string) string {
	return map[string]string{
		"id": r.ID, "name": r.Attributes.Name, "typeKey": r.Attributes.TypeKey, "type": r.Attributes.Type,
		"status": r.Attributes.Status, "hostUrl": r.Attributes.HostURL,
	}[name]
}

// searchWorkspaces lists the workspaces that the organization administers, those that are merely linked to it, and the
// site of another app, which bears the organization's name.
func (c *call) searchWorkspaces() answer {
	var body workspacesBody
	if refused := c.readList(&body); refused != nil {
		return *refused
	}
	limit, refused := c.limitOf(body.Limit, maxPageLength)
	if refused != nil {
		return *refused
	}
	all := []resource3{c.otherApp()}
	for _, w := range c.server.workspaces.all() {
		if w.organization == c.organization {
			all = append(all, c.resource3(w))
		}
	}
	found := slices.DeleteFunc(all, func(r resource3) bool { return body.Query != nil && !body.Query.holds(r) })
	return adminPaged(c, found, limit, func(r resource3) resource3 { return r })
}

func (c *call) otherApp() resource3 {
	id := strings.Trim(uuidOf("site", c.organization.id), "{}")
	return resource3{
		ID: "ari:cloud:confluence::site/" + id, Type: "workspaces", Links: map[string]any{"self": nil},
		Attributes: attributes3{
			Name: c.organization.name, TypeKey: "confluence", Type: "Confluence", Status: "online", StatusDetails: []string{},
			Labels: []string{}, HostURL: "https://" + slugOf(c.organization.name) + ".atlassian.net", Regions: []string{},
		},
	}
}

func (c *call) resource3(w *workspace) resource3 {
	shape := c.otherApp()
	shape.ID = w.ari()
	a := &shape.Attributes
	a.Name, a.TypeKey, a.Type, a.HostURL = w.name, "bitbucket", "Bitbucket", webRoot+"/"+w.slug+"/"
	if c.server.options.Organization.NoUsage {
		return shape
	}
	usage := c.server.usage(c.organization, w)
	a.Usage = &usage
	if w.seats > 0 {
		capacity := w.seats
		a.Capacity = &capacity
	}
	return shape
}
