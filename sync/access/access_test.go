package access

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPermissionCovers(t *testing.T) {
	weakestFirst := []Permission{None, Read, Write, CreateRepo, Admin}
	for i, p := range weakestFirst {
		for j, q := range weakestFirst {
			if got, want := p.Covers(q), i >= j; got != want {
				t.Errorf("%q covers %q: %v, want %v", p, q, got, want)
			}
		}
	}
}

func TestParsePermission(t *testing.T) {
	for in, want := range map[string]Permission{
		"none": None, "read": Read, "write": Write, "create-repo": CreateRepo, "admin": Admin,
	} {
		if got, err := ParsePermission(in); err != nil || got != want {
			t.Errorf("%q gives %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"Read", "ADMIN", " read", "read ", "owner", "create_repo", "collaborator", "0"} {
		got, err := ParsePermission(in)
		if err == nil || got != None {
			t.Errorf("%q gives %q, %v; want an error", in, got, err)
		}
	}
}

func TestParsePermissionNamesWhatItWants(t *testing.T) {
	_, err := ParsePermission("owner")
	want := `"owner" is not a permission: want read, write, create-repo (projects only) or admin`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestCompareTargets(t *testing.T) {
	want := []Target{{Group, "a"}, {Group, "b"}, {Project, "A"}, {Repository, "A"}, {Repository, "a"}}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, CompareTargets)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sorted targets (-want +got):\n%s", diff)
	}
}

func TestRightString(t *testing.T) {
	for want, right := range map[string]Right{
		"member of group developers": {Target: Target{Group, "developers"}},
		"write on repository web":    {Target: Target{Repository, "web"}, Permission: Write},
		"create-repo on project WEB": {Target: Target{Project, "WEB"}, Permission: CreateRepo},
	} {
		if got := right.String(); got != want {
			t.Errorf("%#v gives %q, want %q", right, got, want)
		}
	}
}

func TestFoldName(t *testing.T) {
	for in, want := range map[string]string{" Developers\t": "developers", "WEB": "web", "Über Team": "über team", "": ""} {
		if got := FoldName(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

// The texts stand in stored rows and in the API's answers: a changed one would make old rows unreadable.
func TestStoredTexts(t *testing.T) {
	got := []string{string(Read), string(Write), string(CreateRepo), string(Admin), string(Group), string(Repository), string(Project)}
	want := []string{"read", "write", "create-repo", "admin", "group", "repository", "project"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}
