//go:build !race

package app

// raced would make the storms smaller.
const raced = false
