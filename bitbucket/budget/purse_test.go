package budget_test

import (
	"testing"

	"bitroster/bitbucket/budget"
	"bitroster/bitbucket/budget/budgettest"
)

func TestPurse(t *testing.T) {
	budgettest.Run(t, func(*testing.T) budgettest.Harness {
		purse := budget.NewPurse()
		return budgettest.Harness{Open: func(*testing.T) budget.Store { return purse }}
	})
}
