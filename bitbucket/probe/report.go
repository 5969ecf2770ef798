package probe

import (
	"net/http"
	"slices"
	"strings"

	"bitroster/bitbucket"
)

// Verdict is whether a call works.
type Verdict string

// The verdicts, from good to bad. Only a call that was made works.
const (
	Works  Verdict = "works"
	Likely Verdict = "likely" // not tried; all that is known speaks for it
	Unsure Verdict = "unsure" // not tried; what is known does not tell
	No     Verdict = "no"
)

func verdicts() []Verdict { return []Verdict{Works, Likely, Unsure, No} }

// Report is what was found out about one workspace.
type Report struct {
	Workspace   string   `json:"workspace"`
	Credentials []Holder `json:"credentials"`
	// Problem is what is wrong with the workspace as a whole, and what to do; "" where nothing is known to be.
	Problem string `json:"problem,omitempty"`
	// Calls are the findings, those of the first credential first, writes last.
	Calls []Finding `json:"calls"`
	// Groups are what is wrong with groups that the config names.
	Groups []string `json:"groups,omitempty"`
	// Uses say for each sort of call which credential it will be made with.
	Uses []Use `json:"uses"`
}

// Holder is who a credential belongs to, as far as the server told: Role is that in the workspace, Scopes are nil where
// they were not told.
type Holder struct {
	Credential string   `json:"credential"`
	Account    string   `json:"account,omitempty"`
	Role       string   `json:"role,omitempty"`
	Scopes     []string `json:"scopes,omitempty"`
}

// Finding is whether a credential may make a call.
type Finding struct {
	Method string `json:"method"`
	Route  string `json:"route"`
	// On is the repository or project that was asked about, such as "repository shop".
	On         string `json:"on,omitempty"`
	Credential string `json:"credential"`
	// Needed says that passes make this call; others only help to explain.
	Needed bool `json:"needed"`
	Tried  bool `json:"tried"`
	// Skipped says that the call was not even judged by itself: Why tells of an earlier answer to the credential.
	Skipped bool    `json:"skipped,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Why says what was found, Try what to do about it.
	Why string `json:"why,omitempty"`
	Try string `json:"try,omitempty"`

	at   int // place of the credential
	kind bitbucket.Kind
	// final says that a pass would not try the next credential after this refusal.
	final bool
}

func (f *Finding) say(v Verdict, why, try string) { f.Verdict, f.Why, f.Try = v, why, try }

// Use is one sort of call that passes make.
type Use struct {
	What string `json:"what"`
	// Verdict is the worst of its calls, each with the best credential; Credentials are those that will make them.
	Verdict     Verdict  `json:"verdict"`
	Credentials []string `json:"credentials,omitempty"`
}

// Ready reports whether passes will work as far as can be told: every call they need works, or may, with a credential, and
// the workspace and every group are there.
func (r Report) Ready() bool {
	bad := func(u Use) bool { return u.Verdict == No }
	return r.Problem == "" && len(r.Groups) == 0 && !slices.ContainsFunc(r.Uses, bad)
}

// Sure reports whether nothing that passes need is in doubt.
func (r Report) Sure() bool {
	return r.Ready() && !slices.ContainsFunc(r.Uses, func(u Use) bool { return u.Verdict == Unsure })
}

// The sorts of call.
const (
	readOld           = "read groups and invitations"
	lookUp            = "look up members"
	readPermissions   = "read permissions"
	changeOld         = "invite and change groups"
	changePermissions = "change permissions"
)

// sorts lists them in the order in which passes come to them.
func sorts() []string {
	return []string{readOld, lookUp, readPermissions, changeOld, changePermissions}
}

// sort is that of a call.
func (f Finding) sort() string {
	write, old := f.Method != http.MethodGet, strings.HasPrefix(f.Route, "/1.0/")
	switch {
	case old && write:
		return changeOld
	case old:
		return readOld
	case !strings.Contains(f.Route, "/permissions-config/"):
		return lookUp
	case write:
		return changePermissions
	}
	return readPermissions
}

// same reports whether two findings are of one call.
func (f Finding) same(g Finding) bool {
	return f.Method == g.Method && f.Route == g.Route && f.On == g.On
}

// conclude finds the credential that will be used for each sort of call.
func (r *Report) conclude(order func(method, route string) []int) {
	for _, sort := range sorts() {
		use := Use{What: sort, Verdict: Works}
		needed := false
		for i, f := range r.Calls {
			if !f.Needed || f.sort() != sort || slices.ContainsFunc(r.Calls[:i], f.same) {
				continue
			}
			needed = true
			use.take(r.used(f, order(f.Method, f.Route)))
		}
		if needed {
			r.Uses = append(r.Uses, use)
		}
	}
}

// used is the finding of the credential that a pass will make a call with: it tries them in order, and goes on to the next
// only where one is refused as such.
func (r *Report) used(call Finding, order []int) Finding {
	for _, place := range order {
		at := slices.IndexFunc(r.Calls, func(f Finding) bool { return f.at == place && f.same(call) })
		if at < 0 {
			continue
		}
		if f := r.Calls[at]; f.Verdict != No || f.final {
			return f
		}
	}
	return Finding{Verdict: No}
}

func (u *Use) take(f Finding) {
	if slices.Index(verdicts(), f.Verdict) > slices.Index(verdicts(), u.Verdict) {
		u.Verdict = f.Verdict
	}
	if f.Verdict != No && !slices.Contains(u.Credentials, f.Credential) {
		u.Credentials = append(u.Credentials, f.Credential)
	}
}
