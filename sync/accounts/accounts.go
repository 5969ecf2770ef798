// Package accounts takes over pairs of address and Atlassian account id that an administrator has from elsewhere, so that
// the first pass over a large workspace need not ask Bitbucket for each address.
//
// What Bitbucket itself said of an address wins. What a file said is corrected by a later file.
package accounts

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"bitroster/sync/access"
	"bitroster/sync/reconcile"
)

// Pair is one address and its account, and the line of the file that says so, from 1.
type Pair struct {
	Line  int
	Email access.Email
	ID    string
}

// Reject is a line that was not taken over, and why. It does not repeat the address.
type Reject struct {
	Line int
	Why  string
}

// Result counts what became of the pairs: addresses that were not known, that had another id from an earlier file, and
// that were known with this id.
type Result struct {
	New, Changed, Known int
	Rejects             []Reject
}

// Import takes pairs over. Pairs of one address with several ids are refused, all of them: one is wrong, and a wrong one
// would give somebody's access to somebody else.
func Import(ctx context.Context, memory reconcile.Memory, pairs []Pair) (Result, error) {
	// Accounts are the same in all workspaces.
	known, err := memory.Recall(ctx, "")
	if err != nil {
		return Result{}, fmt.Errorf("journal: %w", err)
	}
	ids := idsOf(pairs)
	var result Result
	taken := map[access.Email]access.Account{}
	for _, pair := range pairs {
		account, found := known.Accounts[pair.Email]
		_, again := taken[pair.Email]
		switch {
		case len(ids[pair.Email]) > 1:
			result.reject(pair, "the file has this address with several account ids: leave the right one")
		case found && account.ID == pair.ID:
			result.Known++
		case found && !known.Imported[pair.Email]:
			result.reject(pair, "Bitbucket itself has given another account id for this address, and that stands: check the age of the file")
		case again: // the same line twice
		default:
			taken[pair.Email] = access.Account{ID: pair.ID}
			result.count(found)
		}
	}
	if err := memory.Keep(ctx, "", reconcile.Lessons{Imported: taken}); err != nil {
		return Result{}, fmt.Errorf("journal: %w", err)
	}
	return result, nil
}

// idsOf gives the different ids of each address.
func idsOf(pairs []Pair) map[access.Email][]string {
	ids := map[access.Email][]string{}
	for _, pair := range pairs {
		if !slices.Contains(ids[pair.Email], pair.ID) {
			ids[pair.Email] = append(ids[pair.Email], pair.ID)
		}
	}
	return ids
}

func (r *Result) count(found bool) {
	if found {
		r.Changed++
		return
	}
	r.New++
}

func (r *Result) reject(pair Pair, reason string) {
	r.Rejects = append(r.Rejects, Reject{Line: pair.Line, Why: reason})
}

// Also adds the lines that were refused before, and sorts all by line.
func (r Result) Also(rejects []Reject) Result {
	r.Rejects = slices.Concat(r.Rejects, rejects)
	slices.SortStableFunc(r.Rejects, func(a, b Reject) int { return cmp.Compare(a.Line, b.Line) })
	return r
}
