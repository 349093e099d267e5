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
# --key, and the value behind it; keys with - or _.
complete hourglass train --sch
complete hourglass train --schedule c
complete hourglass predict --on-bad sk
# Presets where a model is made, kinds of noise, topics of help.
complete hourglass train model = d
complete hourglass predict model = d
complete hourglass val noise = gauss
complete hourglass help mod
# Files, their blanks too; of models only those and folders; nothing for a column's name.
mkdir pics runs && touch normal.csv 'my clip.mov' best.safetensors bad.txt
complete hourglass train data = n
complete hourglass denoise source = m
complete hourglass denoise source = \"m
complete hourglass predict model = b
complete hourglass predict model = r
complete hourglass denoise out = p
complete hourglass train --data n
complete hourglass train label = n
for shell in zsh fish; do
    hourglass completion $shell | grep -c optimizer
done
hourglass completion fish | grep -e '-l out ' -e "-l model -r -F -a" | sort -u | head -3
hourglass completion; echo $?
hourglass completion tcsh; echo $?
