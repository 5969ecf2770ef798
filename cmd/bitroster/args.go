package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bitroster/internal/settings"
)

// nothing is the check of a command that takes no arguments.
func nothing(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, but got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// known is the check of a command that has others below it: what is left is no name of one.
func known(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, below := range cmd.Commands() {
		names = append(names, below.Name())
	}
	if near := settings.Nearest(args[0], names); near != "" {
		return fmt.Errorf("unknown command %q, did you mean \"%s %s\"?", args[0], cmd.CommandPath(), near)
	}
	return fmt.Errorf("unknown command %q", args[0])
}

// some and one are the checks of commands that take arguments, which noun names.
func some(noun string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("want at least one %s", noun)
		}
		return nil
	}
}

func one(noun string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("want one %s, but got %d", noun, len(args))
		}
		return nil
	}
}

// usage marks the errors of a check of arguments as the user's.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{errors.New(err.Error() + seeHelp(cmd.CommandPath()))}
		}
		return nil
	}
}
