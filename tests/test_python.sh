#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Python package: its tests (python/tests) in build/python-venv; README.md's section, docs/PYTHON.md and docs/SKLEARN.md do what
# they say, the first in a fresh virtual environment. Under the address sanitizer the tests of the package itself run with the library built so.
. tests/lib.sh
folder=$(dirname "$HOURGLASS")
case $folder in
"$PWD/build" | "$PWD/build/gcc") san= ;;
"$PWD/build/gcc-address") san=address ;;
*)
    skip "the package is tested with gcc's build, plain and with the address sanitizer"
    finish
    ;;
esac
if [ $san ]; then
    export HOURGLASS_BUILD=build/gcc-address TARGET=$work/package
fi
python/venv.sh >"$work/out" 2>&1
case $? in
0) ok ;;
6)
    skip "$(tail -1 "$work/out")"
    finish
    ;;
*)
    bad "pip install ./python: $(tail -20 "$work/out")"
    finish
    ;;
esac
venv=$PWD/build/python-venv

# Adds up pytest's closing line: "2 failed, 100 passed, 3 skipped in 9.12s".
add_up() { # add_up FILE STATUS
    count() { grep -oE "[0-9]+ $2" <<<"$(tail -1 "$1")" | grep -oE '^[0-9]+' || echo 0; }
    local p f e s
    p=$(count "$1" passed) f=$(count "$1" failed) e=$(count "$1" error) s=$(count "$1" skipped)
    passed=$((passed + p)) failed=$((failed + f + e)) skipped=$((skipped + s))
    grep -E '^SKIPPED' "$1" | sed 's/^SKIPPED/skipped:/'
    if [ "$2" != 0 ]; then
        [ $((f + e)) -gt 0 ] || failed=$((failed + 1))
        tail -150 "$1"
    fi
}
if [ $san ]; then
    # CPython itself frees little at its end: leaks are looked for in the library's own tests.
    export PYTHONPATH=$TARGET LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libstdc++.so)" PYTHONMALLOC=malloc
    export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:halt_on_error=1
    # The module really is instrumented, and the sanitizer's library is in the process with it.
    "$venv/bin/python" - >"$work/out" 2>&1 <<'END' && ok || bad "the address sanitizer is not in the module: $(tail -3 "$work/out")"
import os
from hourglass import _native
assert os.path.abspath(_native.__file__).startswith(os.path.abspath(os.environ["PYTHONPATH"])), _native.__file__
assert b"__asan_report_load4" in open(_native.__file__, "rb").read(), "no calls of the sanitizer in " + _native.__file__
assert "libasan" in open("/proc/self/maps").read(), "libasan is not mapped"
END
    # Left out: torch, pyod and sklearn (mostly others' code, and long),
    # drawing, examples, notebooks, before_yolo and same_as_command (other processes, or no C of their own).
    "$venv/bin/python" -m pytest -q -rs -p no:cacheprovider -k "not type_checkers" \
        python/tests/test_{model,verdicts,fit,frames,data_frames,run,jobs,mistakes}.py >"$work/tests" 2>&1
    add_up "$work/tests" $?
    finish
fi
"$venv/bin/python" -m pytest -q -rs -p no:cacheprovider python/tests >"$work/tests" 2>&1
add_up "$work/tests" $?

# What users install today, where the first environment has what Debian's PyTorch goes with.
newest=$work/newest
if "$PYTHON" -m venv "$newest" && "$newest/bin/pip" --quiet --disable-pip-version-check --retries 1 --timeout 20 install --only-binary :all: \
    numpy scikit-learn pandas pytest setuptools wheel cffi >"$work/out" 2>&1; then
    "$newest/bin/pip" --quiet --disable-pip-version-check install --no-deps --no-build-isolation ./python >"$work/out" 2>&1 ||
        bad "pip install ./python beside the newest packages: $(tail -20 "$work/out")"
    "$newest/bin/python" -m pytest -q -rs -p no:cacheprovider python/tests/test_{model,fit,verdicts,sklearn,data_frames}.py >"$work/tests" 2>&1
    add_up "$work/tests" $?
else
    skip "PyPI gives no packages: $(tail -1 "$work/out")"
fi

# README.md's section as if it stood alone, and the page.
{
    printf '```sh\n%s\n%s\n```\n' "awk -v rows=5000 -v seed=1 -f hourglass/tools/readings.awk >normal.csv" \
        "awk -v rows=1000 -v seed=2 -v faults=1 -f hourglass/tools/readings.awk >new.csv"
    sed -n '/^## Python/,/^## [^P]/p' README.md | grep -v '^<!-- not run: tests/test_python.sh'
} >"$work/README-Python.md"
DOCS_PATH=$venv/bin "$venv/bin/python" tests/docs.py "$HOURGLASS" "$work/README-Python.md" docs/PYTHON.md docs/SKLEARN.md >"$work/docs" 2>&1
line=$(grep -E '^[0-9]+ passed' "$work/docs")
read -r p f s <<<"$(sed -E 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped/\1 \2 \3/' <<<"${line:-0 passed, 1 failed, 0 skipped}")"
passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
[ "$f" = 0 ] || cat "$work/docs"
finish
