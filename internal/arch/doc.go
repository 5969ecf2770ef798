// Package arch keeps the house in order: its tests parse every .go file of the module and fail on an arrow between
// packages that points the wrong way, on a package that nobody has given a place, and on a budget that is broken.
//
// The layers are words <- pure <- effects <- adapters <- shell: a package may import what stands left of it. Beside them
// are the support packages, which only tests, benchmarks and the demonstration may import. The table of packages is in
// table_test.go: a new package needs a line there, and a line needs a package.
//
// The budgets bind the tail, where a code base begins to hurt: a file has at most 400 lines (800 in tests), a function 60
// (100), blocks nest three deep, a function takes four parameters after its context (run, under main, five), a package
// exports 35 names and imports 6 packages of ours (those that wire, as many as there are). No file is excused: what
// breaks a budget is split.
package arch
