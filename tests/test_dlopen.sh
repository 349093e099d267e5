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
names=$(nm -D --defined-only "$library" | awk '$3 !~ /^hg_[a-z]/ { print $3 }')
[ -z "$names" ] && ok || bad "names that are not ours: $names"

# A public function that does more than look something up sets the host's locale and rounding aside (src/base/entry.h).
lookups=" hg_version hg_environment_at hg_options_is_set hg_mode_at hg_option_count hg_option_at hg_group_at hg_example_at
    hg_word_at hg_text_free hg_model_free hg_model_width hg_model_code_size hg_model_spec "
for name in $(nm -D --defined-only "$library" | awk '$3 ~ /^hg_[a-z]/ { print $3 }'); do
    case $lookups in *[[:space:]]$name[[:space:]]*) continue ;; esac
    expect "$name begins with HG_ENTRY or HG_JOB_ENTRY" awk -v name="$name(" '
        /^[a-z]/ && index($0, name) && !/;$/ { within = 1 }
        within && /^    HG_(JOB_)?ENTRY/ { found = 1 }
        /^}/ { within = 0 }
        END { exit !found }' src/*/*.c
done
finish
