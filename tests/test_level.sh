#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The level of noise as an input and an output: training, what is kept in files, what is refused.
. tests/lib.sh
root=$PWD
python=${PYTHON:-python3}
command -v "$python" >/dev/null || { skip "no python3 to make pictures with"; finish; }
cd "$work" || exit 1
mkdir good learn
"$python" "$root/tests/make_pictures.py" good good || bad "could not make pictures"
cp good/photo.png good/grey.png learn

spec='keep 1, unshuffle 2, conv 8 k3 p1 relu | conv 16 k3 p1, shuffle 2, add 1'
train() { # train NAME args...
    "$HOURGLASS" train -q data=learn colour=colour crop=24 crops=3 batch=4 val=0 samples=2 pca=false noise="gaussian 0-55" project=. name="$@"
}
said() { # said WORDS command...: it fails, with these words
    local words=$1 out
    shift
    out=$("$@" 2>&1) && { echo "no failure: $*"; return 1; }
    case $out in *"$words"*) ;; *) echo "$out"; return 1 ;; esac
}
last=weights/best.safetensors

expect "a model with a level is trained" train one model="$spec" grey=0.5 level=0.5 epochs=2 threads=1
expect "the same with three threads" train three model="$spec" grey=0.5 level=0.5 epochs=2 threads=3
expect "its bits do not depend on threads" [ "$(hash_of one/$last)" = "$(hash_of three/$last)" ]
expect "half of it is trained" train half model="$spec" grey=0.5 level=0.5 epochs=1
expect "and the rest" "$HOURGLASS" train -q resume=half epochs=2
expect "which makes no difference" [ "$(hash_of one/$last)" = "$(hash_of half/$last)" ]
expect "pairs teach it too" train pairs model="$spec" target=learn level=1 epochs=1
expect "info says that there is a level" sh -c '"$0" info model=one/weights/best.safetensors | grep -q "^level       of noise"' "$HOURGLASS"
expect "samples are of the picture" sh -c 'head -c 120 one/samples.npy | grep -aq "(3, 2, 1728)"'
expect "what goes on from it keeps it" train more pretrained=one/$last level=0.5 epochs=1
expect "info says so" sh -c '"$0" info model=more/weights/best.safetensors | grep -q "^level"' "$HOURGLASS"
expect "a level is not lost on the way" said "expected a share above 0 for pretrained= with a level of noise" train no pretrained=one/$last epochs=1
expect "a model without one is trained" train plain model='keep 1, conv 8 k3 p1 relu | conv input k3 p1, add 1' epochs=1
expect "nor found on the way" said "expected 0 for pretrained= without a level of noise" train no pretrained=plain/$last level=1 epochs=1
expect "noise=blind has no level" said "got noise=blind" "$HOURGLASS" train data=learn noise=blind crop=24 level=0.5 project=. name=no
expect "nor have clean images" said "of noise= or target=, got" "$HOURGLASS" train data=learn crop=24 level=0.5 project=. name=no
expect "outputs that cannot be any number are refused" said "got one that ends in sigmoid" train no model='conv 8 p1 relu | conv input p1 sigmoid' level=0.5 epochs=1

finish
