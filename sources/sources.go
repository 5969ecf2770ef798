// Package sources says what a directory of people is, and what bitroster may believe of one.
//
// A Source gives its whole directory or an error, never a part that looks whole: nearly every tool of this field has
// taken "could not read" for "nobody is there". What cannot be used (a row without an address, say) is a Reject, which is
// reported and stops nobody else; what could not be read of one group is that group's Problem.
package sources

import (
	"context"
	"strings"

	"bitroster/internal/settings"
	"bitroster/sync/access"
)

// Source reads one directory.
type Source interface {
	// Read gives the whole directory as it is now, in a stable order, or an error and nothing. It ends soon after the
	// context does.
	Read(ctx context.Context) (Snapshot, error)
}

// Config is the settings of one kind of source. It is a value decoded from the config file.
type Config interface {
	// Validate reports every fault, with paths relative to the source. It touches no file and no network.
	Validate() settings.Faults
	// Open makes the source ready to be read. It may read secrets and certificates, not the directory.
	Open(settings.Secrets) (Source, error)
}

// Rooted is a Config with paths in it: Root makes relative ones start from a folder, that of the config file.
type Rooted interface{ Root(folder string) }

// Registry lists the kinds of source, by the type named in the config: each makes a Config with its defaults, a pointer,
// to decode into.
type Registry map[string]func() Config

// Snapshot is one whole read of a directory.
type Snapshot struct {
	Entries []Entry
	Groups  []Group
	Rejects []Reject
}

// Entry is one person as one source knows them.
type Entry struct {
	// ID is the source's stable id of the person, where it has one: it survives a changed name or address.
	ID    string
	Email access.Email
	Name  string
	// Groups are the IDs of the groups of this Snapshot that the person is in, sorted, each once.
	Groups []string
	// Attributes are the further values that rules may ask for. Names are lower case.
	Attributes map[string][]string
	// Disabled says that the directory knows the person and has shut the account.
	Disabled bool
	// Origin says where the entry stands: a file and line, a DN.
	Origin string
}

// Group is one group as one source knows it.
type Group struct {
	// ID names the group within its source: a DN, or the name itself.
	ID   string
	Name string
	// Members counts the members, usable or not.
	Members int
	// Problem says why the group's members are not to be believed, and what to check; empty when they are.
	Problem string
}

// Reject is something in the directory that cannot be used, and why.
type Reject struct {
	Origin string `json:"origin"`
	Reason string `json:"reason"`
}

// GroupKey is the form in which a rule's name of a group is compared with a Group's ID or Name: lower case, and without
// the optional blanks round the separators of a DN (RFC 4514, section 2.1; blanks as in RFC 2253, section 4). What is
// escaped belongs to the value: "cn=Sales\, EMEA" and "cn=Sales\,EMEA" are two groups. Two ways of escaping the same
// character ("\," and "\2C") stay different.
func GroupKey(s string) string {
	s = strings.ToLower(s)
	if !strings.Contains(s, "=") {
		return strings.TrimSpace(s)
	}
	key, kept := make([]byte, 0, len(s)), 0 // kept is where key ends without the blanks that may be optional
	edge, value := true, false              // edge: just behind a separator; value: behind the = of this attribute
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			if !edge {
				key = append(key, c)
			}
			continue
		case c == ',' || c == '+' || c == '=' && !value:
			key = append(key[:kept], c)
			edge, value = true, c == '='
		case c == '\\' && i+1 < len(s):
			i++
			key = append(key, c, s[i])
			edge = false
		default:
			key = append(key, c)
			edge = false
		}
		kept = len(key)
	}
	return string(key[:kept])
}
