#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes build/python-venv with what requirements-test.txt names, once for each of its versions, and installs the package into it from
# this tree. Exit status 6 where PyPI cannot be reached. Prints nothing that went well.
cd "$(dirname "$0")/.." || exit 1
venv=build/python-venv
# Debian's own interpreter has PyTorch; a newer one in front of it has no packages.
python=${PYTHON:-$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || echo python3)}
mkdir -p build
say() { echo "python: $*" >&2; }
wanted=$("$python" -c 'import sys; print(sys.version, sys.executable)' && cat python/requirements-test.txt) || exit 1
if [ "$wanted" != "$(cat "$venv/made_of.txt" 2>/dev/null)" ]; then
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    rm -rf "$venv"
    "$python" -m venv --system-site-packages "$venv" >"$log" 2>&1 || { say "no venv: $(tail -1 "$log")"; exit 6; }
    if ! "$venv/bin/pip" --quiet --disable-pip-version-check --retries 1 --timeout 20 install --no-compile -r python/requirements-test.txt >"$log" 2>&1; then
        say "PyPI gives no packages: $(tail -1 "$log")"
        exit 6
    fi
    echo "$wanted" >"$venv/made_of.txt"
fi
exec "$venv/bin/pip" --quiet --disable-pip-version-check install --no-deps --no-build-isolation --force-reinstall ${TARGET:+--target "$TARGET" --upgrade} ./python
