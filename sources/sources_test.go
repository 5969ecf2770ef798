package sources

import "testing"

func TestGroupKey(t *testing.T) {
	for in, want := range map[string]string{
		// Names.
		"Developers":          "developers",
		"  Dev Team\t":        "dev team",
		"Sales,  EMEA + APAC": "sales,  emea + apac", // no "=", so no DN: blanks stay
		"":                    "",
		// The optional blanks of a DN.
		"CN=Dev.Team,OU=Groups,DC=example,DC=test":         "cn=dev.team,ou=groups,dc=example,dc=test",
		"cn=dev.team, ou=groups, dc=example, dc=test":      "cn=dev.team,ou=groups,dc=example,dc=test",
		"CN = Dev.Team ,OU= Groups , DC =example,DC=test ": "cn=dev.team,ou=groups,dc=example,dc=test",
		"cn=a + uid=b,dc=test":                             "cn=a+uid=b,dc=test",
		"cn=Dev  Team , dc=test":                           "cn=dev  team,dc=test", // inner blanks belong to the value
		"CN=Übersee,DC=test":                               "cn=übersee,dc=test",
		// What is escaped belongs to the value.
		`cn=Chen\, Li,dc=test`:    `cn=chen\, li,dc=test`,
		`cn=Chen\,Li, dc=test`:    `cn=chen\,li,dc=test`,
		`cn=Chen \, Li , dc=test`: `cn=chen \, li,dc=test`,
		`cn=a\+ b,dc=test`:        `cn=a\+ b,dc=test`,
		`cn=a\= b,dc=test`:        `cn=a\= b,dc=test`,
		`cn=a = b , dc=test`:      `cn=a = b,dc=test`, // the second = belongs to the value, too
		`cn=a\ ,dc=test`:          `cn=a\ ,dc=test`,
		`cn=a\  ,dc=test`:         `cn=a\ ,dc=test`,
		`cn=a\ \  ,dc=test`:       `cn=a\ \ ,dc=test`,
		`cn=\ a,dc=test`:          `cn=\ a,dc=test`,
		`cn= \ a,dc=test`:         `cn=\ a,dc=test`,
		`cn=a\\ , dc=test`:        `cn=a\\,dc=test`, // an escaped backslash escapes nothing
		`cn=a\\,dc=test`:          `cn=a\\,dc=test`,
		`dc=test,cn=a\ `:          `dc=test,cn=a\ `,
		`cn=a\2C b,dc=test`:       `cn=a\2c b,dc=test`,
		`cn=a\`:                   `cn=a\`,
		"=":                       "=",
		" , = + ":                 ",=+",
	} {
		if got := GroupKey(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestGroupKeyTellsGroupsApart(t *testing.T) {
	for _, pair := range [][2]string{
		{`cn=Sales\, EMEA,dc=test`, `cn=Sales\,EMEA,dc=test`},
		{`cn=a\ ,dc=test`, `cn=a,dc=test`},
		{`cn=a = b,dc=test`, `cn=a=b,dc=test`},
		{`cn=a b,dc=test`, `cn=ab,dc=test`},
		{`cn=a\,dc\=test`, `cn=a,dc=test`},
	} {
		if a, b := GroupKey(pair[0]), GroupKey(pair[1]); a == b {
			t.Errorf("%s and %s are two groups and have one key, %q", pair[0], pair[1], a)
		}
	}
}

func FuzzGroupKey(f *testing.F) {
	for _, seed := range []string{"CN = Dev.Team , DC=test", `cn=a\, b,dc=test`, `cn=a\\ ,dc=x`, `a=\`, "Dev Team"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		once := GroupKey(in)
		if twice := GroupKey(once); twice != once {
			t.Fatalf("%q gives %q, which gives %q", in, once, twice)
		}
	})
}
