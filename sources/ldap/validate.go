package ldap

import (
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"

	"bitroster/internal/settings"
)

// Root makes a relative path start from a folder.
func (c *Config) Root(folder string) {
	if c.RootCA != "" && !filepath.IsAbs(c.RootCA) {
		c.RootCA = filepath.Join(folder, c.RootCA)
	}
}

// Validate reports every fault of the settings.
func (c *Config) Validate() settings.Faults {
	var faults settings.Faults
	c.checkURLs(&faults)
	c.checkBind(&faults)
	if c.ConnectTimeout <= 0 {
		faults.Add("connect_timeout", "such as 10s", "%s is not a time to wait", c.ConnectTimeout)
	}
	if c.RequestTimeout <= 0 {
		faults.Add("request_timeout", "such as 60s", "%s is not a time to wait", c.RequestTimeout)
	}
	checkPageSize(&faults, "page_size", c.PageSize)
	faults.Under("user_search", c.UserSearch.validate())
	faults.Under("group_search", c.GroupSearch.validate())
	return faults
}

func (c *Config) checkURLs(faults *settings.Faults) {
	if len(c.URLs) == 0 {
		faults.Add("urls", "such as [ldaps://ldap.example.com]", "no server is named")
	}
	for i, raw := range c.URLs {
		path := fmt.Sprintf("urls[%d]", i)
		u, problem, hint := parseURL(raw)
		switch {
		case problem != "":
			faults.Add(path, hint, "%s", problem)
		case u.Scheme == "ldaps" && c.StartTLS:
			faults.Add(path, "leave out start_tls, or write ldap://", "ldaps:// is TLS from the start, and start_tls is on")
		case u.Scheme == "ldap" && !c.StartTLS && !c.InsecurePlainText:
			faults.Add(path, "write ldaps://, or start_tls: true, or allow it with insecure_plain_text: true",
				"ldap:// sends the password in the clear")
		}
	}
}

// parseURL is strict, because the LDAP library is not: without a host it would dial localhost.
func parseURL(raw string) (u *url.URL, problem, hint string) {
	const example = "such as ldaps://ldap.example.com:636"
	if strings.Contains(raw, "@") {
		// Not repeated: what stands before it may be a password.
		return nil, "there is a user or password in the URL", "use bind_dn and bind_password"
	}
	scheme, _, found := strings.Cut(raw, "://")
	if !found {
		return nil, fmt.Sprintf("%q has no scheme", raw), "want ldaps://HOST or ldap://HOST"
	}
	if scheme != "ldap" && scheme != "ldaps" {
		return nil, fmt.Sprintf("unknown scheme %q", scheme), didYouMean(scheme, "ldaps", "ldap")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Sprintf("%q is not a URL", raw), example
	}
	switch {
	case u.Hostname() == "":
		return nil, fmt.Sprintf("%q has no host", raw), example
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Sprintf("%q has more than a host and a port", raw), "the base belongs into base_dn"
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Sprintf("%q is not a port", port), "1 to 65535"
		}
	}
	return u, "", ""
}

func (c *Config) checkBind(faults *settings.Faults) {
	switch {
	case c.Anonymous && (c.BindDN != "" || c.BindPassword != ""):
		faults.Add("anonymous", "leave out one of the two", "it goes with neither bind_dn nor bind_password")
	case c.Anonymous:
	case c.BindDN == "":
		faults.Add("bind_dn", "the account that reads, or anonymous: true", "it is empty")
	case strings.Contains(c.BindDN, "="):
		checkDN(faults, "bind_dn", c.BindDN)
	case !strings.ContainsAny(c.BindDN, `@\`):
		faults.Add("bind_dn", `such as cn=reader,dc=example,dc=com; with Active Directory also name@domain or DOMAIN\name`,
			"%q is not a DN", c.BindDN)
	}
	if c.BindDN == "" || c.Anonymous {
		return
	}
	if err := c.BindPassword.Validate(); err != nil {
		faults.Add("bind_password", "", "%s", err)
	}
}

func (u UserSearch) validate() settings.Faults {
	var faults settings.Faults
	checkDN(&faults, "base_dn", u.BaseDN)
	checkFilter(&faults, u.Filter)
	checkScope(&faults, u.Scope)
	checkAttribute(&faults, "id_attr", u.IDAttr)
	checkAttribute(&faults, "email_attr", u.EmailAttr)
	checkAttribute(&faults, "name_attr", u.NameAttr)
	checkAttribute(&faults, "uid_attr", u.UIDAttr)
	for i, name := range u.Attributes {
		checkAttribute(&faults, fmt.Sprintf("attributes[%d]", i), name)
	}
	return faults
}

func (g GroupSearch) validate() settings.Faults {
	var faults settings.Faults
	checkDN(&faults, "base_dn", g.BaseDN)
	checkFilter(&faults, g.Filter)
	checkScope(&faults, g.Scope)
	checkAttribute(&faults, "name_attr", g.NameAttr)
	for i, name := range g.MemberAttrs {
		checkAttribute(&faults, fmt.Sprintf("member_attrs[%d]", i), name)
	}
	if g.MemberIs != memberDN && g.MemberIs != memberUID {
		faults.Add("member_is", didYouMean(g.MemberIs, memberDN, memberUID), "unknown kind of member %q", g.MemberIs)
	}
	checkPageSize(&faults, "page_size", g.PageSize)
	return faults
}

func checkDN(faults *settings.Faults, path, dn string) {
	const example = `such as ou=people,dc=example,dc=com; a comma within a name is written \,`
	if strings.TrimSpace(dn) == "" {
		faults.Add(path, example, "it is empty")
	} else if _, err := goldap.ParseDN(dn); err != nil {
		faults.Add(path, example, "%q is not a DN: %s", dn, err)
	}
}

func checkFilter(faults *settings.Faults, filter string) {
	if _, err := goldap.CompileFilter(filter); err != nil {
		hint := "such as (&(objectClass=person)(mail=*))"
		if !strings.HasPrefix(filter, "(") {
			hint = "a filter stands in brackets, " + hint
		}
		faults.Add("filter", hint, "%q is not an LDAP filter", filter)
	}
}

// checkScope knows the long names of RFC 4516, too, for its hint.
func checkScope(faults *settings.Faults, scope string) {
	if _, known := scopes()[scope]; known {
		return
	}
	hint := didYouMean(scope, "sub", "one", "base")
	for short, long := range map[string][]string{"sub": {"subtree", "wholesubtree"}, "one": {"onelevel", "single", "singlelevel"}} {
		if slices.Contains(long, strings.ToLower(scope)) {
			hint = "did you mean " + short + "?"
		}
	}
	faults.Add("scope", hint, "unknown scope %q", scope)
}

func scopes() map[string]int {
	return map[string]int{
		"sub": goldap.ScopeWholeSubtree, "one": goldap.ScopeSingleLevel, "base": goldap.ScopeBaseObject,
	}
}

// checkAttribute accepts a short name or an OID (RFC 4512, section 2.5), without options.
func checkAttribute(faults *settings.Faults, path, name string) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"
	switch {
	case name == "":
		faults.Add(path, "the name of an attribute", "it is empty")
	case strings.Contains(name, ";"):
		faults.Add(path, "values with options are read, too", "%q has options", name)
	case strings.Trim(name, letters) != "":
		faults.Add(path, "letters, digits and hyphens", "%q is not the name of an attribute", name)
	}
}

func checkPageSize(faults *settings.Faults, path string, size int) {
	if size < 1 || size > math.MaxInt32 {
		faults.Add(path, "1,000 suits most servers", "%d is not a number of entries", size)
	}
}

func didYouMean(word string, known ...string) string {
	if near := settings.Nearest(word, known); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "want " + strings.Join(known, " or ")
}
