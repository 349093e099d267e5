#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs one fuzz target for some seconds: fuzz.sh build/clang-fuzz/tests/fuzz/fuzz_csv 60. New inputs go to
# build/corpus/; what crashes stays in build/fuzz-findings/, to become a file of tests/fuzz/corpus/.
set -eu
target=$1
name=${target##*/fuzz_}
mkdir -p "build/corpus/$name" build/fuzz-findings "tests/fuzz/corpus/$name"
echo "FUZZ $name, $2 s"
if ! "$target" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz-findings/$name-" "build/corpus/$name" "tests/fuzz/corpus/$name" >"build/fuzz-$name.log" 2>&1; then
    tail -40 "build/fuzz-$name.log"
    echo "fuzz: $name found something: build/fuzz-findings/" >&2
    exit 1
fi
grep -E 'stat::number_of_executed_units|stat::peak_rss_mb' "build/fuzz-$name.log"
