package csvdir

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"bitroster/sync/access"
)

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"email,name,groups\nana@example.test,Ana,dev;ops\n",
		markUTF8 + "E-Mail;Name\r\n\r\n\"ana@example.test\";\"A \"\"b\"\"\r\nc\"\r\n",
		"mail\tactive\nANA@example.test\tno\nbob@example.test\tperhaps",
		"email|x\nana@example.test|\"open\nbob@example.test|b\n\ncid@example.test|5\"\n",
		"email,x\nana@example.test,\"\n\n\n\",\"\nbob@example.test,\"\"x\n\"",
		"email\r,,\rana@example.test\r",
		"name\nana@example.test\n",
		"email,x\nana@example.test,\xff\x00\n",
		wideSeed("email,name\nzoe@example.test,Zoë\n"),
	} {
		for _, encoding := range []byte{0, 1, 2, 3} {
			f.Add([]byte(text), encoding)
		}
	}
	encodings := []string{encodingAuto, encodingUTF8, encodingUTF16, encoding1252}
	f.Fuzz(func(t *testing.T, data []byte, encoding byte) {
		how := format{encoding: encodings[int(encoding)%len(encodings)]}
		people := newRoster()
		err := how.parse(t.Context(), "people.csv", data, people)
		snapshot := people.snapshot()
		for _, entry := range snapshot.Entries {
			again, err := access.ParseEmail(string(entry.Email))
			if err != nil || again != entry.Email {
				t.Errorf("address %q is not normalised: %q, %v", entry.Email, again, err)
			}
			lineOf(t, entry.Origin)
		}
		last := 0
		for _, reject := range snapshot.Rejects {
			line := lineOf(t, reject.Origin)
			if line <= last || reject.Reason == "" {
				t.Errorf("reject %v follows line %d", reject, last)
			}
			last = line
		}
		for _, group := range snapshot.Groups {
			if group.Members == 0 || group.ID != strings.TrimSpace(group.ID) || group.ID == "" {
				t.Errorf("group %+v", group)
			}
		}
		if err == nil {
			account(t, how, data)
		}
	})
}

// account checks that each line of a file is in one record, or blank.
func account(t *testing.T, how format, data []byte) {
	text, err := decode(data, how.encoding)
	if err != nil {
		t.Fatal(err)
	}
	table, err := how.open(text)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	blank := func(from, to int) {
		for line := from; line < to; line++ {
			if strings.Trim(lines[line-1], "\r") != "" {
				t.Errorf("line %d is in no record: %q", line, lines[line-1])
			}
		}
	}
	next := table.scanner.line
	for {
		r, err := table.scanner.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.line < next || r.lines < 1 {
			t.Fatalf("record of line %d (%d lines) follows line %d", r.line, r.lines, next-1)
		}
		blank(next, r.line)
		if r.fault == "" && r.lines != 1+strings.Count(strings.Join(r.cells, ""), "\n") {
			t.Errorf("record of line %d takes %d lines and holds %q", r.line, r.lines, r.cells)
		}
		next = r.line + r.lines
	}
	blank(next, len(lines)+1)
}

func lineOf(t *testing.T, origin string) int {
	text, found := strings.CutPrefix(origin, "people.csv:")
	line, err := strconv.Atoi(text)
	if !found || err != nil || line < 2 {
		t.Errorf("origin %q does not name a line behind the header", origin)
	}
	return line
}

func wideSeed(text string) string {
	encoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return encoded
}

// BenchmarkRead reads 100,000 people, next to the bare parser.
func BenchmarkRead(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("email,name,id,groups,active,department,site\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "person.%d@example.test,Person %d,%d,everyone;team-%d,yes,Engineering,Oslo\n", i, i, i, i%100)
	}
	b.Run("csvdir", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		b.ReportAllocs()
		for b.Loop() {
			people := newRoster()
			how := format{encoding: encodingAuto}
			if err := how.parse(b.Context(), "people.csv", text.Bytes(), people); err != nil {
				b.Fatal(err)
			}
			if s := people.snapshot(); len(s.Entries) != 100_000 || len(s.Rejects) != 0 {
				b.Fatalf("%d entries, %d rejects", len(s.Entries), len(s.Rejects))
			}
		}
	})
	b.Run("encoding-csv", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		b.ReportAllocs()
		for b.Loop() {
			if rows := bareRows(b, text.Bytes()); rows != 100_001 {
				b.Fatalf("%d rows", rows)
			}
		}
	})
}

func bareRows(b *testing.B, data []byte) int {
	reader := csv.NewReader(bytes.NewReader(data))
	for rows := 0; ; rows++ {
		if _, err := reader.Read(); errors.Is(err, io.EOF) {
			return rows
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
