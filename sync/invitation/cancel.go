package invitation

import (
	"context"

	"bitroster/sync/access"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
	"bitroster/sync/why"
)

// Cancel takes open invitations back. Later passes leave those people alone, until Resend.
func (o Office) Cancel(ctx context.Context, emails []access.Email) (Outcome, error) {
	survey, err := o.Surveyor.Glance(ctx)
	if err != nil {
		return Outcome{Workspace: survey.Workspace, Report: survey.Report}, err
	}
	return o.do(ctx, survey, emails, cancellation)
}

func cancellation(s reconcile.Survey, email access.Email) (plan.Action, string) {
	if _, pending := s.Have.Pending[email]; !pending {
		return plan.Action{}, "has no open invitation to a group of the workspace; one to a repository is on no list: " +
			"take it back in the settings of the repository"
	}
	action := plan.Action{
		Op: plan.Cancel, Workspace: s.Workspace, Email: email, Kind: access.Group, Rule: byHand, Reason: why.Asked,
	}
	if last := s.Memories.Invitations[email]; last.Mailed() && last.Kind == access.Group {
		action.Target = last.Target
	}
	return action, ""
}
