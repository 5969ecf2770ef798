package bitbuckettest

import "net/http"

// The handlers of explicit grants, for repositories and projects alike.

func (c *call) listGroupGrants() answer {
	return paged(c, c.target.groups.keys, pageLength, c.groupGrant)
}

func (c *call) getGroupGrant() answer {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	return success(c.groupGrant(g.slug))
}

func (c *call) putGroupGrant() answer {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	permission, refused := c.wantedPermission()
	if refused != nil {
		return *refused
	}
	if !c.grantable(c.target.groups.has(g.slug)) {
		return c.noSeat()
	}
	c.target.groups.put(g.slug, permission)
	return success(c.groupGrant(g.slug))
}

func (c *call) deleteGroupGrant() answer {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	c.target.groups.drop(g.slug)
	return noContent()
}

// selected gives the account of the path, by uuid or Atlassian account id.
func (c *call) selected() (*account, *answer) {
	if found, ok := c.server.byID[c.arg("selected_user_id")]; ok {
		return found, nil
	}
	a := c.fail(http.StatusNotFound, "There is no such user")
	return nil, &a
}

// changeable refuses the owner, and who is no member: a grant invites nobody.
func (c *call) changeable(a *account) *answer {
	message := ""
	switch {
	case a == c.workspace.owner:
		message = "This user is linked to this workspace, so their access to this " + c.target.kind + " cannot be modified or removed"
	case !c.workspace.members.has(a.uuid):
		message = "This user is not a member of this workspace"
	default:
		return nil
	}
	refused := c.badRequest(message)
	return &refused
}

func (c *call) listUserGrants() answer {
	return paged(c, c.target.users.keys, pageLength, c.userGrant)
}

func (c *call) getUserGrant() answer {
	a, missing := c.selected()
	if missing != nil {
		return *missing
	}
	return success(c.userGrant(a.uuid))
}

func (c *call) putUserGrant() answer {
	a, missing := c.selected()
	if missing != nil {
		return *missing
	}
	permission, refused := c.wantedPermission()
	if refused != nil {
		return *refused
	}
	if refused := c.changeable(a); refused != nil {
		return *refused
	}
	if !c.grantable(c.target.users.has(a.uuid)) {
		return c.noSeat()
	}
	c.target.users.put(a.uuid, permission)
	return success(c.userGrant(a.uuid))
}

func (c *call) deleteUserGrant() answer {
	a, missing := c.selected()
	if missing != nil {
		return *missing
	}
	if refused := c.changeable(a); refused != nil {
		return *refused
	}
	if c.target.users.has(a.uuid) {
		c.target.users.drop(a.uuid)
		c.workspace.leaveIfBare(a)
	}
	return noContent()
}
