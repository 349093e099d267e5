# SPDX-License-Identifier: Apache-2.0
# lib.sh - what the test scripts share; read with `.`. HOURGLASS is the command under test.
HOURGLASS=${HOURGLASS:-$PWD/build/hourglass}
mkdir -p build
work=$(mktemp -d "$PWD/build/test-XXXXXX")
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
export HG_REPORT=${HG_REPORT-false} # of a training: test_report_page.sh looks at what it is by default

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED: $*"; }
skip() { skipped=$((skipped + 1)); echo "skipped: $*"; }
expect() { # expect "sentence" command...: the command must succeed
    sentence=$1
    shift
    if "$@"; then ok; else bad "$sentence"; fi
}
finish() {
    echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
    [ $failed = 0 ]
    exit
}

# The bytes of all tensors of a .safetensors file, hashed: the header, with its options and times, is left out.
hash_of() {
    [ -f "$1" ] || { echo "no $1"; return; }
    head=$(od -An -tu8 -N8 "$1" | tr -d ' ')
    tail -c +$((head + 9)) "$1" | sha256sum | cut -c 1-16
}

# Sends a signal to the background job, if it still runs: its number may be another's by now.
signal_job() { # signal_job SIGNAL
    for job in $(jobs -pr); do kill -"$1" "$job" 2>/dev/null; done
}

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
wait_for() { # wait_for SECONDS command...: until it succeeds
    local until=$(($(milliseconds) + $1 * 1000))
    shift
    while ! "$@"; do
        [ "$(milliseconds)" -lt $until ] || return 1
        sleep 0.05
    done
}
is_sanitized() { [ -n "${SAN-}" ] && [ "$SAN" != coverage ]; }
# What is no test itself, such as the model that a test begins with: the command without a sanitizer, whose bits are the same.
case $HOURGLASS in /*) plain=$HOURGLASS ;; *) plain=$PWD/$HOURGLASS ;; esac
if is_sanitized && [ -x build/hourglass ]; then plain=$PWD/build/hourglass; fi
