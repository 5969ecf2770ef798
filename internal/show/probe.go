package show

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"bitroster/bitbucket/probe"
)

// Probe writes whose the credentials are, what each may do and why not, and whether passes will work.
func Probe(w io.Writer, r probe.Report) {
	rows := [][]string{}
	for _, h := range r.Credentials {
		rows = append(rows, []string{h.Credential, told(h.Account), told(h.Role), told(strings.Join(h.Scopes, " "))})
	}
	grid(w, columns{{"CREDENTIAL", left}, {"ACCOUNT", left}, {"ROLE", left}, {"SCOPES", left}}, rows)
	calls(w, r)
	skipped(w, r)
	if r.Problem != "" {
		item(w, "", "WORKSPACE: "+r.Problem)
	}
	for _, trouble := range r.Groups {
		item(w, "", "GROUP: "+trouble)
	}
	item(w, "", conclusion(r))
}

func told(s string) string {
	if s == "" {
		return "not told"
	}
	return s
}

// calls writes each call, and below it what each credential may do. Targets that fare alike share a line.
func calls(w io.Writer, r probe.Report) {
	wide := 0
	for _, h := range r.Credentials {
		wide = max(wide, lipgloss.Width(h.Credential))
	}
	var done []string
	for _, call := range r.Calls {
		name := call.Method + " " + call.Route
		if call.Skipped || slices.Contains(done, name) {
			continue
		}
		done = append(done, name)
		if !call.Needed {
			name += "  (to explain the rest)"
		}
		item(w, "  ", name)
		for _, f := range merged(r.Calls, call) {
			lead := fmt.Sprintf("    %-*s  %-6s  ", wide, f.Credential, f.Verdict)
			if text := f.On + detail(f); text != "" {
				item(w, printable(lead), text)
			} else {
				line(w, "%s", strings.TrimRight(printable(lead), " "))
			}
		}
	}
}

// skipped says for each credential how many calls were left out for an earlier answer.
func skipped(w io.Writer, r probe.Report) {
	for _, h := range r.Credentials {
		n := 0
		var last probe.Finding
		for _, f := range r.Calls {
			if f.Skipped && f.Credential == h.Credential {
				n++
				last = f
			}
		}
		if n > 0 {
			item(w, "  ", fmt.Sprintf("%s: NOT TRIED for the other %s: %s (%s)", h.Credential, count(n, "call"), last.Why, last.Try))
		}
	}
}

// merged are the findings of one call; those that differ only in what they are on are one.
func merged(all []probe.Finding, call probe.Finding) []probe.Finding {
	const most = 5
	var lines []probe.Finding
	on := [][]string{}
	for _, f := range all {
		if f.Skipped || f.Method != call.Method || f.Route != call.Route {
			continue
		}
		at := slices.IndexFunc(lines, func(l probe.Finding) bool {
			return l.Credential == f.Credential && l.Verdict == f.Verdict && l.Why == f.Why && l.Try == f.Try
		})
		if at < 0 {
			at, lines, on = len(lines), append(lines, f), append(on, nil)
		}
		on[at] = append(on[at], f.On)
	}
	for i := range lines {
		lines[i].On = strings.Join(on[i][:min(most, len(on[i]))], ", ")
		if more := len(on[i]) - most; more > 0 {
			lines[i].On += fmt.Sprintf(" and %d more", more)
		}
	}
	return lines
}

// detail is why, and what to try.
func detail(f probe.Finding) string {
	text := f.Why
	if f.Try != "" {
		text += " (" + f.Try + ")"
	}
	if f.On != "" && text != "" {
		text = ": " + text
	}
	return text
}

// conclusion says in one line whether passes will work, and with which credential for which sort of call.
func conclusion(r probe.Report) string {
	text := "passes will work"
	switch {
	case !r.Ready():
		text = "passes will NOT do all they should"
	case !r.Sure():
		text = "passes may work; what is unsure can be told by a pass only"
	}
	var uses []string
	for _, use := range r.Uses {
		with := strings.Join(use.Credentials, " and ")
		switch {
		case use.Verdict == probe.No && with != "":
			with = "NOT everywhere, else with " + with
		case use.Verdict == probe.No:
			with = "NO credential"
		case use.Verdict != probe.Works:
			with += " (" + string(use.Verdict) + ")"
		}
		uses = append(uses, use.What+": "+with)
	}
	return fmt.Sprintf("Workspace %s: %s. %s.", r.Workspace, text, strings.Join(uses, "; "))
}
