package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"bitroster/bitbucket/bitbuckettest"
)

// withdraw takes somebody's invitation back by hand: withdraw pia.
func withdraw(ts *testscript.TestScript, _ bool, args []string) {
	deleteByHand(ts, "/1.0/users/acme/invitations/"+args[0]+"@acme.test")
}

// remove takes somebody out of a group by hand, and so out of the workspace where it is the only one: remove lea Staff.
func remove(ts *testscript.TestScript, _ bool, args []string) {
	uuid, _ := labOf(ts).bitbucket.AddUser(args[0]+"@acme.test", "")
	deleteByHand(ts, "/1.0/groups/acme/"+strings.ToLower(args[1])+"/members/"+url.PathEscape(uuid))
}

func deleteByHand(ts *testscript.TestScript, path string) {
	req, err := http.NewRequest(http.MethodDelete, ts.Getenv("API")+path, nil)
	ts.Check(err)
	req.SetBasicAuth("ada@acme.test", "token")
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	ts.Check(res.Body.Close())
	if res.StatusCode != http.StatusNoContent {
		ts.Fatalf("by hand: %s", res.Status)
	}
}

// accountID puts an account's id into the environment: accountid otto OTTO_ID.
func accountID(ts *testscript.TestScript, _ bool, args []string) {
	_, id := labOf(ts).bitbucket.AddUser(args[0]+"@acme.test", "")
	ts.Setenv(args[1], id)
}

// lookUps wants so many look-ups of members by address since the last reset.
func lookUps(ts *testscript.TestScript, _ bool, args []string) {
	got := labOf(ts).bitbucket.RequestCount(func(r bitbuckettest.Request) bool {
		return r.Route == "GET /2.0/workspaces/{workspace}/members"
	})
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("%d look-ups of members, want %s", got, args[0])
	}
}

// loseInvite breaks the connection of the next invitation to a group, after it has taken effect and before its answer.
func loseInvite(ts *testscript.TestScript, _ bool, _ []string) {
	labOf(ts).bitbucket.AddFaults(bitbuckettest.Fault{
		Route: "PUT /1.0/users/{workspace}/invitations", AfterEffect: true, Reset: true,
	})
}
