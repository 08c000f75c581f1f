#!/bin/sh
# Build the virtual environment from uv.lock: setup.sh PYTHON VENV
#
# uv installs, in a few seconds. It does not read pip's configuration, so it is told the index that pip would use; where
# that is not enough for it (an index that asks for a login, say), pip installs the same files, in half a minute.
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

pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }
index="${PIP_INDEX_URL:-$(pip config get global.index-url 2>/dev/null || true)}"
[ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
[ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"

echo "setup: installing the locked dependencies into $venv" >&2
requirements="$venv/requirements.txt"
pip install --quiet --no-deps --require-hashes -r scripts/uv.txt
uv="$venv/bin/uv"
"$uv" export --quiet --frozen --all-groups --no-emit-project --no-header --output-file "$requirements"
# Compiled at once, as pip does it: where Python is told to write no bytecode, each program would compile all it imports.
"$uv" pip install --quiet --compile-bytecode --system-certs --python "$venv/bin/python" --no-deps --require-hashes -r "$requirements" || {
  echo "setup: uv could not; pip installs the same files instead" >&2
  pip install --quiet --no-deps --require-hashes -r "$requirements"
}
pip install --quiet --no-deps --no-build-isolation --editable .
