// Package config reads the config file into typed settings, and reports all that is wrong with it at once.
//
// It is the only package that knows viper, which it uses as a reader of YAML and nothing more.
package config

import (
	"time"

	"bitroster/bitbucket"
	"bitroster/internal/engine"
	"bitroster/internal/logging"
	"bitroster/internal/settings"
	"bitroster/sources"
	"bitroster/sync/mapping"
)

// Config is a whole, valid config.
type Config struct {
	Sources    []Source       `mapstructure:"sources"`
	Workspaces []Workspace    `mapstructure:"workspaces"`
	Journal    Journal        `mapstructure:"journal"`
	Log        logging.Config `mapstructure:"log"`
}

// Source is one directory of people. Settings are those of its type.
type Source struct {
	Name     string `mapstructure:"name"`
	Type     string `mapstructure:"type"`
	Settings sources.Config
}

// Journal says where the journal is kept. A relative path starts from the folder of the config file.
type Journal struct {
	Path string `mapstructure:"path"`
}

// Workspace is one workspace and what its people are to have.
type Workspace struct {
	Slug           string                 `mapstructure:"workspace"`
	Administration string                 `mapstructure:"administration"`
	APIURL         string                 `mapstructure:"api_url"`
	CAFile         string                 `mapstructure:"ca_file"`
	Credentials    []bitbucket.Credential `mapstructure:"credentials"`
	Schedule       string                 `mapstructure:"schedule"`
	TimeZone       string                 `mapstructure:"time_zone"`
	AllowAdmin     bool                   `mapstructure:"allow_admin"`
	CreateGroups   bool                   `mapstructure:"create_groups"`
	Rules          []mapping.Rule         `mapstructure:"rules"`
	Groups         []mapping.GroupGrant   `mapstructure:"groups"`
	Limits         Limits                 `mapstructure:"limits"`
	Invitations    Invitations            `mapstructure:"invitations"`
}

// Limits bound what is done. Zero is no limit.
type Limits struct {
	InvitationsPerPass   int `mapstructure:"invitations_per_pass"`
	InvitationsPerDay    int `mapstructure:"invitations_per_day"`
	InvitationsPerMinute int `mapstructure:"invitations_per_minute"`
	RequestsPerHour      int `mapstructure:"requests_per_hour"`
}

// Invitations say who may be invited, and when again.
type Invitations struct {
	AllowedDomains    []string      `mapstructure:"allowed_domains"`
	ReinviteAfter     time.Duration `mapstructure:"reinvite_after"`
	ReinviteMax       int           `mapstructure:"reinvite_max"`
	RetryRefusedAfter time.Duration `mapstructure:"retry_refused_after"`
	Settle            time.Duration `mapstructure:"settle"`
}

// When is the workspace's schedule.
func (w Workspace) When() (engine.Schedule, error) {
	return engine.ParseSchedule(w.Schedule, w.TimeZone)
}

// The administrations of a workspace.
const administrationBitbucket = "bitbucket"

// defaults are the settings of a file that says nothing.
func defaults() Config {
	return Config{
		Journal: Journal{Path: "bitroster.sqlite"},
		Log:     logging.Config{Level: "info", Format: "json", Addresses: true},
	}
}

func workspaceDefaults() Workspace {
	return Workspace{
		Administration: administrationBitbucket,
		APIURL:         bitbucket.DefaultURL,
		Schedule:       "@hourly",
		TimeZone:       "UTC",
		// Bitbucket Cloud allows 1,000 requests an hour and 100 invitations a minute: a tenth is left to others.
		Limits:      Limits{InvitationsPerMinute: 90, RequestsPerHour: 900},
		Invitations: Invitations{ReinviteMax: 3, RetryRefusedAfter: 24 * time.Hour, Settle: time.Minute},
	}
}

// Error is a config that cannot be used: the file and all its faults.
type Error struct {
	File   string
	Faults settings.Faults
}

// Error lists the faults below the file's name.
func (e *Error) Error() string { return e.File + " is not a valid config:\n" + e.Faults.Error() }
