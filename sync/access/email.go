package access

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// maxEmail is the longest address that SMTP can carry in a path: 256 octets with the angle brackets (RFC 5321, section
// 4.5.3.1.3).
const maxEmail = 254

// Email is one normalised e-mail address: lower case, its domain in the ASCII form of IDNA. Two spellings of one mailbox
// compare equal. Tags ("+x") and dots are kept, because only the mail server knows what they mean. The zero value is "no
// address".
type Email string

// ParseEmail normalises one address. It takes a bare address only: a display name, a quoted local part, a comment, a
// domain without a dot, a control or an invisible character is refused with a sentence that says which. The sentence does
// not repeat the address, which is personal. Parsing the result gives the result.
func ParseEmail(s string) (Email, error) {
	s = norm.NFC.String(strings.TrimSpace(s)) // first of all: it makes a semicolon of the Greek question mark
	if fault := emailFault(s); fault != "" {
		return "", fmt.Errorf("not an e-mail address: %s", fault)
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Name != "" || parsed.Address != s {
		return "", errors.New("not an e-mail address: want one bare address such as ana@example.com")
	}
	at := strings.LastIndexByte(s, '@')
	domain, err := ParseDomain(s[at+1:])
	if err != nil {
		return "", fmt.Errorf("not an e-mail address: its domain %w", err)
	}
	// NFC once more, because some letters are composed only when small (J with a caron).
	email := norm.NFC.String(strings.ToLower(s[:at])) + "@" + domain
	if len(email) > maxEmail {
		return "", fmt.Errorf("not an e-mail address: it is longer than %d bytes in its ASCII form", maxEmail)
	}
	return Email(email), nil
}

// ParseDomain normalises the domain of addresses: the lower-case ASCII form of IDNA, which is what Email.Domain gives.
// Its errors go on where the domain was named: "is not a valid domain name".
func ParseDomain(s string) (string, error) {
	domain := asciiDomain(norm.NFC.String(strings.TrimSpace(s)))
	if domain == "" {
		return "", errors.New("is not a valid domain name")
	}
	if !strings.Contains(domain, ".") {
		return "", errors.New("has no dot")
	}
	return domain, nil
}

// asciiDomain gives the lower-case ASCII form of a domain, or "" where it has none that stays the same when it is looked
// up once more. It checks what idna.Lookup does and the lengths of RFC 1035, an empty label being one that is too short.
func asciiDomain(s string) string {
	lookup := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(true), idna.CheckJoiners(true),
		idna.StrictDomainName(true), idna.VerifyDNSLength(true))
	once, err := lookup.ToASCII(s)
	if err != nil || strings.HasSuffix(once, ".") {
		return ""
	}
	// The rule for right-to-left labels is checked of the ASCII form only, where the first form was mapped.
	twice, err := lookup.ToASCII(once)
	if err != nil || twice != once {
		return ""
	}
	return once
}

// emailFault names what ParseAddress would let pass, or say badly.
func emailFault(s string) string {
	switch {
	case s == "":
		return "it is empty"
	case len(s) > maxEmail:
		return fmt.Sprintf("it is longer than %d bytes", maxEmail)
	case strings.ContainsRune(s, utf8.RuneError): // also what a decoder left of bytes it could not read
		return "it is not valid UTF-8"
	case strings.ContainsAny(s, " \t\r\n\"<>()[]\\,;:"):
		return "it has a blank, a quote, a bracket, a comma, a colon or a semicolon in it"
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "it has a control character or an invisible character in it: type it anew"
	case !strings.Contains(s, "@"):
		return "it has no @"
	}
	return ""
}

// Domain is the part behind the @, in the ASCII form of IDNA.
func (e Email) Domain() string {
	return string(e[strings.LastIndexByte(string(e), '@')+1:])
}
