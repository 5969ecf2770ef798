package invitation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/sync/access"
	"bitroster/sync/invitation"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/why"
)

// TestResend has one person, whom rules want in ops and dev, in each situation that mails.
func TestResend(t *testing.T) {
	asked := func(op plan.Op, name, slug string) plan.Action {
		return plan.Action{
			Op: op, Workspace: "acme", Email: ana, Kind: access.Group, Target: name, Slug: slug, Rule: name, Reason: why.Asked,
		}
	}
	inOps := asked(plan.Invite, "ops", "o-p-s")
	for name, tc := range map[string]struct {
		set  func(*desk)
		want plan.Action
	}{
		"never invited":                  {func(*desk) {}, inOps},
		"held by a limit":                {func(d *desk) { d.limits.InvitationsPerDay, d.memories.SentLastDay = 1, 1 }, inOps},
		"invited earlier":                {func(d *desk) { d.invited(ana, 1) }, inOps},
		"pending in dev, by us":          {func(d *desk) { d.invited(ana, 1); d.pending(ana, 1) }, asked(plan.Reinvite, "dev", "dev")},
		"pending, by somebody else":      {func(d *desk) { d.pending(ana, 1) }, asked(plan.Reinvite, "ops", "o-p-s")},
		"pending in what is not wanted":  {pendingInGone, asked(plan.Reinvite, "ops", "o-p-s")},
		"the first wanted group is gone": {func(d *desk) { d.pending(ana, 1); delete(d.have.Groups, "ops") }, asked(plan.Reinvite, "dev", "dev")},
		"taken back by hand": {func(d *desk) {
			d.invited(ana, 3)
			d.memories.Seats[ana] = plan.Seat{State: plan.Pending, Since: ago(2)}
		}, inOps},
		"removed by hand": {func(d *desk) {
			d.invited(ana, 3)
			d.memories.Seats[ana] = plan.Seat{State: plan.Member, Since: ago(2)}
		}, inOps},
		"refused earlier": {func(d *desk) { attempt(d, plan.Failed, access.Group) }, inOps},
		"maybe sent":      {func(d *desk) { attempt(d, plan.Maybe, access.Repository) }, inOps},
		"in an allowed domain": {func(d *desk) {
			d.Policy.AllowedDomains = []string{"x.test"}
		}, inOps},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			d.wants("other@x.test", group("dev"))
			d.wants(ana, group("ops"), group("dev"))
			tc.set(d)
			outcome, err := d.Resend(t.Context(), []access.Email{ana, ana})
			if err != nil || !outcome.Complete() {
				t.Fatalf("error %v, outcome %+v", err, outcome)
			}
			if diff := cmp.Diff([]plan.Action{tc.want}, d.actions); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func pendingInGone(d *desk) {
	last := d.invited(ana, 1)
	last.Target = "gone"
	d.memories.Invitations[ana] = last
	d.pending(ana, 1)
}

func attempt(d *desk, outcome plan.Outcome, kind access.Kind) {
	last := d.invited(ana, 0)
	last.Outcome, last.Kind = outcome, kind
	d.memories.Invitations[ana] = last
}

// TestResendRefuses in each situation that does not mail, with a sentence that has the reason.
func TestResendRefuses(t *testing.T) {
	web := access.Target{Kind: access.Repository, Name: "web"}
	for name, tc := range map[string]struct {
		set  func(*desk)
		want string
	}{
		"nobody wants them":      {func(*desk) {}, "no rule wants this person: check"},
		"as far as was read":     {func(d *desk) { d.doubts = []mapping.Doubt{{Source: "hr"}} }, "not read"},
		"a member":               {func(d *desk) { d.wants(ana, group("dev")); d.have.Accounts[ana] = access.Account{ID: "1"} }, "is a member"},
		"disabled":               {func(d *desk) { d.wants(ana, group("dev")); d.want.People[0].Disabled = true }, "disabled"},
		"disabled while pending": {func(d *desk) { d.wants(ana, group("dev")); d.want.People[0].Disabled = true; d.pending(ana, 1) }, "disabled"},
		"domain":                 {func(d *desk) { d.wants(ana, group("dev")); d.Policy.AllowedDomains = []string{"y.test"} }, "only y.test"},
		"domain while pending": {func(d *desk) {
			d.wants(ana, group("dev"))
			d.pending(ana, 1)
			d.Policy.AllowedDomains = []string{"y.test"}
		}, "only y.test"},
		"domain, taken back before": {func(d *desk) {
			d.wants(ana, group("dev"))
			last := d.invited(ana, 1)
			last.Op = plan.Cancel
			d.memories.Invitations[ana] = last
			d.Policy.AllowedDomains = []string{"y.test"}
		}, "only y.test"},
		"the group is missing":         {func(d *desk) { d.wants(ana, group("gone")) }, string(why.TargetMissing)},
		"the group is made first":      {func(d *desk) { d.wants(ana, group("gone")); d.Policy.CreateGroups = true }, string(why.GroupToBeCreated)},
		"only a project":               {func(d *desk) { d.wants(ana, access.Target{Kind: access.Project, Name: "WEB"}) }, string(why.NoWayIn)},
		"pending, only for repository": {func(d *desk) { d.wants(ana, web); d.pending(ana, 1) }, "invitations cancel"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			tc.set(d)
			outcome, err := d.Resend(t.Context(), []access.Email{ana})
			if err != nil || outcome.Complete() || len(outcome.Refusals) != 1 {
				t.Fatalf("error %v, outcome %+v; want one refusal", err, outcome)
			}
			if got := outcome.Refusals[0]; got.Email != ana || !strings.Contains(got.Why, tc.want) || strings.Contains(got.Why, "@") {
				t.Errorf("refusal %+v, want %q", got, tc.want)
			}
			if diff := cmp.Diff([]string{"survey"}, d.events); diff != "" {
				t.Errorf("what happened (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	d := newDesk()
	d.pending(ana, 1)
	d.invited("bo@x.test", 2)
	d.pending("bo@x.test", 2)
	outcome, err := d.Cancel(t.Context(), []access.Email{ana, "nobody@x.test", "bo@x.test", ana})
	if err != nil {
		t.Fatal(err)
	}
	step := plan.Action{Op: plan.Cancel, Workspace: "acme", Email: ana, Kind: access.Group, Rule: "by hand", Reason: why.Asked}
	bo := step
	bo.Email, bo.Target = "bo@x.test", "dev"
	if diff := cmp.Diff([]plan.Action{step, bo}, d.actions); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if len(outcome.Refusals) != 1 || outcome.Refusals[0].Email != "nobody@x.test" || outcome.Complete() {
		t.Errorf("refusals %+v, want one", outcome.Refusals)
	}
}

// TestStepsAreRecorded before and after the call, in a run of their own: a process that dies leaves a mark.
func TestStepsAreRecorded(t *testing.T) {
	d := newDesk()
	d.pending(ana, 1)
	if _, err := d.Cancel(t.Context(), []access.Email{ana}); err != nil {
		t.Fatal(err)
	}
	want := []string{"glance", "start acme", "begin cancel", "execute cancel", "end done", "watch done", "finish"}
	if diff := cmp.Diff(want, d.events); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
	if r := d.finished[0]; !r.Complete() || len(r.Plan.Steps) != 1 || !r.StartedAt.Equal(now()) {
		t.Errorf("report %+v, want a complete one of one step", r)
	}
}

// lost is the error of a request whose answer did not come.
type lost struct{}

func (lost) Error() string   { return "connection reset" }
func (lost) MaybeDone() bool { return true }

func TestALostAnswerIsNoSuccess(t *testing.T) {
	d := newDesk()
	d.stepErr = lost{}
	d.wants(ana, group("dev"))
	outcome, err := d.Resend(t.Context(), []access.Email{ana})
	if err != nil || outcome.Complete() || outcome.Results[0].Outcome != plan.Maybe {
		t.Errorf("error %v, outcome %+v; want one that may have been sent", err, outcome)
	}
}

func TestActingGivesTheLooksError(t *testing.T) {
	for name, act := range map[string]func(*desk) (invitation.Outcome, error){
		"resend": func(d *desk) (invitation.Outcome, error) { return d.Resend(t.Context(), []access.Email{ana}) },
		"cancel": func(d *desk) (invitation.Outcome, error) { return d.Cancel(t.Context(), []access.Email{ana}) },
	} {
		d := newDesk()
		d.lookErr = errors.New("401")
		if _, err := act(d); !errors.Is(err, d.lookErr) || len(d.actions) != 0 {
			t.Errorf("%s: error %v, steps %v; want %v and none", name, err, d.actions, d.lookErr)
		}
	}
}
