package show

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"bitroster/sync/accounts"
	"bitroster/sync/invitation"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
	"bitroster/sync/why"
)

// Doubts writes what was not read whole.
func Doubts(w io.Writer, r reconcile.Report) { doubts(w, r) }

// Invitations writes one line for each person, then what the words mean that hold them.
func Invitations(w io.Writer, l invitation.List) {
	counts := map[invitation.State]int{}
	for _, row := range l.Rows {
		counts[row.State]++
	}
	line(w, "Workspace %s: %s", l.Workspace, tally(l.Rows, counts))
	rows, reasons := [][]string{}, map[why.Reason]bool{}
	for _, row := range l.Rows {
		to := ""
		if row.Target != "" {
			to = string(row.Kind) + " " + row.Target
		}
		detail := row.Detail
		if row.Held != "" {
			reasons[row.Held] = true
		}
		rows = append(rows, []string{
			string(row.Email), string(row.State), to, row.Rule, age(l.At, row.Since), fmt.Sprint(row.Mails),
			again(l.At, row), string(row.Held), detail,
		})
	}
	grid(w, columns{
		{"WHO", left},
		{"STATE", left},
		{"TO", left},
		{"RULE", left},
		{"SINCE", left},
		{"MAILS", right},
		{"MAILED AGAIN", left},
		{"HELD", left},
		{"DETAIL", left},
	}, rows)
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		item(w, "  ", fmt.Sprintf("%s: %s", reason, meaning(reason)))
	}
}

// tally counts invitations. Of a list that has only open ones it claims nothing about others.
func tally(rows []invitation.Row, counts map[invitation.State]int) string {
	if counts[invitation.Pending] == len(rows) {
		return count(len(rows), "open invitation")
	}
	return fmt.Sprintf("%s, %d pending, %d accepted", count(len(rows), "invitation"), counts[invitation.Pending], counts[invitation.Accepted])
}

// age writes a day and how long ago that was.
func age(now, since time.Time) string {
	if since.IsZero() {
		return ""
	}
	const day = 24 * time.Hour
	ago := now.Sub(since)
	text := count(int(ago/day), "day")
	switch {
	case ago < time.Hour:
		text = count(max(int(ago/time.Minute), 0), "minute")
	case ago < day:
		text = count(int(ago/time.Hour), "hour")
	}
	return since.UTC().Format(time.DateOnly) + " (" + text + ")"
}

func again(now time.Time, row invitation.Row) string {
	switch {
	case row.State == invitation.Accepted || row.State == invitation.Member:
		return ""
	case row.Again.IsZero():
		return "never"
	case !row.Again.After(now):
		return "next pass"
	}
	return row.Again.UTC().Format("2006-01-02 15:04")
}

// Asked writes what became of a request about people.
func Asked(w io.Writer, o invitation.Outcome) {
	for _, r := range o.Results {
		text := fmt.Sprintf("%s: %s %s", r.Outcome, r.Action.Op, r.Action.Subject())
		if r.Action.Target != "" {
			text += ", " + what(r.Action)
		}
		if r.Outcome != plan.Done {
			text += ": " + r.Detail
		}
		item(w, "", text)
	}
	for _, h := range o.Stopped {
		item(w, "", fmt.Sprintf("%s: %s %s: %s", h.Reason, h.Action.Op, h.Action.Subject(), h.Detail))
	}
	for _, r := range o.Refusals {
		item(w, "", fmt.Sprintf("not done: %s: %s", r.Email, r.Why))
	}
}

// Imported writes what became of a file of accounts, and each line of it that was not taken over.
func Imported(w io.Writer, file string, r accounts.Result) {
	line(w, "%s new, %d changed, %d known, %d rejected", count(r.New, "account"), r.Changed, r.Known, len(r.Rejects))
	for i, reject := range r.Rejects {
		if i == most {
			line(w, "  ... and %d more rejected", len(r.Rejects)-most)
			return
		}
		item(w, "  ", fmt.Sprintf("%s:%d: %s", file, reject.Line, reject.Why))
	}
}
