package access

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseEmail(t *testing.T) {
	longest := strings.Repeat("a", 63)
	longest = longest + "@" + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + "." + strings.Repeat("d", 58) + ".org"
	for in, want := range map[string]Email{
		"ana@example.com":                      "ana@example.com",
		"  ana@example.com\t\n":                "ana@example.com",
		"Ana.Abel@Example.COM":                 "ana.abel@example.com",
		"ana+ci@example.com":                   "ana+ci@example.com",
		"a.n.a@example.com":                    "a.n.a@example.com",
		"o'neil@example.com":                   "o'neil@example.com",
		"x!#$%&*/=?^_`{|}~-@example.com":       "x!#$%&*/=?^_`{|}~-@example.com",
		"123@123.example":                      "123@123.example",
		"ana@bücher.example":                   "ana@xn--bcher-kva.example",
		"ana@BÜCHER.example":                   "ana@xn--bcher-kva.example",
		"ana@bu\u0308cher.example":             "ana@xn--bcher-kva.example",
		"ana@XN--BCHER-KVA.example":            "ana@xn--bcher-kva.example",
		"ana@straße.example":                   "ana@xn--strae-oqa.example",
		"ana@例え。テスト":                           "ana@xn--r8jz45g.xn--zckzah",
		"BJÖRN@example.com":                    "björn@example.com",
		"bjo\u0308rn@example.com":              "björn@example.com",
		"J\u030c@example.com":                  "\u01f0@example.com", // composed only when small
		"\u01f0@example.com":                   "\u01f0@example.com",
		"ana@a.b.c.d.example.com":              "ana@a.b.c.d.example.com",
		longest:                                Email(longest),
		strings.Repeat("a", 64) + "@b.example": Email(strings.Repeat("a", 64) + "@b.example"),
	} {
		if got, err := ParseEmail(in); err != nil || got != want {
			t.Errorf("%q gives %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestParseEmailRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                                        "it is empty",
		" \t ":                                    "it is empty",
		"ana":                                     "it has no @",
		"ana.example.com":                         "it has no @",
		"Ana Abel <ana@example.com>":              "it has a blank",
		"<ana@example.com>":                       "it has a blank, a quote, a bracket",
		"ana@example.com, bo@example.com":         "it has a blank",
		"ana@example.com;bo@example.com":          "a semicolon",
		"mailto:ana@example.com":                  "a colon",
		`"ana"@example.com`:                       "a quote",
		`ana\@b@example.com`:                      "a bracket",
		"ana(home)@example.com":                   "a bracket",
		"ana abel@example.com":                    "it has a blank",
		"ana\u00a0abel@example.com":               "invisible",
		"ana\u200b@example.com":                   "invisible",
		"\ufeffana@example.com":                   "invisible",
		"ana\u202emoc@example.com":                "invisible",
		"ana\u0085x@example.com":                  "control character",
		"ana\x00@example.com":                     "control character",
		"ana\x7f@example.com":                     "control character",
		"ana\n@example.com":                       "it has a blank",
		"an\xe4@example.com":                      "not valid UTF-8",
		"an\ufffd@example.com":                    "not valid UTF-8",
		"@example.com":                            "want one bare address",
		"ana@":                                    "want one bare address",
		"a@b@example.com":                         "want one bare address",
		".ana@example.com":                        "want one bare address",
		"ana.@example.com":                        "want one bare address",
		"a..na@example.com":                       "want one bare address",
		"ana@[192.0.2.1]":                         "a bracket",
		"ana@example":                             "no dot",
		"ana@localhost":                           "no dot",
		"ana@example.com.":                        "want one bare address",
		"ana@.example.com":                        "want one bare address",
		"ana@example..com":                        "want one bare address",
		"ana@exam_ple.com":                        "not a valid domain name",
		"ana@-example.com":                        "not a valid domain name",
		"ana@example-.com":                        "not a valid domain name",
		"ana@例え.テスト。":                             "not a valid domain name",
		"ana\u037e@example.com":                   "a semicolon",             // the Greek question mark
		"ana@ℶ.0":                                 "not a valid domain name", // passes once, and not in its ASCII form
		"ana@xn--a.example":                       "not a valid domain name",
		"ana@\u00ad.example":                      "invisible",
		"ana@" + strings.Repeat("b", 64) + ".com": "not a valid domain name",
		strings.Repeat("a", 245) + "@b.example":   "longer than 254 bytes",
		// Short as typed, too long in the ASCII form.
		"ana@" + strings.Repeat("ü.", 60) + "example":                        "not a valid domain name",
		strings.Repeat("a", 60) + "@" + strings.Repeat("ü.", 30) + "example": "longer than 254 bytes in its ASCII form",
	} {
		got, err := ParseEmail(in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %q, error %v; want one with %q", in, got, err, want)
			continue
		}
		if got != "" {
			t.Errorf("%q gives %q beside an error", in, got)
		}
	}
}

func TestParseEmailDoesNotRepeatTheAddress(t *testing.T) {
	for _, in := range []string{
		"secretname", "secretname@localhost", "Secretname <secretname@example.com>", "secretname@exam_ple.com",
		"secretname\x00@example.com", "secretname..x@example.com", "secretname@xn--a.example", "secretname@" + strings.Repeat("b", 300),
	} {
		if _, err := ParseEmail(in); err == nil || strings.Contains(strings.ToLower(err.Error()), "secretname") {
			t.Errorf("%q: error %v, want one without the address", in, err)
		}
	}
}

func TestEmailDomain(t *testing.T) {
	for email, want := range map[Email]string{"ana@example.com": "example.com", "": ""} {
		if got := email.Domain(); got != want {
			t.Errorf("the domain of %q is %q, want %q", email, got, want)
		}
	}
}

func FuzzParseEmail(f *testing.F) {
	for _, seed := range []string{
		"ana@example.com", "Ana Abel <ana@example.com>", "ana@bücher.example", "J\u030c@example.com", "\u0130@example.com",
		"a@\u00ad.com", "ana@例え。テスト", "ana@xn--a.example", "ana\u200b@example.com", "\u1e9e@straße.example", "a\x00@b.c",
		"K@example.com", "ana@" + strings.Repeat("ü.", 60) + "example", "\u03f4@\u2126.example", "=?utf-8?q?ana?=@example.com",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		once, err := ParseEmail(in)
		if err != nil {
			if once != "" {
				t.Fatalf("%q gives %q beside an error", in, once)
			}
			return
		}
		twice, err := ParseEmail(string(once))
		if err != nil || twice != once {
			t.Fatalf("%q gives %q, which gives %q, %v", in, once, twice, err)
		}
		if len(once) > maxEmail || !utf8.ValidString(string(once)) || !strings.Contains(once.Domain(), ".") {
			t.Fatalf("%q gives %q", in, once)
		}
	})
}
