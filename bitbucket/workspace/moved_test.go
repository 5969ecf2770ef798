package workspace_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket"
	"bitroster/bitbucket/bitbuckettest"
	"bitroster/sync/access"
	"bitroster/sync/plan"
)

// TestMoved moves the workspace to admin.atlassian.com, with each answer that its invitation calls may then give. One
// refusal is enough to know.
func TestMoved(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			server := furnished(t, bitbuckettest.Switches{MovedInvitations: status})
			backend := connect(t, server)
			invite := plan.Action{Op: plan.Invite, Workspace: "acme", Email: "new@acme.test", Kind: access.Group, Target: "Staff", Slug: "staff"}
			wrong := invite
			wrong.Email = "no-address"
			wantKind(t, backend.Execute(t.Context(), wrong), "", false)
			server.Move("acme")
			wantKind(t, backend.Execute(t.Context(), invite), bitbucket.Moved, true)
			_, err := backend.Observe(t.Context(), access.Scope{Groups: []string{"Staff"}})
			wantKind(t, err, bitbucket.Moved, true)
			if mails := server.Mails(); len(mails) != 0 {
				t.Errorf("mails %v, want none", mails)
			}
		})
	}
}

func wantKind(t *testing.T, err error, kind bitbucket.Kind, systemic bool) {
	t.Helper()
	var answer *bitbucket.Error
	if !errors.As(err, &answer) || answer.Kind != kind || answer.Systemic() != systemic {
		t.Errorf("error %v, want kind %q, systemic %v", err, kind, systemic)
	}
	if systemic && !strings.Contains(err.Error(), "admin.atlassian.com") {
		t.Errorf("error %q does not say where the workspace went", err)
	}
}

// TestNamesThatMakeOneSlug are told apart.
func TestNamesThatMakeOneSlug(t *testing.T) {
	for name, tc := range map[string]struct {
		groups, asked []string
		want          map[string]string // name asked -> slug, or the beginning of the trouble
	}{
		"the slug of a group that is named, too": {
			[]string{"Dev Team"},
			[]string{"Dev Team", "dev-team"},
			map[string]string{"Dev Team": "dev-team", "dev-team": `"dev-team" would mean the group "Dev Team", which the config names as well`},
		},
		"the slug alone": {[]string{"Dev Team"}, []string{"dev-team"}, map[string]string{"dev-team": "dev-team"}},
		"another name whose slug is taken": {
			[]string{"Dev Team"}, []string{"Dev-Team"}, map[string]string{"Dev-Team": `there is no group "Dev-Team", and its slug "dev-team" is taken by the group "Dev Team"`},
		},
		"two that are missing": {
			nil,
			[]string{"New Team", "New-Team"},
			map[string]string{"New Team": `the workspace has no group "New Team"`, "New-Team": `there is no group "New-Team", and it would get the slug "new-team" of "New Team"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := furnished(t, bitbuckettest.Switches{})
			for _, group := range tc.groups {
				server.AddGroup("acme", group)
			}
			state, err := connect(t, server).Observe(t.Context(), access.Scope{Groups: tc.asked})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, name := range tc.asked {
				trouble := state.Troubles[access.Target{Kind: access.Group, Name: name}].Detail
				got[name] = state.Groups[name].Slug + trouble[:min(len(trouble), len(tc.want[name]))]
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}

// furnished is a running emulator with the workspace acme and its group Staff.
func furnished(t *testing.T, switches bitbuckettest.Switches) *bitbuckettest.Server {
	t.Helper()
	server := bitbuckettest.New(bitbuckettest.Options{Switches: switches})
	server.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	server.AddGroup("acme", "Staff")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}
