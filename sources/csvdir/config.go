// Package csvdir reads a folder of CSV files as one directory of people: an HR export, or a list kept by hand.
//
// Every regular file of the folder whose name ends in .csv (upper or lower case) is read, in the order of the names;
// sub-folders, files whose names begin with a dot, pipes and devices are not, and neither is what a transfer leaves behind
// under another ending (.part, .tmp, .filepart, a final ~). A symbolic link to a regular file is followed wherever it
// points, because that is how Kubernetes mounts a file; a dangling one is an error, because the people in it are unread and
// not gone. Who may write into the folder decides who gets access.
//
// Each file begins with a row of headers, and its other rows are one person each. A row that cannot be used is a
// sources.Reject and stops no other row. Rows with one address, in one file or several, are one Entry: the first row that
// has a name or an ID gives it, groups and attributes are united, and one row that says "disabled" is enough.
//
// A file that is still being written is waited for. A writer does best to write under another ending, or another folder of
// the same file system, and to rename.
package csvdir

import (
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"bitroster/internal/clock"
	"bitroster/internal/settings"
	"bitroster/sources"
)

// Config is the settings of a folder of CSV files.
type Config struct {
	// Path is the folder.
	Path string `mapstructure:"path"`
	// Columns are the headers to look for.
	Columns Columns `mapstructure:"columns"`
	// Delimiter parts the cells: ",", ";", "|" or "tab". Empty means that each file's header row decides: the one with
	// which the row has a column for the e-mail address.
	Delimiter string `mapstructure:"delimiter"`
	// GroupSeparator is the one character between two groups of a cell. Empty means ";" and "|". A comma must be asked
	// for, because names such as "Sales, EMEA" and DNs have it in them, and half a name may be the name of another group.
	// A line break within the cell always separates, a blank only when it is asked for.
	GroupSeparator string `mapstructure:"group_separator"`
	// Encoding is "auto", "utf-8", "utf-16" or "windows-1252". A byte order mark wins over it, since no text begins with
	// one by chance. "auto" without a mark means UTF-8, and anything else is an error: a guess would garble names.
	Encoding string `mapstructure:"encoding"`
	// Settle is how long a file must have looked the same (size, time of change, inode) before it is read, counted from
	// its time of change, so that a file at rest costs no wait. Zero does not wait.
	Settle time.Duration `mapstructure:"settle"`
	// SettleLimit is how long a read waits for files to settle before it is an error.
	SettleLimit time.Duration `mapstructure:"settle_limit"`
}

// Columns are the headers of the columns that mean something to us; all others become attributes of the entry, under
// their header in lower case. A header that is set must be in every file, written so but for upper and lower case. One
// that is not set is found by its usual names, where blanks, hyphens and underscores do not count; two columns that both
// could be it are an error, because the wrong one may hold private addresses.
type Columns struct {
	Email string `mapstructure:"email"`
	// Name is the full name. Where it is missing or empty, GivenName and FamilyName make one.
	Name       string `mapstructure:"name"`
	GivenName  string `mapstructure:"given_name"`
	FamilyName string `mapstructure:"family_name"`
	Groups     string `mapstructure:"groups"`
	// ID is a stable id of the person, such as a personnel number.
	ID string `mapstructure:"id"`
	// Active says whether the account is in use, in words such as yes, active, no, disabled. An empty cell is a yes.
	Active string `mapstructure:"active"`
}

// The encodings that a config may name.
const (
	encodingAuto  = "auto"
	encodingUTF8  = "utf-8"
	encodingUTF16 = "utf-16"
	encoding1252  = "windows-1252"
)

// New gives a Config with its defaults, to be decoded into.
func New() sources.Config {
	return &Config{Encoding: encodingAuto, Settle: 2 * time.Second, SettleLimit: 30 * time.Second}
}

// Root makes a relative path start from a folder.
func (c *Config) Root(folder string) {
	if strings.TrimSpace(c.Path) != "" && !filepath.IsAbs(c.Path) {
		c.Path = filepath.Join(folder, c.Path)
	}
}

// Validate reports all faults. It touches no file.
func (c *Config) Validate() settings.Faults {
	var faults settings.Faults
	if strings.TrimSpace(c.Path) == "" {
		faults.Add("path", "name the folder that holds the CSV files", "the folder is missing")
	}
	if _, known := delimiterOf(c.Delimiter); c.Delimiter != "" && !known {
		faults.Add("delimiter", "leave it out to have it found in each file", `want ",", ";", "|" or "tab"`)
	}
	if !isSeparator(c.GroupSeparator) {
		faults.Add("group_separator", `for example ","`,
			"want one character that is no letter, no digit and no quote")
	}
	encodings := []string{encodingAuto, encodingUTF8, encodingUTF16, encoding1252}
	if !slices.Contains(encodings, c.Encoding) {
		hint := "want one of " + strings.Join(encodings, ", ")
		if nearest := settings.Nearest(c.Encoding, encodings); nearest != "" {
			hint = "did you mean " + nearest + "?"
		}
		faults.Add("encoding", hint, "unknown encoding %q", c.Encoding)
	}
	c.validateTimes(&faults)
	faults.Under("columns", c.Columns.validate())
	return faults
}

func (c *Config) validateTimes(faults *settings.Faults) {
	if c.Settle < 0 {
		faults.Add("settle", "for example 2s", "%s is negative", c.Settle)
	}
	if c.SettleLimit < c.Settle {
		faults.Add("settle_limit", "for example 30s", "%s is shorter than settle, so a new file would never be read", c.SettleLimit)
	}
}

// validate refuses one header for two things.
func (c Columns) validate() settings.Faults {
	var faults settings.Faults
	first := map[string]string{}
	for _, w := range c.wanted() {
		header := strings.ToLower(strings.TrimSpace(w.header))
		if header == "" {
			continue
		}
		if earlier, taken := first[header]; taken {
			faults.Add(w.key, "name another header, or leave one out", "has the same header as columns.%s", earlier)
			continue
		}
		first[header] = w.key
	}
	return faults
}

// Open makes the source; faults of the Config are its error. The folder is not looked at before Read.
func (c *Config) Open(settings.Secrets) (sources.Source, error) {
	if faults := c.Validate(); len(faults) > 0 {
		return nil, faults
	}
	return &folder{
		path:   c.Path,
		settle: c.Settle,
		limit:  c.SettleLimit,
		format: format{columns: c.Columns, delimiter: c.Delimiter, separator: c.GroupSeparator, encoding: c.Encoding},
		now:    time.Now,
		wait:   clock.Sleep,
	}, nil
}

// delimiters are those that are tried on a header row.
func delimiters() []rune { return []rune{',', ';', '\t', '|'} }

// delimiterOf gives the rune that a word of the config stands for.
func delimiterOf(word string) (rune, bool) {
	switch word {
	case ",", ";", "|":
		return rune(word[0]), true
	case "tab":
		return '\t', true
	}
	return 0, false
}

// isSeparator accepts the empty string, which stands for the default.
func isSeparator(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return s == "" || size == len(s) && r != utf8.RuneError && r != '"' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}
