# Every spelling means the same.
hourglass cfg train lr=0.01 on_bad=skip nesterov=true data=x >a
hourglass cfg train --lr 0.01 --on_bad skip --nesterov true --data x >b
hourglass cfg train --lr=1e-2 --on-bad=skip --nesterov --source=x >c
hourglass cfg --lr=.01 --on-bad skip --nesterov --source x >d
cmp a b && cmp a c && cmp a d && grep -e lr: -e on_bad -e nesterov -e data a
