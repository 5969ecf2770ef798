package show

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"bitroster/sync/plan"
	"bitroster/sync/why"
)

// examples is how many steps of a reason are named.
const examples = 3

// Held writes how many steps are held for each reason, most first, what the reason means, and a few examples.
func Held(w io.Writer, held []plan.Held) {
	for _, list := range byReason(held) {
		item(w, fmt.Sprintf("  %-18s  %5d  ", list[0].Reason, len(list)), meaning(list[0].Reason))
		const indent = "      "
		shared := sharedDetail(list)
		if shared != "" {
			item(w, indent, shared)
		}
		for _, h := range exemplary(list) {
			text := fmt.Sprintf("%s: %s", h.Action.Subject(), what(h.Action))
			if shared == "" && h.Detail != "" {
				text += " (" + h.Detail + ")"
			}
			item(w, indent, text)
		}
		if len(list) > examples {
			line(w, indent+"... and %d more", len(list)-examples)
		}
	}
}

// byReason sorts held steps into one list for each reason, the longest first.
func byReason(held []plan.Held) [][]plan.Held {
	by := map[why.Reason][]plan.Held{}
	for _, h := range held {
		by[h.Reason] = append(by[h.Reason], h)
	}
	return slices.SortedFunc(maps.Values(by), func(a, b []plan.Held) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a[0].Reason, b[0].Reason))
	})
}

// sharedDetail is the detail that all have; "" where they differ.
func sharedDetail(list []plan.Held) string {
	for _, h := range list[1:] {
		if h.Detail != list[0].Detail {
			return ""
		}
	}
	return list[0].Detail
}

// exemplary picks the first steps of a list, those on targets that are not named yet before others.
func exemplary(list []plan.Held) []plan.Held {
	var chosen, others []plan.Held
	seen := map[string]bool{}
	for _, h := range list {
		if seen[what(h.Action)] {
			others = append(others, h)
			continue
		}
		seen[what(h.Action)] = true
		chosen = append(chosen, h)
	}
	chosen = append(chosen, others...)
	return chosen[:min(examples, len(chosen))]
}

// heldInFull writes each held step in the order of the plan, then what each reason means. A detail that all steps of a
// reason share is written once, with the reason.
func heldInFull(w io.Writer, held []plan.Held) {
	lists := byReason(held)
	shared := map[why.Reason]string{}
	for _, list := range lists {
		shared[list[0].Reason] = sharedDetail(list)
	}
	rows := [][]string{}
	for _, h := range held {
		row := []string{string(h.Action.Op), h.Action.Subject(), what(h.Action), string(h.Reason), ""}
		if h.Detail != shared[h.Reason] {
			row[4] = h.Detail
		}
		rows = append(rows, row)
	}
	grid(w, columns{{"HELD", left}, {"WHO", left}, {"WHAT", left}, {"HELD BECAUSE", left}, {"DETAIL", left}}, rows)
	for _, list := range lists {
		reason := list[0].Reason
		item(w, "  ", fmt.Sprintf("%s: %s", reason, meaning(reason)))
		if shared[reason] != "" {
			item(w, "    ", shared[reason])
		}
	}
}

// meaning says in plain words why a step is held and what becomes of it.
func meaning(reason why.Reason) string {
	switch reason {
	case why.InvitationPending:
		return "the person is invited; done without another mail when they have accepted"
	case why.GroupToBeCreated:
		return "the group is made first; done when it is there"
	case why.CancelledByHand:
		return "the invitation was taken back, so the person is not mailed; bitroster invitations resend mails again"
	case why.RemovedByHand:
		return "the person was a member and is none, so they are not mailed; bitroster invitations resend mails again"
	case why.InvitedEarlier:
		return "invited before, and neither pending nor a member now; not mailed again before invitations.reinvite_after"
	case why.MaybeSent:
		return "an invitation may have been sent, and no list can tell; treated as sent"
	case why.RefusedEarlier:
		return "Bitbucket refused it; tried again after invitations.retry_refused_after"
	case why.AccountDisabled:
		return "such people are given nothing new"
	case why.DomainNotAllowed:
		return "such people are not invited"
	case why.TargetMissing:
		return "there is no such group, repository or project in the workspace"
	case why.TargetUnusable:
		return "the credential may not read or change it"
	case why.NoWayIn:
		return "nobody can be invited to a project; let a rule name a group or a repository, too"
	case why.LimitPerPass, why.LimitPerDay:
		return "a limit of the config is reached; later passes go on"
	case why.Stopped:
		return "the pass ended before it came to this; the next one goes on"
	}
	return "held"
}
