hourglass version >/dev/full; echo $?
hourglass help train >/dev/full; echo $?
