package reconcile

import (
	"maps"
	"slices"
	"time"

	"bitroster/sources"
	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
)

// Report is what became of one pass. What it does not list was already as it should be.
type Report struct {
	Workspace string          `json:"workspace"`
	StartedAt time.Time       `json:"started_at"`
	Sources   []SourceReport  `json:"sources"`
	Doubts    []mapping.Doubt `json:"doubts"`
	Plan      plan.Plan       `json:"plan"`
	Results   []apply.Result  `json:"results,omitempty"`
	// Stopped are the steps of the plan that the pass did not come to.
	Stopped []plan.Held `json:"stopped,omitempty"`
	// Failure is why the pass as a whole did not get to its end.
	Failure string `json:"failure,omitempty"`
}

// SourceReport is how one source was read.
type SourceReport struct {
	Name    string           `json:"name"`
	Entries int              `json:"entries"`
	Groups  int              `json:"groups"`
	Rejects []sources.Reject `json:"rejects,omitempty"`
	Problem string           `json:"problem,omitempty"`
	// TookMS is how long the reading took, in milliseconds, where that was measured.
	TookMS int64 `json:"took_ms,omitempty"`
}

// Whole reports whether every source and every group that a rule names was read.
func (r Report) Whole() bool { return len(r.Doubts) == 0 }

// Held are all steps that are wanted and were not done, and why.
func (r Report) Held() []plan.Held { return slices.Concat(r.Plan.Held, r.Stopped) }

// LimitHeld reports whether a limit of the config holds a step.
func (r Report) LimitHeld() bool {
	return slices.ContainsFunc(r.Held(), func(h plan.Held) bool { return h.Reason.Limit() })
}

// Count counts the results with an outcome.
func (r Report) Count(outcome plan.Outcome) int {
	n := 0
	for _, result := range r.Results {
		if result.Outcome == outcome {
			n++
		}
	}
	return n
}

// Complete reports whether every step of the plan was done.
func (r Report) Complete() bool {
	return r.Failure == "" && len(r.Stopped) == 0 && r.Count(plan.Done) == len(r.Results)
}

// then adds a further round of the same pass: its plan goes on from what this one did.
func (r Report) then(next Report) Report {
	if r.Workspace == "" {
		return next
	}
	next.StartedAt = r.StartedAt
	next.Plan.Steps = slices.Concat(r.Plan.Steps, next.Plan.Steps)
	next.Plan.TakesSeconds += r.Plan.TakesSeconds
	next.Results = slices.Concat(r.Results, next.Results)
	// What was not read in one round was not read in this pass, though it was in the next.
	next.Doubts = slices.Concat(next.Doubts, slices.DeleteFunc(slices.Clone(r.Doubts), func(d mapping.Doubt) bool {
		return slices.Contains(next.Doubts, d)
	}))
	return next
}

// mails counts the invitations that were or may have been sent.
func (r Report) mails() int {
	n := 0
	for _, result := range r.Results {
		if result.Action.Op.Mails() && (result.Outcome == plan.Done || result.Outcome == plan.Maybe) {
			n++
		}
	}
	return n
}

// madeGroups reports whether a group was made, so that there is more to plan.
func (r Report) madeGroups() bool {
	return slices.ContainsFunc(r.Results, func(result apply.Result) bool {
		return result.Action.Op == plan.CreateGroup && result.Outcome == plan.Done
	})
}

func (r *Report) fail(err error) {
	if err != nil {
		r.Failure = err.Error()
	}
}

// scope says what the pass wants to know of the workspace.
func scope(want mapping.Desired, known map[access.Email]access.Account, also []access.Email) access.Scope {
	s := access.Scope{Known: known, Emails: slices.Clone(also)}
	groups, people, granted := map[string]bool{}, map[access.Target]bool{}, map[access.Target]bool{}
	for _, wants := range want.People {
		s.Emails = append(s.Emails, wants.Email)
		for _, wanted := range wants.Rights {
			if target := wanted.Right.Target; target.Kind == access.Group {
				groups[target.Name] = true
			} else {
				people[target] = true
			}
		}
	}
	for _, group := range want.Groups {
		groups[group.Group] = true
		granted[group.Right.Target] = true
	}
	slices.Sort(s.Emails)
	s.Emails = slices.Compact(s.Emails)
	s.Groups = slices.Sorted(maps.Keys(groups))
	s.PersonGrants = slices.SortedFunc(maps.Keys(people), access.CompareTargets)
	s.GroupGrants = slices.SortedFunc(maps.Keys(granted), access.CompareTargets)
	return s
}
