package access

import "time"

// Scope is what one pass wants to know of a workspace, so that nothing else is asked for.
type Scope struct {
	// Emails are all people who are wanted, sorted.
	Emails []Email
	// Known are the accounts learnt in earlier passes.
	Known map[Email]Account
	// Groups are the wanted groups' names as the config has them, sorted.
	Groups []string
	// PersonGrants and GroupGrants are the repositories and projects on which people, or groups, are wanted, sorted.
	PersonGrants []Target
	GroupGrants  []Target
}

// State is what a workspace grants now, as far as the Scope asked.
type State struct {
	// Accounts are the people asked for who have a seat, by address.
	Accounts map[Email]Account
	// Pending are the open invitations of the workspace, asked for or not. Nil where the backend has no such list.
	Pending map[Email]Invitation
	// Groups has an element for each group asked for that exists, by the name it was asked by.
	Groups map[string]GroupState
	// People and GroupsOn are the explicit grants of people, by account ID, and of groups, by the name asked by.
	People   map[Target]map[string]Permission
	GroupsOn map[Target]map[string]Permission
	// Owners are the workspace's owners, by account ID: their grants cannot be changed.
	Owners map[string]bool
	// Troubles are the targets asked for that cannot be used, with the reason.
	Troubles map[Target]Trouble
}

// Invitation is one open invitation.
type Invitation struct {
	Email  Email
	SentAt time.Time // zero where the server does not say
	// Groups are the slugs of the groups that it is to; none where it is to a repository.
	Groups []string
}

// GroupState is one group as it is now.
type GroupState struct {
	Slug    string
	Members map[string]bool // by account ID
}

// Trouble says why a target cannot be used.
type Trouble struct {
	Missing bool   // it does not exist; otherwise it may not be read or changed
	Detail  string // where, what, what to try
}
