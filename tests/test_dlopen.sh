#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The shared library as a plug-in: loaded, used and unloaded a thousand times it leaves nothing behind, and it brings along no
# more than its own names.
. tests/lib.sh
build=${HOURGLASS%/*}
library=$build/libhourglass.so
[ -f "$library" ] || { skip "no shared library in a sanitizer build"; finish; }

cut -d, -f1-5 > "$work/x.csv" <<<"$(for i in $(seq 40); do echo "0.$i,0.$((i * 7 % 100)),0.5,0.$((99 - i)),1"; done)"
"$HOURGLASS" train -q data="$work/x.csv" epochs=1 project="$work" name=run samples=0 pca=false || bad "training"
expect "a thousand cycles leave nothing" "$build/tests/dlopen_run" "$library" "$work/run/weights/best.safetensors" 1000

# The library's names are the header's, both ways: none is missing, none is ours alone (hg__...) or somebody else's.
nm -D --defined-only "$library" | awk '{ print $3 }' | sort >"$work/defined"
sed '/^#/d; s,//.*,,' include/hourglass.h | tr '\n' ' ' | grep -o 'HG_API [^(;]*(' | sed 's/.*[ *]\([a-z_0-9]*\)($/\1/' | sort >"$work/declared"
[ "$(wc -l <"$work/declared")" -ge 40 ] && ok || bad "expected 40 functions or more in the header, got $(wc -l <"$work/declared")"
expect "the library's names are the header's" diff "$work/declared" "$work/defined"
expect "all names begin with hg_ and a letter" awk '!/^hg_[a-z]/ { print; bad = 1 } END { exit bad }' "$work/defined"

# A public function that does more than look something up sets the host's locale and rounding aside (src/base/host.h).
lookups=" hg_version hg_version_number hg_environment_at hg_options_is_set hg_job_at hg_option_count hg_option_at hg_group_at hg_example_at
    hg_word_at hg_text_free hg_bytes_free hg_model_free hg_model_width hg_model_code_size hg_model_spec hg_model_module
    hg_model_column_at hg_table_rows hg_table_columns hg_table_column_at hg_detector_columns "
for name in $(<"$work/defined"); do
    case $lookups in *[[:space:]]$name[[:space:]]*) continue ;; esac
    expect "$name begins with HG_ENTRY or HG_JOB_ENTRY" awk -v name="$name(" '
        /^[a-z]/ && index($0, name) && !/;$/ { within = 1 }
        within && /^    HG_(JOB_)?ENTRY/ { found = 1 }
        /^}/ { within = 0 }
        END { exit !found }' src/*/*.c
done
# What a header lets through is a call all the same.
expect "no room calls into one that it may not see" tools/check_calls.sh "$build"
finish
