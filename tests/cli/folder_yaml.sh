# hourglass.yaml serves all modes: another mode's option is passed over, an unknown one is not.
echo 'epochs: 3
threads: 1' >hourglass.yaml
hourglass cfg predict | grep threads
echo 'epoch: 3' >>hourglass.yaml
hourglass cfg predict; echo $?
# A file that cfg= names must fit.
echo 'epochs: 3' >mine.yaml
rm hourglass.yaml
hourglass cfg predict cfg=mine.yaml
