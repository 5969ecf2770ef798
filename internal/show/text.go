package show

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"github.com/charmbracelet/x/term"
)

// width is the most that a line may have on a terminal, in cells.
const width = 118

// widthOf is how wide lines may be. What is no terminal has no end: one line is one fact there, for who searches it.
// (A test says a limit of its own.)
func widthOf(w io.Writer) int {
	if limited, ok := w.(interface{ limit() int }); ok {
		return limited.limit()
	}
	screen, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(screen.Fd()) {
		return math.MaxInt
	}
	if columns, _, err := term.GetSize(screen.Fd()); err == nil && columns > minWidth {
		return min(columns, width)
	}
	return width
}

// minWidth is the width below which a terminal is not believed, or may break lines as it likes.
const minWidth = 60

const (
	left  = lipgloss.Left
	right = lipgloss.Right
)

// minLast is the least width that the last column of a grid is wrapped to.
const minLast = 12

// columns are the headings of a grid and where their cells stand.
type columns []struct {
	heading string
	side    lipgloss.Position
}

// grid writes rows below headings, without lines, each column as wide as it must be; the last one is wrapped where the
// whole is too wide, and left out where it is empty. Without rows it writes nothing.
func grid(w io.Writer, c columns, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	if empty(rows, len(c)-1) {
		c = c[:len(c)-1]
		rows = without(rows)
	}
	const indent, gap = 2, 2
	last, rest := len(c)-1, widthOf(w)-indent-gap*(len(c)-1)
	headings := make([]string, len(c))
	for i := range c {
		headings[i] = c[i].heading
		if i < last {
			rest -= widest(headings[i], rows, i)
		}
	}
	lastWidth := min(max(rest, minLast), widest(headings[last], rows, last))
	text := table.New().Headers(headings...).Rows(plain(rows)...).
		Border(lipgloss.HiddenBorder()).BorderTop(false).BorderBottom(false).BorderLeft(false).BorderRight(false).BorderHeader(false).
		StyleFunc(func(row, column int) lipgloss.Style {
			style := lipgloss.NewStyle().Align(c[column].side).Bold(row == table.HeaderRow)
			if column < last {
				return style.PaddingRight(gap - 1)
			}
			return style.Width(lastWidth)
		}).String()
	for row := range strings.Lines(text) {
		line(w, "  %s", strings.TrimRight(row, " \n"))
	}
}

func empty(rows [][]string, column int) bool {
	return !slices.ContainsFunc(rows, func(row []string) bool { return row[column] != "" })
}

// without drops the last column.
func without(rows [][]string) [][]string {
	narrow := make([][]string, len(rows))
	for i, row := range rows {
		narrow[i] = row[:len(row)-1]
	}
	return narrow
}

// widest is the width of a column.
func widest(heading string, rows [][]string, column int) int {
	most := lipgloss.Width(heading)
	for _, row := range rows {
		most = max(most, lipgloss.Width(row[column]))
	}
	return most
}

// item writes a text behind a lead; the lines into which it is wrapped stand a little further in than the first one.
func item(w io.Writer, lead, text string) {
	const hang = "    "
	for i, part := range wrap(printable(text), widthOf(w)-len(lead)-len(hang)) {
		if i > 0 {
			part = hang + part
		}
		line(w, "%s%s", lead, part)
		lead = strings.Repeat(" ", len(lead))
	}
}

// wrap parts a text at its blanks only, so that a path or a name with a hyphen can be copied whole.
func wrap(text string, most int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case lipgloss.Width(*last)+1+lipgloss.Width(word) <= most:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}

// line writes one line; colours are dropped where w is no terminal.
func line(w io.Writer, format string, args ...any) {
	_, _ = lipgloss.Fprintln(w, fmt.Sprintf(format, args...))
}

// Heading writes the heading of a part of a longer answer.
func Heading(w io.Writer, text string) {
	line(w, "\n%s", lipgloss.NewStyle().Bold(true).Render(text))
}

// printable takes out what could command a terminal: names and texts come from files and servers.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

func plain(rows [][]string) [][]string {
	clean := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			clean[i] = append(clean[i], printable(cell))
		}
	}
	return clean
}
