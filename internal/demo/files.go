package demo

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"text/template"
	"time"
)

// exports are the files of the company, one folder a directory of people.
//
//go:embed people
var exports embed.FS

//go:embed config.yaml.tmpl
var configText string

// Paths are the places of a demo. People has one folder for each source.
type Paths struct {
	Dir     string
	People  string
	Config  string
	Token   string
	Journal string
}

// pathsIn gives the places in a folder, which is made where it is missing. One that holds something is refused, so that
// nobody's files are written over.
func pathsIn(dir string) (Paths, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Paths{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Paths{}, err
	}
	found, err := os.ReadDir(dir)
	if err != nil {
		return Paths{}, err
	}
	if len(found) > 0 {
		return Paths{}, errors.New("the folder is not empty: name a new one")
	}
	return Paths{
		Dir: dir, People: filepath.Join(dir, "people"), Config: filepath.Join(dir, "config.yaml"),
		Token: filepath.Join(dir, "token"), Journal: filepath.Join(dir, "journal.sqlite"),
	}, nil
}

// write writes all files.
func (s *Site) write() error {
	if err := s.writePeople(); err != nil {
		return fmt.Errorf("the files of people: %w", err)
	}
	if err := os.WriteFile(s.Token, []byte(token+"\n"), 0o600); err != nil {
		return err
	}
	return s.writeConfig()
}

// rest is how old the files are made, so that the source sees at once that nobody is writing them any more.
const rest = time.Hour

func (s *Site) writePeople() error {
	return fs.WalkDir(exports, "people", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path := filepath.Join(s.Dir, filepath.FromSlash(name))
		if entry.IsDir() {
			return os.Mkdir(path, 0o700)
		}
		data, err := exports.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
		written := time.Now().Add(-rest)
		return os.Chtimes(path, written, written)
	})
}

// writeConfig fills in the config. Paths are quoted, because YAML gives a meaning to much that may be in one.
func (s *Site) writeConfig() error {
	text, err := template.New("config").Funcs(template.FuncMap{"quote": strconv.Quote}).Parse(configText)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(s.Config, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = text.Execute(file, map[string]any{
		"People": s.People, "Token": s.Token, "Journal": s.Journal, "URL": s.URL, "Workspace": Workspace, "Admin": Admin,
		// As the defaults do, it leaves a tenth to others.
		"PerMinute": Raised * invitationsPerMinute * 9 / 10, "PerHour": Raised * requestsPerHour * 9 / 10,
	})
	return errors.Join(err, file.Close())
}
