package bitbuckettest

import (
	"errors"
	"fmt"
)

// ErrNotInvited is the error of Accept for an address without a pending invitation.
var ErrNotInvited = errors.New("emulator of Bitbucket: no invitation of this address is pending")

// ErrBlocked is the error of Accept for somebody who has pending invitations to more than one group of the workspace:
// they keep each other from being accepted until an administrator cancels all but one.
// Source: https://support.atlassian.com/bitbucket-cloud/kb/user-cannot-accept-invitation-to-bitbucket-cloud/
var ErrBlocked = errors.New("emulator of Bitbucket: invitations to several groups block each other")

// Accept plays an invited person who follows the link in the mail with an account of the invited address. See AcceptAs.
func (s *Server) Accept(workspace, email string) error { return s.AcceptAs(workspace, email, email) }

// AcceptAs plays an invited person who follows the link in the mail with an account of another address. The account is
// made where missing; it becomes a member, gets the group and the grants on repositories that it was invited to, and the
// invitation is gone. Who was invited by an organization, with access to the workspace, is from then on a plain person of
// its directory; an account of another address takes the place of the invited one there. Errors are ErrNotInvited and
// ErrBlocked.
func (s *Server) AcceptAs(workspace, email, other string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.workspaceOf(workspace)
	if w == nil {
		return fmt.Errorf("workspace %s: %w", workspace, ErrNotInvited)
	}
	s.settle()
	if s.acceptInDirectory(w, email, other) {
		return nil
	}
	invited, ok := w.pending.get(fold(email))
	if !ok {
		return ErrNotInvited
	}
	if len(invited.groups) > 1 {
		return ErrBlocked
	}
	a := s.account(Person{Email: other})
	w.join(a, s.options.Now())
	for _, slug := range invited.groups {
		if g, ok := w.groups.get(slug); ok {
			g.members.put(a.uuid, a)
		}
	}
	for slug, permission := range invited.repos.all() {
		if t, ok := w.repositories.get(slug); ok {
			t.users.put(a.uuid, permission)
		}
	}
	w.pending.drop(fold(email))
	m, _ := w.members.get(a.uuid)
	s.adoptMember(w, m)
	return nil
}
