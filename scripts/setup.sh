#!/usr/bin/env bash
# Installs what the tests start: an LDAP server and its tools. Quick when all is there. Debian and its relatives only;
# elsewhere it says what to install. The packages' own services are kept off: each test starts a server of its own.
set -euo pipefail

# A command that the tests run, and the Debian package that brings it.
needs=(
  "slapd:slapd"
  "ldapadd:ldap-utils"
)

# Servers lie where only root's PATH leads.
PATH="$PATH:/usr/sbin:/sbin"

missing=()
for need in "${needs[@]}"; do
  command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}")
done
if [ "${#missing[@]}" -eq 0 ]; then
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "setup: the tests need ${missing[*]} (names of Debian packages): install them and run this again" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: the tests need ${missing[*]}: run scripts/setup.sh as root, or install sudo" >&2
    exit 1
  fi
  as_root=(sudo)
fi

# While this file says 101, installing a package starts no service (policy-rc.d(8)). One that is there is left alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi

# An slapd without a configuration does not start at the next boot, either.
if command -v debconf-set-selections >/dev/null; then
  echo "slapd slapd/no_configuration boolean true" | "${as_root[@]}" debconf-set-selections
fi
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null
