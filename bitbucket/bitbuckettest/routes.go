package bitbuckettest

import (
	"net/url"
	"slices"
	"strings"
)

// Pages that document the endpoints.
const (
	docGroups      = "https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/"
	docPending     = "https://support.atlassian.com/bitbucket-cloud/docs/invitations-resource/"
	docInvitations = "https://support.atlassian.com/bitbucket-cloud/docs/invitations-endpoint/"
	docWorkspaces  = "https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/"
	docUsers       = "https://developer.atlassian.com/cloud/bitbucket/rest/api-group-users/"
	docProjects    = "https://developer.atlassian.com/cloud/bitbucket/rest/api-group-projects/"
	docOAuth       = "https://support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud"
	docRepos       = "https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/"
	docAdmin       = "https://developer.atlassian.com/cloud/admin/organization/rest/intro/"
)

// rank is what a caller is to the workspace, or to the target, of a request.
type rank int

const (
	anyone rank = iota
	workspaceMember
	workspaceAdmin
	targetAdmin // of the repository or project in the path; an administrator of the workspace is one, too
)

// bodyKind is the form of body that a route takes.
type bodyKind int

const (
	bodyNone bodyKind = iota
	bodyJSON
	bodyForm // urlencoded; no content type is taken as that
	bodyEither
)

// route is one endpoint. Its handler runs under the lock.
type route struct {
	method, path string
	doc          string // the page that documents it
	needs        scopes
	query        []string // the names of query parameters it takes
	body         bodyKind
	rank         rank
	apiTokenOnly bool // refuses other kinds of credential
	tokens       bool // gives tokens: has checks, errors and a way to authenticate of its own
	invites      bool // counts against the limit of invitations
	whenMoved    movedManner
	admin        adminManner // of the organization API
	handle       func(*call) answer
}

// movedManner is what becomes of an endpoint when its workspace moves to admin.atlassian.com.
type movedManner int

const (
	movedStays   movedManner = iota
	movedRefused             // a write on groups
	movedOff                 // an invitation endpoint
)

func (r route) String() string { return r.method + " " + r.path }

// routes lists all endpoints that are served.
func routes() []route {
	return slices.Concat(
		groupRoutes(), groupMemberRoutes(), pendingRoutes(), invitationRoutes(),
		userRoutes(), memberRoutes(), repositoryRoutes(), permissionRoutes(), tokenRoutes(),
		directoryRoutes(), inviteRoutes(), searchRoutes(), directoryGroupRoutes(), roleRoutes(),
	)
}

// Routes lists the endpoints that are served, as "GET /1.0/groups/{workspace}", with the parameter names of the
// published description, sorted.
func Routes() []string {
	var names []string
	for _, r := range routes() {
		names = append(names, r.String())
	}
	slices.Sort(names)
	return names
}

// find gives the route of a request and the values of its path's parameters. Where only the method is wrong it gives the
// methods that are right.
func (s *Server) find(method, escapedPath string) (found *route, params map[string]string, methods []string) {
	for i := range s.routes {
		r := &s.routes[i]
		values, ok := match(r.path, escapedPath)
		switch {
		case !ok:
		case r.method == method:
			return r, values, nil
		default:
			methods = append(methods, r.method)
		}
	}
	return nil, nil, methods
}

// match compares a path with a pattern, with or without a trailing slash, and gives the values of its parameters,
// unescaped.
func match(pattern, escapedPath string) (map[string]string, bool) {
	want := strings.Split(pattern, "/")
	have := strings.Split(strings.TrimSuffix(escapedPath, "/"), "/")
	if len(want) != len(have) {
		return nil, false
	}
	values := map[string]string{}
	for i, segment := range want {
		got, err := url.PathUnescape(have[i])
		isParam := strings.HasPrefix(segment, "{")
		if err != nil || got == "" && isParam || !isParam && got != segment {
			return nil, false
		}
		if isParam {
			values[strings.Trim(segment, "{}")] = got
		}
	}
	return values, true
}
