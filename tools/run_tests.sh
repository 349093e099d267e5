#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs tests and adds them up: run_tests.sh BUILD_FOLDER TEST ...   A test is a program or a script; each
# gets one line, a failing one also its whole output. Ends in "N passed, N failed[, N skipped]".
#
# What counts: cmocka's closing lines, a script's own closing line "N passed, N failed[, N skipped]", and for
# the rest the exit status. HOURGLASS is the command under test.
build=$1
shift
jobs=${TEST_JOBS:-$(($(nproc) + 1))} # some wait half of their time; before OMP_NUM_THREADS is set: nproc obeys it
log=$build/log
mkdir -p "$log"
rm -f "$log"/*.sum
export HOURGLASS=$PWD/$build/hourglass HG_PLUGINS=$PWD/build HG_DATA=${HG_DATA:-../shared/data} SAN=${SAN-} CC=${CC:-gcc}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:allocator_may_return_null=1} UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# The oldest interpreter that has PyTorch is Debian's own; a newer one in front of it has no packages.
[ -x /usr/bin/python3 ] && export PYTHON=/usr/bin/python3
export log

run_one() {
    test=$1
    name=${test##*/}
    out=$log/$name.log
    started=$(date +%s)
    case $test in
    *.sh) timeout -k 10 "${TEST_SECONDS:-900}" bash "$test" ;;
    *.py) timeout -k 10 "${TEST_SECONDS:-900}" "${PYTHON:-python3}" "$test" ;;
    */fuzz_*) timeout -k 10 300 "$test" "tests/fuzz/corpus/${name#fuzz_}" tests/museum ;;
    *) timeout -k 10 300 "$test" ;;
    esac >"$out" 2>&1 </dev/null
    status=$?
    awk -v status=$status -v name="$name" -v seconds=$(($(date +%s) - started)) '
        /^\[  PASSED  \] [0-9]+ test/ { passed += $4 }
        /^\[  FAILED  \] [0-9]+ test/ { failed += $4 }
        /^\[  SKIPPED \] [0-9]+ test/ { skipped += $4 }
        match($0, /^[0-9]+ passed, [0-9]+ failed/) { passed += $1; failed += $3; if ($6 ~ /^skipped/) skipped += $5 }
        /^skipped/ { why[++reasons] = $0 }
        END {
            if (status != 0 && !failed) failed = 1
            if (status == 0 && !failed && !passed && !skipped) passed = 1
            printf "%-6s %-28s %4d passed", failed ? "FAILED" : "ok", name, passed
            if (failed) printf ", %d failed (exit %d)", failed, status
            if (skipped) printf ", %d skipped", skipped
            printf "  %d s\n", seconds
            for (i = 1; i <= reasons && i <= 3; i++) print "         " why[i]
            printf "%d %d %d\n", passed, failed, skipped > (ENVIRON["log"] "/" name ".sum")
        }' "$out" >"$out.line"
    if grep -q ^FAILED "$out.line"; then
        sed 's/^/    | /' "$out" | tail -n 200 >>"$out.line"
    fi
    cat "$out.line"
    rm -f "$out.line"
}
export -f run_one

printf '%s\0' "$@" | xargs -0 -n 1 -P "$jobs" bash -c 'run_one "$1"' _
cat "$log"/*.sum 2>/dev/null | awk -v wanted=$# '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        if (NR < wanted) failed += wanted - NR
        printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
        exit failed > 0 || passed == 0
    }'
