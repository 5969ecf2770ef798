package ldap

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/google/go-cmp/cmp"
)

func TestValidateAcceptsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"as it is":     func(*Config) {},
		"IPv6":         func(c *Config) { c.URLs = []string{"ldaps://[2001:db8::1]:636/", "ldaps://ldap.example.com"} },
		"start_tls":    func(c *Config) { c.URLs, c.StartTLS = []string{"ldap://ldap.example.com"}, true },
		"plain text":   func(c *Config) { c.URLs, c.InsecurePlainText = []string{"ldap://localhost"}, true },
		"UPN":          func(c *Config) { c.BindDN = "reader@corp.example" },
		"NT name":      func(c *Config) { c.BindDN = `CORP\reader` },
		"anonymous":    func(c *Config) { c.BindDN, c.BindPassword, c.Anonymous = "", "", true },
		"AD filter":    func(c *Config) { c.UserSearch.Filter = "(&(mail=*)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))" },
		"OID":          func(c *Config) { c.UserSearch.IDAttr = "1.3.6.1.1.16.4" },
		"a bare scope": func(c *Config) { c.UserSearch.Scope, c.GroupSearch.Scope = "one", "base" },
	} {
		c := configFor("ldaps://ldap.example.com", "", func(c *Config) { c.InsecurePlainText = false }, change)
		if faults := c.Validate(); len(faults) != 0 {
			t.Errorf("%s: faults %v, want none", name, faults)
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Config){
		"urls: no server is named":                                                       func(c *Config) { c.URLs = nil },
		`urls[1]: "ldap.example.com:636" has no scheme`:                                  also("ldap.example.com:636"),
		`urls[1]: unknown scheme "ldps" (did you mean ldaps?)`:                           also("ldps://ldap.example.com"),
		`urls[1]: unknown scheme "https" (want ldaps or ldap)`:                           also("https://ldap.example.com"),
		`urls[1]: "ldaps://" has no host`:                                                also("ldaps://"),
		`urls[1]: "ldaps://:636" has no host`:                                            also("ldaps://:636"),
		`urls[1]: "ldaps://://host" has no host`:                                         also("ldaps://://host"),
		`urls[1]: "ldaps://[::1" is not a URL`:                                           also("ldaps://[::1"),
		`urls[1]: "0" is not a port`:                                                     also("ldaps://ldap.example.com:0"),
		`urls[1]: "65536" is not a port`:                                                 also("ldaps://ldap.example.com:65536"),
		`urls[1]: "ldaps://h/dc=x" has more than a host`:                                 also("ldaps://h/dc=x"),
		`urls[1]: there is a user or password in the URL`:                                also("ldaps://ana:secret@h"),
		"urls[1]: ldap:// sends the password in the clear (write ldaps://":               also("ldap://ldap.example.com"),
		"urls[0]: ldaps:// is TLS from the start":                                        func(c *Config) { c.StartTLS = true },
		"bind_dn: it is empty (the account that reads, or anonymous: true)":              func(c *Config) { c.BindDN = "" },
		`bind_dn: "reader" is not a DN`:                                                  func(c *Config) { c.BindDN = "reader" },
		`bind_dn: "cn=a,b" is not a DN`:                                                  func(c *Config) { c.BindDN = "cn=a,b" },
		"bind_password: want a reference to the secret, not the secret":                  func(c *Config) { c.BindPassword = "hunter2" },
		"anonymous: it goes with neither bind_dn nor":                                    func(c *Config) { c.Anonymous = true },
		"connect_timeout: 0s is not a time":                                              func(c *Config) { c.ConnectTimeout = 0 },
		"request_timeout: -1s is not a time":                                             func(c *Config) { c.RequestTimeout = -time.Second },
		"page_size: 0 is not a number":                                                   func(c *Config) { c.PageSize = 0 },
		"group_search.page_size: -1 is not a number":                                     func(c *Config) { c.GroupSearch.PageSize = -1 },
		"user_search.base_dn: it is empty":                                               func(c *Config) { c.UserSearch.BaseDN = " " },
		`group_search.base_dn: "groups" is not a DN`:                                     func(c *Config) { c.GroupSearch.BaseDN = "groups" },
		`user_search.filter: "(uid=x" is not an LDAP filter`:                             func(c *Config) { c.UserSearch.Filter = "(uid=x" },
		`group_search.filter: "cn=x" is not an LDAP filter (a filter stands in brackets`: func(c *Config) { c.GroupSearch.Filter = "cn=x" },
		`user_search.scope: unknown scope "subtree" (did you mean sub?)`:                 func(c *Config) { c.UserSearch.Scope = "subtree" },
		`group_search.scope: unknown scope "bsae" (did you mean base?)`:                  func(c *Config) { c.GroupSearch.Scope = "bsae" },
		"user_search.email_attr: it is empty":                                            func(c *Config) { c.UserSearch.EmailAttr = "" },
		`user_search.attributes[1]: "cn;lang-de" has options`:                            func(c *Config) { c.UserSearch.Attributes = []string{"cn", "cn;lang-de"} },
		`group_search.member_attrs[0]: "(member)" is not the name`:                       func(c *Config) { c.GroupSearch.MemberAttrs = []string{"(member)"} },
		`group_search.member_is: unknown kind of member "DN" (did you mean dn?)`:         func(c *Config) { c.GroupSearch.MemberIs = "DN" },
	} {
		c := configFor("ldaps://ldap.example.com", "", func(c *Config) { c.InsecurePlainText = false }, change)
		faults := c.Validate()
		if len(faults) != 1 || !strings.HasPrefix(faults[0].String(), want) {
			t.Errorf("faults %q, want one %q", faults.Error(), want)
		}
		if strings.Contains(faults.Error(), "secret@") || strings.Contains(faults.Error(), "hunter2") {
			t.Errorf("fault %q repeats a secret", faults.Error())
		}
	}
}

func TestValidateNamesAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	var paths []string
	for _, fault := range (&Config{}).Validate() {
		paths = append(paths, fault.Path)
	}
	for _, want := range []string{"urls", "bind_dn", "page_size", "user_search.filter", "user_search.id_attr", "group_search.member_is"} {
		if !slices.Contains(paths, want) {
			t.Errorf("paths %q lack %q", paths, want)
		}
	}
}

// TestLists holds that a list in the config replaces the default, which mapstructure would only overwrite from its start.
func TestLists(t *testing.T) {
	t.Parallel()
	c := New().(*Config)
	if diff := cmp.Diff([]string{"member"}, c.GroupSearch.memberAttrs()); diff != "" {
		t.Errorf("default (-want +got):\n%s", diff)
	}
	err := mapstructure.Decode(map[string]any{
		"urls":         []string{"ldaps://a"},
		"group_search": map[string]any{"member_attrs": []string{"uniqueMember", "member"}, "nested": false},
	}, c)
	check(t, err)
	if diff := cmp.Diff([]string{"uniqueMember", "member"}, c.GroupSearch.memberAttrs()); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	if c.GroupSearch.Nested || c.GroupSearch.NameAttr != "cn" || c.PageSize != 1000 {
		t.Errorf("config %+v: what was decoded and the other defaults do not stand side by side", c)
	}
}
