package app

import (
	"maps"
	"slices"

	"go.uber.org/zap"

	"bitroster/internal/logging"
	"bitroster/sources"
	"bitroster/sync/apply"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// logStep writes one line for a step.
func logStep(log *zap.Logger, r apply.Result) {
	fields := []zap.Field{
		zap.String("op", string(r.Action.Op)), zap.String(logging.AddressKey, string(r.Action.Email)),
		zap.String("group", r.Action.Group), zap.Stringer("target", r.Action.On()),
		zap.String("permission", string(r.Action.Permission)), zap.String("rule", r.Action.Rule),
		zap.String("reason", string(r.Action.Reason)), zap.String("outcome", string(r.Outcome)),
	}
	if r.Outcome == plan.Done {
		log.Info("step", fields...)
		return
	}
	log.Warn("step", append(fields, zap.String("detail", r.Detail))...)
}

// told is how many rejected rows of a source are told in the log, which has them again after each pass.
const told = 5

type reject sources.Reject

func (r reject) String() string { return r.Origin + ": " + r.Reason }

func firstOf(rejects []sources.Reject) []reject {
	var first []reject
	for _, r := range rejects[:min(told, len(rejects))] {
		first = append(first, reject(r))
	}
	return first
}

// logReport writes what became of a pass: a line for each doubt, one for each source with rejected rows, one for each reason that holds steps, one for the whole.
func (a *App) logReport(r reconcile.Report) {
	log := a.log.With(zap.String("workspace", r.Workspace))
	for _, doubt := range r.Doubts {
		log.Error("not read whole", zap.String("source", doubt.Source), zap.String("group", doubt.Group),
			zap.String("rule", doubt.Rule), zap.String("problem", doubt.Problem))
	}
	for _, source := range r.Sources {
		if n := len(source.Rejects); n > 0 {
			log.Warn("rows rejected", zap.String("source", source.Name), zap.Int("rows", n), zap.Stringers("first", firstOf(source.Rejects)))
		}
	}
	held := map[string]int{}
	for _, h := range r.Held() {
		held[string(h.Reason)]++
	}
	for _, reason := range slices.Sorted(maps.Keys(held)) {
		log.Info("held", zap.String("reason", reason), zap.Int("steps", held[reason]))
	}
	fields := []zap.Field{
		zap.Int("planned", len(r.Plan.Steps)), zap.Int("done", r.Count(plan.Done)), zap.Int("held", len(r.Held())),
		zap.Bool("read_whole", r.Whole()), zap.Bool("complete", r.Complete()),
	}
	switch {
	case r.Failure != "":
		log.Error("pass failed", append(fields, zap.String("error", r.Failure))...)
	case !r.Whole():
		log.Warn("pass ended, not whole", fields...)
	case !r.Complete():
		log.Warn("pass ended, not complete", fields...)
	default:
		log.Info("pass ended", fields...)
	}
}
