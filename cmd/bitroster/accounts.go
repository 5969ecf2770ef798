package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bitroster/bitbucket/userlist"
	"bitroster/internal/app"
	"bitroster/internal/show"
)

func (p *program) accountsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "accounts",
		Short: "Tell bitroster which accounts belong to which addresses",
		Args:  usage(known),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usageError{errors.New("say what to do: import" + seeHelp(cmd.CommandPath()))}
		},
	}
	command.AddCommand(p.importCommand())
	return command
}

func (p *program) importCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE",
		Short: "Take over pairs of address and Atlassian account id from a CSV file",
		Long: `Take over pairs of address and Atlassian account id from a CSV file, such as an export of accounts or users of
admin.atlassian.com. The first pass then finds the members among them without asking for each address. (The export of
Bitbucket's User Directory page has no account ids, and cannot be used.)

Whoever is in the file under the account of somebody else gets that person's place: take the file from Atlassian, and
from nobody else. What Bitbucket itself said of an address is not replaced; a wrong pair is corrected by importing again.`,
		Example: "  bitroster accounts import managed-accounts.csv",
		Args:    usage(one("file")),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := os.Open(args[0])
			if err != nil {
				return usageError{err}
			}
			pairs, rejects, err := userlist.Read(file)
			if err = errors.Join(err, file.Close()); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return p.using(cmd.Context(), use{reports: true}, func(a *app.App) error {
				result, err := a.ImportAccounts(cmd.Context(), pairs)
				if err != nil {
					return err
				}
				result = result.Also(rejects)
				show.Imported(p.out, args[0], result)
				if len(result.Rejects) > 0 {
					p.code = exitFailed
				}
				return nil
			})
		},
	}
}
