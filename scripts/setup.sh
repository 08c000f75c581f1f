#!/bin/sh
# Build the virtual environment from uv.lock: setup.sh PYTHON VENV
#
# uv reads the lock; pip installs, because pip honours whatever package index this machine is configured for.
set -eu
python="$1"
venv="$2"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "setup: $python is older than Python 3.11; say which to use: make PYTHON=python3.12 run" >&2
  exit 1
}
if [ ! -x "$venv/bin/pip" ]; then
  "$python" -m venv "$venv" || {
    echo "setup: $python cannot make a virtual environment (on Debian: apt install python3-venv)" >&2
    exit 1
  }
fi
echo "setup: installing the locked dependencies into $venv (half a minute the first time)" >&2
pip() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$@"; }
pip --require-hashes -r scripts/uv.txt
"$venv/bin/uv" export --quiet --frozen --all-groups --no-emit-project --no-header --output-file "$venv/requirements.txt"
pip --require-hashes -r "$venv/requirements.txt"
pip --no-build-isolation --editable .
