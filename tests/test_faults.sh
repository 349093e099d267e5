#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Allocations and I/O fail one by one while an autoencoder is trained: see faults.sh.
. tests/lib.sh
. tests/faults.sh

tortured train - train -q data=in/x.csv $small project=tree name=run
tortured "train on a gzipped file, all options" - train -q data=in/x.csv.gz val=in/x.csv $small epochs=2 clip=1 optimizer=adamw save_period=1 project=tree name=run
tortured "train, pretrained" - train -q data=in/y.npy $small pretrained=$model samples=0 pca=false val=0 project=tree name=run
end_of_faults
