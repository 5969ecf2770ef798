#!/usr/bin/env bash
# Runs each native fuzz target of the module for FUZZTIME (default 10s). What it finds is left in the package's
# testdata/fuzz, to be kept with the mend.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=$(grep -rHo --include='*_test.go' --exclude-dir=testdata --exclude-dir='.?*' '^func Fuzz[A-Za-z0-9_]*' . | sort || true)
if [ -z "$targets" ]; then
  echo "fuzz: no target"
  exit 0
fi
failed=0
while IFS=: read -r file declaration; do
  name=${declaration#func }
  folder=$(dirname "$file")
  echo "== $name in $folder"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-10s}" "$folder" </dev/null || failed=1
done <<<"$targets"
exit "$failed"
