package bitbuckettest

import "net/http"

// changelog is where the removal of 2026 is announced.
const changelog = "https://developer.atlassian.com/cloud/bitbucket/changelog/#CHANGE-2770"

// announcement points to a changelog entry.
type announcement struct {
	URL string `json:"announcement_url"`
}

// removedPaths are the endpoints that were taken away in 2026, all GET. They answer before anybody authenticates.
func removedPaths() []string {
	return []string{
		"/2.0/workspaces", "/2.0/repositories", "/2.0/user/permissions/workspaces", "/2.0/user/permissions/repositories",
		"/2.0/snippets", "/2.0/pullrequests/{selected_user}",
	}
}

// gone is the answer of a removed endpoint, with the same data twice, as recorded live.
func gone() answer {
	data := announcement{URL: changelog}
	return answer{status: http.StatusGone, body: apiError{Type: "error", Data: data, Error: errorBody{
		Message: "CHANGE-2770 - Functionality has been deprecated",
		Detail:  "Please read the changelog entry for more details.",
		Data:    data,
	}}}
}
