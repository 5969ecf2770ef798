// Package userlist reads CSV files of Atlassian's that list accounts with address and Atlassian account id.
//
// It stands beside the client because it knows a form of Atlassian's and nothing else: the columns of the exports of
// admin.atlassian.com, "Atlassian ID" in that of accounts
// (https://support.atlassian.com/security-and-access-policies/docs/export-accounts-from-domains/) and "User id" in that of
// users. The export of Bitbucket's own User Directory page has addresses, but no ids
// (https://support.atlassian.com/bitbucket-cloud/kb/exporting-user-list-from-your-workspace/): it is refused by name.
package userlist

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"bitroster/sync/access"
	"bitroster/sync/accounts"
)

// MaxSize is the size in bytes of the largest file that is read.
const MaxSize = 64 << 20

const (
	emailHeaders = "email emailaddress mail mailaddress emailid primaryemail"
	idHeaders    = "accountid atlassianaccountid atlassianid aaid userid atlassianuserid"
)

// Read reads a list: UTF-8 with or without a byte order mark, cells parted by commas, semicolons or tabs, a header row
// first. Other columns are left alone. Rows that cannot be used are rejects and do not stop the others; the error is of the
// file as a whole. A quote that is not closed takes the rows up to the next quote with it, and the reject says which.
func Read(r io.Reader) ([]accounts.Pair, []accounts.Reject, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	switch {
	case err != nil:
		return nil, nil, err
	case len(data) > MaxSize:
		return nil, nil, fmt.Errorf("it has more than %d MiB: check that it is a list of accounts", MaxSize>>20)
	case !utf8.Valid(data):
		return nil, nil, errors.New("it is not UTF-8: export it again, or save it as CSV UTF-8")
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	var fault error
	for _, delimiter := range []rune{',', ';', '\t'} {
		list := list{reader: csv.NewReader(strings.NewReader(text)), valid: accountID()}
		list.reader.Comma = delimiter
		list.reader.FieldsPerRecord = -1
		err := list.header()
		if err == nil {
			list.rows()
			return list.pairs, list.rejects, nil
		}
		var unparted *noAddressError
		if fault == nil || !errors.As(err, &unparted) {
			fault = err
		}
	}
	return nil, nil, fault
}

// accountID is the form of an Atlassian account id: 1 to 128 letters, digits, "-" and ":"
// (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/). It keeps out UUIDs in braces, user
// names, and what could act as a path.
func accountID() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z:-]{1,128}$`) }

// list is a file while it is read.
type list struct {
	reader    *csv.Reader
	valid     *regexp.Regexp
	email, id int
	pairs     []accounts.Pair
	rejects   []accounts.Reject
}

// noAddressError is a header row without a column for the address, perhaps because it was parted at the wrong character.
type noAddressError struct{}

func (*noAddressError) Error() string {
	return `its first row has no column for the e-mail address, such as "Email": it must have the headers, parted by commas, semicolons or tabs`
}

// header finds the columns.
func (l *list) header() error {
	cells, err := l.reader.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty")
	}
	if err != nil {
		return errors.New("its header row has a quote that is out of place or not closed")
	}
	var emails, ids int
	l.email, emails = find(cells, emailHeaders)
	l.id, ids = find(cells, idHeaders)
	switch {
	case emails == 0:
		return &noAddressError{}
	case ids == 0:
		return errors.New(`it has no column for the account id, such as "Account ID", "Atlassian ID" or "User id". The export of ` +
			"Bitbucket's User Directory page has none; those of admin.atlassian.com have")
	case emails > 1 || ids > 1:
		return errors.New("it has two columns for the e-mail address or for the account id: leave the right one")
	}
	return nil
}

// find gives the place of the first column with one of the headers, and how many columns have one.
func find(cells []string, headers string) (place, count int) {
	place = -1
	for i, cell := range cells {
		bare := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(strings.TrimSpace(cell)))
		if !slices.Contains(strings.Fields(headers), bare) {
			continue
		}
		if count++; count == 1 {
			place = i
		}
	}
	return place, count
}

func (l *list) rows() {
	for {
		cells, err := l.reader.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			l.reject(broken.StartLine, brokenRow(broken))
			continue
		}
		line, _ := l.reader.FieldPos(0)
		l.row(line, cells)
	}
}

func (l *list) row(line int, cells []string) {
	if !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
		return
	}
	if len(cells) <= max(l.email, l.id) {
		l.reject(line, fmt.Sprintf("it has %d cells, and the address and the account id stand further behind", len(cells)))
		return
	}
	email, err := access.ParseEmail(cells[l.email])
	if err != nil {
		l.reject(line, err.Error())
		return
	}
	id := strings.TrimSpace(cells[l.id])
	if !l.valid.MatchString(id) {
		l.reject(line, `not an Atlassian account id: want 1 to 128 letters, digits, "-" and ":"; a UUID in braces is Bitbucket's own`)
		return
	}
	l.pairs = append(l.pairs, accounts.Pair{Line: line, Email: email, ID: id})
}

func (l *list) reject(line int, reason string) {
	l.rejects = append(l.rejects, accounts.Reject{Line: line, Why: reason})
}

func brokenRow(err *csv.ParseError) string {
	if err.Line > err.StartLine {
		return fmt.Sprintf("a quote is out of place or not closed, so the lines %d to %d were not read: write a quote within a cell as \"\"", err.StartLine, err.Line)
	}
	return `a quote is out of place or not closed: write a quote within a cell as ""`
}
