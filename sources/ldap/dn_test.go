package ldap

import (
	"strings"
	"testing"
)

func TestDNKey(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"uid=u000005,ou=people,dc=lab", "uid=U000005,ou=People,dc=lab", "UID=u000005, OU=people ,DC=lab", `uid=\75000005,ou=people,dc=lab`},
		{"cn=a  b,dc=lab", "cn=a b,dc=lab", "cn= A B ,dc=lab", `cn=\ a b\ ,dc=lab`, "CN=a b;DC=lab"},
		{`cn=Oddly\, Named,dc=lab`, `cn=oddly\2C named,dc=lab`, `cn=Oddly\2c  Named,dc=lab`},
		{"cn=Ökonomie,dc=lab", "cn=ÖKONOMIE,dc=lab", `cn=\c3\96konomie,dc=lab`, "cn=O\u0308konomie,dc=lab"},
		{"cn=a+uid=1,dc=lab", "uid=1+cn=A,dc=lab"},
		{`cn=x\=y,dc=lab`, "cn=x=y,dc=lab"},
		{"uid=a,dc=lab", "uid=a,dc=lab#'0101'B", "uid=A,dc=lab#''B"},
		{"not a DN", "NOT A DN"},
		{"", ""},
	} {
		for _, dn := range same {
			if got, want := dnKey(dn), dnKey(same[0]); got != want {
				t.Errorf("dnKey(%q) = %q, want %q as of %q", dn, got, want, same[0])
			}
		}
	}
}

func TestDNKeyKeepsApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, dn := range []string{
		"cn=a,cn=b", `cn=a\,cn=b`, "cn=a+cn=b", `cn=a\+cn=b`, `cn=a\\,cn=b`, "cn=ab", "cn=a b", "uid=ab", "cn=b,cn=a", `cn=\ff`, `cn=\fe`,
		`cn=\#x`, "cn=x#'12'B",
	} {
		key := dnKey(dn)
		if other, taken := seen[key]; taken {
			t.Errorf("%q and %q have one key, %q", dn, other, key)
		}
		seen[key] = dn
	}
}

// FuzzDNKey holds that a key is its own key, and that case never counts.
func FuzzDNKey(f *testing.F) {
	for _, dn := range []string{"uid=a,ou=people", `cn=Oddly\2C Named+uid=x, dc=lab`, `cn=\c3\96\ ,o=#0401ff`, "a=b#'01'B", `cn=\ff;x=`} {
		f.Add(dn)
	}
	f.Fuzz(func(t *testing.T, dn string) {
		key := dnKey(dn)
		if again := dnKey(key); again != key {
			t.Errorf("%q has the key %q, and that has %q", dn, key, again)
		}
		ascii := func(r rune) bool { return r > '~' }
		if !strings.ContainsFunc(dn, ascii) && dnKey(strings.ToLower(dn)) != key {
			t.Errorf("%q in lower case has the key %q, want %q", dn, dnKey(strings.ToLower(dn)), key)
		}
	})
}
