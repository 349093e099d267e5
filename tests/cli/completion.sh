hourglass completion bash >bash.sh && bash -n bash.sh && echo parsed
complete() {
    bash -c '. ./bash.sh; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hourglass; echo "${COMPREPLY[@]}"' _ "$@"
}
complete hourglass tr
complete hourglass train ep
complete hourglass train optimizer = ad
complete hourglass train loss =
complete hourglass train --schedule = c
complete hourglass completion z
complete hourglass train b
for shell in zsh fish; do
    hourglass completion $shell | grep -c optimizer
done
hourglass completion; echo $?
hourglass completion tcsh; echo $?
