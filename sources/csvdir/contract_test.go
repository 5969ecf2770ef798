package csvdir

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"bitroster/internal/settings"
	"bitroster/sources"
	"bitroster/sources/sourcestest"
)

func TestContract(t *testing.T) {
	for name, fill := range map[string]func(*testing.T, string, []sourcestest.Person){
		"one file":                        fillOne,
		"a file of each half, and UTF-16": fillHalves,
		"a row for each person and group": fillRows,
	} {
		t.Run(name, func(t *testing.T) {
			sourcestest.Run(t, func(t *testing.T) sourcestest.Directory { return directory(t, fill) })
		})
	}
}

func directory(t *testing.T, fill func(*testing.T, string, []sourcestest.Person)) sourcestest.Directory {
	path := filepath.Join(t.TempDir(), "hr")
	source := open(t, path, nil)
	// In an hour, every file written now has settled.
	source.now = func() time.Time { return time.Now().Add(time.Hour) }
	return sourcestest.Directory{
		Fill: func(t *testing.T, people []sourcestest.Person) {
			check(t, os.RemoveAll(path))
			check(t, os.Mkdir(path, 0o700))
			fill(t, path, people)
		},
		Source: source,
		Break:  func(t *testing.T) { check(t, os.Rename(path, path+".gone")) },
		Mend:   func(t *testing.T) { check(t, os.Rename(path+".gone", path)) },
	}
}

func fillOne(t *testing.T, path string, people []sourcestest.Person) {
	rows := [][]string{{"Name", "E-Mail", "Groups"}}
	for _, p := range people {
		rows = append(rows, []string{p.Name, p.Email, strings.Join(p.Groups, ";")})
	}
	write(t, path, "people.csv", string(formatCSV(t, rows, ',')))
}

func fillHalves(t *testing.T, path string, people []sourcestest.Person) {
	header := []string{"mail", "displayName", "memberOf"}
	halves := [2][][]string{{header}, {header}}
	for i, p := range people {
		halves[i%2] = append(halves[i%2], []string{p.Email, p.Name, strings.Join(p.Groups, "|")})
	}
	write(t, path, "a.csv", string(formatCSV(t, halves[0], ';')))
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes(formatCSV(t, halves[1], '\t'))
	check(t, err)
	write(t, path, "b.CSV", string(wide))
}

func fillRows(t *testing.T, path string, people []sourcestest.Person) {
	rows := [][]string{{"email address", "first name", "last name", "group"}}
	for _, p := range people {
		first, last, _ := strings.Cut(p.Name, " ")
		for i := range max(1, len(p.Groups)) {
			group := ""
			if len(p.Groups) > 0 {
				group = p.Groups[i]
			}
			if p.Email != "" && strings.Contains(p.Email, "@") || i == 0 {
				rows = append(rows, []string{p.Email, first, last, group})
			}
		}
	}
	write(t, path, "people.csv", string(formatCSV(t, rows, '|')))
}

// formatCSV writes rows as RFC 4180 has them, with a delimiter.
func formatCSV(t *testing.T, rows [][]string, delimiter rune) []byte {
	t.Helper()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Comma = delimiter
	check(t, w.WriteAll(rows))
	return out.Bytes()
}

// open makes a source whose clock never waits.
func open(t *testing.T, path string, change func(*Config)) *folder {
	t.Helper()
	config := New().(*Config)
	config.Path = path
	if change != nil {
		change(config)
	}
	source, err := config.Open(settings.Secrets{})
	check(t, err)
	f := source.(*folder)
	f.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return f
}

// readFiles reads a folder of settled files.
func readFiles(t *testing.T, files map[string]string, change func(*Config)) (sources.Snapshot, error) {
	t.Helper()
	path := t.TempDir()
	for name, text := range files {
		write(t, path, name, text)
	}
	source := open(t, path, change)
	source.now = func() time.Time { return time.Now().Add(time.Hour) }
	return source.Read(t.Context())
}

// mustRead reads one settled file.
func mustRead(t *testing.T, text string, change func(*Config)) sources.Snapshot {
	t.Helper()
	snapshot, err := readFiles(t, map[string]string{"people.csv": text}, change)
	check(t, err)
	return snapshot
}

func write(t *testing.T, path, name, text string) {
	t.Helper()
	check(t, os.WriteFile(filepath.Join(path, name), []byte(text), 0o600))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
