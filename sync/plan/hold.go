package plan

import (
	"bitroster/sync/access"
	"bitroster/sync/mapping"
	"bitroster/sync/why"
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
func (m *maker) hold(action Action, reason why.Reason, detail string) {
	m.held = append(m.held, Held{Action: action, Reason: reason, Detail: detail})
}

// holdRight holds a right of someone who is not in the workspace: it becomes a join or a grant once they are.
func (m *maker) holdRight(email access.Email, wanted mapping.Wanted, reason why.Reason, detail string) {
	op, because := Grant, why.NoGrant
	if wanted.Right.Target.Kind == access.Group {
		op, because = Join, why.NotInGroup
	}
	action := m.personal(email, wanted, op)
	action.Reason = because
	m.hold(action, reason, detail)
}

func (m *maker) holdAll(wants mapping.Wants, reason why.Reason, detail string) {
	for _, wanted := range wants.Rights {
		m.holdRight(wants.Email, wanted, reason, detail)
	}
}

// createGroups plans the groups that are wanted and are not there, each under the first rule that names it.
func (m *maker) createGroups() {
	if !m.Policy.CreateGroups {
		return
	}
	planned := map[access.Target]bool{}
	plan := func(target access.Target, rule string) {
		if planned[target] || !m.missing(target) {
			return
		}
		planned[target] = true
		action := m.action(access.Right{Target: target}, CreateGroup)
		action.Rule, action.Reason = rule, why.NoSuchGroup
		m.do(&m.creates, action)
	}
	for _, want := range m.Want.Groups {
		plan(access.Target{Kind: access.Group, Name: want.Group}, groupsRule)
	}
	for _, wants := range m.Want.People {
		for _, wanted := range wants.Rights {
			plan(wanted.Right.Target, wanted.Rule)
		}
	}
}

// groupsRule is the rule that steps for the grants of groups name.
const groupsRule = "groups"

// missing reports whether a target is a group that is not there.
func (m *maker) missing(target access.Target) bool {
	trouble, troubled := m.trouble(target)
	return target.Kind == access.Group && troubled && trouble.Missing
}

// creatable reports whether a target is a group that this plan makes.
func (m *maker) creatable(target access.Target) bool {
	refused, _ := m.refused(m.Memory.Refused[StepKey{Op: CreateGroup, Target: target}])
	return m.Policy.CreateGroups && m.missing(target) && refused == ""
}

// troubled holds an action if the target cannot be used.
func (m *maker) troubled(action Action, target access.Target) bool {
	trouble, troubled := m.trouble(target)
	if troubled {
		m.hold(action, m.troubleReason(target, trouble), trouble.Detail)
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

func (m *maker) troubleReason(target access.Target, trouble access.Trouble) why.Reason {
	if m.creatable(target) {
		return why.GroupToBeCreated
	}
	if trouble.Missing {
		return why.TargetMissing
	}
	return why.TargetUnusable
}
