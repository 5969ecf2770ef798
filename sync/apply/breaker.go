package apply

import (
	"fmt"

	"bitroster/sync/plan"
)

const (
	// maxRefusals is how many steps of one kind may be refused in a row, none having succeeded, before the refusal is taken
	// for the workspace's rather than the people's.
	maxRefusals = 10
	// maxOutages is how many steps in a row may go without a clear answer before the server is taken for out of order.
	maxOutages = 5
)

// breaker tells one person's problem from the workspace's.
type breaker struct {
	succeeded map[plan.Op]bool
	refusals  map[plan.Op]int
	outages   int
}

// note takes in an outcome and gives the reason to stop, if there is one.
func (b *breaker) note(o outcome) string {
	if b.succeeded == nil {
		b.succeeded, b.refusals = map[plan.Op]bool{}, map[plan.Op]int{}
	}
	op := o.Action.Op
	switch o.Outcome {
	case plan.Done:
		b.succeeded[op], b.refusals[op], b.outages = true, 0, 0
	case plan.Failed:
		b.refusals[op]++
		b.outages = 0
	default:
		b.outages++
	}
	switch {
	case o.systemic:
		return "the workspace refuses: " + o.Detail
	case b.outages >= maxOutages:
		return fmt.Sprintf("%d steps in a row had no clear answer, the last: %s", b.outages, o.Detail)
	case b.refusals[op] >= maxRefusals && !b.succeeded[op]:
		return fmt.Sprintf("the first %d steps of the kind %q were all refused, so it is not the people: %s", b.refusals[op], op, o.Detail)
	}
	return ""
}
