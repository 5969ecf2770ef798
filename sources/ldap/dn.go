package ldap

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	goldap "github.com/go-ldap/ldap/v3"
	"golang.org/x/text/unicode/norm"
)

// dnKey gives the form in which DNs are compared: servers hand out a member as it was once typed, and the entry as it was
// created. Case, escapes, blanks and the order within a name of several parts do not count (RFC 4514; RFC 4518, section
// 2.6.1). A DN that cannot be parsed is only lower-cased.
func dnKey(dn string) string {
	if isPlain(dn) {
		return strings.ToLower(dn)
	}
	parsed, err := goldap.ParseDN(withoutBits(dn))
	if err != nil {
		return strings.ToLower(dn)
	}
	parts := make([]string, len(parsed.RDNs))
	for i, rdn := range parsed.RDNs {
		pairs := make([]string, len(rdn.Attributes))
		for j, pair := range rdn.Attributes {
			pairs[j] = strings.ToLower(strings.TrimSpace(pair.Type)) + "=" + escape(fold(pair.Value))
		}
		slices.Sort(pairs)
		parts[i] = strings.Join(pairs, "+")
	}
	return strings.Join(parts, ",")
}

// isPlain reports whether lower-casing is all that dnKey would do: nearly always, and a hundred times faster.
func isPlain(dn string) bool {
	previous := byte(',')
	for i := range len(dn) {
		b := dn[i]
		switch {
		case b < ' ' || b > '~' || strings.IndexByte("\\+\"#;<>", b) >= 0:
			return false
		case b == ' ' && strings.IndexByte(" ,=", previous) >= 0, previous == ' ' && (b == ',' || b == '='):
			return false
		}
		previous = b
	}
	return previous != ' '
}

// fold makes values that a directory would call equal the same. What is not text is kept apart byte by byte, in hex.
func fold(value string) string {
	if !utf8.ValidString(value) {
		return fmt.Sprintf("#%x", asciiLower(value))
	}
	return strings.Join(strings.Fields(norm.NFKC.String(strings.ToLower(value))), " ")
}

// asciiLower leaves alone what strings.ToLower would take for a broken character and replace.
func asciiLower(value string) []byte {
	b := []byte(value)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return b
}

// escape keeps the separators of a key apart from those within a value.
func escape(value string) string {
	return strings.NewReplacer(`\`, `\\`, `,`, `\,`, `+`, `\+`, `"`, `\"`, `;`, `\;`, `#`, `\#`, `<`, `\<`, `>`, `\>`).Replace(value)
}

// withoutBits cuts the bit string that a uniqueMember may end in: cn=a,dc=b#'0101'B (RFC 4517, section 3.3.21).
func withoutBits(dn string) string {
	at := strings.LastIndex(dn, "#'")
	if at < 1 || dn[at-1] == '\\' || !strings.EqualFold(strings.TrimLeft(dn[at+2:], "01"), "'B") {
		return dn
	}
	return dn[:at]
}
