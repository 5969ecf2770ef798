// Package engine runs passes when they are due.
package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a machine without time zones knows them, too

	"github.com/robfig/cron/v3"
)

// Schedule tells when a workspace is due.
type Schedule struct {
	cron cron.Schedule
	zone *time.Location
}

// ParseSchedule reads a cron expression of five fields, or @hourly, @daily, @every 15m and the like, to be understood in
// a time zone of the IANA database.
func ParseSchedule(spec, zone string) (schedule Schedule, err error) {
	// The parser panics on some malformed zone prefixes; a zone of its own has its own key here.
	if strings.Contains(spec, "TZ=") {
		return Schedule{}, errors.New("a time zone stands in time_zone, not in the schedule")
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return Schedule{}, fmt.Errorf("time_zone %q is not known: want a name such as Europe/Berlin or UTC", zone)
	}
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%q is not a cron expression", spec)
		}
	}()
	parsed, err := cron.ParseStandard(spec)
	if err != nil {
		return Schedule{}, fmt.Errorf("%q is not a cron expression: %w: want five fields such as \"*/15 8-18 * * 1-5\", or @hourly", spec, err)
	}
	// The parser takes less than a second, zero and less, for a second.
	if every, found := strings.CutPrefix(spec, "@every "); found {
		if pause, err := time.ParseDuration(every); err != nil || pause < time.Second {
			return Schedule{}, fmt.Errorf("%q is no pause: want at least @every 1s", spec)
		}
	}
	schedule = Schedule{cron: parsed, zone: location}
	if schedule.Next(time.Now()).IsZero() {
		return Schedule{}, fmt.Errorf("%q never comes due", spec)
	}
	return schedule, nil
}

// Next is when the schedule comes due after a time; the zero time is never.
func (s Schedule) Next(after time.Time) time.Time { return s.cron.Next(after.In(s.zone)) }
