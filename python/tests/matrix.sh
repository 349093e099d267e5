#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tests under several interpreters, each with the oldest and the newest NumPy that it has, with the wheel of `make wheel`:
# python/tests/matrix.sh PYTHON ...   A line each; exit status 1 if one failed.
cd "$(dirname "$0")/../.." || exit 1
wheel=$(echo "$PWD"/build/wheel/*.whl)
[ -f "$wheel" ] || { echo "matrix: expected a wheel in build/wheel; make wheel builds it" >&2; exit 1; }
status=0
for python; do
    for numpy in "numpy<2" "numpy>=2"; do
        venv=$(mktemp -d)
        "$python" -m venv "$venv" && "$venv/bin/pip" --quiet --disable-pip-version-check install --only-binary :all: "$wheel" "$numpy" pytest tqdm >"$venv/log" 2>&1
        if [ $? = 0 ]; then
            # peers, each where it has a wheel for this Python and this NumPy; tests skip without it
            for peer in scikit-learn pandas polars pyarrow; do
                "$venv/bin/pip" --quiet --disable-pip-version-check install --only-binary :all: "$numpy" $peer >"$venv/log" 2>&1
            done
            names=$("$venv/bin/python" -c 'import sys, numpy; print("Python", sys.version.split()[0] + ",", "NumPy", numpy.__version__)')
            said=$("$venv/bin/python" -m pytest -q -p no:cacheprovider ${MATRIX_TESTS:-python/tests} 2>&1) || { status=1 && grep ^FAILED <<<"$said"; }
            echo "$names: $(tail -1 <<<"$said")"
        else
            echo "$("$python" --version), $numpy: left out, there is no wheel of it"
        fi
        rm -rf "$venv"
    done
done
exit $status
