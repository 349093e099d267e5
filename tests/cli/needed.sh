for mode in train reconstruct encode decode predict val compare import info verify; do
    hourglass $mode; echo $?
done
