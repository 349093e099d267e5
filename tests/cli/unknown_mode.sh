hourglass trian; echo $?
hourglass zebra; echo $?
hourglass epochs=3; echo $?
hourglass help trian; echo $?
