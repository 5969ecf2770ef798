package csvdir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"bitroster/sources"
	"bitroster/sync/access"
)

const (
	// maxCell bounds one cell, in bytes: what a cell of Excel can hold, 32,767 characters.
	maxCell = 32 << 10
	// maxLines bounds the lines of one row. More than that is a quote left open that found its end in a stray one.
	maxLines = 50
	// maxRows bounds the rows of one file.
	maxRows = 1_000_000
)

// format is how files are read.
type format struct {
	columns   Columns
	delimiter string
	separator string
	encoding  string
}

// parse reads one file into a roster. Its error means that the file as a whole cannot be read, or is not to be believed.
func (f format) parse(ctx context.Context, name string, data []byte, people *roster) error {
	text, err := decode(data, f.encoding)
	if err != nil {
		return err
	}
	t, err := f.open(text)
	if err != nil {
		return err
	}
	for range maxRows + 1 {
		r, err := t.scanner.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.fault == "" && empty(r.cells) {
			continue
		}
		entry, fault := f.entry(t, r)
		entry.Origin = fmt.Sprintf("%s:%d", name, r.line)
		people.add(entry, fault)
	}
	return fmt.Errorf("it has more than %d rows: check that it is a list of people, and split it if it is", maxRows)
}

// entry reads one row. A fault says why the person cannot be used; the groups are given all the same where they could be
// read, since the person is a member of them.
func (f format) entry(t table, r record) (sources.Entry, string) {
	if fault := t.fault(r); fault != "" {
		return sources.Entry{}, fault
	}
	l := t.layout
	entry := sources.Entry{
		ID:         l.value(r.cells, idColumn),
		Name:       l.name(r.cells),
		Groups:     f.groups(l.cell(r.cells, groupsColumn)),
		Attributes: l.values(r.cells),
	}
	address, err := access.ParseEmail(l.cell(r.cells, emailColumn))
	if err != nil {
		return entry, err.Error()
	}
	entry.Email = address
	word := strings.ToLower(l.value(r.cells, activeColumn))
	disabled, known := isDisabled(word)
	if !known {
		return entry, "its cell for active is no word we know: want " + activeWords + " or " + disabledWords +
			", or set columns.active to the right header"
	}
	entry.Disabled = disabled
	return entry, ""
}

// fault says what keeps a whole row from being read.
func (t table) fault(r record) string {
	l := t.layout
	switch {
	case r.fault != "":
		return r.fault
	case r.lines > maxLines:
		return fmt.Sprintf("it runs over %d lines, more than %d, so a quote is left open: close it, and write a quote within "+
			`a cell as ""`, r.lines, maxLines)
	case t.holdsRow(r.rest):
		return fmt.Sprintf("a quoted cell holds what look like rows of their own, up to line %d: close the quote",
			r.line+r.lines-1)
	case len(r.cells) < l.needed, len(r.cells) > len(l.attributes) && !empty(r.cells[len(l.attributes):]):
		return fmt.Sprintf("it has %d cells where the header has %d: put a cell that holds the delimiter in quotes",
			len(r.cells), l.needed)
	}
	for i, cell := range r.cells {
		switch {
		case len(cell) > maxCell:
			return fmt.Sprintf("cell %d is longer than %d bytes", i+1, maxCell)
		case !utf8.ValidString(cell):
			return fmt.Sprintf("cell %d has bytes that are no character: export the file afresh, or set encoding", i+1)
		case strings.ContainsFunc(cell, isControl):
			return fmt.Sprintf("cell %d has a control character in it", i+1)
		}
	}
	return ""
}

// holdsRow looks for rows in the lines that a quoted cell has swallowed: a quote left open may find its end in a later
// stray one, and what lies between would be gone without a word. They are not read as rows, since they may as well be
// what someone has written into a free text.
func (t table) holdsRow(rest string) bool {
	for line := range strings.Lines(rest) {
		cells := strings.Split(line, string(t.scanner.delimiter))
		if len(cells) < max(t.layout.needed, 2) {
			continue
		}
		cell := strings.Trim(cells[t.layout.at[emailColumn]], "\" \t\r\n")
		if _, err := access.ParseEmail(cell); err == nil {
			return true
		}
	}
	return false
}

// cell gives a cell as it stands, "" where the file has no such column.
func (l layout) cell(cells []string, c column) string {
	if l.at[c] < 0 {
		return ""
	}
	return cells[l.at[c]]
}

// value gives a trimmed cell.
func (l layout) value(cells []string, c column) string { return flat(l.cell(cells, c)) }

func (l layout) name(cells []string) string {
	if full := l.value(cells, nameColumn); full != "" {
		return full
	}
	return strings.TrimSpace(l.value(cells, givenNameColumn) + " " + l.value(cells, familyNameColumn))
}

// values gives the attributes; nil where there are none.
func (l layout) values(cells []string) map[string][]string {
	var values map[string][]string
	for i, attribute := range l.attributes {
		if attribute == "" || i >= len(cells) {
			continue
		}
		value := flat(cells[i])
		if value == "" {
			continue
		}
		if values == nil {
			values = map[string][]string{}
		}
		values[attribute] = append(values[attribute], value)
	}
	return values
}

// groups cuts a cell into names.
func (f format) groups(cell string) []string {
	separators := f.separator
	if separators == "" {
		separators = ";|"
	}
	var names []string
	for name := range strings.FieldsFuncSeq(cell, func(r rune) bool {
		return r == '\n' || strings.ContainsRune(separators, r)
	}) {
		if name = flat(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// The words of the column for active, for people to read.
const (
	activeWords   = "yes, true, 1, y, t, on, active, enabled"
	disabledWords = "no, false, 0, n, f, off, inactive, disabled, suspended, terminated"
)

// isDisabled reads a word in lower case. No word is a yes.
func isDisabled(word string) (disabled, known bool) {
	for candidate := range strings.SplitSeq(disabledWords, ", ") {
		if word == candidate {
			return true, true
		}
	}
	for candidate := range strings.SplitSeq(activeWords, ", ") {
		if word == candidate {
			return false, true
		}
	}
	return false, word == ""
}
