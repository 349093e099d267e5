# -v says what is in force, -q keeps still, a note is no error.
hourglass info -v model=none.safetensors threads=1; echo $?
hourglass info -v model=none.safetensors; echo $?
hourglass checks -q >/dev/null; echo $?
