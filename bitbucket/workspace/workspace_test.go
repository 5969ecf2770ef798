package workspace_test

import (
	"testing"

	"bitroster/bitbucket"
	"bitroster/bitbucket/backendtest"
	"bitroster/bitbucket/bitbuckettest"
	"bitroster/bitbucket/workspace"
	"bitroster/internal/settings"
)

func TestContract(t *testing.T) {
	backendtest.Run(t, func(t *testing.T, s *bitbuckettest.Server) backendtest.Backend { return connect(t, s) })
}

// connect makes a backend that acts as the owner, with an API token.
func connect(t *testing.T, s *bitbuckettest.Server) *workspace.Backend {
	t.Helper()
	s.AddAPIToken("ada@acme.test", "token", "read:workspace:bitbucket", "read:repository:bitbucket", "read:project:bitbucket",
		"admin:repository:bitbucket", "admin:project:bitbucket", "write:permission:bitbucket")
	key, err := bitbucket.Credential{Kind: "api_token", Email: "ada@acme.test", Token: "env:TOKEN"}.Open(
		settings.Secrets{Getenv: func(string) string { return "token" }})
	if err != nil {
		t.Fatal(err)
	}
	client, err := bitbucket.New(bitbucket.Options{URL: s.URL(), Keys: []bitbucket.Key{key}})
	if err != nil {
		t.Fatal(err)
	}
	return workspace.New(client, backendtest.Workspace)
}
