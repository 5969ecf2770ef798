package csvdir

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// jumper is a folder's clock that jumps over waits. Something may happen during each.
type jumper struct {
	now   time.Time
	waits []time.Duration
	// during are called one a wait; every is called in all.
	during []func()
	every  func()
}

func (c *jumper) wait(ctx context.Context, d time.Duration) error {
	c.waits = append(c.waits, d)
	c.now = c.now.Add(d)
	if len(c.during) > 0 {
		c.during[0]()
		c.during = c.during[1:]
	}
	if c.every != nil {
		c.every()
	}
	return ctx.Err()
}

func noon() time.Time { return time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC) }

// timed makes a source with a clock that stands at noon.
func timed(t *testing.T, path string, change func(*Config)) (*folder, *jumper) {
	t.Helper()
	f, c := open(t, path, change), &jumper{now: noon()}
	f.now, f.wait = func() time.Time { return c.now }, c.wait
	return f, c
}

// writeAt writes a file whose time of change is so long before noon.
func writeAt(t *testing.T, path, text string, ago time.Duration) {
	t.Helper()
	check(t, os.WriteFile(path, []byte(text), 0o600))
	at := noon().Add(-ago)
	check(t, os.Chtimes(path, at, at))
}

func TestReadWaitsUntilFilesHaveSettled(t *testing.T) {
	for name, test := range map[string]struct {
		ages  []time.Duration
		waits []time.Duration
	}{
		"old files cost no wait":              {[]time.Duration{time.Hour, 2 * time.Second}, nil},
		"a new file is waited for":            {[]time.Duration{time.Hour, 500 * time.Millisecond}, []time.Duration{1500 * time.Millisecond}},
		"the youngest counts":                 {[]time.Duration{0, time.Second}, []time.Duration{2 * time.Second}},
		"a time in the future counts as none": {[]time.Duration{-time.Hour}, []time.Duration{2 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			f, c := timed(t, path, nil)
			for i, age := range test.ages {
				writeAt(t, filepath.Join(path, string(rune('a'+i))+".csv"), "email\nana@example.test\n", age)
			}
			got, err := f.Read(t.Context())
			check(t, err)
			if diff := cmp.Diff([]string{"ana@example.test"}, addresses(got)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.waits, c.waits); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAHalfWrittenFileIsReadWhenItIsWhole(t *testing.T) {
	path := t.TempDir()
	f, c := timed(t, path, nil)
	people := filepath.Join(path, "people.csv")
	writeAt(t, people, "email\nana@example.test\nbo", 0)
	c.during = []func(){
		func() { writeAt(t, people, "email\nana@example.test\nbob@examp", -2*time.Second) },
		func() { writeAt(t, people, "email\nana@example.test\nbob@example.test\n", -3*time.Second) },
	}
	got, err := f.Read(t.Context())
	check(t, err)
	if diff := cmp.Diff([]string{"ana@example.test", "bob@example.test"}, addresses(got)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if len(got.Rejects) != 0 {
		t.Errorf("rejects %v: a part of a row was read", got.Rejects)
	}
	if want := []time.Duration{2 * time.Second, 2 * time.Second, time.Second}; !cmp.Equal(want, c.waits) {
		t.Errorf("waits %v, want %v", c.waits, want)
	}
}

func TestAFileThatNeverSettlesIsAnError(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"with settle":    nil,
		"without settle": func(c *Config) { c.Settle = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			f, c := timed(t, path, change)
			people := filepath.Join(path, "people.csv")
			size := 0
			grow := func() {
				size++
				writeAt(t, people, "email\n"+strings.Repeat("\n", size), noon().Sub(c.now))
			}
			grow()
			writeAt(t, filepath.Join(path, "calm.csv"), "email\nana@example.test\n", time.Hour)
			c.every = grow
			// It grows while it is read, too; without settle, nothing else is noticed.
			got, err := f.Read(hookContext{t.Context(), always(grow)})
			if err == nil || !strings.Contains(err.Error(), "people.csv is still changing after 30s") {
				t.Errorf("error %v, want one that says that people.csv is still changing", err)
			}
			if len(got.Entries) != 0 {
				t.Errorf("%d entries beside the error", len(got.Entries))
			}
			if passed := c.now.Sub(noon()); passed != 30*time.Second {
				t.Errorf("gave up after %s, want 30s", passed)
			}
		})
	}
}

// The files are a.csv (one row) and b.csv; each change is made while the row of a.csv is read.
func TestWhatChangesDuringTheReadIsReadAgain(t *testing.T) {
	const rows = "email\nbob@example.test\n"
	for name, test := range map[string]struct {
		change func(t *testing.T, path string)
		want   []string
	}{
		"the file that is read grows": {
			func(t *testing.T, path string) {
				writeAt(t, filepath.Join(path, "a.csv"), "email\nana@example.test\neve@example.test\n", time.Minute)
			},
			[]string{"ana@example.test", "bob@example.test", "eve@example.test"},
		},
		"the next file shrinks": {
			func(t *testing.T, path string) { writeAt(t, filepath.Join(path, "b.csv"), "email\n", time.Hour) },
			[]string{"ana@example.test"},
		},
		"the next file is touched": {
			func(t *testing.T, path string) { writeAt(t, filepath.Join(path, "b.csv"), rows, time.Minute) },
			[]string{"ana@example.test", "bob@example.test"},
		},
		"the next file is replaced by one of the same size and time": {
			func(t *testing.T, path string) {
				writeAt(t, filepath.Join(path, "b.part"), strings.Replace(rows, "bob", "dan", 1), time.Hour)
				check(t, os.Rename(filepath.Join(path, "b.part"), filepath.Join(path, "b.csv")))
			},
			[]string{"ana@example.test", "dan@example.test"},
		},
		"the next file goes": {
			func(t *testing.T, path string) { check(t, os.Remove(filepath.Join(path, "b.csv"))) },
			[]string{"ana@example.test"},
		},
		"a file comes": {
			func(t *testing.T, path string) {
				writeAt(t, filepath.Join(path, "c.csv"), "email\ncid@example.test\n", time.Hour)
			},
			[]string{"ana@example.test", "bob@example.test", "cid@example.test"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			f, c := timed(t, path, nil)
			writeAt(t, filepath.Join(path, "a.csv"), "email\nana@example.test\n", time.Hour)
			writeAt(t, filepath.Join(path, "b.csv"), rows, time.Hour)
			// The context is asked before the first look, and then for the first row.
			got, err := f.Read(hookContext{t.Context(), second(func() { test.change(t, path) })})
			check(t, err)
			if diff := cmp.Diff(test.want, addresses(got)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]time.Duration{minPause}, c.waits); diff != "" {
				t.Errorf("waits before the second read (-want +got):\n%s", diff)
			}
		})
	}
}

// always and second make hooks of a context that has not ended: one acts each time it is asked, the other the second time.
func always(act func()) func() error {
	return func() error {
		act()
		return nil
	}
}

func second(act func()) func() error {
	asked := 0
	return func() error {
		if asked++; asked == 2 {
			act()
		}
		return nil
	}
}

func TestTheContextEndsAWait(t *testing.T) {
	path := t.TempDir()
	f, c := timed(t, path, nil)
	writeAt(t, filepath.Join(path, "people.csv"), "email\n", 0)
	ctx, cancel := context.WithCancel(t.Context())
	c.every = cancel
	if _, err := f.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that is context.Canceled", err)
	}
}

func TestFoldersThatCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"missing": {func(*testing.T, string) {}, "check path"},
		"not a folder": {
			func(t *testing.T, path string) { check(t, os.WriteFile(path, []byte("email\n"), 0o600)) },
			"it is not a folder: check path",
		},
		"empty": {func(t *testing.T, path string) { check(t, os.Mkdir(path, 0o700)) }, "it has no *.csv file: check path"},
		"nothing but what is ignored": {
			func(t *testing.T, path string) {
				check(t, os.MkdirAll(filepath.Join(path, "sub.csv"), 0o700))
				write(t, path, ".hidden.csv", "email\n")
				write(t, path, "people.csv.part", "email\n")
			},
			"it has no *.csv file",
		},
		"a dangling link": {
			func(t *testing.T, path string) {
				check(t, os.Mkdir(path, 0o700))
				write(t, path, "a.csv", "email\nana@example.test\n")
				check(t, os.Symlink("/does/not/exist.csv", filepath.Join(path, "b.csv")))
			},
			"check where the link points to",
		},
		"a link to itself": {
			func(t *testing.T, path string) {
				check(t, os.Mkdir(path, 0o700))
				write(t, path, "a.csv", "email\nana@example.test\n")
				check(t, os.Symlink("b.csv", filepath.Join(path, "b.csv")))
			},
			"b.csv",
		},
		"a name with a line break": {
			func(t *testing.T, path string) {
				check(t, os.Mkdir(path, 0o700))
				write(t, path, "a\nb.csv", "email\nana@example.test\n")
			},
			`the file name "a\nb.csv" has control characters`,
		},
		"a file too large": {
			func(t *testing.T, path string) {
				check(t, os.Mkdir(path, 0o700))
				write(t, path, "a.csv", "email\nana@example.test\n")
				check(t, os.Truncate(filepath.Join(path, "a.csv"), maxFile+1))
			},
			"a.csv has more than 64 MiB",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hr")
			test.make(t, path)
			source := open(t, path, nil)
			source.now = func() time.Time { return time.Now().Add(time.Hour) }
			got, err := source.Read(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one of the folder with %q", err, test.want)
			}
			if len(got.Entries) != 0 {
				t.Errorf("%d entries beside the error", len(got.Entries))
			}
		})
	}
}

func TestWhichFilesAreRead(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "hr")
	check(t, os.MkdirAll(filepath.Join(path, "sub"), 0o700))
	check(t, os.Mkdir(filepath.Join(path, "..data"), 0o700))
	row := func(who string) string { return "email\n" + who + "@example.test\n" }
	for name, who := range map[string]string{
		"b.csv": "b", "a.CSV": "a", "two.parts.csv": "two", "sub/c.csv": "no", ".d.csv": "no", "e.csv~": "no",
		"f.csv.tmp": "no", "g.csv.part": "no", "h.csv.partial": "no", "i.csv.filepart": "no", "j.csv.crdownload": "no",
		"k.txt": "no", "csv": "no", "..data/l.csv": "l", "../outside.csv": "outside",
	} {
		write(t, path, name, row(who))
	}
	check(t, os.Symlink("..data/l.csv", filepath.Join(path, "l.csv")))
	check(t, os.Symlink(filepath.Join(root, "outside.csv"), filepath.Join(path, "m.csv")))
	check(t, os.Symlink("sub", filepath.Join(path, "n.csv")))
	source := open(t, path, nil)
	source.now = func() time.Time { return time.Now().Add(time.Hour) }
	got, err := source.Read(t.Context())
	check(t, err)
	want := []string{
		"a@example.test a.CSV:2", "b@example.test b.csv:2", "l@example.test l.csv:2",
		"outside@example.test m.csv:2", "two@example.test two.parts.csv:2",
	}
	if diff := cmp.Diff(want, summary(got)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}
