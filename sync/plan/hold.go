package plan

import (
	"bitroster/sync/access"
	"bitroster/sync/mapping"
)

// action starts a step on a right.
func (m *maker) action(right access.Right, op Op) Action {
	return Action{
		Op: op, Workspace: m.Workspace,
		Kind: right.Target.Kind, Target: right.Target.Name, Permission: right.Permission,
	}
}

// personal starts a step for a person.
func (m *maker) personal(email access.Email, wanted mapping.Wanted, op Op) Action {
	action := m.action(wanted.Right, op)
	action.Email, action.Rule = email, wanted.Rule
	if wanted.Right.Target.Kind == access.Group {
		action.Slug = m.Have.Groups[wanted.Right.Target.Name].Slug
	}
	return action
}

// hold lists a step that is not done now.
func (m *maker) hold(action Action, reason Reason, detail string) {
	m.held = append(m.held, Held{Action: action, Reason: reason, Detail: detail})
}

// holdRight holds a right of someone who is not in the workspace: it becomes a join or a grant once they are.
func (m *maker) holdRight(email access.Email, wanted mapping.Wanted, reason Reason, detail string) {
	op, why := Grant, NoGrant
	if wanted.Right.Target.Kind == access.Group {
		op, why = Join, NotInGroup
	}
	action := m.personal(email, wanted, op)
	action.Reason = why
	m.hold(action, reason, detail)
}

func (m *maker) holdAll(wants mapping.Wants, reason Reason, detail string) {
	for _, wanted := range wants.Rights {
		m.holdRight(wants.Email, wanted, reason, detail)
	}
}

// troubled holds an action if the target cannot be used.
func (m *maker) troubled(action Action, target access.Target) bool {
	trouble, troubled := m.trouble(target)
	if troubled {
		m.hold(action, troubleReason(trouble), trouble.Detail)
	}
	return troubled
}

// trouble finds what stands against a target. A group that was not found is one, whoever forgot to say so.
func (m *maker) trouble(target access.Target) (access.Trouble, bool) {
	trouble, troubled := m.Have.Troubles[target]
	if _, found := m.Have.Groups[target.Name]; target.Kind == access.Group && !found && !troubled {
		return access.Trouble{Missing: true, Detail: target.String() + " is not in the workspace"}, true
	}
	return trouble, troubled
}

func troubleReason(trouble access.Trouble) Reason {
	if trouble.Missing {
		return TargetMissing
	}
	return TargetUnusable
}
