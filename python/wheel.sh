#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the wheel for any Python from 3.10 on and any Linux with this machine's glibc or a later one, with the shared libraries that the
# module links and their licences: whoever installs it needs neither compiler nor packages. It lies in build/wheel/, and is no larger than 3 MB.
set -eu
cd "$(dirname "$0")/.."
python/venv.sh
PATH=$PWD/build/python-venv/bin:$PATH
rm -rf build/wheel
log=$(mktemp)
trap 'rm -f "$log"' EXIT
pip --quiet --disable-pip-version-check wheel --no-deps --no-build-isolation --wheel-dir build/wheel/linked ./python
auditwheel repair --strip --wheel-dir build/wheel build/wheel/linked/*.whl >"$log" 2>&1 || { tail -5 "$log" >&2; exit 1; }
rm -rf build/wheel/linked
python3 python/wheel_licenses.py build/wheel/*.whl
wheel=$(echo build/wheel/*.whl)
size=$(stat -c %s "$wheel")
echo "$wheel: $size bytes"
[ "$size" -le 3000000 ] || { echo "$wheel: expected at most 3000000 bytes, got $size" >&2; exit 1; }
