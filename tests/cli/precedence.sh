# The command line, then the environment, then cfg=, then hourglass.yaml, then the defaults.
echo 'lr: 1e-1
batch: 1
epochs: 1
seed: 1' >hourglass.yaml
echo 'lr: 1e-2
batch: 2
epochs: 2' >cfg.yaml
show() { grep -e ^lr: -e ^batch: -e ^epochs: -e ^seed: -e ^momentum: | tr '\n' ' '; echo; }
HG_BATCH=3 HG_LR=1e-3 hourglass cfg train cfg=cfg.yaml lr=1e-4 | show
HG_BATCH=3 HG_CFG=cfg.yaml hourglass cfg train | show
hourglass cfg train | show
rm hourglass.yaml
hourglass cfg train | show
echo 'cfg: cfg.yaml' >hourglass.yaml
hourglass cfg train | show
