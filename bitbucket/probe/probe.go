// Package probe finds out which credential of a workspace may make which call of Bitbucket, without changing anything and
// without any mail.
//
// Reads are made, each with each credential. Writes are not: they are judged by what the reads showed, by the scopes that
// the server told, and by what is documented of the credential's kind. A judgement is never called more than likely.
package probe

import (
	"context"
	"errors"
	"net/http"
	"time"

	"bitroster/bitbucket"
	"bitroster/sync/access"
)

// Input is what there is to find out about one workspace.
type Input struct {
	Workspace string
	// Client has all credentials; Credentials tell of each of its keys, in the same order.
	Client      *bitbucket.Client
	Credentials []Credential
	Needs       Needs
	// Groups says of each group's name that means no usable group what is wrong with it.
	Groups func(groups []bitbucket.Group, names []string) map[string]access.Trouble
}

// Credential is what the config says of one: the name that tables give it, its kind as in the config, and the address of
// an api_token's account.
type Credential struct {
	Name  string
	Kind  string
	Email string
}

// Needs are what passes will do in the workspace.
type Needs struct {
	// Groups are the groups that are named, sorted.
	Groups []string
	// PersonGrants and GroupGrants are the repositories and projects with permissions of people, or of groups, sorted.
	PersonGrants, GroupGrants []access.Target
	// ToGroups is true where people are put into groups; ToRepositories are those that may invite somebody who is to have no
	// group, sorted.
	ToGroups       bool
	ToRepositories []access.Target
	// CreateGroups makes missing groups; Reinvite takes pending invitations back to send them anew.
	CreateGroups, Reinvite bool
}

// patience bounds one call, in which the client waits for the limits' sake and tries again.
const patience = 2 * time.Minute

// prober is one probing.
type prober struct {
	in      Input
	clients []*bitbucket.Client // one for each credential
	seen    []seen              // likewise
	report  Report
}

// seen is what was learnt of a credential on the way.
type seen struct {
	// closed says why no more is tried with it; refused counts the calls that were refused for the credential itself.
	closed  string
	hint    string
	final   bool // a pass would not go on to another credential after that
	refused int
	role    string
	groups  bool // it could read the groups, which only an administrator may
	moved   bool // the list of invitations is switched off, though the groups can be read
}

// Run probes. The only error is that of a context that has ended.
func Run(ctx context.Context, in Input) (Report, error) {
	p := &prober{in: in, clients: in.Client.Apart(), seen: make([]seen, len(in.Credentials))}
	p.report.Workspace = in.Workspace
	for i, credential := range in.Credentials {
		p.report.Credentials = append(p.report.Credentials, Holder{Credential: credential.Name})
		for _, r := range p.reads(i) {
			p.read(ctx, i, r)
			if ctx.Err() != nil {
				return p.report, ctx.Err()
			}
		}
		p.suggest(ctx, i)
		p.report.Credentials[i].Scopes = p.clients[i].Scopes()
	}
	p.spreadMoved()
	p.judgeWrites()
	p.report.conclude(in.Client.Order)
	return p.report, nil
}

// maxRefused is after how many calls that refuse the credential itself it counts as wrong: more would only look like an
// attack.
const maxRefused = 3

// read makes one call with one credential and takes down what became of it.
func (p *prober) read(ctx context.Context, i int, r read) {
	f := Finding{Method: http.MethodGet, Route: r.route, On: r.on, Credential: p.in.Credentials[i].Name, Needed: r.needed, at: i}
	s := &p.seen[i]
	if s.closed != "" {
		f.skip(*s)
		p.report.Calls = append(p.report.Calls, f)
		return
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := r.ask(within, p.clients[i])
	f.Tried = true
	f.judge(err, p.in.Credentials[i])
	var answer *bitbucket.Error
	if errors.As(err, &answer) {
		s.learn(answer)
	}
	p.report.Calls = append(p.report.Calls, f)
}

// skip takes down that a credential was given up before.
func (f *Finding) skip(s seen) {
	f.Skipped, f.final = true, s.final
	f.say(No, s.closed, s.hint)
}

// learn looks whether further calls with the credential make sense.
func (s *seen) learn(e *bitbucket.Error) {
	if e.Kind == bitbucket.CredentialRefused && e.Status != http.StatusForbidden {
		s.refused++
	}
	switch {
	case e.Status == 0:
		s.closed, s.hint, s.final = "there was no answer to the call before", "put that right first", true
	case e.Kind == bitbucket.UnknownWorkspace:
		s.closed, s.hint, s.final = "there is no such workspace", "correct the slug", true
	case s.refused == maxRefused:
		s.closed, s.hint = "the calls before were all refused for the credential itself", "put the credential right first"
	}
}
