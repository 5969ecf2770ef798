// Package budgettest is the contract that every budget.Store keeps.
package budgettest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/budget"
)

// Harness gives stores to the contract.
type Harness struct {
	// Open gives the memory that belongs to this harness, empty at first, and remembering on each further call, as for a
	// second process or after a restart. It is called inside a bubble of testing/synctest and closes by t.Cleanup what it
	// opens. The clock of the store is time.Now.
	Open func(t *testing.T) budget.Store
}

// Run runs the contract. It asks for a new harness for each test, outside of any bubble.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, budget.Store){
		"most at once, the next after a span":   testMost,
		"asking for room takes none":            testRoom,
		"windows do not touch each other":       testApart,
		"the tightest window decides":           testTightest,
		"places come in the order of asking":    testOrder,
		"nobody waits behind a later one":       testFair,
		"a closed window lets nothing pass":     testClose,
		"a correction leaves so many":           testCorrect,
		"a correction never loosens":            testNeverLoosens,
		"an ended context is an error, no more": testContext,
	} {
		t.Run(name, func(t *testing.T) {
			harness := open(t)
			synctest.Test(t, func(t *testing.T) { test(t, harness.Open(t)) })
		})
	}
	for name, test := range map[string]func(*testing.T, Harness){
		"never more than most in any span": testNeverMore,
		"a queue longer than a span":       testLongQueue,
		"a restart forgets nothing":        testRestart,
		"a clock may be set back":          testSetBack,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// testRoom asks for room again and again, and wants Reserve to give what Room said.
func testRoom(t *testing.T, store budget.Store) {
	windows := []budget.Window{minute(2), hour(3)}
	for i := range 5 {
		var room time.Time
		for range 10 {
			var err error
			if room, err = store.Room(t.Context(), windows); err != nil {
				t.Fatal(err)
			}
		}
		place, err := store.Reserve(t.Context(), windows)
		if err != nil || !place.Equal(room) {
			t.Errorf("place %d at %v, error %v; room was promised at %v", i, place, err, room)
		}
	}
}

func minute(most int) budget.Window {
	return budget.Window{Name: "minute", Most: most, Span: time.Minute}
}

func hour(most int) budget.Window { return budget.Window{Name: "hour", Most: most, Span: time.Hour} }

// reserve takes a place and says how long after the question it is.
func reserve(t *testing.T, store budget.Store, windows ...budget.Window) time.Duration {
	t.Helper()
	asked := time.Now()
	at, err := store.Reserve(t.Context(), windows)
	if err != nil || at.Before(asked) {
		t.Fatalf("a place at %v, asked for at %v, error %v", at, asked, err)
	}
	return at.Sub(asked)
}

// waits takes n places without waiting for them, and compares how far ahead they are.
func waits(t *testing.T, store budget.Store, w budget.Window, want ...time.Duration) {
	t.Helper()
	got := make([]time.Duration, len(want))
	for i := range want {
		got[i] = reserve(t, store, w)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s, waits (-want +got):\n%s", w.Name, diff)
	}
}

func testMost(t *testing.T, store budget.Store) {
	w := minute(2)
	waits(t, store, w, 0)
	time.Sleep(20 * time.Second)
	waits(t, store, w, 0, 40*time.Second, time.Minute)
	time.Sleep(40 * time.Second)
	waits(t, store, w, time.Minute)
	time.Sleep(time.Hour)
	waits(t, store, w, 0, 0, time.Minute)
}

func testApart(t *testing.T, store budget.Store) {
	a := budget.Window{Name: "a", Most: 1, Span: time.Minute}
	b := budget.Window{Name: "b", Most: 1, Span: time.Minute}
	waits(t, store, a, 0, time.Minute)
	waits(t, store, b, 0)
	check(t, store.CloseWindow(t.Context(), "a", time.Now().Add(time.Hour)))
	check(t, store.Correct(t.Context(), a, 0))
	waits(t, store, b, time.Minute)
}

func testTightest(t *testing.T, store budget.Store) {
	for _, want := range []time.Duration{0, time.Minute, time.Hour} {
		if got := reserve(t, store, minute(1), hour(2)); got != want {
			t.Errorf("a place in both windows after %v, want %v", got, want)
		}
	}
	// The place in an hour is one of the minute, too; those before it are free.
	waits(t, store, minute(1), time.Hour+time.Minute)
}

func testOrder(t *testing.T, store budget.Store) {
	w := minute(3)
	last := time.Duration(0)
	for i := range 20 {
		wait := reserve(t, store, w)
		if wait < last {
			t.Errorf("place %d is %v ahead, the one before it %v", i, wait, last)
		}
		last = wait
	}
	if want := 6 * time.Minute; last != want {
		t.Errorf("the twentieth place is %v ahead, want %v", last, want)
	}
}

// testFair has one user ask all the time and another now and then: nobody passes whoever asked before.
func testFair(t *testing.T, store budget.Store) {
	var (
		asking sync.Mutex // so that it is known who asked first
		places []time.Time
		users  sync.WaitGroup
	)
	use := func(n int, pause time.Duration) {
		for range n {
			asking.Lock()
			at := time.Now().Add(reserve(t, store, minute(3)))
			places = append(places, at)
			asking.Unlock()
			time.Sleep(time.Until(at) + pause)
		}
	}
	users.Go(func() { use(30, time.Nanosecond) })
	users.Go(func() { use(10, 7*time.Second) })
	users.Wait()
	for i := 1; i < len(places); i++ {
		if before := places[i-1].Sub(places[i]); before > 0 {
			t.Errorf("place %d is %v before the one that was asked for earlier", i, before)
		}
	}
}

func testClose(t *testing.T, store budget.Store) {
	w, until := minute(2), time.Now().Add(10*time.Minute)
	check(t, store.CloseWindow(t.Context(), w.Name, until))
	check(t, store.CloseWindow(t.Context(), w.Name, until.Add(-5*time.Minute))) // does not open it
	waits(t, store, w, 10*time.Minute, 10*time.Minute, 11*time.Minute)
	if got := reserve(t, store, hour(5), w); got != 11*time.Minute {
		t.Errorf("a place in two windows after %v, want 11m: the closed one decides", got)
	}
	time.Sleep(time.Hour)
	check(t, store.CloseWindow(t.Context(), w.Name, time.Now().Add(-time.Second))) // is over
	waits(t, store, w, 0)
}

func testCorrect(t *testing.T, store budget.Store) {
	w := hour(10)
	waits(t, store, w, 0)
	time.Sleep(time.Minute)
	check(t, store.Correct(t.Context(), w, 3))
	waits(t, store, w, 0, 0, 0, 59*time.Minute, time.Hour)
	time.Sleep(3 * time.Hour)
	check(t, store.Correct(t.Context(), w, 0))
	waits(t, store, w, time.Hour)
}

func testNeverLoosens(t *testing.T, store budget.Store) {
	w := hour(4)
	waits(t, store, w, 0, 0, 0, 0)
	for _, remaining := range []int{1000, 4, 3, 0} {
		check(t, store.Correct(t.Context(), w, remaining))
		time.Sleep(time.Minute)
	}
	waits(t, store, w, 56*time.Minute)
}

func testContext(t *testing.T, store budget.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := minute(1)
	for range 3 {
		if _, err := store.Reserve(ctx, []budget.Window{w}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
	}
	waits(t, store, w, 0) // nobody took it
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
