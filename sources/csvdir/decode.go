package csvdir

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// The byte order marks (The Unicode Standard, section 23.8).
const (
	markUTF8    = "\xef\xbb\xbf"
	markUTF16LE = "\xff\xfe"
	markUTF16BE = "\xfe\xff"
)

// maxCells bounds the cells of one line. Rows with more than their header has are refused one by one, up to this number.
const maxCells = 100_000

// unreadable stands for what could not be decoded: a byte that is in no UTF-8 text, so that the row which holds it is
// refused later on, and that row only.
const unreadable = "\xff"

// zeros is what a file system leaves at the end of a file whose writer died with the machine.
const zeros = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// decode gives the text of a file as UTF-8 with lines that end in LF, or CR and LF.
func decode(data []byte, setting string) (string, error) {
	text, err := toUTF8(data, setting)
	if err != nil {
		return "", err
	}
	if strings.Contains(text, zeros) {
		return "", errors.New("it has a run of zero bytes, so it was not written to its end: export it again")
	}
	if !strings.Contains(text, "\n") {
		// Excel's "CSV (Macintosh)" ends its lines in CR; unsplit, the file would look like a header with no rows.
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	if strings.TrimSpace(text) == "" {
		return "", errors.New("it is empty: export it again; a file that says nobody is there still has a header row")
	}
	return text, checkLines(text)
}

// checkLines refuses lines whose cells, many more than bytes of text, would fill the memory before a row could be counted.
func checkLines(text string) error {
	number := 0
	for line := range strings.Lines(text) {
		number++
		for _, delimiter := range delimiters() {
			if len(line) > maxCells && strings.Count(line, string(delimiter)) > maxCells {
				return fmt.Errorf("its line %d has more than %d cells: check that it is a list of people", number, maxCells)
			}
		}
	}
	return nil
}

func toUTF8(data []byte, setting string) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte(markUTF8)):
		return string(data[len(markUTF8):]), nil
	case bytes.HasPrefix(data, []byte(markUTF16LE)), bytes.HasPrefix(data, []byte(markUTF16BE)):
		return fromUTF16(data)
	case setting == encodingUTF16:
		return fromUTF16(data)
	case setting == encoding1252:
		return convert(charmap.Windows1252, data)
	case setting == encodingAuto && !utf8.Valid(data):
		return "", fmt.Errorf("it is neither UTF-8 nor marked as UTF-16 (first seen in line %d): set encoding: %s "+
			"if it comes from Windows, or export it as UTF-8", firstInvalid(data), encoding1252)
	}
	return string(data), nil
}

// fromUTF16 goes by the mark; without one, by the zero byte that the first letter of a header has in front (big endian)
// or behind.
func fromUTF16(data []byte) (string, error) {
	if len(data)%2 != 0 {
		return "", errors.New("it is UTF-16 and ends within a character, so it was not written to its end: export it again")
	}
	order := unicode.LittleEndian
	if len(data) > 0 && data[0] == 0 {
		order = unicode.BigEndian
	}
	return convert(unicode.UTF16(order, unicode.UseBOM), data)
}

// convert marks what the decoder could not read, for which it has U+FFFD only.
func convert(from encoding.Encoding, data []byte) (string, error) {
	text, err := from.NewDecoder().Bytes(data)
	return strings.ReplaceAll(string(text), string(utf8.RuneError), unreadable), err
}

// firstInvalid gives the line of the first byte that is not UTF-8.
func firstInvalid(data []byte) int {
	line := 1
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		rest = rest[size:]
	}
	return line
}
