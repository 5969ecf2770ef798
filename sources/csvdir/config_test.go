package csvdir

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/internal/settings"
	"bitroster/sources"
)

// It fits the registry.
var _ = sources.Registry{"csv": New}

func TestNewIsValidOnceItHasAPath(t *testing.T) {
	config := New().(*Config)
	config.Path = "/srv/hr"
	if faults := config.Validate(); len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
}

func TestValidateReportsAllFaultsWithTheirPaths(t *testing.T) {
	config := &Config{
		Path:           " ",
		Columns:        Columns{Email: "Mail", Groups: " mail ", ID: "Nr", Active: "NR"},
		Delimiter:      "\t",
		GroupSeparator: ", ",
		Encoding:       "utf8",
		Settle:         -time.Second,
		SettleLimit:    -time.Minute,
	}
	want := map[string]string{
		"path":            "name the folder that holds the CSV files",
		"delimiter":       "leave it out to have it found in each file",
		"group_separator": `for example ","`,
		"encoding":        "did you mean utf-8?",
		"settle":          "for example 2s",
		"settle_limit":    "for example 30s",
		"columns.groups":  "name another header, or leave one out",
		"columns.active":  "name another header, or leave one out",
	}
	got := map[string]string{}
	for _, fault := range config.Validate() {
		got[fault.Path] = fault.Hint
		if fault.Problem == "" {
			t.Errorf("%s has no problem", fault.Path)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hints by path (-want +got):\n%s", diff)
	}
}

func TestValidateGroupSeparator(t *testing.T) {
	for separator, fine := range map[string]bool{
		"": true, ",": true, ";": true, "|": true, " ": true, "\t": true, "·": true, "/": true,
		"a": false, "1": false, `"`: false, "::": false, "\xff": false, "ß": false,
	} {
		config := New().(*Config)
		config.Path, config.GroupSeparator = "/srv/hr", separator
		if got := len(config.Validate()) == 0; got != fine {
			t.Errorf("separator %q: fine is %v, want %v", separator, got, fine)
		}
	}
}

func TestOpenRefusesABadConfig(t *testing.T) {
	_, err := (&Config{}).Open(settings.Secrets{})
	var faults settings.Faults
	if !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("error %v, want the faults of path and encoding", err)
	}
}

func TestOpenDoesNotLookAtTheFolder(t *testing.T) {
	config := New().(*Config)
	config.Path = "/does/not/exist"
	if _, err := config.Open(settings.Secrets{}); err != nil {
		t.Errorf("error %v, want none before Read", err)
	}
}
