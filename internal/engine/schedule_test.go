package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// next lists the times at which a schedule comes due after a time, in the schedule's own zone.
func next(t *testing.T, spec, zone, after string, n int) []string {
	t.Helper()
	schedule, err := ParseSchedule(spec, zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, after)
	if err != nil {
		t.Fatal(err)
	}
	var times []string
	for range n {
		at = schedule.Next(at)
		times = append(times, at.Format(time.RFC3339))
	}
	return times
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		name, spec, zone, after string
		want                    []string
	}{
		{"hourly", "@hourly", "UTC", "2026-03-01T10:20:30Z", []string{"2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z"}},
		{"not at the time itself", "@hourly", "UTC", "2026-03-01T11:00:00Z", []string{"2026-03-01T12:00:00Z"}},
		{"daily is midnight in the zone", "@daily", "Asia/Tokyo", "2026-03-01T10:00:00Z", []string{"2026-03-02T00:00:00+09:00", "2026-03-03T00:00:00+09:00"}},
		{"every 15 minutes", "@every 15m", "UTC", "2026-03-01T10:07:00Z", []string{"2026-03-01T10:22:00Z", "2026-03-01T10:37:00Z"}},
		{"working hours", "*/30 8-9 * * 1-5", "Europe/Berlin", "2026-03-06T08:15:00Z", []string{
			"2026-03-06T09:30:00+01:00", "2026-03-09T08:00:00+01:00", "2026-03-09T08:30:00+01:00",
		}},
		{"names of days", "0 7 * * MON", "Europe/Berlin", "2026-03-06T08:15:00Z", []string{"2026-03-09T07:00:00+01:00"}},
		{"the 29th of February", "0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", []string{"2028-02-29T00:00:00Z"}},
		{"an empty zone is UTC", "@daily", "", "2026-03-01T10:00:00Z", []string{"2026-03-02T00:00:00Z"}},
		{"the day has the zone's hours in winter and in summer", "0 8 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{
			"2026-03-29T08:00:00+02:00", "2026-03-30T08:00:00+02:00",
		}},
		{"a quarter of an hour in the doubled hour", "*/15 * * * *", "Europe/Berlin", "2026-10-25T00:40:00Z", []string{
			"2026-10-25T02:45:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:15:00+01:00",
		}},
	} {
		if diff := cmp.Diff(c.want, next(t, c.spec, c.zone, c.after, len(c.want))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestParseScheduleRefuses(t *testing.T) {
	for _, c := range []struct{ spec, zone, want string }{
		{"", "UTC", `"" is not a cron expression`},
		{"* * * *", "UTC", `"* * * *" is not a cron expression`},
		{"0 * * * * *", "UTC", `"0 * * * * *" is not a cron expression`},
		{"61 * * * *", "UTC", `"61 * * * *" is not a cron expression`},
		{"*/0 * * * *", "UTC", `"*/0 * * * *" is not a cron expression`},
		{"5-1 * * * *", "UTC", `"5-1 * * * *" is not a cron expression`},
		{"* * * * FUNDAY", "UTC", `"* * * * FUNDAY" is not a cron expression`},
		{"hourly", "UTC", `"hourly" is not a cron expression`},
		{"@hour", "UTC", `"@hour" is not a cron expression`},
		{"@every", "UTC", `"@every" is not a cron expression`},
		{"@every 15", "UTC", `"@every 15" is not a cron expression`},
		{"0 0 31 2 *", "UTC", `"0 0 31 2 *" never comes due`},
		{"0 0 30 2 *", "Europe/Berlin", `"0 0 30 2 *" never comes due`},
		{"TZ=Europe/Berlin 0 8 * * *", "UTC", "a time zone stands in time_zone"},
		{"CRON_TZ=Europe/Berlin 0 8 * * *", "UTC", "a time zone stands in time_zone"},
		{"TZ=", "UTC", "a time zone stands in time_zone"},
		{"TZ=0", "UTC", "a time zone stands in time_zone"},
		{"@hourly", "Mars/Olympus", `time_zone "Mars/Olympus" is not known`},
		{"@hourly", "Berlin", `time_zone "Berlin" is not known`},
		{"@hourly", "../../etc/passwd", `time_zone "../../etc/passwd" is not known`},
		{"@hourly", "/etc/localtime", `time_zone "/etc/localtime" is not known`},
	} {
		schedule, err := ParseSchedule(c.spec, c.zone)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q in %q: error %v, want one with %q", c.spec, c.zone, err, c.want)
		}
		if schedule != (Schedule{}) {
			t.Errorf("%q in %q: a schedule besides the error", c.spec, c.zone)
		}
	}
}

// FuzzParseSchedule feeds schedules: none may panic, and one that is accepted comes due in the future.
func FuzzParseSchedule(f *testing.F) {
	for _, spec := range []string{"@hourly", "*/15 8-18 * * 1-5", "TZ=", "@every 1h", "0 0 31 2 *", "? ? ? ? ?", "@every -1h", "L * * * *"} {
		f.Add(spec, "Europe/Berlin")
	}
	now := time.Date(2026, 3, 29, 0, 59, 59, 999, time.UTC)
	f.Fuzz(func(t *testing.T, spec, zone string) {
		schedule, err := ParseSchedule(spec, zone)
		if err != nil {
			return
		}
		if at := schedule.Next(now); !at.IsZero() && !at.After(now) {
			t.Errorf("%q in %q comes due at %s, which is not after %s", spec, zone, at, now)
		}
	})
}
