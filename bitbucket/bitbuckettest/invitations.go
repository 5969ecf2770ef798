package bitbuckettest

import "net/http"

func invitationRoutes() []route {
	const repository = "/1.0/invitations/{workspace}/{repo_slug}"
	invite := route{doc: docInvitations, needs: write1(), rank: targetAdmin, whenMoved: movedOff, invites: true}
	return []route{
		invite.takes(bodyEither).at(http.MethodPost, repository, (*call).inviteToRepository),
		invite.takes(bodyForm).at(http.MethodPost, repository+"/{email}", (*call).inviteToRepositoryByPath),
	}
}

// inviteToRepository takes address and permission from the body.
func (c *call) inviteToRepository() answer {
	body, refused := c.strings("email", "permission")
	if refused != nil {
		return *refused
	}
	return c.invite(body["email"], body["permission"])
}

// inviteToRepositoryByPath is the older form, with the address in the path.
func (c *call) inviteToRepositoryByPath() answer {
	body, refused := c.strings("permission")
	if refused != nil {
		return *refused
	}
	return c.invite(c.arg("email"), body["permission"])
}

func (c *call) invite(email, permission string) answer {
	if !looksLikeAddress(email) {
		return c.badRequest("Invalid email address")
	}
	if !validPermission(kindRepository, permission) {
		return c.badRequest(permission + " is not a valid permission")
	}
	if permission == permissionRead && !c.target.private {
		return c.badRequest("Everybody can read a public repository")
	}
	if p, ok := c.workspace.pending.get(fold(email)); ok && p.repos.has(c.target.key) {
		return c.fail(http.StatusConflict, "This user has been invited to this repository already")
	}
	if c.seated(email) {
		return c.repeated(email, kindRepository, c.target.key)
	}
	if !c.server.options.Switches.FreeInvitations && !c.room(email) {
		return c.noSeat()
	}
	p := c.pend(email)
	p.repos.put(c.target.key, permission)
	c.server.mail(c.workspace, email, kindRepository, c.target.key)
	return success(c.workspace.invitation1(c.target, p, permission))
}
