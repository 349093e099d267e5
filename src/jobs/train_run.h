// SPDX-License-Identifier: Apache-2.0
// train_run.h - a training (trainer.h) with its results folder: what is written into it, and how a run is gone on with.
#ifndef HG_JOBS_TRAIN_RUN_H
#define HG_JOBS_TRAIN_RUN_H
#include "jobs/folder.h"
#include "jobs/trainer.h"

typedef struct hg__train_run {
    hg__trainer t;
    char folder[1024];
    hg__lock lock; // of the folder
    hg__folder_made made;
    bool pending_best,
        pending_checkpoint; // what epochs too short to be saved each left to be written
    double saved_at;        // the last checkpoint, on hg__seconds()
    char start[32];
    double pca_seconds;
} hg__train_run;

// train_checkpoint.c: weights/last.safetensors, whole or not at all.
int hg__checkpoint_save(hg__train_run *r, hg_error *err);
// weights/NAME.safetensors: of `m`.
int hg__weights_save(const hg__train_run *r, const char *name, const hg_model *m, hg_error *err);
// An epoch has ended: the files it is worth. Of epochs shorter than a second those of the last in a second.
int hg__epoch_save(hg__train_run *r, bool is_best, hg_error *err);
int hg__pending_save(hg__train_run *r, hg_error *err); // what it put off
// Loads it, and the best weights, into the trainer. HG_OK and no change where there is none yet.
int hg__checkpoint_load(hg__train_run *r, hg_error *err);

// run_id.c. Which run a file is of: it must be that of args.yaml ("": not known).
void hg__run_id(const hg__trainer *t, char id[HG_RUN_ID]);
// Whether the options can still be that run's.
int hg__run_check(const hg__train_run *r, const char *id, hg_error *err);
int hg__run_compare(const char *path, const char *id, const char *want, hg_error *err);

// train_samples.c: writes samples.npy, (2 or 3, n, width): rows, their reconstructions by the best weights and, where rows
// are corrupted, their targets.
int hg__write_samples(hg__train_run *r, hg_error *err);
#endif
