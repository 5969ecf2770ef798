package csvdir

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/sources"
	"bitroster/sync/access"
)

func TestReadMakesEntriesOfRows(t *testing.T) {
	got := mustRead(t, "E-Mail Address;Given Name;family_name;Employee-ID;Groups;Active;Cost Center;Cost center\r\n"+
		"Zoe@Example.TEST;Zoë;O'Neil;17;ops|Release Managers;no;4711;4712\r\n"+
		"\r\n"+
		" ana@example.test ;  Ana ;Abel;;\"ops; dev\";;;\r\n", nil)
	want := sources.Snapshot{
		Entries: []sources.Entry{
			{
				Email: "ana@example.test", Name: "Ana Abel", Groups: []string{"dev", "ops"},
				Origin: "people.csv:4",
			},
			{
				ID: "17", Email: "zoe@example.test", Name: "Zoë O'Neil", Groups: []string{"Release Managers", "ops"},
				Attributes: map[string][]string{"cost center": {"4711", "4712"}},
				Disabled:   true, Origin: "people.csv:2",
			},
		},
		Groups: []sources.Group{
			{ID: "Release Managers", Name: "Release Managers", Members: 1},
			{ID: "dev", Name: "dev", Members: 1},
			{ID: "ops", Name: "ops", Members: 2},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}
}

func TestReadUnitesRowsOfOneAddress(t *testing.T) {
	got, err := readFiles(t, map[string]string{
		"2.csv": "email,name,id,groups,site,active\nANA@example.test,Other Name,9,Dev;lead,Rome,no\n",
		"1.csv": "email,name,groups,site\n" +
			"ana@Example.test,,\"dev ;ops\",Oslo\nbob@example.test,Bob,DEV,Oslo\nana@example.test,Ana,ops,Bonn\n",
	}, nil)
	check(t, err)
	want := sources.Snapshot{
		Entries: []sources.Entry{
			{
				ID: "9", Email: "ana@example.test", Name: "Ana", Groups: []string{"dev", "lead", "ops"},
				Attributes: map[string][]string{"site": {"Bonn", "Oslo", "Rome"}},
				Disabled:   true, Origin: "1.csv:2",
			},
			{
				Email: "bob@example.test", Name: "Bob", Groups: []string{"dev"},
				Attributes: map[string][]string{"site": {"Oslo"}}, Origin: "1.csv:3",
			},
		},
		Groups: []sources.Group{
			{ID: "dev", Name: "dev", Members: 2},
			{ID: "lead", Name: "lead", Members: 1},
			{ID: "ops", Name: "ops", Members: 1},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}
}

// Each row stands between two good ones, which must come through.
func TestABadRowIsRejectedAndStopsNoOther(t *testing.T) {
	for name, row := range map[string]struct {
		text   string
		reason string
		lines  int
	}{
		"too few cells":          {"x@example.test,X", "it has 2 cells where the header has 4", 1},
		"too many cells":         {"x@example.test,X,,yes,more", "it has 5 cells where the header has 4", 1},
		"no address":             {",X,,yes", "it is empty", 1},
		"bad address":            {"x,X,,yes", "it has no @", 1},
		"two addresses":          {`"x@example.test,y@example.test",X,,yes`, "a comma", 1},
		"unknown word":           {"x@example.test,X,,perhaps", "its cell for active is no word we know", 1},
		"bare quote":             {`x@example.test,X "the" Y,,yes`, "a quote stands within a cell", 1},
		"text behind a quote":    {`x@example.test,"X" Y,,yes`, "does not end with one", 1},
		"quote never closed":     {`x@example.test,"X,,yes`, "does not end with one", 1},
		"control character":      {"x@example.test,X\x07,,yes", "cell 2 has a control character", 1},
		"single zero byte":       {"x@example.test,X\x00,,yes", "cell 2 has a control character", 1},
		"C1 control character":   {"x@example.test,X\u0085Y,,yes", "cell 2 has a control character", 1},
		"carriage return within": {"x@example.test,\"X\rY\",,yes", "cell 2 has a control character", 1},
		"invalid bytes":          {"x@example.test,X\xe9,,yes", "cell 2 has bytes that are no character", 1},
		"long cell":              {"x@example.test," + strings.Repeat("X", maxCell+1) + ",,yes", "cell 2 is longer", 1},
		"two lines, bad address": {"x,\"X\nY\",,yes", "it has no @", 2},
		"fifty-one lines":        {"x@example.test,\"X" + strings.Repeat("\n", maxLines) + "\",,yes", "it runs over 51 lines", 51},
		"swallowed rows": {
			"x@example.test,\"X,,yes\ny@example.test,Y,,yes\nz@example.test,5\",,yes",
			"hold", 3,
		},
		"header once more": {"Email,Name,Groups,Active", "it has no @", 1},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustRead(t, "email,name,groups,active\nana@example.test,Ana,,yes\n"+row.text+"\nbob@example.test,Bob,,yes\n",
				func(c *Config) { c.Encoding = "utf-8" })
			want := []string{"ana@example.test people.csv:2", fmt.Sprint("bob@example.test people.csv:", 3+row.lines)}
			if diff := cmp.Diff(want, summary(got)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if len(got.Rejects) != 1 || got.Rejects[0].Origin != "people.csv:3" ||
				!strings.Contains(got.Rejects[0].Reason, row.reason) {
				t.Errorf("rejects %v, want one of people.csv:3 with %q", got.Rejects, row.reason)
			}
			if reasons := fmt.Sprint(got.Rejects); strings.Contains(reasons, "@example") {
				t.Errorf("a reason repeats an address: %s", reasons)
			}
		})
	}
}

func TestRowsThatAreFine(t *testing.T) {
	for name, text := range map[string]string{
		"extra empty cells":               "email,name\nana@example.test,Ana,, ,\n",
		"extra empty headers":             "email,name,,\nana@example.test,Ana\n",
		"a row of empty cells":            "email,name\n,\n ,\t\nana@example.test,Ana\n",
		"blank lines":                     "\n\nemail,name\n\n   \nana@example.test,Ana\n\n",
		"empty cells before the header":   ",,\nemail,name\nana@example.test,Ana\n",
		"no line break at the end":        "email,name\nana@example.test,Ana",
		"CR and LF":                       "email,name\r\nana@example.test,Ana\r\n",
		"CR alone":                        "email,name\rana@example.test,Ana\r",
		"blanks before quotes":            "email, name\nana@example.test, \"Ana\"\n",
		"a quoted cell with a line break": "email,name,note\nana@example.test,Ana,\"a\r\nb, c\n\"\"d\"\"\"\n",
		"fifty lines":                     "email,name,note\nana@example.test,Ana,\"" + strings.Repeat("\n", maxLines-1) + "\"\n",
		"only an address":                 "email\nana@example.test\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := mustRead(t, text, nil)
			if len(got.Entries) != 1 || got.Entries[0].Email != "ana@example.test" || len(got.Rejects) != 0 {
				t.Errorf("snapshot %v, want Ana and no reject", got)
			}
		})
	}
}

func TestAQuotedLineBreakBecomesABlank(t *testing.T) {
	got := mustRead(t, "email,name,groups,note\nana@example.test,\"Ana\r\nAbel\",\"dev\r\nops\",\"a\n\tb\"\n", nil)
	want := []sources.Entry{{
		Email: "ana@example.test", Name: "Ana Abel", Groups: []string{"dev", "ops"},
		Attributes: map[string][]string{"note": {"a b"}}, Origin: "people.csv:2",
	}}
	if diff := cmp.Diff(want, got.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// encoding/csv trims white space before a cell even where it is the delimiter.
func TestEmptyCellsStayWithTabs(t *testing.T) {
	got := mustRead(t, "email\tname\tsite\nana@example.test\t\tOslo\n", nil)
	want := []sources.Entry{{
		Email: "ana@example.test", Attributes: map[string][]string{"site": {"Oslo"}}, Origin: "people.csv:2",
	}}
	if diff := cmp.Diff(want, got.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// A quote that is left open takes encoding/csv to the end of the file, or to the next quote.
func TestAnOpenQuoteCostsItsOwnRowOnly(t *testing.T) {
	var text strings.Builder
	text.WriteString("email,name\n")
	for i := range 200 {
		quote := ""
		if i == 10 || i == 150 {
			quote = `"`
		}
		fmt.Fprintf(&text, "p%d@example.test,%sPerson\n", i, quote)
	}
	got := mustRead(t, text.String(), nil)
	origins := []string{}
	for _, reject := range got.Rejects {
		origins = append(origins, reject.Origin)
	}
	if diff := cmp.Diff([]string{"people.csv:12", "people.csv:152"}, origins); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	if len(got.Entries) != 198 {
		t.Errorf("%d entries, want all but the two broken", len(got.Entries))
	}
}

// Who may fill a free text must not be able to write rows.
func TestQuotedTextIsNeverReadAsRows(t *testing.T) {
	for name, note := range map[string]string{
		"a row":                  "x\neve@example.test,admins,x\ny",
		"a row behind 60 lines":  strings.Repeat("\n", 60) + "eve@example.test,admins,x\ny",
		"a row behind ten lines": strings.Repeat("\n", 10) + `""` + "\neve@example.test,admins,x\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := mustRead(t, "email,groups,note\nmallory@example.test,,\""+note+"\"\nana@example.test,,\n", nil)
			if diff := cmp.Diff([]string{"ana@example.test"}, addresses(got)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if len(got.Rejects) != 1 || got.Rejects[0].Origin != "people.csv:2" {
				t.Errorf("rejects %v, want that of people.csv:2", got.Rejects)
			}
		})
	}
}

func TestActiveWords(t *testing.T) {
	for word, disabled := range map[string]bool{
		"yes": false, "TRUE": false, "1": false, " Active ": false, "enabled": false, "": false,
		"No": true, "false": true, "0": true, "N": true, "Inactive": true, "DISABLED": true, "terminated": true,
	} {
		got := mustRead(t, "email,status\nana@example.test,"+word+"\n", nil)
		if len(got.Entries) != 1 || got.Entries[0].Disabled != disabled {
			t.Errorf("word %q: entries %v, want disabled %v", word, got.Entries, disabled)
		}
	}
}

func TestGroupSeparators(t *testing.T) {
	for name, test := range map[string]struct {
		cell, separator string
		want            []string
	}{
		"default":                    {"b;a | c;;", "", []string{"a", "b", "c"}},
		"default keeps commas":       {"Sales, EMEA;CN=Dev,OU=x", "", []string{"CN=Dev,OU=x", "Sales, EMEA"}},
		"comma asked for":            {"Sales, EMEA;x", ",", []string{"EMEA;x", "Sales"}},
		"blank asked for":            {"dev  ops", " ", []string{"dev", "ops"}},
		"line breaks always":         {"dev\nops", ",", []string{"dev", "ops"}},
		"one group in two spellings": {"Dev; dev ;DEV", "", []string{"Dev"}},
		"none":                       {" ; ", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustRead(t, "email,groups\nana@example.test,\""+test.cell+"\"\n",
				func(c *Config) { c.GroupSeparator = test.separator })
			if len(got.Entries) != 1 {
				t.Fatalf("entries %v, want one", got.Entries)
			}
			if diff := cmp.Diff(test.want, got.Entries[0].Groups); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARejectCountsAsAMemberOfItsGroups(t *testing.T) {
	got := mustRead(t, "email,groups\nana@example.test,dev\nnobody,dev;ops\n,\"ops\"\n", nil)
	want := []sources.Group{{ID: "dev", Name: "dev", Members: 2}, {ID: "ops", Name: "ops", Members: 2}}
	if diff := cmp.Diff(want, got.Groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

// hookContext calls a function each time it is asked whether it has ended.
type hookContext struct {
	context.Context
	hook func() error
}

func (c hookContext) Err() error { return c.hook() }

func TestTheContextIsAskedBetweenRows(t *testing.T) {
	asked := 0
	ctx := hookContext{t.Context(), func() error {
		if asked++; asked > 3 {
			return context.Canceled
		}
		return nil
	}}
	people := newRoster()
	f := format{encoding: encodingAuto}
	err := f.parse(ctx, "people.csv", []byte("email\n"+strings.Repeat("ana@example.test\n", 100)), people)
	if !errors.Is(err, context.Canceled) || asked != 4 {
		t.Errorf("error %v after %d questions, want the end of the context at the fourth", err, asked)
	}
}

func TestTooManyRows(t *testing.T) {
	f := format{encoding: encodingAuto}
	for rows, fine := range map[int]bool{maxRows: true, maxRows + 1: false} {
		people := newRoster()
		err := f.parse(t.Context(), "people.csv", []byte("email,name\n"+strings.Repeat(",\n", rows)), people)
		if (err == nil) != fine {
			t.Errorf("%d rows: error %v, want none: %v", rows, err, fine)
		}
	}
}

// summary gives addresses and origins.
func summary(s sources.Snapshot) []string {
	var lines []string
	for _, entry := range s.Entries {
		lines = append(lines, string(entry.Email)+" "+entry.Origin)
	}
	return lines
}

func addresses(s sources.Snapshot) []string {
	var found []string
	for _, entry := range s.Entries {
		found = append(found, string(entry.Email))
		if _, err := access.ParseEmail(string(entry.Email)); err != nil {
			found = append(found, err.Error())
		}
	}
	return found
}
