//go:build race

package app

// raced makes the storms smaller: the race detector slows SQLite, which is Go here, by an order of magnitude.
const raced = true
