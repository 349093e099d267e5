hourglass help train >a
hourglass train --help >b
hourglass -h train >c
cmp a b && cmp a c && cat a
