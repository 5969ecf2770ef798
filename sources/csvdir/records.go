package csvdir

import (
	"encoding/csv"
	"errors"
	"strings"
)

// record is one record of a file, good or broken.
type record struct {
	// line is where it starts, from 1; lines is how many it takes.
	line, lines int
	cells       []string
	// rest is the text of its second and further lines, which lie within quotes.
	rest string
	// fault says why it cannot be read; empty when it can.
	fault string
}

// scanner reads records and goes on behind broken ones. encoding/csv does so by itself, from the line behind the one with
// the fault; but a quote that is opened and never closed takes the following lines with it, up to the next quote or the end
// of the file. So after a fault the scanner starts afresh at the second line of the broken record. What is well quoted is
// never looked into: whoever may fill one cell must not be able to write rows.
type scanner struct {
	text      string
	delimiter rune
	// offset and line are where the next record, or blank lines before it, begin.
	offset, line int
	reader       *csv.Reader
	// base and first are the offset and the line at which reader began.
	base, first int
}

func newScanner(text string, delimiter rune) *scanner {
	s := &scanner{text: text, delimiter: delimiter, line: 1}
	s.restart()
	return s
}

func (s *scanner) restart() {
	s.base, s.first = s.offset, s.line
	s.reader = csv.NewReader(strings.NewReader(s.text[s.offset:]))
	s.reader.Comma = s.delimiter
	s.reader.FieldsPerRecord = -1
	// Blanks before a quote are a habit of hands. Where the delimiter is itself white space, encoding/csv would trim it.
	s.reader.TrimLeadingSpace = s.delimiter != '\t'
}

// next gives the next record; its error is io.EOF at the end.
func (s *scanner) next() (record, error) {
	cells, err := s.reader.Read()
	var broken *csv.ParseError
	if err != nil && !errors.As(err, &broken) {
		return record{}, err
	}
	r := record{cells: cells}
	if broken != nil {
		// FieldPos must not be asked after an error: it panics.
		r.line, r.fault = broken.StartLine, quoteFault(broken)
	} else {
		r.line, _ = s.reader.FieldPos(0)
	}
	r.line += s.first - 1
	s.skipTo(r.line)
	end := s.base + int(s.reader.InputOffset())
	s.skipTo(r.line + 1)
	r.rest = s.text[min(s.offset, end):end]
	r.lines = 1 + countLines(r.rest)
	if r.fault != "" && r.rest != "" {
		r.lines, r.rest = 1, ""
		s.restart()
		return r, nil
	}
	s.offset, s.line = end, r.line+r.lines
	return r, nil
}

// skipTo moves to the beginning of a line at or behind the present one, or to the end of the text.
func (s *scanner) skipTo(line int) {
	for s.line < line {
		i := strings.IndexByte(s.text[s.offset:], '\n')
		if i < 0 {
			i = len(s.text) - s.offset - 1
		}
		s.offset += i + 1
		s.line++
	}
}

// countLines counts a last line without a line break, too.
func countLines(text string) int {
	n := strings.Count(text, "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		n++
	}
	return n
}

func quoteFault(err *csv.ParseError) string {
	if errors.Is(err, csv.ErrBareQuote) {
		return `a quote stands within a cell that does not begin with one: write it as "" and put the cell in quotes`
	}
	return `a cell begins with a quote and does not end with one: close the quote, and write a quote within the cell as ""`
}
