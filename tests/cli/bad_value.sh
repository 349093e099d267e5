for word in epochs=0 epochs=1.5 epochs= lr=fast lr=nan lr=-1 lr=1e4 batch=99999999999999999999 \
    optimizer=adm loss= nesterov=maybe nesterov=true max_mem=lots max_mem=1K max_mem=9999999999999T val=1.5 \
    fraction=0 beta1=1; do
    hourglass train data=x "$word"; echo "$word $?"
done
hourglass train --epochs; echo $?
hourglass train --epochs --lr 1; echo $?
hourglass train data="$(printf '\377')"; echo $?
hourglass train data="$(printf '%01024d' 0)"; echo $?
