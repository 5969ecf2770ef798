package csvdir

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// column is a column that means something to us.
type column int

const (
	emailColumn column = iota
	nameColumn
	givenNameColumn
	familyNameColumn
	groupsColumn
	idColumn
	activeColumn
	columnCount
)

const (
	// maxColumns bounds the columns of a file.
	maxColumns = 1000
	// maxShown and maxHeader bound what an error repeats of a header row: headers, and characters of each.
	maxShown  = 20
	maxHeader = 40
)

// want is how a column is found: by the header that the config names under key, or else by one of its usual headers,
// which are written bare and parted by blanks.
type want struct {
	key    string
	header string
	usual  string
}

// wanted lists the columns. The usual headers are those of HR exports, of Active Directory's attributes and of the exports
// of Google Workspace and Entra ID.
func (c Columns) wanted() [columnCount]want {
	return [columnCount]want{
		emailColumn: {"email", c.Email, "email mail emailaddress mailaddress emailid workemail workemailaddress " +
			"businessemail companyemail primaryemail"},
		nameColumn:       {"name", c.Name, "name fullname displayname cn commonname"},
		givenNameColumn:  {"given_name", c.GivenName, "givenname firstname forename"},
		familyNameColumn: {"family_name", c.FamilyName, "familyname lastname surname sn"},
		groupsColumn:     {"groups", c.Groups, "groups group groupnames groupname memberof memberships"},
		idColumn: {"id", c.ID, "id userid uid employeeid employeenumber personnelnumber personid " +
			"externalid"},
		activeColumn: {"active", c.Active, "active isactive enabled isenabled accountenabled status accountstatus " +
			"userstatus"},
	}
}

func (w want) configured() bool { return strings.TrimSpace(w.header) != "" }

// is reports whether a header is the one wanted.
func (w want) is(header string) bool {
	if w.configured() {
		return strings.EqualFold(strings.TrimSpace(w.header), header)
	}
	return slices.Contains(strings.Fields(w.usual), bare(header))
}

// bare is a header without case, blanks, hyphens and underscores.
func bare(header string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(header))
}

// layout says what the cells of a file's rows are.
type layout struct {
	// at has the place of each column, -1 where the file has none.
	at [columnCount]int
	// attributes has the name of each column that is an attribute, "" for the others.
	attributes []string
	// needed is the number of columns up to the last one with a header.
	needed int
}

// layout finds the columns by their headers. What the config names goes first, so that a usual header takes no column
// that the config has given to something else.
func (c Columns) layout(cells []string) (layout, error) {
	headers, err := tidy(cells)
	if err != nil {
		return layout{}, err
	}
	l := layout{attributes: make([]string, len(headers))}
	for i, header := range headers {
		l.attributes[i] = strings.ToLower(header)
		if header != "" {
			l.needed = i + 1
		}
	}
	wanted := c.wanted()
	for _, configured := range []bool{true, false} {
		for column, w := range wanted {
			if w.configured() != configured {
				continue
			}
			if l.at[column], err = l.take(w, headers); err != nil {
				return layout{}, err
			}
		}
	}
	if l.at[emailColumn] < 0 {
		return layout{}, fmt.Errorf("its header row has no column for the e-mail address (%s): set columns.email to its "+
			"header, or delimiter if the cells are not parted", seen(headers))
	}
	return l, nil
}

// take finds a column's place, and keeps it from being an attribute or another column.
func (l *layout) take(w want, headers []string) (int, error) {
	place := -1
	for i, header := range headers {
		if !w.is(header) || l.attributes[i] == "" {
			continue
		}
		if place >= 0 {
			return 0, fmt.Errorf("its header row has two columns that could be %s (columns %d and %d; %s): set columns.%s to "+
				"a header that is there once", w.key, place+1, i+1, seen(headers), w.key)
		}
		place = i
	}
	if place < 0 && w.configured() {
		return 0, fmt.Errorf("its header row has no column %q (%s): correct columns.%s, or export the column",
			w.header, seen(headers), w.key)
	}
	if place >= 0 {
		l.attributes[place] = ""
	}
	return place, nil
}

// tidy trims the headers and refuses what no header row can be.
func tidy(cells []string) ([]string, error) {
	if len(cells) > maxColumns {
		return nil, fmt.Errorf("its header row has %d columns, more than %d: check that it is a list of people",
			len(cells), maxColumns)
	}
	headers := make([]string, len(cells))
	for i, cell := range cells {
		if !utf8.ValidString(cell) || strings.ContainsFunc(cell, isControl) {
			return nil, fmt.Errorf("its header row has characters that are no text: set encoding (%s where each letter "+
				"has a zero byte beside it), or export the file as UTF-8", encodingUTF16)
		}
		headers[i] = flat(cell)
	}
	return headers, nil
}

// seen repeats the headers for an error, but no row of data: that would put people's addresses into it.
func seen(headers []string) string {
	var shown []string
	for _, header := range headers {
		if strings.Contains(header, "@") {
			return "its first row holds an e-mail address, so the header row seems to be missing"
		}
		if runes := []rune(header); len(runes) > maxHeader {
			header = string(runes[:maxHeader]) + "…"
		}
		if header != "" && len(shown) < maxShown {
			shown = append(shown, fmt.Sprintf("%q", header))
		}
	}
	return "seen: " + strings.Join(shown, ", ")
}

// table is a file whose header has been read; the scanner stands at the row behind it.
type table struct {
	layout  layout
	scanner *scanner
}

// open reads the header row, with the delimiter of the config or the one that fits: of those that yield a column for the
// e-mail address, the one that yields most columns.
func (f format) open(text string) (table, error) {
	candidates := delimiters()
	if delimiter, set := delimiterOf(f.delimiter); set {
		candidates = []rune{delimiter}
	}
	var best *scanner
	var header []string
	var fault error
	for _, delimiter := range candidates {
		s := newScanner(text, delimiter)
		cells, err := s.header()
		if err != nil {
			fault = err
			continue
		}
		if best == nil || f.columns.rank(cells) > f.columns.rank(header) {
			best, header = s, cells
		}
	}
	if best == nil {
		return table{}, fault
	}
	l, err := f.columns.layout(header)
	return table{l, best}, err
}

// rank orders the ways to cut a header row.
func (c Columns) rank(cells []string) int {
	wanted := c.wanted()[emailColumn]
	for _, cell := range cells {
		if wanted.is(flat(cell)) {
			return maxFile + len(cells)
		}
	}
	return len(cells)
}

// header reads the first row that is not empty. It must be a line of its own: a quote left open in it would make the
// first people a part of the header, and nobody would miss them.
func (s *scanner) header() ([]string, error) {
	for {
		r, err := s.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("it has no header row")
		case err != nil:
			return nil, err
		case r.fault != "" || r.lines > 1:
			return nil, fmt.Errorf("its header row (line %d) has a quote that is not closed in the same line, or is out of "+
				"place: write each header in one line, and a quote in it as \"\"", r.line)
		case !empty(r.cells):
			return r.cells, nil
		}
	}
}

// isControl is what no cell may hold; flat makes blanks of tabs and line breaks.
func isControl(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' }

// flat trims a cell, and makes one blank of a tab or a line break within.
func flat(cell string) string {
	cell = strings.TrimSpace(cell)
	if strings.ContainsAny(cell, "\t\n") {
		cell = strings.Join(strings.Fields(cell), " ")
	}
	return cell
}

func empty(cells []string) bool {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}
