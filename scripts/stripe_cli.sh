#!/bin/sh
# Install the Stripe CLI that tests/contract uses into that folder: stripe_cli.sh FOLDER
#
# Its version and what npm must find in its files are in FOLDER/package-lock.json. No script of the package is run.
set -eu
folder="$1"

for program in node npm; do
  command -v "$program" >/dev/null 2>&1 || {
    echo "contract: $program is missing, and the Stripe CLI comes from npm: install Node.js 18 or later with npm" >&2
    exit 1
  }
done
node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' || {
  echo "contract: Node.js $(node --version) is too old for the Stripe CLI: install 18 or later" >&2
  exit 1
}

echo "contract: installing the Stripe CLI into $folder/node_modules" >&2
npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >&2 || {
  echo "contract: npm cannot install what $folder/package-lock.json names: see above" >&2
  exit 1
}
# npm passes over a program for this system that it cannot get, or whose files are not what the lock names.
"$folder/node_modules/.bin/stripe" --version >/dev/null || {
  echo "contract: npm has no Stripe CLI for this system with the integrity in $folder/package-lock.json" >&2
  exit 1
}
