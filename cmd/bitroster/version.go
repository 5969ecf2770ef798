package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  usage(nothing),
		RunE: func(*cobra.Command, []string) error {
			p.say("%s", versionText())
			return nil
		},
	}
}

// versionText says which version this is, of what it was built and for what.
func versionText() string {
	return fmt.Sprintf("bitroster %s (%s, %s/%s)", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
