package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"bitroster/bitbucket"
	"bitroster/bitbucket/bitbuckettest"
	"bitroster/internal/settings"
)

// connect makes a client of a server that answers by a function.
func connect(t *testing.T, answer http.HandlerFunc) *bitbucket.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return clientOf(t, server.URL, bitbucket.Credential{Kind: "access_token", Token: "env:TOKEN"})
}

// clientOf makes a client with credentials whose secrets are all "s3cret".
func clientOf(t *testing.T, url string, credentials ...bitbucket.Credential) *bitbucket.Client {
	t.Helper()
	var keys []bitbucket.Key
	for _, credential := range credentials {
		key, err := credential.Open(settings.Secrets{Getenv: func(string) string { return "s3cret" }})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	client, err := bitbucket.New(bitbucket.Options{URL: url, Version: "1.2.3", Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestEveryCallIsServed reads the API lines above the client's methods, and looks each up in the emulator.
func TestEveryCallIsServed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	served := bitbuckettest.Routes()
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range regexp.MustCompile(`(?m)^// API: (.+)$`).FindAllStringSubmatch(string(text), -1) {
			found++
			if !slices.Contains(served, line[1]) {
				t.Errorf("%s: the emulator does not serve %q", file, line[1])
			}
		}
	}
	if found < 14 {
		t.Errorf("%d API lines found, want one for each call", found)
	}
}

func TestURL(t *testing.T) {
	for address, ok := range map[string]bool{
		"": true, "https://api.bitbucket.org": true, "https://api.bitbucket.org/": true, "http://127.0.0.1:8080": true, "http://[::1]:80": true,
		"http://api.bitbucket.org": false, "https://api.bitbucket.org/2.0": false, "https://u:p@api.bitbucket.org": false,
		"api.bitbucket.org": false, "ftp://127.0.0.1": false, "https://": false, "https://a?b=c": false,
	} {
		if _, err := bitbucket.ParseURL(address); (err == nil) != ok {
			t.Errorf("%q: error %v, want ok %v", address, err, ok)
		}
	}
}

func TestCredentialIsSent(t *testing.T) {
	for name, tc := range map[string]struct {
		credential bitbucket.Credential
		want       string
	}{
		"api token": {bitbucket.Credential{Kind: "api_token", Email: "ada@x.test", Token: "env:TOKEN"}, "Basic YWRhQHgudGVzdDpzM2NyZXQ="},
		"bearer":    {bitbucket.Credential{Kind: "access_token", Token: "env:TOKEN"}, "Bearer s3cret"},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = r.Header.Get("Authorization")
				_, _ = fmt.Fprint(w, "[]")
			}))
			defer server.Close()
			if _, err := clientOf(t, server.URL, tc.credential).Groups(t.Context(), "acme"); err != nil || got != tc.want {
				t.Errorf("Authorization %q, error %v; want %q", got, err, tc.want)
			}
		})
	}
}

func TestCredentialFaults(t *testing.T) {
	for want, credential := range map[string]bitbucket.Credential{
		"kind: app passwords were switched off": {Kind: "app_password", Token: "env:T"},
		`kind: "token" is not a kind`:           {Kind: "token", Token: "env:T"},
		"email: the address is missing":         {Kind: "api_token", Token: "env:T"},
		"token: want a reference":               {Kind: "access_token", Token: "ATATT3xFfGF0"},
	} {
		faults := credential.Validate()
		if len(faults) != 1 || !strings.HasPrefix(faults[0].String(), want) || strings.Contains(faults.Error(), "ATATT") {
			t.Errorf("faults %v, want one that begins %q and does not repeat the token", faults, want)
		}
	}
}

// TestErrorsInAllForms reads what servers really send, and never repeats an address.
func TestErrorsInAllForms(t *testing.T) {
	for name, tc := range map[string]struct {
		status   int
		body     string
		want     string
		systemic bool
	}{
		"documented": {404, `{"type":"error","error":{"message":"No workspace with identifier 'acmee'."}}`, "404 Not Found: No workspace with identifier 'acmee'.", true},
		"scopes": {
			403, `{"type":"error","error":{"message":"Your credentials lack scopes.","detail":{"required":["account:write"],"granted":["account"]}}}`,
			"required: account:write; granted: account", true,
		},
		"detail is text":   {410, `{"type":"error","error":{"message":"Gone","detail":"Read the changelog"}}`, "Gone: Read the changelog", true},
		"plain text":       {400, "No user with ana@x.test\n  here", "400 Bad Request: No user with [address] here", false},
		"empty":            {402, "", "402 Payment Required (the plan's seats", true},
		"a page of HTML":   {405, "<html>" + strings.Repeat("x", 5000), "xxx…", true},
		"bytes, no text":   {400, "\xff\xfe", "400 Bad Request: ?", false},
		"a redirect":       {302, "", "302 Found (redirects are not followed", false},
		"wrong credential": {401, "", "check the credential", true},
	} {
		t.Run(name, func(t *testing.T) {
			client := connect(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = fmt.Fprint(w, tc.body)
			})
			err := client.InviteToGroup(t.Context(), "acme", "dev", "ana@x.test")
			var answer *bitbucket.Error
			if !errors.As(err, &answer) || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "ana@") || len(err.Error()) > 600 {
				t.Fatalf("error %v, want one with %q and no address", err, tc.want)
			}
			if answer.Systemic() != tc.systemic || answer.MaybeDone() || answer.NotSent() {
				t.Errorf("systemic %v, want %v; maybe %v and not sent %v, want neither", answer.Systemic(), tc.systemic, answer.MaybeDone(), answer.NotSent())
			}
		})
	}
}

// TestTheCredentialStaysHere serves links and redirects to another host, which must never be asked.
func TestTheCredentialStaysHere(t *testing.T) {
	asked := 0
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer thief.Close()
	for name, answer := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, thief.URL, http.StatusFound) },
		"next link": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"values":[],"next":"%s/2.0/workspaces/acme/members?page=2"}`, thief.URL)
		},
		"next link with a user": func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `{"values":[],"next":"http://u@%s/"}`, r.Host)
		},
		"next link with another scheme": func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `{"values":[],"next":"https://%s/"}`, r.Host)
		},
	} {
		t.Run(name, func(t *testing.T) {
			users, err := connect(t, answer).MembersByEmail(t.Context(), "acme", []string{"ana@x.test"})
			if err == nil || users != nil || asked != 0 {
				t.Errorf("error %v, users %v, the other host was asked %d times; want an error and nothing else", err, users, asked)
			}
		})
	}
}

func TestPagesAreFollowed(t *testing.T) {
	client := connect(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" || r.Header.Get("User-Agent") != "bitroster/1.2.3" {
			t.Errorf("headers %v lack the credential or the user agent", r.Header)
		}
		if r.URL.Query().Get("page") == "" {
			_, _ = fmt.Fprintf(w, `{"values":[{"user":{"account_id":"1"}}],"next":"http://%s/2.0/x?page=2"}`, r.Host)
			return
		}
		_, _ = fmt.Fprint(w, `{"values":[{"user":{"account_id":"2"}}]}`)
	})
	owners, err := client.Owners(t.Context(), "acme")
	if err != nil || len(owners) != 2 || owners[1].AccountID != "2" {
		t.Errorf("owners %v, error %v; want those of both pages", owners, err)
	}
}

func TestNonsenseIsNoEmptyList(t *testing.T) {
	for _, body := range []string{"<html>", "", `{"values":3}`, `{"values":[`} {
		client := connect(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) })
		if groups, err := client.Groups(t.Context(), "acme"); err == nil || len(groups) != 0 {
			t.Errorf("%q: groups %v, error %v; want an error", body, groups, err)
		}
	}
}

// TestAWriteIsNeverRepeatedBlindly counts the requests that arrive, and asks the error what may have happened.
func TestAWriteIsNeverRepeatedBlindly(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"reset":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"bad gateway": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"555":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(555) },
	} {
		t.Run(name, func(t *testing.T) {
			var arrived atomic.Int32
			client := connect(t, func(w http.ResponseWriter, r *http.Request) { arrived.Add(1); answer(w, r) })
			err := client.InviteToGroup(t.Context(), "acme", "dev", "ana@x.test")
			var failed *bitbucket.Error
			if !errors.As(err, &failed) || !failed.MaybeDone() || failed.NotSent() || arrived.Load() != 1 {
				t.Errorf("error %v after %d requests, want one request and an error that it may be done", err, arrived.Load())
			}
		})
	}
}

func TestACutBodyDoesNotUndoAWrite(t *testing.T) {
	client := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = fmt.Fprint(w, "{")
	})
	if err := client.InviteToGroup(t.Context(), "acme", "dev", "ana@x.test"); err != nil {
		t.Errorf("error %v, want none: the status says that it was done", err)
	}
}

func TestWhatWasNotSentIsKnown(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	client := clientOf(t, url, bitbucket.Credential{Kind: "access_token", Token: "env:TOKEN"})
	err := client.InviteToGroup(t.Context(), "acme", "dev", "ana@x.test")
	var failed *bitbucket.Error
	if !errors.As(err, &failed) || !failed.NotSent() || failed.MaybeDone() {
		t.Errorf("error %v, want one that says nothing was sent", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := client.InviteToGroup(ctx, "acme", "dev", "ana@x.test"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}
