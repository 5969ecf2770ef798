package bitbuckettest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// problem is an error of the organization API before it has a shape. Code is that of shape A, access that of shape B;
// where they are empty, the status makes one.
type problem struct {
	status       int
	code, access string
	title        string
	shape        string // that it has by default; empty is the route's
}

// adminErrors are the shapes A and B.
type adminErrors struct {
	Errors []adminError `json:"errors"`
}

type adminError struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// proxyError is the shape C.
type proxyError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// gatewayError is the shape D.
type gatewayError struct {
	Timestamp string `json:"timestamp"`
	Path      string `json:"path"`
	Status    int    `json:"status"`
	Error     string `json:"error"`
	Message   string `json:"message"`
	RequestID string `json:"requestId"`
}

// ofAdmin says that the call is of the organization API.
func (c *call) ofAdmin() bool { return strings.HasPrefix(c.request.URL.Path, "/admin/") }

// problem gives an error its shape; see OrganizationSwitches.ErrorShape.
func (c *call) problem(p problem) answer {
	shape := c.server.options.Organization.ErrorShape
	if shape == shapeByCall {
		shape = p.shape
	}
	if shape == "" && c.route != nil && c.route.admin.access {
		shape = shapeB
	}
	return c.shaped(p, shape)
}

// shaped gives an error one shape; any other than B, C, D and text is A.
func (c *call) shaped(p problem, shape string) answer {
	id := strings.Trim(uuidOf("request", c.request.URL.Path), "{}")
	switch shape {
	case shapeText:
		return textError(p.status, p.title)
	case shapeC:
		return answer{status: p.status, body: proxyError{Code: p.status, Message: p.title}}
	case shapeD:
		return answer{status: p.status, body: gatewayError{
			Timestamp: c.server.options.Now().UTC().Format(time.RFC3339), Path: "/api" + c.request.URL.Path, Status: p.status,
			Error: http.StatusText(p.status), Message: p.title, RequestID: id,
		}}
	}
	code := p.code
	if shape == shapeB {
		code = p.access
	}
	if code == "" {
		code = codeOf(p.status, shape)
	}
	return answer{status: p.status, body: adminErrors{Errors: []adminError{{
		ID: id, Status: strconv.Itoa(p.status), Code: code, Title: http.StatusText(p.status), Detail: p.title,
	}}}}
}

// codeOf is the code of a status for which nothing more is known.
func codeOf(status int, shape string) string {
	if shape == shapeB {
		return "ADMIN-UAM-" + strconv.Itoa(status) + "-1"
	}
	if status == http.StatusBadRequest {
		return "ADMIN-400-24"
	}
	return "ADMIN-" + strconv.Itoa(status) + "-1"
}

func noOrganization() problem {
	return problem{status: http.StatusNotFound, code: "ADMIN-404-2", access: "ADMIN-UAM-404-2", title: "The organization was not found"}
}

func notYours() problem {
	return problem{status: http.StatusForbidden, code: "ADMIN-403-3", access: "ADMIN-UAM-403-2", title: "You may not manage this organization"}
}

func noResource() problem {
	return problem{status: http.StatusNotFound, code: "ADMIN-404-1", access: "ADMIN-UAM-404-1", title: "The resource was not found"}
}

func noUser() problem {
	return problem{status: http.StatusNotFound, code: "ADMIN-404-8", access: "ADMIN-UAM-404-1", title: "The user was not found in this directory"}
}

func noGroup() problem {
	return problem{status: http.StatusNotFound, code: "ADMIN-404-10", access: "ADMIN-UAM-404-3", title: "The group was not found"}
}

func fixedGroup() problem {
	return problem{status: http.StatusForbidden, code: "ADMIN-403-5", access: "ADMIN-UAM-403-1", title: "You may not manage this group"}
}

func noSeats() problem {
	return problem{status: http.StatusConflict, code: "ADMIN-409-3", access: "ADMIN-UAM-409-3", title: "The licence limit of the app is exceeded"}
}

func conflict(title string) problem {
	return problem{status: http.StatusConflict, code: "ADMIN-409-28", access: "ADMIN-UAM-409-2", title: title}
}

func wrongRole() problem {
	return problem{status: http.StatusBadRequest, code: "ADMIN-400-4", access: "ADMIN-UAM-400-3", title: "The role is not valid for this resource"}
}

func inactive() problem {
	return problem{status: http.StatusBadRequest, code: "ADMIN-400-24", access: "ADMIN-UAM-400-2", title: "The user is inactive"}
}

func badAddress() problem {
	return problem{status: http.StatusBadRequest, access: "ADMIN-UAM-400-1", title: "The email address is not valid"}
}

// fails is a problem as the result of a check.
func (c *call) fails(p problem) *answer {
	a := c.problem(p)
	return &a
}
