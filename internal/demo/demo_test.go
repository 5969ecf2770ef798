package demo_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"bitroster/bitbucket"
	"bitroster/internal/app"
	"bitroster/internal/config"
	"bitroster/internal/demo"
	"bitroster/internal/settings"
	"bitroster/sources"
	"bitroster/sources/builtin"
	"bitroster/sync/access"
	"bitroster/sync/identity"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// build makes a demo and loads its config, as a user's would be.
func build(t *testing.T) (*demo.Site, config.Config) {
	t.Helper()
	// YAML gives a meaning to what is in this name.
	site, err := demo.Build(t.Context(), filepath.Join(t.TempDir(), `a: "b" #c`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg, err := config.Load(site.Config, nil, builtin.Registry())
	if err != nil {
		t.Fatal(err)
	}
	return site, cfg
}

// read gives what each source of the demo holds.
func read(t *testing.T) map[string]sources.Snapshot {
	t.Helper()
	_, cfg := build(t)
	all := map[string]sources.Snapshot{}
	for _, s := range cfg.Sources {
		source, err := s.Settings.Open(settings.Secrets{})
		if err != nil {
			t.Fatal(err)
		}
		if all[s.Name], err = source.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestFilesHoldTheFaultsTheyAreThereFor(t *testing.T) {
	got := map[string]int{}
	for name, snapshot := range read(t) {
		for _, reject := range snapshot.Rejects {
			got[name+": "+fault(reject.Reason)]++
		}
	}
	want := map[string]int{
		"hr: empty": 1, "hr: two @": 1, "hr: no @": 1, "hr: display name": 1, "hr: cells": 1, "hr: quote": 1, "hr: active": 1,
		"labs: two @": 1, "labs: no @": 1, "labs: cells": 1,
		"partners: empty": 1, "partners: display name": 1, "partners: cells": 1, "partners: quote": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rejects by source and fault (-want +got):\n%s", diff)
	}
}

// fault shortens the reason of a reject.
func fault(reason string) string {
	for part, short := range map[string]string{
		"it is empty": "empty", "want one bare address": "two @", "it has no @": "no @", "a bracket": "display name",
		"cells where the header has": "cells", "close the quote": "quote", "cell for active": "active",
	} {
		if strings.Contains(reason, part) {
			return short
		}
	}
	return reason
}

func TestPeople(t *testing.T) {
	all := read(t)
	var directories []identity.Directory
	entries, disabled, domains := 0, 0, map[string]int{}
	names := map[access.Email]string{}
	for _, name := range []string{"hr", "labs", "partners"} {
		directories = append(directories, identity.Directory{Source: name, Entries: all[name].Entries})
		entries += len(all[name].Entries)
		for _, entry := range all[name].Entries {
			names[entry.Email] = entry.Name
			domains[entry.Email.Domain()]++
			if entry.Disabled {
				disabled++
			}
		}
	}
	people := len(identity.Merge(directories))
	if people < 290 || people > 310 {
		t.Errorf("%d people, want about 300", people)
	}
	if entries != people+1 {
		t.Errorf("%d entries are %d people, want one person whom two directories know", entries, people)
	}
	if disabled != 7 {
		t.Errorf("%d people are disabled, want 7", disabled)
	}
	if domains["freemail.example"] != 3 || domains["kontor-sud.example"] != 1 {
		t.Errorf("people outside the allowed domains: %v, want 3 of freemail.example and 1 of kontor-sud.example", domains)
	}
	for email, name := range map[access.Email]string{
		"siobhan.oconnor@nordwind.example": "Siobhán O'Connor", "wei.zhang@lotus-it.example": "Zhang, Wei",
	} {
		if names[email] != name {
			t.Errorf("the name of %s is %q, want %q", email, names[email], name)
		}
	}
}

// TestDoublesAreOnePerson looks for somebody who is in two files and, in another spelling, twice in one.
func TestDoublesAreOnePerson(t *testing.T) {
	for _, entry := range read(t)["partners"].Entries {
		if entry.Email != "chen.li@lotus-it.example" {
			continue
		}
		if diff := cmp.Diff([]string{"contractors", "design", "developers"}, entry.Groups); diff != "" {
			t.Errorf("groups of both files (-want +got):\n%s", diff)
		}
		return
	}
	t.Error("chen.li@lotus-it.example is missing")
}

// TestFilesAreWhatPeopleExport guards the bytes against editors and version control.
func TestFilesAreWhatPeopleExport(t *testing.T) {
	for file, want := range map[string]struct{ begin, within, without string }{
		"hr/mitarbeiter.csv":     {"\xef\xbb\xbfE-Mail;Vorname", ";1\r\n", "\t"},
		"labs/people-export.csv": {"\xff\xfeE\x00m\x00a\x00i\x00l\x00\t\x00", "\r\x00\n\x00", ";1"},
		"partners/lotus.csv":     {"name,email,groups,active\n\"Li, Chen\"", "\n\"Zhang, Wei\"", "\r"},
		"partners/kontor.csv":    {"Name,E-mail,Groups,Active\r\n", "\r\n", ";"},
	} {
		data, err := os.ReadFile(filepath.Join("people", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(data, []byte(want.begin)) || !bytes.Contains(data, []byte(want.within)) || bytes.Contains(data, []byte(want.without)) {
			t.Errorf("%s is not as it was exported: it begins with %q", file, data[:20])
		}
	}
	hr, err := os.ReadFile(filepath.Join("people", "hr", "mitarbeiter.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, mess := range []string{"\"developers\neveryone\"", "\"developers;everyone\"", "@Nordwind.Example", "@NORDWIND.EXAMPLE", "@nordwind.example  ;"} {
		if !bytes.Contains(hr, []byte(mess)) {
			t.Errorf("the HR export has no %q", mess)
		}
	}
}

func TestSetUp(t *testing.T) {
	site, cfg := build(t)
	info, err := os.Stat(site.Token)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the token's mode is %v, want 0600", info.Mode().Perm())
	}
	if site.Requests() != 0 || site.Mails() != 0 {
		t.Errorf("%d requests and %d mails are on the record before anything was done", site.Requests(), site.Mails())
	}
	if limits := cfg.Workspaces[0].Limits; limits.RequestsPerHour != 9000 || limits.InvitationsPerMinute != 900 {
		t.Errorf("limits %+v, want ten times the defaults", limits)
	}
	if site.Members < 40 || site.Invited != 10 {
		t.Errorf("%d members and %d invited, want 40 or more and 10", site.Members, site.Invited)
	}
	if accepted, err := site.AcceptAll(); err != nil || accepted != site.Invited {
		t.Errorf("%d people accepted, %v; want the %d who were invited by hand", accepted, err, site.Invited)
	}
}

func TestFolderInUseIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if site, err := demo.Build(t.Context(), dir); err == nil {
		t.Errorf("no error; closed: %v", site.Close())
	}
	if text, err := os.ReadFile(filepath.Join(dir, "config.yaml")); err != nil || string(text) != "mine" {
		t.Errorf("the file that was there is %q, %v", text, err)
	}
}

// TestPass makes the pass of the demo, which must meet every kind of step and hold for every reason that it shows.
func TestPass(t *testing.T) {
	site, cfg := build(t)
	report := once(t, cfg)
	if !report.Whole() || !report.Complete() {
		t.Fatalf("the pass is not whole or not complete: %s %v", report.Failure, report.Doubts)
	}
	kinds := map[string]bool{}
	var invited []string
	for _, step := range report.Plan.Steps {
		kinds[string(step.Op)+" "+string(step.Reason)+" "+string(step.Kind)] = true
		if step.Op == plan.Invite {
			invited = append(invited, string(step.Email))
		}
	}
	for _, held := range report.Held() {
		kinds[string(held.Reason)] = true
	}
	for _, want := range []string{
		"invite not-in-workspace group", "invite not-in-workspace repository", "join not-in-group group",
		"grant no-grant repository", "grant no-grant project", "grant grant-too-low repository",
		"invitation-pending", "disabled", "domain-not-allowed", "target-missing", "target-unusable",
	} {
		if !kinds[want] {
			t.Errorf("the demo shows no %s", want)
		}
	}
	if err := site.CheckMails(invited); err != nil {
		t.Error(err)
	}
	if site.Mails() != len(invited) || site.Writes() != len(report.Plan.Steps) {
		t.Errorf("%d mails and %d writes, want %d and %d", site.Mails(), site.Writes(), len(invited), len(report.Plan.Steps))
	}
}

func once(t *testing.T, cfg config.Config) reconcile.Report {
	t.Helper()
	a, err := app.Open(t.Context(), cfg, app.Options{Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	reports := a.Once(t.Context())
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	return reports[0]
}

// TestCheckMails: the demo may boast only if its check can fail.
func TestCheckMails(t *testing.T) {
	site, cfg := build(t)
	key, err := cfg.Workspaces[0].Credentials[0].Open(settings.Secrets{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := bitbucket.New(bitbucket.Options{URL: site.URL, Keys: []bitbucket.Key{key}})
	if err != nil {
		t.Fatal(err)
	}
	invite := func(email string) {
		if err := client.InviteToGroup(t.Context(), demo.Workspace, "qa", email); err != nil {
			t.Fatal(err)
		}
	}
	invite("one@nordwind.example")
	if err := site.CheckMails([]string{"one@nordwind.example"}); err != nil {
		t.Errorf("one mail that was due: %v", err)
	}
	complains := func(what, want string, due ...string) {
		if err := site.CheckMails(due); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", what, err, want)
		}
	}
	complains("a mail that was not due", "1 one that was not due")
	complains("a missing mail", "1 people got none", "one@nordwind.example", "two@nordwind.example")
	invite("one@nordwind.example")
	complains("a second mail", "1 more than one", "one@nordwind.example")
}
