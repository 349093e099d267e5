. "$ROOT/tests/cli/rows.inc"
try() { hourglass train data=rows.csv model="$1" samples=0 -q; echo "$1 $?"; }
try 'dense 3 relu'
try 'dens 3 | dense input'
try 'dense 0 | dense input'
try 'dense 3 | dense 5'
try aee
ls
