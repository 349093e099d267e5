for mode in train reconstruct encode decode predict val import info verify; do
    hourglass $mode; echo $?
done
