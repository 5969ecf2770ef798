package bitbuckettest

import "net/http"

// taken counts the seats that are taken: members, and addresses with a pending invitation that are no member's. It may
// stop counting at enough.
func (c *call) taken(enough int) int {
	w, taken := c.workspace, c.workspace.members.len()
	if c.server.options.Switches.FreeInvitations {
		return taken
	}
	if taken+w.pending.len() < enough {
		return taken + w.pending.len() // not exact, and below in any case
	}
	for email := range w.pending.all() {
		if !c.seated(email) {
			taken++
		}
	}
	return taken
}

// seated says whether an address belongs to a member.
func (c *call) seated(email string) bool {
	a := c.server.accountOf(email)
	return a != nil && c.workspace.members.has(a.uuid)
}

// room says whether the person of an address has a seat, or there is one left.
func (c *call) room(email string) bool {
	w := c.workspace
	if w.seats == 0 || c.seated(email) || w.pending.has(fold(email)) && !c.server.options.Switches.FreeInvitations {
		return true
	}
	return c.taken(w.seats) < w.seats
}

// noSeat is the 402 for a plan whose seats are used up.
func (c *call) noSeat() answer {
	return c.fail(http.StatusPaymentRequired,
		"You have reached your plan's user limit and must upgrade before giving access to additional users.")
}
