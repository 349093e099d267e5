#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Attacks with real tools in a network of namespaces are found by their packets and named by alerts. SCENES=long (`make scenes`): ten
# minutes a day, and the figures that are promised; else most of a minute, which is too little to know what is usual: bounds are wider.
. tests/lib.sh
if is_sanitized; then
    skip "scenes take their own time, and are no test of memory"
    finish
fi
length=${SCENES:-short}
said=$(tests/scenes/scenes.sh "$work/scenes" "$length" 2>&1)
status=$?
case $status in
77) skip "$said"; finish ;;
0) ;;
*) bad "no scenes: $said"; finish ;;
esac
echo "$said"
above() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'; }
# After most of a minute a failed login or a new host outside may be as rare as anything: what is loud must be found, and the rest is told.
while read -r name _ auroc _ _ _ _ alerts is_named is_enough _; do
    if [ "$length" = long ]; then
        expect "$name: AUROC $auroc is not enough" [ "$is_enough" = yes ]
        expect "$name: no alert of $alerts has the right source" [ "$is_named" = yes ]
        continue
    fi
    case $name in
    scan | flood)
        expect "$name: AUROC $auroc is not enough" above "$auroc" 0.9
        expect "$name: no alert of $alerts has the right source" [ "$is_named" = yes ]
        ;;
    spoof | exfil) expect "$name: AUROC $auroc is not enough" above "$auroc" 0.8 ;;
    esac
done <"$work/scenes/table"
touch "$work/scenes/skipped"
while read -r name; do skip "$name: its tool is not here"; done <"$work/scenes/skipped"
read -r alerts <"$work/scenes/alerts"
[ "$length" = short ] || expect "$alerts false alerts" [ "$alerts" -le 1 ]
finish
