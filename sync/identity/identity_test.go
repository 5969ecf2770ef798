package identity_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/sources"
	"bitroster/sync/access"
	"bitroster/sync/identity"
)

func TestMerge(t *testing.T) {
	entry := func(email access.Email, name string, disabled bool) sources.Entry {
		return sources.Entry{Email: email, Name: name, Disabled: disabled}
	}
	got := identity.Merge([]identity.Directory{
		{Source: "hr", Entries: []sources.Entry{entry("zoe@x.test", "", false), entry("ana@x.test", "Ana Abel", false)}},
		{Source: "corp", Entries: []sources.Entry{entry("ana@x.test", "A. Abel", true), entry("zoe@x.test", "Zoë", false)}},
	})
	want := []identity.Person{
		{Email: "ana@x.test", Name: "Ana Abel", Disabled: true, Entries: []identity.Sighting{
			{Source: "hr", Entry: entry("ana@x.test", "Ana Abel", false)},
			{Source: "corp", Entry: entry("ana@x.test", "A. Abel", true)},
		}},
		{Email: "zoe@x.test", Name: "Zoë", Entries: []identity.Sighting{
			{Source: "hr", Entry: entry("zoe@x.test", "", false)},
			{Source: "corp", Entry: entry("zoe@x.test", "Zoë", false)},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}
