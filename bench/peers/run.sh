#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the rivals into build/peers-venv (once for each requirements.txt) and runs run.py with what is asked.
set -eu
cd "$(dirname "$0")/../.."
venv=build/peers-venv
if ! cmp -s bench/peers/requirements.txt "$venv/installed.txt"; then
    echo "bench-peers: installing PyTorch, JAX, NumPy, scikit-learn, PyOD, ONNX Runtime and oneDNN into $venv (once, about 6 GB)" >&2
    python=python3
    [ -x /usr/bin/python3 ] && python=/usr/bin/python3
    [ -x "$venv/bin/pip" ] || "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r bench/peers/requirements.txt
    cp bench/peers/requirements.txt "$venv/installed.txt"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --force-reinstall ./python || echo "bench-peers: no package; its rows are left out" >&2
mkdir -p build/bench
for program in onednn_step onednn_conv; do
    gcc -D_GNU_SOURCE -O2 -std=c11 -I"$venv/include" "bench/peers/$program.c" -L"$venv/lib" -l:libdnnl.so.3 -Wl,-rpath,"$PWD/$venv/lib" \
        -o "build/bench/$program" || echo "bench-peers: no oneDNN; its rows are left out" >&2
done
exec "$venv/bin/python" bench/peers/run.py "$@"
