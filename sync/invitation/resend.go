package invitation

import (
	"context"
	"slices"
	"strings"

	"bitroster/sync/access"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
	"bitroster/sync/why"
)

// Resend mails people again: whoever has an open invitation gets it anew, whoever has none any more is invited to what the
// rules want first. Each gets one mail. That mails count towards the limits of a day, and are not held by them.
func (o Office) Resend(ctx context.Context, emails []access.Email) (Outcome, error) {
	survey, err := o.Surveyor.Survey(ctx)
	if err != nil {
		return Outcome{Workspace: survey.Workspace, Report: survey.Report}, err
	}
	return o.do(ctx, survey, emails, o.resending)
}

func (o Office) resending(s reconcile.Survey, email access.Email) (plan.Action, string) {
	_, member := s.Have.Accounts[email]
	_, pending := s.Have.Pending[email]
	at := slices.IndexFunc(s.Want.People, func(w mapping.Wants) bool { return w.Email == email })
	switch domains := o.Policy.AllowedDomains; {
	case member:
		return plan.Action{}, "is a member of the workspace, so there is nothing to accept"
	case at < 0 && !s.Whole():
		return plan.Action{}, "no rule wants this person, as far as the sources were read: something was not read, see above"
	case at < 0:
		return plan.Action{}, "no rule wants this person: check the directories, and the rules of the config"
	case s.Want.People[at].Disabled:
		return plan.Action{}, "a directory has the account as disabled"
	case len(domains) > 0 && !slices.Contains(domains, email.Domain()):
		return plan.Action{}, "is outside invitations.allowed_domains, which has only " + strings.Join(domains, ", ")
	case pending:
		return anew(s, s.Want.People[at])
	}
	return invite(s, email)
}

// anew sends an open invitation again: to the same group where a rule still wants it, otherwise to the first wanted one.
// A group that no rule wants any more is not given again.
func anew(s reconcile.Survey, wants mapping.Wants) (plan.Action, string) {
	groups := slices.DeleteFunc(slices.Clone(wants.Rights), func(w mapping.Wanted) bool {
		_, troubled := s.Have.Troubles[w.Right.Target]
		_, found := s.Have.Groups[w.Right.Target.Name]
		return w.Right.Target.Kind != access.Group || !found || troubled
	})
	if len(groups) == 0 {
		return plan.Action{}, "has an open invitation, and the rules want no usable group in its place: take it back with " +
			"bitroster invitations cancel, then resend"
	}
	last := s.Memories.Invitations[wants.Email]
	same := slices.IndexFunc(groups, func(w mapping.Wanted) bool { return last.Mailed() && w.Right.Target.Name == last.Target })
	to := groups[max(same, 0)]
	return plan.Action{
		Op: plan.Reinvite, Workspace: s.Workspace, Email: wants.Email, Kind: access.Group, Target: to.Right.Target.Name,
		Slug: s.Have.Groups[to.Right.Target.Name].Slug, Rule: to.Rule, Reason: why.Asked,
	}, ""
}

// invite takes the invitation that the plan has for a person, whether it is done in the next pass or held for what was.
func invite(s reconcile.Survey, email access.Email) (plan.Action, string) {
	for _, step := range s.Plan.Steps {
		if step.Email == email && step.Op == plan.Invite {
			step.Reason = why.Asked
			return step, ""
		}
	}
	refusal := "there is nothing to invite this person to"
	for _, h := range s.Plan.Held {
		switch {
		case h.Action.Email != email:
		case h.Action.Op == plan.Invite && overridden(h.Reason):
			h.Action.Reason = why.Asked
			return h.Action, ""
		default:
			refusal = string(h.Reason) + ": " + h.Detail
		}
	}
	return plan.Action{}, refusal
}

// overridden reports whether a hold is for what an administrator may decide otherwise by asking.
func overridden(reason why.Reason) bool {
	return reason.Limit() || slices.Contains([]why.Reason{
		why.CancelledByHand, why.RemovedByHand, why.InvitedEarlier, why.MaybeSent, why.RefusedEarlier,
	}, reason)
}
