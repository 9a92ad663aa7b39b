#!/usr/bin/env bash
# Installs what the tests need beyond Go, and the packages that are named: only what is missing, so that a machine
# with, say, a Node.js of its own keeps it (Debian's npm conflicts with others' nodejs).
set -euo pipefail
cd "$(dirname "$0")"

debs=()
need() { local test=$1; shift; bash -c "$test" >/dev/null 2>&1 || debs+=("$@"); }
need 'command -v gcc'                          gcc
need 'echo "#include <stdlib.h>" | gcc -E -'   libc6-dev
need 'ls /usr/lib/postgresql/*/bin/initdb'     postgresql
need 'test -x /usr/sbin/smtp-source'           postfix
need '/usr/bin/python3 -c "import dkim, nacl"' python3 python3-dkim python3-nacl
need 'test -x /usr/sbin/opendkim'              opendkim
need 'test -x /usr/bin/spamassassin'           spamassassin
need 'test -x /usr/bin/chromium'               chromium
need 'command -v npm'                          nodejs npm
for more; do need "command -v $more" "$more"; done # what only a benchmark needs

if [ ${#debs[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "make test needs: apt-get install ${debs[*]}" >&2
    exit 1
  fi
  echo "installing ${debs[*]}" >&2
  if [ ! -e /usr/sbin/policy-rc.d ]; then # no service is to start because its program was installed
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${debs[@]}" >/dev/null
fi

[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund --silent
