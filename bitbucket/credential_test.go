package bitbucket_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket"
	"bitroster/internal/settings"
)

func TestValidate(t *testing.T) {
	for name, tc := range map[string]struct {
		credential bitbucket.Credential
		want       []string
	}{
		"api token":         {apiToken(), nil},
		"access token":      {accessToken(), nil},
		"oauth":             {oauthConsumer(), nil},
		"oauth, no address": {bitbucket.Credential{Kind: "oauth", ClientID: "k", ClientSecret: "cred:c"}, nil},
		"oauth, this machine": {
			bitbucket.Credential{Kind: "oauth", ClientID: "k", ClientSecret: "cred:c", TokenURL: "http://127.0.0.1:8080" + tokenPath}, nil,
		},
		"nothing": {bitbucket.Credential{}, []string{`kind: "" is not a kind of credential (one of api_token, oauth, access_token)`}},
		"another kind, with settings": {
			bitbucket.Credential{Kind: "basic", Email: "a@x.test", ClientID: "k"},
			[]string{`kind: "basic" is not a kind of credential (one of api_token, oauth, access_token)`},
		},
		"app password": {bitbucket.Credential{Kind: "app_password", Token: "env:T", Email: "a@x.test"}, []string{
			"kind: app passwords were switched off by Bitbucket on 2026-07-28 (make an API token with scopes and use kind: api_token)",
		}},
		"api token without all": {bitbucket.Credential{Kind: "api_token"}, []string{
			"email: the address is missing (the address of the Atlassian account that the token belongs to)",
			"token: want a reference to the secret, not the secret itself: file:/path, env:NAME or cred:NAME",
		}},
		"oauth without all": {bitbucket.Credential{Kind: "oauth"}, []string{
			"client_id: the key is missing (the consumer's key, in the workspace's settings below OAuth consumers)",
			"client_secret: want a reference to the secret, not the secret itself: file:/path, env:NAME or cred:NAME",
		}},
		"what belongs to oauth": {
			bitbucket.Credential{Kind: "access_token", Token: "env:T", Email: "a@x.test", ClientID: "k", ClientSecret: "env:S", TokenURL: "https://x.test"},
			[]string{
				"email: is not used by kind: access_token (take it out)",
				"client_id: is not used by kind: access_token (take it out)",
				"client_secret: is not used by kind: access_token (take it out)",
				"token_url: is not used by kind: access_token (take it out)",
			},
		},
		"what belongs to tokens": {
			bitbucket.Credential{Kind: "oauth", ClientID: "k", ClientSecret: "env:S", Email: "a@x.test", Token: "env:T"},
			[]string{"email: is not used by kind: oauth (take it out)", "token: is not used by kind: oauth (take it out)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, fault := range tc.credential.Validate() {
				got = append(got, fault.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheSecretGoesByHTTPSOnly(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://bitbucket.org/site/oauth2/access_token": true, "http://localhost:1/x": true, "http://[::1]:1/x": true,
		"http://bitbucket.org/x": false, "ftp://localhost/x": false, "https:///x": false, "https://u:p@x.test/x": false, "x": false,
		"http://localhost.x.test/": false, "http://127.0.0.1.x.test/": false, "%": false,
	} {
		credential := oauthConsumer()
		credential.TokenURL = address
		if faults := credential.Validate(); (len(faults) == 0) != ok || len(faults) > 0 && !strings.HasPrefix(faults[0].String(), "token_url: want an https address") {
			t.Errorf("%s: faults %v, want ok %v", address, faults, ok)
		}
	}
}

func TestOpen(t *testing.T) {
	secrets := settings.Secrets{Getenv: func(string) string { return "s3cret" }}
	for want, credential := range map[string]bitbucket.Credential{
		"api_token of ada@acme.test": apiToken(), "oauth key": oauthConsumer(), "access_token ": accessToken(),
	} {
		key, err := credential.Open(secrets)
		if err != nil || !strings.HasPrefix(key.Name, want) || strings.Contains(key.Name, "s3cret") {
			t.Errorf("name %q, error %v; want one that begins %q", key.Name, err, want)
		}
		empty := settings.Secrets{Getenv: func(string) string { return "" }}
		if _, err := credential.Open(empty); err == nil || !strings.Contains(err.Error(), "env:TOKEN is empty") {
			t.Errorf("%s: error %v, want that the secret is empty", want, err)
		}
	}
	if _, err := bitbucket.New(bitbucket.Options{}); err == nil || err.Error() != "no credential is given" {
		t.Errorf("error %v, want that no credential is given", err)
	}
}
