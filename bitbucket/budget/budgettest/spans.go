package budgettest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bitroster/bitbucket/budget"
)

// passes notes when something passed each window.
type passes struct {
	mu   sync.Mutex
	when map[string][]time.Time
}

func (p *passes) note(at time.Time, windows []budget.Window) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.when == nil {
		p.when = map[string][]time.Time{}
	}
	for _, w := range windows {
		p.when[w.Name] = append(p.when[w.Name], at)
	}
}

// check looks at the span behind each pass: a span that begins elsewhere holds no more than one of these.
func (p *passes) check(t *testing.T, windows []budget.Window) {
	t.Helper()
	for _, w := range windows {
		moments := slices.SortedFunc(slices.Values(p.when[w.Name]), time.Time.Compare)
		for i, begin := range moments {
			end, _ := slices.BinarySearchFunc(moments, begin.Add(w.Span), time.Time.Compare)
			if end-i > w.Most {
				t.Errorf("%s: %d within %v from %v, want at most %d", w.Name, end-i, w.Span, begin.Format(time.TimeOnly), w.Most)
				break
			}
		}
	}
}

// testNeverMore runs random users of several windows, half of them by a second opening of the store.
func testNeverMore(t *testing.T, h Harness) {
	windows := []budget.Window{minute(3), hour(40), {Name: "ten seconds", Most: 2, Span: 10 * time.Second}}
	synctest.Test(t, func(t *testing.T) {
		stores := []budget.Store{h.Open(t), h.Open(t)}
		var seen passes
		var users sync.WaitGroup
		for i := range 6 {
			u := user{store: stores[i%2], seen: &seen, random: rand.New(rand.NewPCG(7, uint64(i)))}
			users.Go(func() { u.act(t, windows) })
		}
		users.Wait()
		seen.check(t, windows)
	})
}

// user does what clients do with a store, at random.
type user struct {
	store  budget.Store
	seen   *passes
	random *rand.Rand
}

// act does forty of them.
func (u user) act(t *testing.T, windows []budget.Window) {
	for range 40 {
		u.once(t, windows)
	}
}

func (u user) once(t *testing.T, windows []budget.Window) {
	var chosen []budget.Window
	for _, w := range windows {
		if u.random.IntN(2) == 0 {
			chosen = append(chosen, w)
		}
	}
	if len(chosen) == 0 {
		chosen = windows[:1]
	}
	asked := time.Now()
	at, err := u.store.Reserve(t.Context(), chosen)
	if err != nil || at.Before(asked) {
		t.Errorf("a place at %v, asked for at %v, error %v", at, asked, err)
		return
	}
	u.seen.note(at, chosen)
	w := chosen[0]
	switch u.random.IntN(8) {
	case 0:
		err = u.store.Correct(t.Context(), w, u.random.IntN(2*w.Most))
	case 1:
		err = u.store.CloseWindow(t.Context(), w.Name, time.Now().Add(time.Duration(u.random.IntN(int(w.Span)))))
	case 2: // gives up: the place is lost
	default:
		time.Sleep(time.Until(at) + time.Duration(u.random.IntN(int(5*time.Second))))
	}
	if err != nil {
		t.Error(err)
	}
}

// testLongQueue has more people wait than pass in several spans: who waits for a far place keeps it.
func testLongQueue(t *testing.T, h Harness) {
	synctest.Test(t, func(t *testing.T) {
		store, w := h.Open(t), minute(2)
		var seen passes
		for i := range 30 {
			at := time.Now().Add(reserve(t, store, w))
			seen.note(at, []budget.Window{w})
			if i%5 == 4 {
				time.Sleep(10 * time.Second)
			}
		}
		seen.check(t, []budget.Window{w})
	})
}

// testRestart opens the store again after a while.
func testRestart(t *testing.T, h Harness) {
	w := hour(2)
	t.Run("before", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := h.Open(t)
			waits(t, store, w, 0, 0)
			check(t, store.CloseWindow(t.Context(), "shut", time.Now().Add(2*time.Hour)))
		})
	})
	t.Run("after", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(20 * time.Minute)
			store := h.Open(t)
			waits(t, store, w, 40*time.Minute)
			waits(t, store, budget.Window{Name: "shut", Most: 1, Span: time.Minute}, 100*time.Minute)
		})
	})
}

// testSetBack fills a window and then has a clock that is behind: nobody waits longer than a span for it, and the bound
// holds again for what is asked after. A bubble's clock begins at the same time each time.
func testSetBack(t *testing.T, h Harness) {
	for i, back := range []time.Duration{time.Second, 30 * time.Minute, 59 * time.Minute, 2 * time.Hour, 24 * 365 * time.Hour} {
		w := budget.Window{Name: fmt.Sprintf("hour %d", i), Most: 3, Span: time.Hour}
		t.Run(back.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(back)
				waits(t, h.Open(t), w, 0, 0, 0)
			})
			synctest.Test(t, func(t *testing.T) { bounded(t, h.Open(t), w) })
		})
	}
}

// bounded takes places of a window that may be full, but has no queue.
func bounded(t *testing.T, store budget.Store, w budget.Window) {
	t.Helper()
	var seen passes
	for n := range 3 * w.Most {
		wait, most := reserve(t, store, w), time.Duration(n/w.Most+1)*w.Span
		if wait > most {
			t.Errorf("place %d is %v ahead, want at most %v", n, wait, most)
		}
		seen.note(time.Now().Add(wait), []budget.Window{w})
	}
	seen.check(t, []budget.Window{w})
}
