package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"bitroster/internal/clock"
)

func TestSleep(t *testing.T) {
	for name, tc := range map[string]struct {
		sleep, ends time.Duration // ends: when the context does
		took        time.Duration
		err         error
	}{
		"to its end":               {time.Minute, time.Hour, time.Minute, nil},
		"until the context ends":   {time.Hour, time.Minute, time.Minute, context.DeadlineExceeded},
		"not at all":               {0, time.Minute, 0, nil},
		"less than not at all":     {-time.Hour, time.Minute, 0, nil},
		"not when it ended before": {0, -time.Second, 0, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tc.ends)
				defer cancel()
				begin := time.Now()
				err := clock.Sleep(ctx, tc.sleep)
				check(t, result{err, time.Since(begin)}, result{tc.err, tc.took})
			})
		})
	}
}

// result is how a sleep ended, and how long it took.
type result struct {
	err  error
	took time.Duration
}

func check(t *testing.T, got, want result) {
	t.Helper()
	if !errors.Is(got.err, want.err) || got.took != want.took {
		t.Errorf("error %v after %v, want %v after %v", got.err, got.took, want.err, want.took)
	}
}
