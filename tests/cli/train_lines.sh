. "$ROOT/tests/cli/rows.inc"
hourglass train data=rows.csv model='dense 3 relu | dense input' epochs=2 batch=20 samples=0 progress=lines
hourglass train data=rows.csv model='dense 3 relu | dense input' epochs=2 batch=20 samples=0 progress=json val=0
hourglass train data=rows.csv model='dense 3 relu | dense input' epochs=2 batch=20 samples=0 -q --json
