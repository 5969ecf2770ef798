package userlist_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/userlist"
	"bitroster/sync/access"
	"bitroster/sync/accounts"
)

const ana, bo = "557058:0a1b-2c", "5b10a2844c20165700ede21g"

func TestRead(t *testing.T) {
	both := []accounts.Pair{{Line: 2, Email: "ana@x.test", ID: ana}, {Line: 3, Email: "bo@x.test", ID: bo}}
	for name, tc := range map[string]struct {
		text string
		want []accounts.Pair
	}{
		"commas":              {"Email,Account ID\nana@x.test," + ana + "\nbo@x.test," + bo + "\n", both},
		"a mark, and CR LF":   {"\ufeffEmail,Account ID\r\nana@x.test," + ana + "\r\nbo@x.test," + bo + "\r\n", both},
		"semicolons":          {"Email;Account ID\nana@x.test;" + ana + "\nbo@x.test;" + bo, both},
		"tabs":                {"Email\tAccount ID\nana@x.test\t" + ana + "\nbo@x.test\t" + bo, both},
		"export of users":     {"User id,User name,email,User status\n" + ana + ",\"Abel, Ana\",ANA@x.test,Active\n" + bo + ",Bo,bo@x.test,Active\n", both},
		"export of accounts":  {"Name,Email,Atlassian ID,Status\nAna,ana@x.test, " + ana + " ,active\nBo,bo@x.test," + bo + ",active\n", both},
		"other spellings":     {"E-Mail_Address,atlassian-account-id\nana@x.test," + ana + "\nbo@x.test," + bo + "\n", both},
		"empty rows":          {"Email,Account ID\n\n,\nana@x.test," + ana + "\n", []accounts.Pair{{Line: 4, Email: "ana@x.test", ID: ana}}},
		"nobody":              {"Email,Account ID\n", nil},
		"a line within cells": {"Email,Name,Account ID\nana@x.test,\"A\neve@x.test,,1\"," + ana + "\n", both[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			got, rejects, err := userlist.Read(strings.NewReader(tc.text))
			if err != nil || len(rejects) != 0 {
				t.Fatalf("error %v, rejects %v", err, rejects)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("pairs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBadRowsDoNotStopTheOthers and are named by line, without their address.
func TestBadRowsDoNotStopTheOthers(t *testing.T) {
	rows := []string{
		"Email,Name,Account ID",
		"no-address,Nora," + ana,
		"short@x.test",
		"uuid@x.test,Uwe,{0a1b}",
		"none@x.test,Nina,",
		"path@x.test,Pat,../../x",
		`quote@x.test,Q"uentin,` + ana,
		"ana@x.test,Ana," + ana,
		`open@x.test,"Olga,` + ana,
		"lost@x.test,Lou," + ana,
		`"next@x.test",Ned,` + ana,
		"bo@x.test,Bo," + bo,
	}
	pairs, rejects, err := userlist.Read(strings.NewReader(strings.Join(rows, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := []accounts.Pair{{Line: 8, Email: "ana@x.test", ID: ana}, {Line: 12, Email: "bo@x.test", ID: bo}}
	if diff := cmp.Diff(want, pairs); diff != "" {
		t.Errorf("pairs (-want +got):\n%s", diff)
	}
	beginnings := map[int]string{
		2: "not an e-mail address", 3: "it has 1 cells", 4: "not an Atlassian account id", 5: "not an Atlassian account id",
		6: "not an Atlassian account id", 7: "a quote is out of place", 9: "a quote is out of place or not closed, so the lines 9 to 11",
	}
	for _, r := range rejects {
		if beginning, ok := beginnings[r.Line]; !ok || !strings.HasPrefix(r.Why, beginning) || strings.Contains(r.Why, "@x.test") {
			t.Errorf("line %d: %q, want %q", r.Line, r.Why, beginning)
		}
		delete(beginnings, r.Line)
	}
	if len(beginnings) != 0 {
		t.Errorf("not rejected: %v", beginnings)
	}
}

func TestFilesThatAreNoList(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"empty":                       {"", "it is empty"},
		"no headers":                  {"ana@x.test," + ana + "\n", "no column for the e-mail address"},
		"no address":                  {"Name,Account ID\nAna," + ana + "\n", "no column for the e-mail address"},
		"bitbucket's own export":      {"Public Name,Email Address,Last Login (UTC),Has 2SV,On Plan\nAna,ana@x.test,,yes,yes\n", "User Directory page has none"},
		"its own, with semicolons":    {"Public Name;Email Address;On Plan\nAna;ana@x.test;yes\n", "User Directory page has none"},
		"two ids":                     {"Email,User id,Account ID\n", "two columns"},
		"two addresses":               {"Email,Mail,Account ID\n", "two columns"},
		"not UTF-8":                   {"Email,Account ID\nan\xe4@x.test,1\n", "not UTF-8"},
		"UTF-16":                      {"\xff\xfeE\x00m\x00", "not UTF-8"},
		"a quote in the header":       {"Email,\"Account ID\nana@x.test,1\n", "header row has a quote"},
		"larger than any such export": {strings.Repeat("x", userlist.MaxSize+1), "more than 64 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			pairs, _, err := userlist.Read(strings.NewReader(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.want) || len(pairs) != 0 {
				t.Errorf("error %v, %d pairs; want %q", err, len(pairs), tc.want)
			}
		})
	}
}

type brokenReader struct{ error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.error }

func TestReadGivesTheReadersError(t *testing.T) {
	gone := errors.New("disk is gone")
	if _, _, err := userlist.Read(brokenReader{gone}); !errors.Is(err, gone) {
		t.Errorf("error %v, want %v", err, gone)
	}
}

// FuzzRead: whatever the file, what comes out is parsed and names its line.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"Email,Account ID\nana@x.test,1\n", "\ufeffUser id;E-Mail\r\n1;ana@x.test\r\n", "Email,AAID\n\"a@x.test,1\n\"b@x.test\",2\n", "\"",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pairs, rejects, err := userlist.Read(strings.NewReader(text))
		if err != nil && (pairs != nil || strings.Contains(err.Error(), "@")) {
			t.Fatalf("%d pairs with the error %v", len(pairs), err)
		}
		lines := strings.Count(text, "\n") + 1
		for _, p := range pairs {
			parsed, err := access.ParseEmail(string(p.Email))
			if err != nil || parsed != p.Email || p.ID == "" || strings.ContainsAny(p.ID, "/{}@ ") || p.Line < 2 || p.Line > lines {
				t.Fatalf("pair %+v of %d lines: %v", p, lines, err)
			}
		}
		for _, r := range rejects {
			if r.Line < 1 || r.Line > lines {
				t.Fatalf("reject %+v of %d lines", r, lines)
			}
		}
	})
}
