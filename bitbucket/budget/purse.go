package budget

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Purse is a Store that lives as long as the process.
type Purse struct {
	mu     sync.Mutex
	seen   time.Time              // the latest time at which it was asked anything
	spent  map[string][]time.Time // sorted; may lie in the future, for those who wait
	closed map[string]time.Time
}

// NewPurse makes an empty one.
func NewPurse() *Purse {
	return &Purse{spent: map[string][]time.Time{}, closed: map[string]time.Time{}}
}

// Reserve takes a place in each of the windows.
func (p *Purse) Reserve(ctx context.Context, windows []Window) (time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	at := p.room(windows)
	for _, w := range windows {
		p.spend(w.Name, at)
	}
	return at, nil
}

// Room says when there is a place in each of the windows.
func (p *Purse) Room(ctx context.Context, windows []Window) (time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.room(windows), ctx.Err()
}

// room is the time from which all windows have room.
func (p *Purse) room(windows []Window) time.Time {
	now := p.now()
	at := now
	for _, w := range windows {
		p.forget(w, now)
		at = earliest(at, w, p.spent[w.Name], p.closed[w.Name])
	}
	return at
}

// CloseWindow lets nothing pass before a time.
func (p *Purse) CloseWindow(_ context.Context, window string, until time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now()
	if until.After(p.closed[window]) {
		p.closed[window] = until
	}
	return nil
}

// Correct spends what somebody else has spent. Places that are waited for are not among what the server has counted.
func (p *Purse) Correct(_ context.Context, window Window, remaining int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.forget(window, now)
	passed := 0
	for passed < len(p.spent[window.Name]) && !p.spent[window.Name][passed].After(now) {
		passed++
	}
	for range window.Most - remaining - passed {
		p.spend(window.Name, now)
	}
	return nil
}

// now reads the clock. When that was set back, all that is remembered goes back with it: what was spent just before was
// spent just now. Places far ahead cannot simply be dropped, for somebody may be waiting for them.
func (p *Purse) now() time.Time {
	now := time.Now()
	back := now.Sub(p.seen)
	p.seen = now
	if back >= 0 {
		return now
	}
	for _, list := range p.spent {
		for i := range list {
			list[i] = list[i].Add(back)
		}
	}
	for name, until := range p.closed {
		p.closed[name] = until.Add(back)
	}
	return now
}

// forget drops what has rolled out of the window.
func (p *Purse) forget(w Window, now time.Time) {
	p.spent[w.Name] = slices.DeleteFunc(p.spent[w.Name], func(t time.Time) bool { return !t.After(now.Add(-w.Span)) })
}

func (p *Purse) spend(name string, at time.Time) {
	list := p.spent[name]
	i, _ := slices.BinarySearchFunc(list, at, time.Time.Compare)
	p.spent[name] = slices.Insert(list, i, at)
}

// earliest is when a window with these places taken, sorted, has room again, not before a time, nor before the window
// opens. Whatever was taken before, no span then holds more than the window's most.
func earliest(notBefore time.Time, w Window, taken []time.Time, opens time.Time) time.Time {
	at := notBefore
	if n := len(taken); w.Most > 0 && n >= w.Most {
		if free := taken[n-w.Most].Add(w.Span); free.After(at) {
			at = free
		}
	}
	if opens.After(at) {
		at = opens
	}
	return at
}
