// SPDX-License-Identifier: Apache-2.0
// folder.h - the results folder of one training run, and what is written into it besides weights.
#ifndef HG_JOBS_FOLDER_H
#define HG_JOBS_FOLDER_H
#include "base/system.h"
#include "base/text.h"
#include "model/model.h"
#include "options/options.h"

// What a run has made of its folder, so that it can be taken away again.
typedef struct hg__folder_made {
    bool is_new, is_project_new; // the folder; the one it lies in
    char before[256];            // where PROJECT/latest led; "": nowhere
} hg__folder_made;

// Makes PROJECT/NAME (NAME2, NAME3 ... where it exists and exist_ok is false) with its weights/, and
// points PROJECT/latest at it. path (1024). Takes its lock unless that was tried before.
int hg__folder_make(const hg_options *o, char *path, hg__lock *l, hg__folder_made *made,
                    hg_error *err);

// Takes away the new folder of a run that was refused: where it holds no weights and nothing that is not the run's. Then lets go of
// the lock. True if it is gone.
bool hg__folder_unmake(const hg_options *o, const char *path, hg__lock *l,
                       const hg__folder_made *made);

// Whether that is a folder which is there already, `path` (1024).
bool hg__folder_is_there(const hg_options *o, char *path);

// One training at a time: takes the folder's lock, and takes away what a dead one was writing. HG_ERR_IO: another has it.
int hg__folder_lock(hg__lock *l, const char *folder, hg_error *err);

// "FOLDER/weights/NAME.safetensors" in buffer (1024).
int hg__folder_weights(const char *folder, const char *name, char *buffer, hg_error *err);

// run: whose it is, "" if that is not known.
int hg__folder_write_args(const char *folder, const hg_options *o, const char *run, hg_error *err);
void hg__run_write(hg__text *text, const char *id); // run_id.c: the line in args.yaml
int hg__run_read(const char *folder, char id[HG_RUN_ID], hg_error *err);

// Seconds trained so far, without the pauses before resume=: at the last epoch or where the run ended, by results.csv and run.json.
double hg__folder_seconds(const char *folder);

// results.csv: keeps the rows up to `epoch` (0: a fresh file) below a header; has_adversary: with a column for its loss.
int hg__folder_cut_results(const char *folder, int32_t epoch, bool has_adversary, hg_error *err);

typedef struct hg__result_row {
    int32_t epoch;
    double time, train_loss, val_loss, lr; // val_loss NaN: an empty cell
    double adversary_loss;                 // NaN: no cell
} hg__result_row;
int hg__folder_add_result(const char *folder, const hg__result_row *row, hg_error *err);

typedef struct hg__run_facts {
    const hg_options *options;
    int32_t threads;
    int64_t steps; // done in all
    const char *isa, *start, *exit_reason;
    uint64_t fingerprint;
    const hg_result *result;
    double pca_seconds;
} hg__run_facts;
int hg__folder_write_run(const char *folder, const hg__run_facts *f, hg_error *err); // run.json
int hg__folder_write_metrics(const char *folder, const hg__run_facts *f,
                             hg_error *err); // metrics.json
#endif
