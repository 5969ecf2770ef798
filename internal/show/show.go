// Package show writes reports for people to read in a terminal of at most 120 columns.
package show

import (
	"fmt"
	"io"
	"strings"
	"time"

	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// most is how many lines of one sort are written; what is beyond is counted. The journal and --json have it all.
const most = 20

// Sources writes how each source was read, what could not be used of it, and what is in doubt.
func Sources(w io.Writer, r reconcile.Report) {
	rows := [][]string{}
	for _, source := range r.Sources {
		state := "read whole"
		if source.Problem != "" {
			state = "NOT READ"
		}
		rows = append(rows, []string{source.Name, state, fmt.Sprint(source.Entries), fmt.Sprint(source.Groups), fmt.Sprint(len(source.Rejects)), took(source.TookMS)})
	}
	grid(w, columns{{"SOURCE", left}, {"STATE", left}, {"PEOPLE", right}, {"GROUPS", right}, {"REJECTED", right}, {"TOOK", right}}, rows)
	for _, source := range r.Sources {
		rejects(w, source)
	}
	doubts(w, r)
}

// took is a time of reading; "" where it was not measured.
func took(ms int64) string {
	if ms == 0 {
		return ""
	}
	return (time.Duration(ms) * time.Millisecond).String()
}

// rejects lists what cannot be used.
func rejects(w io.Writer, source reconcile.SourceReport) {
	for i, reject := range source.Rejects {
		if i == most {
			line(w, "  %s: ... and %d more rejected", source.Name, len(source.Rejects)-most)
			return
		}
		item(w, "  ", fmt.Sprintf("%s: rejected: %s: %s", source.Name, reject.Origin, reject.Reason))
	}
}

// doubts writes what was not read or is not believed.
func doubts(w io.Writer, r reconcile.Report) {
	for _, d := range r.Doubts {
		where := "source " + d.Source
		if d.Source == "" {
			where = "all sources"
		}
		if d.Group != "" {
			where += fmt.Sprintf(", group %q (rule %q)", d.Group, d.Rule)
		}
		item(w, "", fmt.Sprintf("NOT READ WHOLE: %s: %s", where, d.Problem))
	}
}

// Plan writes each step, and each held step below its reason. Of a plan that was never made it writes nothing.
func Plan(w io.Writer, p plan.Plan) {
	if p.Workspace == "" {
		return
	}
	headline(w, p)
	rows := [][]string{}
	for _, a := range p.Steps {
		rows = append(rows, []string{string(a.Op), a.Subject(), what(a), string(a.Reason), a.Rule})
	}
	grid(w, columns{{"DO", left}, {"WHO", left}, {"WHAT", left}, {"WHY", left}, {"RULE", left}}, rows)
	heldInFull(w, p.Held)
}

// Summary writes what a plan would do, by kind and target in the order of the plan, and how much it holds.
func Summary(w io.Writer, p plan.Plan) {
	headline(w, p)
	type kind struct{ do, who, what string }
	counts := map[kind]int{}
	var kinds []kind
	for _, a := range p.Steps {
		k := kind{string(a.Op), "people", what(a)}
		if a.Group != "" {
			k.who = a.Subject()
		}
		if counts[k]++; counts[k] == 1 {
			kinds = append(kinds, k)
		}
	}
	rows := [][]string{}
	for _, k := range kinds {
		rows = append(rows, []string{fmt.Sprint(counts[k]), k.do, k.who, k.what})
	}
	grid(w, columns{{"STEPS", right}, {"DO", left}, {"WHO", left}, {"WHAT", left}}, rows)
}

// Outcome writes what became of a pass: what was done, each failure, what is held by reason, and whether the pass is
// whole. The doubts themselves are written by Sources.
func Outcome(w io.Writer, r reconcile.Report) {
	line(w, "Workspace %s: %d of %s done, %d held", r.Workspace, r.Count(plan.Done), count(len(r.Plan.Steps), "step"), len(r.Held()))
	failures(w, r)
	Held(w, r.Held())
	switch {
	case r.Failure != "":
		item(w, "", "The pass FAILED: "+failure(r))
	case !r.Whole():
		line(w, "The pass is NOT WHOLE: something was not read, see above. Nobody loses anything; what was read was acted on.")
	case !r.Complete():
		line(w, "The pass is NOT COMPLETE: see above. The next pass goes on from here.")
	}
}

// failures lists the steps that were tried and not done.
func failures(w io.Writer, r reconcile.Report) {
	n := 0
	for _, result := range r.Results {
		if result.Outcome == plan.Done {
			continue
		}
		if n++; n <= most {
			item(w, "  ", fmt.Sprintf("%s: %s %s, %s: %s", result.Outcome, result.Action.Op, result.Action.Subject(), what(result.Action), result.Detail))
		}
	}
	if n > most {
		line(w, "  ... and %d more that were not done", n-most)
	}
}

// Failure writes why a pass or a plan did not get to its end, if it did not.
func Failure(w io.Writer, r reconcile.Report) {
	if r.Failure != "" {
		item(w, "", fmt.Sprintf("Workspace %s FAILED: %s", r.Workspace, failure(r)))
	}
}

// failure is why a pass did not get to its end, without the workspace's name, which stands before it.
func failure(r reconcile.Report) string {
	return strings.TrimPrefix(r.Failure, "workspace "+r.Workspace+": ")
}

func headline(w io.Writer, p plan.Plan) {
	line(w, "Workspace %s: %s to do, %d held", p.Workspace, count(len(p.Steps), "step"), len(p.Held))
	if p.TakesSeconds > 0 {
		line(w, "At the pace that the limits allow, this takes at least %s.", time.Duration(p.TakesSeconds)*time.Second)
	}
}

// what names the right that a step gives.
func what(a plan.Action) string {
	if a.Permission != "" {
		return string(a.Permission) + " on " + a.On().String()
	}
	return a.On().String()
}

// count gives "1 step", "2 steps".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprint(n) + " " + strings.TrimSpace(noun)
}
