package demo

import (
	"context"
	_ "embed" // for workspace.csv
	"encoding/csv"
	"fmt"
	"strings"

	"bitroster/bitbucket"
	"bitroster/bitbucket/bitbuckettest"
	"bitroster/internal/settings"
)

// The limits of Bitbucket Cloud (https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/).
const (
	requestsPerHour      = 1000
	invitationsPerMinute = 100
)

const (
	// Admin is the account of the credential.
	Admin = "admin@nordwind.example"
	token = "demo-token"
)

// roll lists who is in the workspace, or invited, before bitroster comes: email, name, groups parted by bars, and member
// or invited.
//
//go:embed workspace.csv
var roll string

// furnish makes the workspace and forgets how it was made.
func (s *Site) furnish(ctx context.Context) error {
	s.server.AddWorkspace(bitbuckettest.Workspace{
		Slug: Workspace, Name: "Nordwind", Owner: bitbuckettest.Person{Email: Admin, Name: "Nordwind Admin"},
	})
	s.server.AddAPIToken(Admin, token, "read:workspace:bitbucket", "read:repository:bitbucket", "read:project:bitbucket",
		"admin:repository:bitbucket", "admin:project:bitbucket", "write:permission:bitbucket")
	for _, group := range []string{"developers", "design", "qa", "operations", "everyone", "Architecture Board"} {
		s.server.AddGroup(Workspace, group)
	}
	for _, project := range []struct {
		key, name    string
		repositories []string
	}{
		{"PLAT", "Platform", []string{"platform-api"}},
		{"SHOP", "Shop", []string{"web-shop", "website", "partner-portal"}},
		{"OPS", "Operations", []string{"infrastructure", "vault"}},
		{"LAB", "Labs", []string{"lab-notebook"}},
	} {
		s.server.AddProject(Workspace, project.key, project.name)
		for _, slug := range project.repositories {
			s.server.AddRepository(Workspace, slug, project.key, true)
		}
	}
	if err := s.populate(ctx); err != nil {
		return err
	}
	if violations := s.server.Violations(); len(violations) > 0 {
		return fmt.Errorf("set-up of the emulator: %s", strings.Join(violations, "; "))
	}
	s.server.ResetRecord()
	return nil
}

// populate brings in those who are there already. Invitations and grants are made over the API, as by hand.
func (s *Site) populate(ctx context.Context) error {
	key, err := bitbucket.Credential{Kind: "api_token", Email: Admin, Token: "env:TOKEN"}.Open(
		settings.Secrets{Getenv: func(string) string { return token }})
	if err != nil {
		return err
	}
	client, err := bitbucket.New(bitbucket.Options{URL: s.URL, Keys: []bitbucket.Key{key}, Version: "demo"})
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(strings.NewReader(roll)).ReadAll()
	if err != nil {
		return fmt.Errorf("list of the workspace: %w", err)
	}
	s.Members = 1 // the owner
	for _, row := range rows[1:] {
		email, name, groups := row[0], row[1], strings.FieldsFunc(row[2], func(r rune) bool { return r == '|' })
		s.before[email] = true
		s.server.AddUser(email, name)
		if row[3] == "member" {
			s.Members++
			s.server.AddMember(Workspace, email, groups...)
			continue
		}
		s.Invited++
		s.invited = append(s.invited, email)
		if err := client.InviteToGroup(ctx, Workspace, groups[0], email); err != nil {
			return fmt.Errorf("invitation by hand: %w", err)
		}
	}
	website := bitbucket.Place{Workspace: Workspace, Repository: "website"}
	if err := client.SetGroupPermission(ctx, website, "design", "read"); err != nil {
		return fmt.Errorf("grant by hand: %w", err)
	}
	return nil
}
