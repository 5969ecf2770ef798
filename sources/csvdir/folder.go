package csvdir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"bitroster/sources"
)

const (
	// maxFile bounds one file, in bytes: some 300,000 rows of 200 bytes.
	maxFile = 64 << 20
	// minPause keeps a folder that never rests from being read in a tight loop where settle is zero.
	minPause = 100 * time.Millisecond
)

// folder is the source.
type folder struct {
	path   string
	settle time.Duration
	limit  time.Duration
	format format
	// now and wait are the clock; tests put their own in.
	now  func() time.Time
	wait func(context.Context, time.Duration) error
}

// file is one look at a file.
type file struct {
	name string
	info fs.FileInfo
}

// sighting is a look, and since when the file has looked so.
type sighting struct {
	info  fs.FileInfo
	since time.Time
}

// changed names a file that was not the same after it was read. It never leaves this package.
type changed string

func (c changed) Error() string { return string(c) + " changed while it was read" }

// Read waits until the files have settled and reads them all. What changed meanwhile is read again.
func (f *folder) Read(ctx context.Context) (sources.Snapshot, error) {
	snapshot, err := f.read(ctx)
	if err != nil {
		return sources.Snapshot{}, fmt.Errorf("CSV folder %s: %w", f.path, err)
	}
	return snapshot, nil
}

func (f *folder) read(ctx context.Context) (sources.Snapshot, error) {
	started := f.now()
	seen := map[string]sighting{}
	for {
		if err := ctx.Err(); err != nil {
			return sources.Snapshot{}, err
		}
		files, err := f.look()
		if err != nil {
			return sources.Snapshot{}, err
		}
		seen = remember(seen, files, f.now())
		restless, pause := f.restless(seen)
		if pause <= 0 {
			snapshot, err := f.load(ctx, files)
			var moved changed
			if !errors.As(err, &moved) {
				return snapshot, err
			}
			restless, pause = string(moved), minPause
		}
		left := f.limit - f.now().Sub(started)
		if left <= 0 {
			return sources.Snapshot{}, fmt.Errorf("%s is still changing after %s: let its writer use another ending and rename "+
				"when it is done, or raise settle_limit", restless, f.limit)
		}
		if err := f.wait(ctx, min(pause, left)); err != nil {
			return sources.Snapshot{}, err
		}
	}
}

// look lists the files to be read, by name.
func (f *folder) look() ([]file, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return nil, fmt.Errorf("%w: check path, that the folder is mounted, and that our user may read it", err)
	}
	if !info.IsDir() {
		return nil, errors.New("it is not a folder: check path")
	}
	found, err := os.ReadDir(f.path)
	if err != nil {
		return nil, fmt.Errorf("%w: check that our user may read the folder", err)
	}
	var files []file
	for _, entry := range found {
		if !isCSV(entry.Name()) {
			continue
		}
		info, err := f.stat(entry)
		if err != nil {
			return nil, err
		}
		if info != nil && info.Mode().IsRegular() {
			files = append(files, file{entry.Name(), info})
		}
	}
	if len(files) == 0 {
		return nil, errors.New("it has no *.csv file: check path, that the folder is mounted, and that the export ran; " +
			"a file with nothing but a header says that nobody is there")
	}
	return files, nil
}

// isCSV looks at the name only. The endings that programs give to unfinished files are not .csv, so only the dot in front
// needs a word.
func isCSV(name string) bool {
	return !strings.HasPrefix(name, ".") && strings.EqualFold(filepath.Ext(name), ".csv")
}

// stat follows a link. It gives nil for a file that has just been removed.
func (f *folder) stat(entry fs.DirEntry) (fs.FileInfo, error) {
	name := entry.Name()
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return nil, fmt.Errorf("the file name %+q has control characters or is not UTF-8: rename the file", name)
	}
	info, err := os.Stat(filepath.Join(f.path, name))
	if errors.Is(err, fs.ErrNotExist) && entry.Type()&fs.ModeSymlink == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: check where the link points to, or that our user may read it", err)
	}
	return info, nil
}

// remember keeps the time of the first look at each file that looks as it did before.
func remember(seen map[string]sighting, files []file, now time.Time) map[string]sighting {
	next := make(map[string]sighting, len(files))
	for _, file := range files {
		next[file.name] = sighting{file.info, now}
		if before, known := seen[file.name]; known && same(before.info, file.info) {
			next[file.name] = before
		}
	}
	return next
}

// restless names the file that must be waited for longest, and how long. A time of change in the future (a clock that is
// off, a copied file) does not count; our own first look does.
func (f *folder) restless(seen map[string]sighting) (string, time.Duration) {
	now := f.now()
	name, longest := "", time.Duration(0)
	for candidate, look := range seen {
		pause := f.settle - max(now.Sub(look.info.ModTime()), now.Sub(look.since))
		if pause > longest || pause == longest && pause > 0 && candidate < name {
			name, longest = candidate, pause
		}
	}
	return name, longest
}

// load reads all files, and then looks whether the folder is as it was.
func (f *folder) load(ctx context.Context, files []file) (sources.Snapshot, error) {
	people := newRoster()
	for _, file := range files {
		data, err := slurp(filepath.Join(f.path, file.name), file)
		if err != nil {
			return sources.Snapshot{}, err
		}
		if err := f.format.parse(ctx, file.name, data, people); err != nil {
			return sources.Snapshot{}, fmt.Errorf("%s: %w", file.name, err)
		}
	}
	again, err := f.look()
	if err != nil {
		return sources.Snapshot{}, err
	}
	if name := difference(files, again); name != "" {
		return sources.Snapshot{}, changed(name)
	}
	return people.snapshot(), nil
}

// slurp reads a file that must be the one that was looked at, before and after.
func slurp(path string, want file) ([]byte, error) {
	if want.info.Size() > maxFile {
		return nil, fmt.Errorf("%s has more than %d MiB: check that it is a list of people, and split it if it is",
			want.name, maxFile>>20)
	}
	// Without O_NONBLOCK, a pipe put in the file's place a moment ago would hold us until someone writes into it.
	open, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, changed(want.name)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: let our user read it", err)
	}
	defer open.Close() //nolint:errcheck // read only
	if err := unchanged(open, want); err != nil {
		return nil, err
	}
	data := make([]byte, want.info.Size())
	if _, err := io.ReadFull(open, data); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, changed(want.name)
	} else if err != nil {
		return nil, err
	}
	return data, unchanged(open, want)
}

func unchanged(open *os.File, want file) error {
	info, err := open.Stat()
	if err != nil {
		return err
	}
	if !same(info, want.info) {
		return changed(want.name)
	}
	return nil
}

// same compares size, time of change and inode.
func same(a, b fs.FileInfo) bool {
	return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && os.SameFile(a, b)
}

// difference names a file that came, went or changed between two looks; "" when there is none.
func difference(before, after []file) string {
	for i, file := range before {
		if i >= len(after) || after[i].name != file.name {
			return file.name
		}
		if !same(file.info, after[i].info) {
			return file.name
		}
	}
	if len(after) > len(before) {
		return after[len(before)].name
	}
	return ""
}
