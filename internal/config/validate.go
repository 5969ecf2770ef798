package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bitroster/bitbucket"
	"bitroster/internal/engine"
	"bitroster/internal/settings"
	"bitroster/sync/mapping"
)

// validate reports what is wrong with the values. Some of it may follow from what was spoilt in reading.
func (c Config) validate(s spoilt) settings.Faults {
	var faults settings.Faults
	if len(c.Sources) == 0 {
		faults.Add("sources", "add at least one", "no source is given")
	}
	if len(c.Workspaces) == 0 {
		faults.Add("workspaces", "add at least one", "no workspace is given")
	}
	if c.Journal.Path == "" {
		faults.Add("journal.path", "the file that the journal is kept in", "it is empty")
	}
	faults.Under("log", c.Log.Validate())
	c.validateSources(&faults, s)
	slugs := map[string]int{}
	for i, workspace := range c.Workspaces {
		path := fmt.Sprintf("workspaces[%d]", i)
		if first, twice := slugs[workspace.Slug]; twice && workspace.Slug != "" {
			faults.Add(path+".workspace", "join the two", "%q is the workspace of workspaces[%d], too", workspace.Slug, first)
		} else {
			slugs[workspace.Slug] = i
		}
		faults.Under(path, workspace.validate(mapping.Limits{
			Sources:    c.sourcesFor(workspace, s),
			AllowAdmin: workspace.AllowAdmin || s.covers(path+".allow_admin"), AllowedDomains: workspace.Invitations.AllowedDomains,
		}))
	}
	return faults
}

func (c Config) validateSources(faults *settings.Faults, s spoilt) {
	seen := map[string]int{}
	for i, source := range c.Sources {
		path := fmt.Sprintf("sources[%d]", i)
		first, twice := seen[source.Name]
		switch {
		case source.Name == "":
			faults.Add(path+".name", "rules and reports call the source by it", "the name is missing")
		case twice:
			faults.Add(path+".name", "give each source a name of its own", "%q is the name of sources[%d], too", source.Name, first)
		default:
			seen[source.Name] = i
		}
		if source.Settings == nil {
			continue
		}
		found := source.Settings.Validate()
		if s.touches(path) {
			// One setting of a source decides about others: url is not to blame where start_tls could not be read.
			found = slices.DeleteFunc(found, func(f settings.Fault) bool { return direct(f.Path) })
		}
		faults.Under(path, found)
	}
}

// sourcesFor are the names that a workspace's rules may use. Where a name could not be read, none is called wrong.
func (c Config) sourcesFor(w Workspace, s spoilt) []string {
	var names []string
	sure := len(c.Sources) > 0
	for i, source := range c.Sources {
		names = append(names, source.Name)
		sure = sure && source.Name != "" && !s.covers(fmt.Sprintf("sources[%d].name", i))
	}
	if sure {
		return names
	}
	for _, rule := range w.Rules {
		names = append(names, mentioned(rule.When)...)
	}
	return names
}

// mentioned lists the sources that a condition names.
func mentioned(c mapping.Condition) []string {
	names := []string{c.Source}
	for _, part := range slices.Concat(c.AllOf, c.AnyOf) {
		names = append(names, mentioned(part)...)
	}
	return names
}

func (w Workspace) validate(limits mapping.Limits) settings.Faults {
	var faults settings.Faults
	w.validateSlug(&faults)
	if w.Administration != administrationBitbucket {
		faults.Add("administration", "this version works with \"bitbucket\" only", "%q is not supported", w.Administration)
	}
	if _, err := bitbucket.ParseURL(w.APIURL); err != nil {
		faults.Add("api_url", "", "%v", err)
	}
	w.validateSchedule(&faults)
	if len(w.Credentials) == 0 {
		faults.Add("credentials", "such as one of kind: api_token", "no credential is given")
	}
	for i, credential := range w.Credentials {
		faults.Under(fmt.Sprintf("credentials[%d]", i), credential.Validate())
	}
	if len(w.Rules)+len(w.Groups) == 0 {
		faults.Add("rules", "add at least one", "no rule is given")
	}
	faults.Under("", mapping.Validate(w.Rules, w.Groups, limits))
	faults.Under("limits", w.Limits.validate())
	faults.Under("invitations", w.Invitations.validate())
	return faults
}

// validateSchedule looks at the schedule and its time zone one by one, so that both can be at fault.
func (w Workspace) validateSchedule(faults *settings.Faults) {
	if _, err := engine.ParseSchedule(w.Schedule, "UTC"); err != nil {
		faults.Add("schedule", "", "%v", err)
	}
	if _, err := engine.ParseSchedule("@hourly", w.TimeZone); err != nil {
		faults.Add("time_zone", "a name such as Europe/Berlin or UTC", "%q is not a time zone", w.TimeZone)
	}
}

func (w Workspace) validateSlug(faults *settings.Faults) {
	switch {
	case w.Slug == "":
		faults.Add("workspace", "the slug, as in bitbucket.org/SLUG", "the workspace is missing")
	case w.Slug != strings.ToLower(w.Slug):
		faults.Add("workspace", "slugs are in lower case", "%q is not a workspace's slug", w.Slug)
	case strings.ContainsAny(w.Slug, "/{} "):
		faults.Add("workspace", "API 1.0 takes the slug only, as in bitbucket.org/SLUG", "%q is not a workspace's slug", w.Slug)
	}
}

func (l Limits) validate() settings.Faults {
	var faults settings.Faults
	for _, limit := range []struct {
		path  string
		value int
	}{
		{"invitations_per_pass", l.InvitationsPerPass},
		{"invitations_per_day", l.InvitationsPerDay},
		{"invitations_per_minute", l.InvitationsPerMinute},
		{"requests_per_hour", l.RequestsPerHour},
	} {
		if limit.value < 0 {
			faults.Add(limit.path, "0 is no limit", "%d is negative", limit.value)
		}
	}
	return faults
}

func (i Invitations) validate() settings.Faults {
	var faults settings.Faults
	if i.ReinviteMax < 1 {
		faults.Add("reinvite_max", "1 is the first invitation only", "%d is less than 1", i.ReinviteMax)
	}
	for _, time := range []struct {
		path, zero string
		value      time.Duration
	}{
		{"reinvite_after", "0 is never", i.ReinviteAfter},
		{"retry_refused_after", "0 is at once", i.RetryRefusedAfter},
		{"settle", "0 does not wait", i.Settle},
	} {
		if time.value < 0 {
			faults.Add(time.path, time.zero, "the duration is negative")
		}
	}
	return faults
}
