#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Attacks with real tools in a network of namespaces are found by their packets and named by alerts. SCENES=long (`make scenes`): ten
# minutes a day, and the figures that are promised; else most of a minute, which is too little to know what is usual: the bounds are wider.
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
while read -r name packets auroc rate pair novelty recall alerts is_named is_enough why; do
    expect "$name: AUROC $auroc is not enough" [ "$is_enough" = yes ]
    expect "$name: no alert of $alerts has the right source" [ "$is_named" = yes ]
done <"$work/scenes/table"
[ ! -f "$work/scenes/skipped" ] || while read -r name; do skip "$name: its tool is not here"; done <"$work/scenes/skipped"
read -r alerts <"$work/scenes/alerts"
expect "$alerts false alerts" [ "$alerts" -le "$([ "$length" = long ] && echo 1 || echo 4)" ]
finish
