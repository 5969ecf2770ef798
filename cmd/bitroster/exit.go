package main

import (
	"errors"

	"bitroster/internal/app"
	"bitroster/sync/reconcile"
)

// The exit codes. They are documented in exitCodes and in the README.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitChanges  = 3
	exitLimits   = 4
	exitNotWhole = 5
)

const exitCodes = `Exit codes: 0 done; 1 failed, or a step failed or was not come to; 2 wrong usage or config, or a secret
that is not there; 3 the plan has changes (plan only); 4 steps are held by a limit; 5 a source or a group
was not read whole, which comes before all others.`

// seeHelp ends the message of a wrong use of a command.
func seeHelp(command string) string { return " (see " + command + " --help)" }

// usageError is the user's mistake.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func exitCode(err error) int {
	var mistake usageError
	var missing app.SettingsError
	if errors.As(err, &mistake) || errors.As(err, &missing) {
		return exitUsage
	}
	return exitFailed
}

// passCode is the exit code of passes: what was not read whole comes first, because it must never pass for success.
func passCode(reports []reconcile.Report) int {
	code := exitDone
	for _, r := range reports {
		switch {
		case !r.Whole():
			return exitNotWhole
		case !r.Complete():
			code = exitFailed
		case r.LimitHeld() && code == exitDone:
			code = exitLimits
		}
	}
	return code
}

// planCode is the exit code of plans: as of passes, and 3 where there is something to do, whatever a limit holds besides.
func planCode(reports []reconcile.Report) int {
	code := exitDone
	for _, r := range reports {
		switch {
		case !r.Whole():
			return exitNotWhole
		case r.Failure != "":
			code = exitFailed
		case len(r.Plan.Steps) > 0 && code != exitFailed:
			code = exitChanges
		case r.LimitHeld() && code == exitDone:
			code = exitLimits
		}
	}
	return code
}
