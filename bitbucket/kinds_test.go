package bitbucket_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bitroster/bitbucket"
)

// TestKinds gives each answer that is documented, or was recorded, what it means and what to try.
func TestKinds(t *testing.T) {
	documented := func(message, more string) string {
		return fmt.Sprintf(`{"type":"error","error":{"message":%q%s}}`, message, more)
	}
	for name, tc := range map[string]struct {
		status int
		body   string
		want   bitbucket.Kind
		hint   string
	}{
		"no or wrong credential":    {401, documented("Token is invalid, expired, or not supported for this endpoint.", ""), bitbucket.CredentialRefused, "wrong, expired"},
		"401 without a word":        {401, "", bitbucket.CredentialRefused, "check the credential"},
		"401 for no administrator":  {401, "You are not an administrator of this repository.", bitbucket.CredentialRefused, "check the credential"},
		"scope is missing":          {403, noScope[4:], bitbucket.ScopeMissing, "the scopes of an API token cannot be changed"},
		"scope, by its words":       {403, documented("Your credentials lack one or more required privilege scopes.", ""), bitbucket.ScopeMissing, "new credential"},
		"kind refused":              {403, wrongKind[4:], bitbucket.CredentialRefused, "not supported for this call"},
		"no administrator":          {403, noAdmin[4:], bitbucket.NotAllowed, "is an administrator here"},
		"403 without a word":        {403, "", bitbucket.NotAllowed, "administrator"},
		"rate, as a 403":            {403, "Rate limit for this resource has been exceeded", bitbucket.RateLimited, ""},
		"unknown path":              {404, documented("There is no API hosted at this URL", ""), bitbucket.Gone, "switched off"},
		"unknown workspace":         {404, documented("No workspace with identifier 'acmee'.", ""), bitbucket.UnknownWorkspace, "slug"},
		"unknown workspace, text":   {404, "No workspace with identifier 'acmee'", bitbucket.UnknownWorkspace, "slug"},
		"unknown group":             {404, "There is no group dev", bitbucket.UnknownTarget, ""},
		"unknown repository":        {404, documented("Repository acme/web not found", ""), bitbucket.UnknownTarget, ""},
		"404 without a word":        {404, "", bitbucket.UnknownTarget, ""},
		"address of no account":     {404, "No user with validated email address ana@x.test", bitbucket.AddressUnknown, ""},
		"the same as a 400":         {400, "No user with validated email address", bitbucket.AddressUnknown, ""},
		"the owner's own access":    {400, documented("This user is linked to this workspace, so their access cannot be modified or removed", ""), "", ""},
		"not a permission":          {400, documented("none is not a valid permission", ""), "", ""},
		"no filter":                 {400, documented(`Field ".x" does not support filtering`, ""), "", ""},
		"400 without a word":        {400, "", "", ""},
		"moved, as a 400":           {400, "You don't have access to view this workspace.", "", ""},
		"seats are used up":         {402, documented("The user limit of the plan is reached", ""), bitbucket.NoSeat, "buy seats"},
		"method not allowed":        {405, "None", bitbucket.Gone, "admin.atlassian.com"},
		"already so":                {409, "", bitbucket.AlreadySo, ""},
		"removed, with a notice":    {410, documented("CHANGE-2770 - Functionality has been deprecated", `,"detail":"Please read the changelog entry."`), bitbucket.Gone, "switched off"},
		"account flagged as spam":   {410, "", bitbucket.Gone, "switched off"},
		"detail of no known form":   {403, documented("No", `,"detail":[1,2]`), bitbucket.NotAllowed, "administrator"},
		"a timeout of the server's": {555, "", "", ""},
		"bad gateway":               {502, "<html>", "", ""},
		"a redirect":                {301, "", "", "redirects are not followed: check api_url"},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := inMemory(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = fmt.Fprint(w, tc.body)
			}), accessToken())
			err := client.SetUserPermission(t.Context(), bitbucket.Place{Workspace: "acme", Project: "WEB"}, "1", "read")
			answer := asError(t, err)
			if answer.Kind != tc.want || !strings.Contains(err.Error(), tc.hint) || answer.Status != tc.status {
				t.Errorf("error %v is %q, want %q with the hint %q", err, answer.Kind, tc.want, tc.hint)
			}
			if tc.hint == "" && strings.HasSuffix(err.Error(), ")") {
				t.Errorf("error %v has a hint, want none", err)
			}
			if limited := tc.want == bitbucket.RateLimited; answer.NotSent() != limited || answer.MaybeDone() != (tc.status >= 500) {
				t.Errorf("not sent %v, maybe done %v", answer.NotSent(), answer.MaybeDone())
			}
		})
	}
}

// TestWhoseMatterARefusalIs tells what every further step would meet from what one person or target meets.
func TestWhoseMatterARefusalIs(t *testing.T) {
	for answer, want := range map[string][2]bool{ // for an invitation to a group; for a permission on one repository
		expired: {true, false}, noScope: {true, false}, noAdmin: {true, false}, "402 ": {true, true}, "405 None": {true, true},
		"404 No workspace with identifier 'x'": {true, true}, "404 ": {false, false}, "400 ": {false, false}, "500 ": {false, false},
	} {
		client, _ := inMemory(t, refusing(map[string]string{"access_token": answer}), accessToken())
		place := bitbucket.Place{Workspace: "acme", Repository: "web"}
		got := [2]bool{
			asError(t, invite(t.Context(), client)).Systemic(),
			asError(t, client.SetGroupPermission(t.Context(), place, "dev", "read")).Systemic(),
		}
		if got != want {
			t.Errorf("%s: systemic %v, want %v", answer, got, want)
		}
	}
}

func TestASwitchedOffCall(t *testing.T) {
	for answer, want := range map[string]bool{
		"400 You don't have access to view this workspace.": true, "404 ": true, "405 None": true, "410 ": true,
		"401 ": false, "403 ": false, "402 ": false, "500 ": false,
		"400 No user with validated email address": false, "404 No workspace with identifier 'x'": false,
	} {
		client, _ := inMemory(t, refusing(map[string]string{"access_token": answer}), accessToken())
		err := invite(t.Context(), client)
		if bitbucket.Off(err) != want {
			t.Errorf("%s: off %v, want %v", answer, !want, want)
		}
		moved := asError(t, bitbucket.AsMoved(err))
		if moved.Kind != bitbucket.Moved || !moved.Systemic() || !strings.Contains(moved.Error(), "administered at admin.atlassian.com now") {
			t.Errorf("%s: %v, want one of a workspace that was moved", answer, moved)
		}
	}
	if other := bitbucket.AsMoved(http.ErrServerClosed); other != http.ErrServerClosed || bitbucket.Off(other) { //nolint:errorlint // the same
		t.Errorf("%v, want another error untouched", other)
	}
}

// TestAnAnswerThatCannotBeRead is a write that the status says was done.
func TestAnAnswerThatCannotBeRead(t *testing.T) {
	client, _ := inMemory(t, refusing(map[string]string{"access_token": "200 <html>"}), accessToken())
	_, err := client.CreateGroup(t.Context(), "acme", "Dev")
	if answer := asError(t, err); !answer.MaybeDone() || answer.NotSent() {
		t.Errorf("error %v, want one that it may be done", err)
	}
	_, err = client.Groups(t.Context(), "acme")
	if answer := asError(t, err); answer.MaybeDone() || answer.NotSent() {
		t.Errorf("error %v of a read, want neither", err)
	}
}

// TestTheRateIsNeverAnError waits out a long series of refusals in all forms.
func TestTheRateIsNeverAnError(t *testing.T) {
	for name, headers := range map[string]http.Header{
		"nothing told": {},
		"seconds":      {"Retry-After": {"90"}},
		"a date":       {"Retry-After": {"Sat, 01 Jan 2000 00:02:00 GMT"}},
		"reset":        {"X-Ratelimit-Reset": {"1800"}},
		"nonsense":     {"Retry-After": {"soon"}, "X-Ratelimit-Reset": {"-5"}},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { outwaits(t, headers) }) })
	}
}

// outwaits sends an invitation that is refused ten times for its rate, with these headers.
func outwaits(t *testing.T, headers http.Header) {
	t.Helper()
	begin, asked := time.Now(), 0
	client, _ := inMemory(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked <= 10 {
			maps.Copy(w.Header(), headers)
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}), accessToken())
	if err := invite(t.Context(), client); err != nil || asked != 11 {
		t.Errorf("error %v after %d requests, want none after 11", err, asked)
	}
	if took := time.Since(begin); took < 10*time.Second || took > 6*time.Hour {
		t.Errorf("took %v", took)
	}
}
