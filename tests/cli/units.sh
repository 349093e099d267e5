# Numbers as people write them come out as the option has them.
hourglass cfg train fpr=1% time=1h30m val=10% fraction=50% max_mem=1.5GB contamination=2% loss=MSE | grep -e ^fpr -e ^time -e ^val -e ^fraction -e ^max_mem -e ^contam -e ^loss
for time in 90s 5m '5 min' 2d 1.5 0; do hourglass cfg train time="$time" | grep ^time; done
for wrong in time=5x time=-5m time=5 time=m time=1h30 fpr=1 fpr=1%% lr=1% epochs=5% max_mem=2Q val=95%; do hourglass cfg train $wrong >/dev/null; echo "$wrong $?"; done
hourglass cfg bench seconds=500ms | grep ^seconds
