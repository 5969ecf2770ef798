package app

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bitroster/bitbucket/bitbuckettest"
	"bitroster/sync/plan"
	"bitroster/sync/why"
)

// stormSeed names the variable of the environment that gives the storms another seed.
const stormSeed = "BITROSTER_TEST_STORM_SEED"

// What the config of a storm allows. Bitbucket Cloud allows 1,000 requests an hour and 100 invitations a minute.
const (
	stormHour   = 900
	stormMinute = 90
)

// storm is a workspace into which everybody is to be invited while nothing works as it should.
type storm struct {
	seed   uint64
	people int
	// stops and kills are how many processes end so at a random moment, and as many again during a random request.
	stops, kills int
	// hour and minute are what the server allows.
	hour, minute int
	switches     bitbuckettest.Switches
}

// stormSite is the workspace, in an emulator in memory.
type stormSite struct {
	storm
	server  *bitbuckettest.Server
	weather *weather
	file    string
	// outcomes count how the steps of all processes ended.
	outcomes map[plan.Outcome]int
	// late are requests that are still under way though their process is dead.
	late sync.WaitGroup

	mu   sync.Mutex
	sent []sending
}

func newStormSite(t *testing.T, s storm) *stormSite {
	t.Helper()
	site := &stormSite{storm: s, weather: newWeather(s.seed), outcomes: map[plan.Outcome]int{}}
	site.server = bitbuckettest.New(bitbuckettest.Options{
		RequestsPerHour: s.hour, InvitationsPerMinute: s.minute, Fault: site.weather.fault, Switches: s.switches,
	})
	site.server.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	site.server.AddGroup("acme", "Developers")
	site.server.AddAPIToken("ada@acme.test", "token", "read:workspace:bitbucket", "write:permission:bitbucket")
	dir := t.TempDir()
	people := "email,groups\n"
	for i := range s.people {
		people += stormPerson(i) + ",dev\n"
	}
	write(t, filepath.Join(dir, "people", "people.csv"), people)
	site.file = filepath.Join(dir, "config.yaml")
	write(t, site.file, fmt.Sprintf(`
sources:
  - {name: hr, type: csv, path: people, settle: 0s}
workspaces:
  - workspace: acme
    api_url: https://bitbucket.test
    schedule: "@every 5s"
    credentials: [{kind: api_token, email: ada@acme.test, token: "env:TOKEN"}]
    limits: {invitations_per_minute: %d, requests_per_hour: %d}
    rules:
      - {name: developers, when: {source: hr, group: dev}, grant: {groups: [Developers]}}
`, stormMinute, stormHour))
	return site
}

func stormPerson(i int) string { return fmt.Sprintf("p%04d@acme.test", i) }

// TestStorm invites 5,000 people through a daemon that is stopped and killed again and again, while one request in four is
// refused for its rate, reset, broken after its effect or answered with nonsense: each person gets one mail, and no span
// of time has more requests or invitations than are allowed.
func TestStorm(t *testing.T) {
	seed := stormSeedOr(t, 2026)
	synctest.Test(t, func(t *testing.T) {
		site := newStormSite(t, storm{seed: seed, people: raceless(5000), stops: 5, kills: 3, hour: 1000, minute: 100})
		site.rage(t)
		site.calm(t)
		site.checkPace(t)
		if got, want := site.answered(http.StatusTooManyRequests), site.weather.count(tooMany); got != want {
			t.Errorf("%d answers 429, of which the storm made %d: the server's own limits were met", got, want)
		}
		// Some places are paid for and not used: by a process that ended first, or where there was no connection.
		if hour, minute := site.busiest(time.Hour, false), site.busiest(time.Minute, true); !raced && (hour < stormHour*95/100 || minute < stormMinute*95/100) {
			t.Errorf("at most %d requests in an hour and %d invitations in a minute: the storm never came near the limits that it is to test", hour, minute)
		}
	})
}

// TestStormUnderEverySwitch makes a smaller storm for each way in which a server may answer a repeated invitation and a
// request too many. Somebody else uses the credential, too, so that the server allows less than the config does.
func TestStormUnderEverySwitch(t *testing.T) {
	seed := stormSeedOr(t, 1)
	for i, switches := range stormSwitches() {
		s := storm{seed: seed + uint64(i), people: raceless(500), stops: 1, kills: 1, hour: 400, minute: 30, switches: switches}
		t.Run(fmt.Sprintf("RepeatInvite %s RetryAfter %s TextRateLimit %v", switches.RepeatInvite, switches.RetryAfter, switches.TextRateLimit), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, s.underSwitches)
		})
	}
}

func (s storm) underSwitches(t *testing.T) {
	site := newStormSite(t, s)
	site.rage(t)
	site.calm(t)
	site.checkPace(t)
	if site.answered(http.StatusTooManyRequests) <= site.weather.count(tooMany) && !raced {
		t.Error("the server's own limits were never met, so the switches decided nothing")
	}
}

// stormSwitches are all combinations of the switches that a storm meets.
func stormSwitches() []bitbuckettest.Switches {
	var list []bitbuckettest.Switches
	for _, repeat := range []string{"200-and-mail", "200-no-mail", "409", "400"} {
		for _, retry := range []string{"none", "seconds", "date"} {
			for _, text := range []bool{false, true} {
				list = append(list, bitbuckettest.Switches{RepeatInvite: repeat, RetryAfter: retry, TextRateLimit: text})
			}
		}
	}
	return list
}

// TestKilledAfterALongWait kills the process while it sends an invitation that is recorded as begun since long, because it
// had to wait for its minute. The request arrives while the next process runs, which must wait for it.
func TestKilledAfterALongWait(t *testing.T) {
	late := 0
	for seed := range uint64(9) {
		synctest.Test(t, func(t *testing.T) {
			site := newStormSite(t, storm{seed: seed, people: stormMinute + 10, hour: 1000, minute: 100})
			site.weather.settle()
			const reads = 4 // groups, invitations, and two look-ups of people
			site.live(t, &life{kill: true, request: reads + stormMinute + 1})
			if n := len(site.sent); n != reads+stormMinute+1 || site.sent[n-1].at.Sub(site.sent[n-2].at) < 30*time.Second {
				t.Fatalf("%d requests, and the last without a wait: it was not the one that is meant", n)
			}
			site.live(t, &life{until: site.everybody()})
			site.late.Wait()
			site.checkMails(t)
			late += site.weather.count(lateArrival)
		})
	}
	if late == 0 {
		t.Error("no request arrived late")
	}
}

// raceless is how many people a storm has: fewer with the race detector.
func raceless(people int) int {
	if raced {
		return people / 5
	}
	return people
}

func stormSeedOr(t *testing.T, usual uint64) uint64 {
	t.Helper()
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv(stormSeed), strconv.FormatUint(usual, 10)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// rage runs one process after the other through the storm. The last lives until everybody has a mail.
func (s *stormSite) rage(t *testing.T) {
	t.Helper()
	for _, l := range s.lives(rand.New(rand.NewPCG(s.seed, 2))) {
		s.live(t, l)
	}
	stopped := len(s.server.Mails())
	s.live(t, &life{until: s.everybody()})
	s.late.Wait()
	t.Logf("%d mails when the last process began, %d requests in %v, weather %v, steps %v", stopped, s.server.RequestCount(),
		time.Since(s.sent[0].at).Round(time.Minute), s.weather.drawn, s.outcomes)
}

// everybody tells whether everybody has a mail, or it was long enough.
func (s *stormSite) everybody() func() bool {
	deadline := time.Now().AddDate(0, 0, 2)
	return func() bool { return len(s.server.Mails()) >= s.people || time.Now().After(deadline) }
}

// calm ends the storm, makes passes until there is nothing left to do, and looks at the result.
func (s *stormSite) calm(t *testing.T) {
	t.Helper()
	s.weather.settle()
	a := s.open(t, &life{})
	defer a.Close() //nolint:errcheck // the test is over
	report := a.Once(t.Context())[0]
	for range 3 {
		if len(report.Plan.Steps) == 0 && report.Failure == "" {
			break
		}
		report = a.Once(t.Context())[0]
	}
	if len(report.Plan.Steps) > 0 || !report.Complete() || !report.Whole() {
		t.Errorf("the last pass: %d steps, failure %q, doubts %v; want nothing left to do", len(report.Plan.Steps), report.Failure, report.Doubts)
	}
	held := map[why.Reason]int{}
	for _, h := range report.Held() {
		held[h.Reason]++
	}
	if len(held) != 1 || held[why.InvitationPending] != s.people {
		t.Errorf("held: %v; want %d people whose invitation is pending, and nothing else", held, s.people)
	}
	if n := s.outcomes[plan.Failed]; n > 0 {
		t.Errorf("%d steps were refused, want none", n)
	}
	if violations := s.server.Violations(); len(violations) > 0 {
		t.Errorf("violations: %v", violations)
	}
	s.checkMails(t)
}

// checkMails wants one mail for each person.
func (s *stormSite) checkMails(t *testing.T) {
	t.Helper()
	count := map[string]int{}
	for _, mail := range s.server.Mails() {
		count[mail.Email]++
	}
	for i := range s.people {
		if n := count[stormPerson(i)]; n != 1 {
			t.Errorf("person %d has %d mails, want exactly one", i, n)
		}
	}
	if len(count) != s.people {
		t.Errorf("%d addresses were mailed, want %d", len(count), s.people)
	}
}

// checkPace wants no rolling hour with more requests and no rolling minute with more invitations than the config allows,
// by when they were sent. By when they arrived there may be one more: it was under way when the span began.
func (s *stormSite) checkPace(t *testing.T) {
	t.Helper()
	var requests, invitations, mails []time.Time
	for _, request := range s.server.Requests() {
		requests = append(requests, request.At)
		if request.Method != http.MethodGet && strings.HasSuffix(request.Path, "/invitations") {
			invitations = append(invitations, request.At)
		}
	}
	for _, mail := range s.server.Mails() {
		mails = append(mails, mail.At)
	}
	for _, c := range []struct {
		what      string
		got, most int
	}{
		{"requests sent in an hour", s.busiest(time.Hour, false), stormHour},
		{"invitations sent in a minute", s.busiest(time.Minute, true), stormMinute},
		{"requests that arrived in an hour", busiest(requests, time.Hour), stormHour + 1},
		{"invitations that arrived in a minute", busiest(invitations, time.Minute), stormMinute + 1},
		{"mails in a minute", busiest(mails, time.Minute), stormMinute + 1},
	} {
		if t.Logf("%s: at most %d", c.what, c.got); c.got > c.most {
			t.Errorf("%d %s, want at most %d", c.got, c.what, c.most)
		}
	}
}

// busiest counts what was sent in the fullest span.
func (s *stormSite) busiest(span time.Duration, invitations bool) int {
	var moments []time.Time
	for _, sent := range s.sent {
		if sent.invites || !invitations {
			moments = append(moments, sent.at)
		}
	}
	return busiest(moments, span)
}

// busiest counts the moments of the fullest span, which has its begin and not its end.
func busiest(moments []time.Time, span time.Duration) int {
	slices.SortFunc(moments, time.Time.Compare)
	most, first := 0, 0
	for i, moment := range moments {
		for !moments[first].Add(span).After(moment) {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// answered counts the requests with a status.
func (s *stormSite) answered(status int) int {
	return s.server.RequestCount(func(r bitbuckettest.Request) bool { return r.Status == status })
}
