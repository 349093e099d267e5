# Nothing is ignored: each of these ends with 2, and names the nearest option.
hourglass train epoch=3; echo $?
hourglass train --learning-rate 1; echo $?
hourglass train --optimiser=adam; echo $?
hourglass predict epochs=3; echo $?
hourglass train fashion; echo $?
hourglass train -x; echo $?
hourglass train =3; echo $?
