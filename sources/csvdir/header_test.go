package csvdir

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
)

func TestDelimiters(t *testing.T) {
	for name, test := range map[string]struct{ delimiter, text string }{
		"comma":                          {"", "name,email,note\nAna,ana@example.test,a;b|c\n"},
		"semicolon":                      {"", "name;email;note\nAna;ana@example.test;a,b|c\n"},
		"tab":                            {"", "name\temail\tnote\nAna\tana@example.test\ta;b\n"},
		"bar":                            {"", "name|email|note\nAna|ana@example.test|a,b\n"},
		"quoted headers":                 {"", "\"name\";\"email\";\"note, or none\"\nAna;ana@example.test;x\n"},
		"another one in a header":        {"", "name,email,note;a;b;c;d\nAna,ana@example.test,x\n"},
		"two yield it, most columns win": {"", "email,name;site;note\nana@example.test,Ana;b;c\n"},
		"comma said":                     {",", "email,na;me\nana@example.test,Ana\n"},
		"semicolon said":                 {";", "email;na,me\nana@example.test;Ana\n"},
		"tab said":                       {"tab", "email\tna,me\nana@example.test\tAna\n"},
		"bar said":                       {"|", "email|na,me\nana@example.test|Ana\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustRead(t, test.text, func(c *Config) { c.Delimiter = test.delimiter })
			if diff := cmp.Diff([]string{"ana@example.test"}, addresses(got)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUsualHeaders(t *testing.T) {
	for _, header := range []string{
		"email", "E-Mail", "EMAIL", "mail", "Email Address", "e_mail_address", "E-Mail-Address", "Work Email", "\"email\"",
	} {
		got := mustRead(t, "x,"+header+"\ny,ana@example.test\n", nil)
		if len(got.Entries) != 1 {
			t.Errorf("header %q: entries %v, want Ana", header, got.Entries)
		}
	}
}

func TestConfiguredHeaders(t *testing.T) {
	got := mustRead(t, "Mail,PRIVATE MAIL,Dept,Group,Nr\nana@example.test,ana@home.test,dev,g1,7\n", func(c *Config) {
		c.Columns = Columns{Email: " mail ", Groups: "dept", ID: "NR", Name: "private mail"}
	})
	if len(got.Entries) != 1 {
		t.Fatalf("entries %v, want one", got.Entries)
	}
	e := got.Entries[0]
	if e.Email != "ana@example.test" || e.ID != "7" || e.Name != "ana@home.test" {
		t.Errorf("entry %+v, want the configured columns", e)
	}
	if diff := cmp.Diff([]string{"dev"}, e.Groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string][]string{"group": {"g1"}}, e.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

func TestAUsualHeaderTakesNoConfiguredColumn(t *testing.T) {
	got := mustRead(t, "email,mail\nana@example.test,17\n", func(c *Config) { c.Columns.ID = "mail" })
	if len(got.Entries) != 1 || got.Entries[0].ID != "17" {
		t.Errorf("entries %v, want the id of column mail", got.Entries)
	}
}

func TestFilesThatCannotBeReadAsAWhole(t *testing.T) {
	for name, test := range map[string]struct {
		text   string
		change func(*Config)
		want   string
	}{
		"zero bytes":             {"", nil, "it is empty"},
		"nothing but a mark":     {markUTF8, nil, "it is empty"},
		"nothing but blanks":     {" \r\n\n", nil, "it is empty"},
		"nothing but empty rows": {",,\n,,\n", func(c *Config) { c.Delimiter = "," }, "it has no header row"},
		"no e-mail column": {
			"Name,Dept\nAna,dev\n", nil,
			`no column for the e-mail address (seen: "Name", "Dept"): set columns.email`,
		},
		"wrong delimiter said":       {"email;name\n", func(c *Config) { c.Delimiter = "," }, `seen: "email;name"`},
		"no header":                  {"ana@example.test,Ana\n", nil, "the header row seems to be missing"},
		"two that could be e-mail":   {"email,name,mail\n", nil, "two columns that could be email (columns 1 and 3"},
		"one header twice":           {"email,groups,Groups\n", nil, "set columns.groups"},
		"configured e-mail missing":  {"email,name\n", func(c *Config) { c.Columns.Email = "Mail" }, `no column "Mail"`},
		"configured groups missing":  {"email,name\n", func(c *Config) { c.Columns.Groups = "Team" }, "correct columns.groups"},
		"configured header is twice": {"email,a,A\n", func(c *Config) { c.Columns.ID = "a" }, "set columns.id"},
		"header not closed":          {"email,\"name\nana@example.test,Ana\n", nil, "header row (line 1) has a quote that is not closed"},
		"header closed by a stray":   {"\nemail,\"name\nana@example.test,5\"\n", nil, "header row (line 2) has a quote that is not closed"},
		"too many columns":           {"email" + strings.Repeat(",", maxColumns) + "\n", nil, "more than 1000"},
		"a line of delimiters":       {"email\n" + strings.Repeat("|", maxCells+1) + "\n", nil, "its line 2 has more than 100000 cells"},
		"a zero-filled tail":         {"email\nana@example.test\n" + strings.Repeat("\x00", 100), nil, "run of zero bytes"},
		"UTF-16 without its mark":    {wide(t, unicode.LittleEndian, unicode.IgnoreBOM, "email\n"), nil, "set encoding (utf-16"},
		"half of a UTF-16 character": {markUTF16LE + "e\x00m", nil, "ends within a character"},
		"unsaid windows-1252":        {"email,name\nana@example.test,Zo\xeb\n", nil, "(first seen in line 2): set encoding: windows-1252"},
		"invalid bytes in the header": {
			"email,n\xe4me\n", func(c *Config) { c.Encoding = "utf-8" },
			"characters that are no text",
		},
	} {
		t.Run(name, func(t *testing.T) {
			good := "email,team,a\nbob@example.test,,\n"
			files := map[string]string{"a.csv": good, "b.csv": test.text}
			if test.change != nil {
				// The good file must not be the one that the error is about.
				delete(files, "a.csv")
			}
			got, err := readFiles(t, files, test.change)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), ": b.csv: ") {
				t.Errorf("error %v, want one of b.csv with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "@") {
				t.Errorf("the error repeats an address: %v", err)
			}
			if len(got.Entries) != 0 {
				t.Errorf("%d entries beside the error", len(got.Entries))
			}
		})
	}
}

func TestAnErrorRepeatsAFewHeadersOnly(t *testing.T) {
	headers := []string{strings.Repeat("ä", 100)}
	for i := range 100 {
		headers = append(headers, fmt.Sprint("h", i))
	}
	got := seen(headers)
	if strings.Count(got, `"`) != 2*maxShown || strings.Count(got, "ä") != maxHeader {
		t.Errorf("%s: want %d headers of at most %d letters", got, maxShown, maxHeader)
	}
}

func TestAFileWithOnlyAHeaderHasNobody(t *testing.T) {
	got := mustRead(t, "email,name,groups\n", nil)
	if len(got.Entries)+len(got.Groups)+len(got.Rejects) != 0 {
		t.Errorf("snapshot %v, want an empty one", got)
	}
}

func TestEncodings(t *testing.T) {
	const text = "email,name\nzoe@example.test,Zoë Żak €\n"
	for name, test := range map[string]struct{ setting, text string }{
		"UTF-8":                           {"auto", text},
		"UTF-8 said":                      {"utf-8", text},
		"UTF-8 with its mark":             {"auto", markUTF8 + text},
		"mark of UTF-8, 1252 said":        {"windows-1252", markUTF8 + text},
		"UTF-16LE with its mark":          {"auto", wide(t, unicode.LittleEndian, unicode.UseBOM, text)},
		"UTF-16BE with its mark":          {"auto", wide(t, unicode.BigEndian, unicode.UseBOM, text)},
		"mark of UTF-16, UTF-8 said":      {"utf-8", wide(t, unicode.BigEndian, unicode.UseBOM, text)},
		"UTF-16 said, with its mark":      {"utf-16", wide(t, unicode.BigEndian, unicode.UseBOM, text)},
		"UTF-16 said, little, no mark":    {"utf-16", wide(t, unicode.LittleEndian, unicode.IgnoreBOM, text)},
		"UTF-16 said, big, no mark":       {"utf-16", wide(t, unicode.BigEndian, unicode.IgnoreBOM, text)},
		"windows-1252 said":               {"windows-1252", "email,name\nzoe@example.test,Zo\xeb \x80\n"},
		"windows-1252 said, pure ASCII":   {"windows-1252", "email,name\nzoe@example.test,Zoe\n"},
		"UTF-8 with a mark, quoted names": {"auto", markUTF8 + "\"email\",\"name\"\n\"zoe@example.test\",\"Zoë Żak €\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustRead(t, test.text, func(c *Config) { c.Encoding = test.setting })
			want := "Zoë Żak €"
			if strings.HasPrefix(name, "windows") {
				want = map[bool]string{true: "Zoe", false: "Zoë €"}[strings.HasSuffix(name, "ASCII")]
			}
			if len(got.Entries) != 1 || got.Entries[0].Name != want || len(got.Rejects) != 0 {
				t.Errorf("snapshot %v, want %s", got, want)
			}
		})
	}
}

func TestWhatCannotBeDecodedCostsItsRow(t *testing.T) {
	lone := wide(t, unicode.LittleEndian, unicode.UseBOM, "email,name\nana@example.test,Ana\nzoe@example.test,Zo") +
		"\x00\xd8" + wide(t, unicode.LittleEndian, unicode.IgnoreBOM, "\n")
	for name, test := range map[string]struct{ setting, text string }{
		"a lone surrogate":                 {"auto", lone},
		"bytes behind the mark of UTF-8":   {"auto", markUTF8 + "email,name\nana@example.test,Ana\nzoe@example.test,Zo\xeb\n"},
		"a byte that windows-1252 has not": {"windows-1252", "email,name\nana@example.test,Ana\nzoe@example.test,Zo\x81.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustRead(t, test.text, func(c *Config) { c.Encoding = test.setting })
			if diff := cmp.Diff([]string{"ana@example.test"}, addresses(got)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if len(got.Rejects) != 1 || got.Rejects[0].Origin != "people.csv:3" {
				t.Errorf("rejects %v, want that of people.csv:3", got.Rejects)
			}
		})
	}
}

func wide(t *testing.T, order unicode.Endianness, mark unicode.BOMPolicy, text string) string {
	t.Helper()
	encoded, err := unicode.UTF16(order, mark).NewEncoder().String(text)
	check(t, err)
	return encoded
}
