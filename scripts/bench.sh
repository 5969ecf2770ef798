#!/usr/bin/env bash
# Runs the benchmarks of every package that has some, each for BENCHTIME (default 1s), then every program under bench/.
# One after the other, because two that run at once measure each other.
set -euo pipefail
cd "$(dirname "$0")/.."

folders=$(grep -rl --include='*_test.go' --exclude-dir=testdata --exclude-dir='.?*' '^func Benchmark' . | xargs -r -n 1 dirname | sort -u || true)
for folder in $folders; do
  go test -run '^$' -bench . -benchmem -benchtime "${BENCHTIME:-1s}" "$folder"
done

programs=$(grep -rl --include='*.go' '^package main$' bench 2>/dev/null | xargs -r -n 1 dirname | sort -u || true)
for program in $programs; do
  echo "== $program"
  go run "./$program" </dev/null
done
