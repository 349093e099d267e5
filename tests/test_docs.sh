#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# README.md, docs/ANOMALIES.md, docs/RECIPES.md and docs/LIBRARY.md do what they say and show what comes; tests/docs.py says how such a page
# is written. GOLDEN=1 (`make docs`) rewrites what they show.
. tests/lib.sh
case $HOURGLASS in
"$PWD/build/gcc/hourglass" | "$PWD/build/hourglass") ;;
*)
    skip "the documents are tested with the command that is installed"
    finish
    ;;
esac
# README.md repeats figures of the others: it comes last.
exec "${PYTHON:-python3}" tests/docs.py "$HOURGLASS" docs/ANOMALIES.md docs/RECIPES.md docs/LIBRARY.md README.md
