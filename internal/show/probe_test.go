package show

import (
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/probe"
)

func probed() probe.Report {
	r := probe.Report{
		Workspace: "acme", Credentials: []probe.Holder{{Credential: "oauth robot", Role: "owner", Scopes: []string{"account", "project"}}},
		Uses: []probe.Use{
			{What: "read permissions", Verdict: probe.No, Credentials: []string{"oauth robot"}},
			{What: "change permissions", Verdict: probe.Likely, Credentials: []string{"oauth robot"}},
		},
	}
	for _, on := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		r.Calls = append(r.Calls, probe.Finding{
			Method: "GET", Route: "/2.0/permissions", On: "repository " + on, Credential: "oauth robot", Needed: true, Tried: true, Verdict: probe.Works,
		})
	}
	r.Calls[6].Verdict, r.Calls[6].Why, r.Calls[6].Try = probe.No, "there is no repository g,\x1b[2J or the credential may not see it", "check its name in the config, and the account's access to it"
	return r
}

// TestProbe: targets that fare alike share a line, and what could command a terminal is taken out.
func TestProbe(t *testing.T) {
	var got strings.Builder
	Probe(&got, probed())
	want := `  CREDENTIAL   ACCOUNT   ROLE   SCOPES
  oauth robot  not told  owner  account project
  GET /2.0/permissions
    oauth robot  works   repository a, repository b, repository c, repository d, repository e and 1 more
    oauth robot  no      repository g: there is no repository g, [2J or the credential may not see it (check its name in the config, and the account's access to it)
Workspace acme: passes will NOT do all they should. read permissions: NOT everywhere, else with oauth robot; change permissions: oauth robot (likely).
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestProbeOnTerminal: nothing is wider than a terminal.
func TestProbeOnTerminal(t *testing.T) {
	var got screen
	Probe(&got, probed())
	if wide := lipgloss.Width(got.String()); wide > width {
		t.Errorf("a line is %d columns wide, want %d at most:\n%s", wide, width, got.String())
	}
}
