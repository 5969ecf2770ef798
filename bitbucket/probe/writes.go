package probe

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"bitroster/bitbucket"
	"bitroster/sync/access"
)

// write is one call that is not made.
type write struct {
	method, route string
	on            access.Target // zero is the whole workspace
	effect        string        // why it is not tried
	// proof is the read that takes the same right, where there is one.
	proof string
	// classic and granular are the scopes that it takes, of API tokens and of others.
	classic, granular []string
}

const (
	wouldMail   = "it would send a mail"
	wouldChange = "it would change something"
)

// writes lists the calls that passes make to change something.
func (p *prober) writes() []write {
	needs, list := p.in.Needs, []write{}
	// What API 1.0 takes of API tokens is not published: others report success with this scope.
	old := write{proof: routeGroups, classic: []string{"account:write"}, granular: []string{"write:permission:bitbucket"}}
	add := func(method, route, effect string) {
		w := old
		w.method, w.route, w.effect = method, route, effect
		list = append(list, w)
	}
	if needs.ToGroups {
		add(http.MethodPut, routeInvitations, wouldMail)
		add(http.MethodPut, "/1.0/groups/{workspace}/{group_slug}/members/{member}", wouldChange)
	}
	if needs.ToGroups && needs.Reinvite {
		add(http.MethodDelete, routeInvitations+"/{email}", wouldChange)
	}
	if needs.CreateGroups {
		add(http.MethodPost, routeGroups, wouldChange)
	}
	for _, target := range needs.ToRepositories {
		w := old
		w.method, w.route, w.effect = http.MethodPost, "/1.0/invitations/{workspace}/{repo_slug}", wouldMail
		w.on, w.proof = target, routeOn(target)+"/users"
		list = append(list, w)
	}
	for _, target := range needs.PersonGrants {
		list = append(list, grant(target, "/users", "/{selected_user_id}"))
	}
	for _, target := range needs.GroupGrants {
		list = append(list, grant(target, "/groups", "/{group_slug}"))
	}
	return list
}

// grant is the change of a permission; its scopes are those of the published description of API 2.0.
func grant(target access.Target, list, one string) write {
	kind := string(target.Kind)
	return write{
		method: http.MethodPut, route: routeOn(target) + list + one, on: target, effect: wouldChange, proof: routeOn(target) + list,
		classic: []string{kind + ":admin"}, granular: []string{"admin:" + kind + ":bitbucket", "write:permission:bitbucket"},
	}
}

// old reports whether a write is of API 1.0.
func (w write) old() bool { return w.classic[0] == "account:write" }

func (w write) target() string {
	if w.on.Kind == "" {
		return ""
	}
	return w.on.String()
}

// judgeWrites takes down a judgement of each write with each credential.
func (p *prober) judgeWrites() {
	for _, w := range p.writes() {
		for i, c := range p.in.Credentials {
			f := Finding{Method: w.method, Route: w.route, On: w.target(), Credential: c.Name, Needed: true, at: i}
			if s := p.seen[i]; s.closed != "" {
				f.skip(s)
			} else {
				p.judgeWrite(&f, w)
				f.Why = "not tried: " + w.effect + "; " + f.Why
			}
			p.report.Calls = append(p.report.Calls, f)
		}
	}
}

// judgeWrite asks one thing after the other that may speak against a write.
func (p *prober) judgeWrite(f *Finding, w write) {
	c, s := p.in.Credentials[f.at], p.seen[f.at]
	required := w.classic
	if c.Kind == "api_token" {
		required = w.granular
	}
	granted := sameLanguage(p.report.Credentials[f.at].Scopes, required)
	proof := p.proof(f.at, w)
	switch {
	case w.old() && p.moved():
		f.final = true
		f.say(No, movedWhy, movedTry)
	case !w.old() && c.Kind != "api_token":
		f.say(No, "Bitbucket takes API tokens only for changes of permissions", "add an API token")
	case granted != nil && !covers(granted, required):
		f.say(No, lacking(required, granted), newScope(c.Kind))
	case proof.kind == bitbucket.UnknownTarget:
		f.final = true
		f.say(No, "there is no "+orWorkspace(f.On)+", or the credential may not see it", proof.Try)
	case proof.kind == bitbucket.NotAllowed:
		f.say(No, "its account may not even read this: see GET "+proof.Route, proof.Try)
	case w.on.Kind == "" && proof.Verdict != Works && s.role != "" && s.role != "owner":
		f.say(No, "its account is no administrator of the workspace but "+s.role, "make it one, or use the credential of one")
	case proof.Verdict != Works:
		f.say(Unsure, "whether its account is an administrator could not be seen", "see GET "+proof.Route)
	default:
		f.Verdict, f.Why = w.opinion(c.Kind, granted, required)
	}
}

// proof is the finding of the read that takes the same right as a write.
func (p *prober) proof(at int, w write) Finding {
	found := slices.IndexFunc(p.report.Calls, func(f Finding) bool {
		return f.at == at && f.Method == http.MethodGet && f.Route == w.proof && f.On == w.target()
	})
	if found < 0 {
		return Finding{Verdict: Unsure, Route: w.proof}
	}
	return p.report.Calls[found]
}

// opinion is what is left to say when nothing speaks against a write.
func (w write) opinion(kind string, granted, required []string) (Verdict, string) {
	word := "scope"
	if len(required) > 1 {
		word = "scopes"
	}
	scopes := fmt.Sprintf("; whether it has the %s %s is not told", word, strings.Join(required, " "))
	if granted != nil {
		scopes = fmt.Sprintf("; it has the %s %s", word, strings.Join(required, " "))
	}
	switch {
	case w.old() && kind == "oauth":
		return Likely, "its account is an administrator, and OAuth consumers are the best documented for this" + scopes
	case w.old() && kind == "api_token":
		return Unsure, "its account is an administrator; whether Bitbucket takes API tokens for this is told both ways" + scopes
	case w.old():
		return Unsure, "its account is an administrator; whether Bitbucket takes access tokens for this is not told anywhere" + scopes
	case granted == nil:
		return Unsure, "its account is an administrator" + scopes
	}
	return Likely, "its account is an administrator" + scopes
}

// sameLanguage drops granted scopes that are told in another language than the required ones: from classic ones nothing
// follows about granular ones.
func sameLanguage(granted, required []string) []string {
	granular := func(scope string) bool { return strings.HasSuffix(scope, ":bitbucket") }
	if slices.ContainsFunc(granted, granular) != granular(required[0]) {
		return nil
	}
	return granted
}

// covers reports whether all required scopes are granted.
func covers(granted, required []string) bool {
	return !slices.ContainsFunc(required, func(scope string) bool { return !slices.Contains(granted, scope) })
}
