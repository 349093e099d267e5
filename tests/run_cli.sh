#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs the command's tests, or those named: run_cli.sh [NAME ...]. HOURGLASS is the command under test.
#
# A test is tests/cli/NAME.sh, run by sh in an empty folder, with `hourglass` in PATH. What it must print and
# return stands beside it: NAME.out, NAME.err (none: nothing printed), NAME.exit (none: 0). A line `~regex`
# stands for one line that matches the extended regular expression as a whole.
# GOLDEN=1 rewrites the expectations that do not hold, and docs/COMMAND.md; read the diff before keeping it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
export ROOT=$root
command=${HOURGLASS:-$root/build/hourglass}
[ -x "$command" ] || { echo "$command is not there; \`make\` builds it"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$command" "$work/bin/hourglass"
export PATH=$work/bin:$PATH LC_ALL=C NO_COLOR=1
# Options from the environment of who runs the tests have no place in them.
for name in $(env | sed -n 's/^\(HG_[A-Z_]*\)=.*/\1/p'); do
    case $name in HG_ISA | HG_FAIL_* | HG_PLUGINS) ;; *) unset "$name" ;; esac
done

# matches EXPECTED ACTUAL: two files, line by line; a missing file is an empty one.
matches() {
    local expected=/dev/null want got
    [ -e "$1" ] && expected=$1
    cmp -s "$expected" "$2" && return 0
    exec 3<"$expected" 4<"$2"
    while :; do
        local more_want=1 more_got=1
        IFS= read -r want <&3 || more_want=
        IFS= read -r got <&4 || more_got=
        [ "$more_want" = "$more_got" ] || return 1
        [ -z "$more_want" ] && return 0
        case $want in
        '~'*) [[ $got =~ ^(${want#'~'})$ ]] || return 1 ;;
        *) [ "$want" = "$got" ] || return 1 ;;
        esac
    done
}

# check NAME KIND ACTUAL
check() {
    local expected=$here/cli/$1.$2
    matches "$expected" "$3" && return 0
    if [ -n "${GOLDEN-}" ]; then
        echo "rewritten: $1.$2"
        if [ -s "$3" ]; then cp "$3" "$expected"; else rm -f "$expected"; fi
        return 0
    fi
    echo "$1: $2 is not as expected:"
    diff -u "$([ -e "$expected" ] && echo "$expected" || echo /dev/null)" "$3" | tail -n +3 | head -40
    return 1
}

[ -n "${GOLDEN-}" ] && hourglass help --markdown >"$root/docs/COMMAND.md"
passed=0 failed=0
for test in "$here"/cli/*.sh; do
    name=$(basename "$test" .sh)
    case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
    folder=$work/$name
    mkdir "$folder"
    (cd "$folder" && exec timeout 120 sh "$test") >"$work/out" 2>"$work/err" </dev/null
    status=$?
    : >"$work/exit"
    [ $status -eq 0 ] || echo $status >"$work/exit"
    good=1
    for kind in out err exit; do check "$name" $kind "$work/$kind" || good=; done
    if [ -n "$good" ]; then
        passed=$((passed + 1))
        echo "ok $name"
    else
        failed=$((failed + 1))
        echo "failed $name"
    fi
    rm -rf "$folder"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
