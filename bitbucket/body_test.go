package bitbucket_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"bitroster/bitbucket"
)

// TestAListThatIsNotThereIsNotEmpty: whoever takes it for empty invites people who are invited, and members.
func TestAListThatIsNotThereIsNotEmpty(t *testing.T) {
	for _, body := range []string{"null", "{}", `{"values":null}`, `{"error":{"message":"oops"}}`} {
		client := connect(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) })
		if users, err := client.MembersByEmail(t.Context(), "acme", []string{"ana@x.test"}); err == nil {
			t.Errorf("%s: members %v, want an error", body, users)
		}
		if invitations, err := client.Invitations(t.Context(), "acme"); err == nil {
			t.Errorf("%s: invitations %v, want an error", body, invitations)
		}
		if groups, err := client.Groups(t.Context(), "acme"); err == nil {
			t.Errorf("%s: groups %v, want an error", body, groups)
		}
	}
}

// TestAPageOfHTMLIsNotTheAPI: a proxy or a server under maintenance answers 200 with a page, and the mail may not be on
// its way. What else a body may be is not documented, and is taken.
func TestAPageOfHTMLIsNotTheAPI(t *testing.T) {
	for body, done := range map[string]bool{
		"": true, "OK": true, "{}": true, `{"email":"<b>ana</b>@x.test"}`: true, "null": true,
		"<!DOCTYPE html><html><title>Sign in</title></html>": false, "\n  <HTML >": false,
	} {
		client := connect(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html") // some frameworks' default, so it tells nothing
			_, _ = fmt.Fprint(w, body)
		})
		err := client.InviteToGroup(t.Context(), "acme", "dev", "ana@x.test")
		var answer *bitbucket.Error
		switch {
		case done && err != nil:
			t.Errorf("%q: error %v, want none", body, err)
		case !done && (!errors.As(err, &answer) || !answer.MaybeDone() || answer.NotSent() || answer.Systemic()):
			t.Errorf("%q: error %v, want one that it may be done", body, err)
		}
	}
}
