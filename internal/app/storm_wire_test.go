package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"time"

	"bitroster/bitbucket/bitbuckettest"
	"bitroster/internal/clock"
)

// weather draws what becomes of each request. The draws depend on the seed and on the number of the request only, not on
// the time: the pauses of the client have a jitter that cannot be seeded.
type weather struct {
	mu     sync.Mutex
	random *rand.Rand
	calm   bool
	// drawn counts what was drawn, by its name.
	drawn map[string]int
}

func newWeather(seed uint64) *weather {
	return &weather{random: rand.New(rand.NewPCG(seed, 1)), drawn: map[string]int{}}
}

func (w *weather) settle() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calm = true
}

func (w *weather) note(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drawn[name]++
}

func (w *weather) count(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.drawn[name]
}

// The names of what is drawn.
const (
	tooMany     = "429"
	resetAfter  = "reset after the effect"
	resetBefore = "reset before the effect"
	brokenAfter = "5xx after the effect"
	pageOfHTML  = "a page of HTML in the place of the effect"
	garbled     = "another body"
	unreachable = "no connection"
	slow        = "slower than the client waits"
	lateArrival = "arrived after its process died"
)

// fault is what the emulator does to a request that arrives: one in four is spoilt.
func (w *weather) fault(*http.Request) bitbuckettest.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calm {
		return bitbuckettest.Fault{}
	}
	name, fault := "", bitbuckettest.Fault{}
	switch n := w.random.IntN(100); {
	case n < 10:
		name, fault = tooMany, w.limited()
	case n < 15:
		name, fault = resetAfter, bitbuckettest.Fault{Reset: true, AfterEffect: true}
	case n < 20:
		name, fault = resetBefore, bitbuckettest.Fault{Reset: true}
	case n < 25:
		name, fault = brokenAfter, bitbuckettest.Fault{AfterEffect: true, Status: pick(w.random, 500, 502, 503, 504, 555), Body: pick(w.random, "", "text", "empty", "nonsense")}
	case n < 26:
		name, fault = pageOfHTML, bitbuckettest.Fault{Body: "nonsense"}
	default:
		return fault
	}
	w.drawn[name]++
	return fault
}

func pick[T any](random *rand.Rand, values ...T) T { return values[random.IntN(len(values))] }

// limited is an answer 429 in one of its forms: a fifth says nothing of how long to wait, some say a long time.
func (w *weather) limited() bitbuckettest.Fault {
	seconds := 1 + w.random.IntN(4)
	if w.random.IntN(50) == 0 {
		seconds = w.random.IntN(3600)
	}
	wait := strconv.Itoa(seconds)
	date := time.Now().Add(time.Duration(seconds) * time.Second).UTC().Format(http.TimeFormat)
	return bitbuckettest.Fault{Status: http.StatusTooManyRequests, Body: pick(w.random, "", "text"), Header: pick(
		w.random,
		http.Header{},
		http.Header{"Retry-After": {wait}},
		http.Header{"Retry-After": {date}},
		http.Header{"X-Ratelimit-Limit": {"1000, 1000;w=3600"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {wait}},
		http.Header{"Retry-After": {wait}, "X-Ratelimit-Remaining": {"417"}, "X-Ratelimit-Reset": {"1800"}},
	)}
}

// trip is how a request gets to the server and its answer back.
type trip struct {
	there, back time.Duration
	unreachable bool
	// garble makes another body of the answer's; nil leaves it.
	garble func([]byte) io.Reader
	// fate is one of three, and late how long it takes, for a request whose process dies on the way.
	fate int
	late time.Duration
}

func (w *weather) trip() trip {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := trip{there: w.delay(), back: w.delay(), fate: w.random.IntN(3), late: time.Duration(10+w.random.IntN(40)) * time.Second}
	if w.calm {
		return t
	}
	switch n := w.random.IntN(100); n {
	case 0:
		t.unreachable = true
		w.drawn[unreachable]++
	case 1:
		t.garble = w.garble()
	}
	return t
}

// delay is short, mostly; half a percent may be longer than the client waits for an answer.
func (w *weather) delay() time.Duration {
	most := 40 * time.Millisecond
	switch n := w.random.IntN(200); {
	case w.calm:
	case n == 0:
		most = 80 * time.Second
	case n < 10:
		most = 2 * time.Second
	}
	d := time.Duration(w.random.Int64N(int64(most)))
	if d > time.Minute {
		w.drawn[slow]++
	}
	return d
}

// garble draws a body that is none the API documents. An empty list is not among them: it would be a well-formed lie.
func (w *weather) garble() func([]byte) io.Reader {
	text := func(s string) func([]byte) io.Reader {
		return func([]byte) io.Reader { return strings.NewReader(s) }
	}
	half := func(b []byte) io.Reader { return bytes.NewReader(b[:len(b)/2]) }
	cut := func(b []byte) io.Reader { return io.MultiReader(half(b), failingReader{}) }
	return pick(w.random, text(""), text("null"), text("{}"), text("\x00\x1f\x8b"), text(" <html>sign in</html>"), half, cut)
}

// garbles reports whether an answer gets another body: not a page of HTML, which alone shows that there was no effect.
func (w *weather) garbles(res *http.Response) bool {
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		return false
	}
	w.note(garbled)
	return true
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// wire is what a process has in the place of the network: it calls the emulator in memory, in the time of the bubble.
type wire struct {
	*life
	site *stormSite
}

func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.dead.Load() {
		return w.freeze(req)
	}
	body, err := io.ReadAll(cmp.Or[io.Reader](req.Body, http.NoBody))
	if err != nil {
		return nil, err
	}
	trip := w.site.weather.trip()
	if trip.unreachable {
		return nil, errors.New("connection refused")
	}
	w.site.note(req)
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if w.endsNow() {
		w.end()
		trip.there += time.Duration(trip.fate) * 3 * time.Second // within what a pass lingers, and beyond it
	}
	if w.dead.Load() {
		w.site.orphan(trip, req, body)
		return w.freeze(req)
	}
	if err := clock.Sleep(req.Context(), trip.there); err != nil {
		return nil, err
	}
	res, err := w.site.answer(req, body)
	if err == nil {
		err = clock.Sleep(req.Context(), trip.back)
	}
	if err == nil && trip.garble != nil && w.site.weather.garbles(res) {
		bytes, _ := io.ReadAll(res.Body)
		res.Body = io.NopCloser(trip.garble(bytes))
	}
	return res, err
}

// freeze is all that a dead process sees of its requests.
func (wire) freeze(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// orphan is a request whose process died: it is lost, or has arrived, or arrives while the next process runs already.
func (s *stormSite) orphan(trip trip, req *http.Request, body []byte) {
	req = req.Clone(context.WithoutCancel(req.Context()))
	switch trip.fate {
	case 0:
	case 1:
		_, _ = s.answer(req, body)
	default:
		s.weather.note(lateArrival)
		s.late.Go(func() {
			time.Sleep(trip.late) // less than invitations.settle
			_, _ = s.answer(req, body)
		})
	}
}

// answer has the emulator handle a request; a reset of the connection is an error.
func (s *stormSite) answer(req *http.Request, body []byte) (res *http.Response, err error) {
	arriving := req.Clone(req.Context())
	arriving.Body = io.NopCloser(bytes.NewReader(body))
	recorder := httptest.NewRecorder()
	defer func() {
		broken := recover()
		if reset, ok := broken.(error); ok && errors.Is(reset, http.ErrAbortHandler) {
			res, err = nil, errors.New("connection reset by peer")
		} else if broken != nil {
			panic(broken)
		}
	}()
	s.server.Handler().ServeHTTP(recorder, arriving)
	return recorder.Result(), nil
}

// sending is a request that left a process.
type sending struct {
	at      time.Time
	invites bool
}

func (s *stormSite) note(req *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, sending{time.Now(), req.Method != http.MethodGet})
}
