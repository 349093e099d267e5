# info draws the network: widths by what comes out of each layer, the code marked, pictures as height, width, channels.
. "$ROOT/tests/cli/rows.inc"
draw() { # draw NAME MODEL
    hourglass train data=rows.csv model="$2" name=$1 epochs=1 -q
    hourglass info model=runs/$1 | sed -n '/^hourglass/,$p'
    hourglass info model=runs/$1 --json | grep -c '##'
}
draw deep 'dense 64 relu, dense 16 relu, dense 2 | dense 16 relu, dense 64 relu, dense input'
draw conv 'unflatten 1 2 2, conv 64 k1 relu, conv 8 k1 relu, flatten, dense 2 | dense input sigmoid'
draw neckless 'keep 1, dense 8 relu, dense input, add 1'
true
