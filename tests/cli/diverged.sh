. "$ROOT/tests/cli/rows.inc"
hourglass train -q data=rows.csv model='dense 3 | dense input' optimizer=sgd lr=1000 epochs=50 samples=0 pca=false; echo $?
