// Command bitroster keeps the people of a Bitbucket Cloud workspace as the directories of a company say: it reads LDAP
// groups and folders of CSV files, and invites who is missing.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A closed pipe ends the program in order, too.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.LookupEnv, streams{os.Stdin, os.Stdout, os.Stderr})) //nolint:gocritic // stop is for form
}
