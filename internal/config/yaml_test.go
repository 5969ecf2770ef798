package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInvalidYAML(t *testing.T) {
	const look = " (look at the indentation and the quotes there and just above)\n"
	checkFaults(t, []faultCase{
		{"nothing", "", "the file has no settings (begin with a copy of config.example.yaml)\n"},
		{"comments", "# sources:\n\n", "the file has no settings (begin with a copy of config.example.yaml)\n"},
		{"null", "---\n", "the file has no settings (begin with a copy of config.example.yaml)\n"},
		{"a list", "- sources\n", "want keys and values at the top, not a list (such as sources: and workspaces:)\n"},
		{"a text", "sources\n", "want keys and values at the top, not a text (such as sources: and workspaces:)\n"},
		{"a second document", minimal + "---\nlog: {level: info}\n", "a second document begins behind a line of --- (keep one)\n"},
		{"a tab", "log:\n\tlevel: info\n", "line 2: not valid YAML: found character that cannot start any token (indent with blanks, not tabs; put a text that begins with @, % or a backquote in quotes)\n"},
		{"a colon too many", "log:\n  level: info\n  format: a: b\n", "line 3: not valid YAML: mapping values are not allowed in this context" + look},
		{"a dash too many", "log:\n  level: info\n\n  - format: x\n", "line 4: not valid YAML: did not find expected key" + look},
		{"an open bracket", minimal + "log: {level: info\njournal: {path: x}\n", "line 7: not valid YAML: did not find expected ',' or '}'" + look},
		{"an open quote", "log:\n  level: 'info\njournal:\n  path: x\n", "line 2: not valid YAML: found unexpected end of stream" + look},
		{"text behind a quote", "log:\n  level: 'info' x\n", "line 2: not valid YAML: did not find expected key" + look},
		{"a missing colon", "log\nsources: []\n", "line 2: not valid YAML: mapping values are not allowed in this context" + look},
		{"no UTF-8", "log:\n  level: \xff\n", "line 2: not valid YAML: invalid leading UTF-8 octet (save the file as a text in UTF-8)\n"},
		{"keys twice", minimal + "log: {level: info}\nlog: {format: json, format: json}\n", `
line 8: the key "log" is already defined at line 7 (keep one of the two)
`},
		{"aliases of themselves", "log: &a\n  - *a\n", "line 2: an anchor stands within itself (write the values out)\n"},
		{"a merge of no mapping", "log:\n  <<: info\n", "line 2: <<: wants the alias of a mapping (write the values out)\n"},
		{"a list as key", "? [a]\n: b\n", "line 1: a list or a mapping stands where a key is wanted (put a text with special characters in quotes)\n"},
	})
}

func TestAliasesThatExplode(t *testing.T) {
	text := "a: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		n, m := string(rune('0'+i)), string(rune('1'+i))
		text += "b" + m + ": &a" + m + " [" + strings.TrimSuffix(strings.Repeat("*a"+n+", ", 9), ", ") + "]\n"
	}
	if diff := cmp.Diff("the file has too many aliases (write the values out)\n", withoutLine(faultsOf(t, text))); diff != "" {
		t.Error(diff)
	}
}

func withoutLine(fault string) string {
	_, rest, _ := strings.Cut(fault, ": ")
	return rest
}

// A literal secret is refused wherever it stands, and is never repeated.
func TestLiteralSecretsAreNotRepeated(t *testing.T) {
	const canary = "canary4711"
	const directory = "sources: [{name: corp, type: ldap, urls: ['ldaps://x.example'], bind_dn: cn=x, user_search: {base_dn: dc=x}, group_search: {base_dn: dc=x}, bind_password: "
	for _, secret := range []string{
		canary, "'" + canary + "'", canary + ": x", "svc:" + canary, "https://" + canary, "[" + canary + "]", "{" + canary + ": x}",
		"{x: " + canary + "}", "[[" + canary + "]]", "@" + canary, "*" + canary, "&" + canary, "&" + canary + " [*" + canary + "]",
		"!" + canary + " x", "!!" + canary + " x", "!<" + canary, "%" + canary, "`" + canary + "`", "'" + canary, `"` + canary, "{" + canary,
		"[" + canary, "|" + canary, ">" + canary, "!!int " + canary, "!!float " + canary, "!!bool " + canary, "!!binary " + canary,
		"!!timestamp " + canary, "!!null " + canary, "!!map " + canary, "!!seq " + canary, "- " + canary, "? " + canary, "#" + canary,
		"'" + canary + "' " + canary, "{<<: " + canary + "}", "\t" + canary, "\x01" + canary, "\xff" + canary,
	} {
		for name, text := range map[string]string{
			"token":          strings.Replace(minimal, "'env:TOKEN'", secret, 1),
			"token in lines": oneSource + "workspaces:\n  - workspace: acme\n    credentials:\n      - kind: access_token\n        token: " + secret + "\n" + oneRule,
			"password":       directory + secret + "}]\n" + oneWorkspace,
		} {
			got := faultsOf(t, text)
			if got == "" {
				t.Errorf("%s: %q is accepted", name, secret)
			}
			if strings.Contains(got, canary) {
				t.Errorf("%s: %q is repeated: %s", name, secret, got)
			}
		}
	}
}

func TestSecretStuckToItsKeyIsNotRepeated(t *testing.T) {
	for _, stuck := range []string{"token:canary4711", "token=canary4711"} {
		got := faultsOf(t, strings.Replace(minimal, "token: 'env:TOKEN'", stuck, 1))
		want := "workspaces[0].credentials[0].token: a blank is missing behind the colon (write token: value)\n"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", stuck, diff)
		}
	}
}

func TestNumberAsSecret(t *testing.T) {
	got := faultsOf(t, strings.Replace(minimal, "'env:TOKEN'", "4711", 1))
	want := "workspaces[0].credentials[0].token: want a reference to the secret, not a number (file:/path, env:NAME or cred:NAME)\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
