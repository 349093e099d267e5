hourglass version
hourglass --version
hourglass version --json
hourglass version x; echo $?
