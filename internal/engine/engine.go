package engine

import (
	"context"
	"sync"
	"time"
)

// Job is what is done for one workspace when it is due.
type Job struct {
	Schedule Schedule
	Run      func(ctx context.Context)
	// Waiting is told when the job is due next.
	Waiting func(next time.Time)
}

// Run runs each job when it is due, until the context ends, and returns when the last job has. A job never overlaps
// itself: a time that comes due while it runs is dropped, because the next pass sees all there is to see.
func Run(ctx context.Context, jobs []Job) {
	var group sync.WaitGroup
	for _, job := range jobs {
		group.Go(func() { job.loop(ctx) })
	}
	group.Wait()
}

func (j Job) loop(ctx context.Context) {
	for ctx.Err() == nil {
		next := j.Schedule.Next(time.Now())
		j.Waiting(next)
		if !until(ctx, next) {
			return
		}
		j.Run(ctx)
	}
}

// maxNap keeps the wait honest when the machine's clock is set or it was asleep: timers do not see either.
const maxNap = time.Minute

// until waits for a moment of the wall clock; false when the context ended first.
func until(ctx context.Context, moment time.Time) bool {
	for {
		// Round(0) drops the monotonic reading, so that the wall clock decides.
		rest := moment.Sub(time.Now().Round(0))
		if rest <= 0 {
			return true
		}
		timer := time.NewTimer(min(rest, maxNap))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
	}
}
