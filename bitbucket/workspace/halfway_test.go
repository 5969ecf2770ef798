package workspace_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bitroster/bitbucket"
	"bitroster/bitbucket/bitbuckettest"
	"bitroster/bitbucket/workspace"
	"bitroster/internal/settings"
	"bitroster/sync/access"
	"bitroster/sync/plan"
)

// TestAnInvitationThatIsOnlyTakenBackIsInDoubt has the second half of a reinvite fail. Recorded as not sent, the person
// would seem to have had the invitation taken back by hand, and would never be mailed again.
func TestAnInvitationThatIsOnlyTakenBackIsInDoubt(t *testing.T) {
	const invite, cancel = "PUT /1.0/users/{workspace}/invitations", "DELETE /1.0/users/{workspace}/invitations/{email}"
	for name, tc := range map[string]struct {
		fault    bitbuckettest.Fault
		maybe    bool
		systemic bool
	}{
		"the mail is refused to the workspace":    {bitbuckettest.Fault{Route: invite, Status: http.StatusPaymentRequired}, true, true},
		"the mail waits for its turn":             {bitbuckettest.Fault{Route: invite, Status: http.StatusTooManyRequests}, true, false},
		"the mail is refused":                     {bitbuckettest.Fault{Route: invite, Status: http.StatusUnprocessableEntity}, false, false},
		"nothing is taken back, by the workspace": {bitbuckettest.Fault{Route: cancel, Status: http.StatusPaymentRequired}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			server := furnished(t, bitbuckettest.Switches{})
			backend := connect(t, server)
			action := plan.Action{Op: plan.Invite, Workspace: "acme", Email: "new@acme.test", Kind: access.Group, Target: "Staff", Slug: "staff"}
			if err := backend.Execute(t.Context(), action); err != nil {
				t.Fatal(err)
			}
			server.AddFaults(tc.fault)
			action.Op = plan.Reinvite
			ctx, stop := context.WithTimeout(t.Context(), time.Second/2)
			defer stop()
			err := backend.Execute(ctx, action)
			var maybe interface{ MaybeDone() bool }
			var systemic interface{ Systemic() bool }
			if !errors.As(err, &maybe) || !errors.As(err, &systemic) || maybe.MaybeDone() != tc.maybe || systemic.Systemic() != tc.systemic {
				t.Errorf("error %v; want maybe %t, systemic %t", err, tc.maybe, tc.systemic)
			}
		})
	}
}

// answering makes a backend of a server that has one group, Ana's account a-1 in it, and answers look-ups of members by a
// function of their query.
func answering(t *testing.T, members func(q string) []bitbucket.User) *workspace.Backend {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body any = []any{}
		switch {
		case strings.HasSuffix(r.URL.Path, "/members"):
			values := []map[string]bitbucket.User{}
			for _, user := range members(r.URL.Query().Get("q")) {
				values = append(values, map[string]bitbucket.User{"user": user})
			}
			body = map[string]any{"values": values}
		case strings.HasPrefix(r.URL.Path, "/1.0/groups/"):
			body = []bitbucket.Group{{Name: "Staff", Slug: "staff", Members: []bitbucket.User{{AccountID: "a-1", UUID: "{1}"}}}}
		}
		if err := json.NewEncoder(w).Encode(body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	key, err := bitbucket.Credential{Kind: "access_token", Token: "env:TOKEN"}.Open(
		settings.Secrets{Getenv: func(string) string { return "token" }})
	if err != nil {
		t.Fatal(err)
	}
	client, err := bitbucket.New(bitbucket.Options{URL: server.URL, Keys: []bitbucket.Key{key}})
	if err != nil {
		t.Fatal(err)
	}
	return workspace.New(client, "acme")
}

// TestMembersWithoutAddressesAreNobody refuses a list of members that does not say who they are: a server that overlooks
// the filter, or serves no addresses to this credential, would make everybody seem absent, and get them a mail.
func TestMembersWithoutAddressesAreNobody(t *testing.T) {
	backend := answering(t, func(string) []bitbucket.User { return []bitbucket.User{{AccountID: "a-1", UUID: "{1}"}} })
	_, err := backend.Observe(t.Context(), access.Scope{Emails: []access.Email{"ana@acme.test"}, Groups: []string{"Staff"}})
	if err == nil || !strings.Contains(err.Error(), "come without an address") {
		t.Errorf("error %v, want that the members come without an address", err)
	}
}
