// Package demo is a company to try bitroster on: the files its HR exports, a config, and an emulated Bitbucket Cloud
// workspace in which some people are already.
//
// The files have the faults of real ones. All people are invented, all domains are reserved for examples (RFC 2606).
package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"bitroster/bitbucket/bitbuckettest"
)

const (
	// Workspace is the slug of the emulated workspace.
	Workspace = "nordwind"
	// Raised is by how much the emulated limits are above the real ones, and the config's above its defaults.
	Raised = 10
)

// Site is a demo that is set up and running. Its paths are absolute.
type Site struct {
	Paths
	// URL is where the emulator answers.
	URL string
	// Members and Invited are the numbers of people who had a seat, and who had an invitation, before anything was done.
	Members, Invited int

	server *bitbuckettest.Server
	// before are all addresses that were members or invited at the start, invited those who were invited by hand.
	before  map[string]bool
	invited []string
}

// Build writes the people, the config and the credential into a folder, which must be empty, and starts the emulator on
// a free port of the loopback address.
func Build(ctx context.Context, dir string) (*Site, error) {
	site, err := build(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("demo in %s: %w", dir, err)
	}
	return site, nil
}

func build(ctx context.Context, dir string) (*Site, error) {
	paths, err := pathsIn(dir)
	if err != nil {
		return nil, err
	}
	site := &Site{Paths: paths, before: map[string]bool{}, server: bitbuckettest.New(bitbuckettest.Options{
		RequestsPerHour: Raised * requestsPerHour, InvitationsPerMinute: Raised * invitationsPerMinute, Fault: closed,
	})}
	if err := site.server.Start(); err != nil {
		return nil, err
	}
	site.URL = site.server.URL()
	if err := errors.Join(site.furnish(ctx), site.write()); err != nil {
		return nil, errors.Join(err, site.Close())
	}
	return site, nil
}

// Close stops the emulator. The files stay.
func (s *Site) Close() error { return s.server.Close() }

// Mails is the number of invitations that were mailed so far.
func (s *Site) Mails() int { return len(s.server.Mails()) }

// Writes is the number of requests so far that were to change something.
func (s *Site) Writes() int { return len(s.server.Writes()) }

// Requests is the number of all requests so far.
func (s *Site) Requests() int { return len(s.server.Requests()) }

// CheckMails compares the mails with those who should have got one. Its error says how many people got none, more than
// one, or one that was not due; and what the requests did that the API does not allow.
func (s *Site) CheckMails(invited []string) error {
	due := map[string]bool{}
	for _, email := range invited {
		due[email] = true
	}
	got := map[string]int{}
	for _, mail := range s.server.Mails() {
		got[mail.Email]++
	}
	var missing, twice, stray int
	for email, n := range got {
		if n > 1 {
			twice++
		}
		if !due[email] || s.before[email] {
			stray++
		}
	}
	for email := range due {
		if got[email] == 0 {
			missing++
		}
	}
	var errs []error
	if missing+twice+stray > 0 {
		errs = append(errs, fmt.Errorf("the mails are not one for each new person: %d people got none, %d more than one, %d one that was not due",
			missing, twice, stray))
	}
	for _, violation := range s.server.Violations() {
		errs = append(errs, fmt.Errorf("a request that the API does not document: %s", violation))
	}
	return errors.Join(errs...)
}

// AcceptAll plays all people with an open invitation, who follow the link in their mail, and counts them.
func (s *Site) AcceptAll() (int, error) {
	open := map[string]bool{}
	for _, email := range s.invited {
		open[email] = true
	}
	for _, mail := range s.server.Mails() {
		open[mail.Email] = true
	}
	for _, email := range slices.Sorted(maps.Keys(open)) {
		if err := s.server.Accept(Workspace, email); err != nil {
			return 0, fmt.Errorf("accepting an invitation: %w", err)
		}
	}
	return len(open), nil
}

// closed keeps one repository from the credential, as if its administrator had taken it out.
func closed(r *http.Request) bitbuckettest.Fault {
	if r.URL.Path == "/2.0/repositories/"+Workspace+"/vault/permissions-config/users" {
		return bitbuckettest.Fault{Status: http.StatusForbidden}
	}
	return bitbuckettest.Fault{}
}
