// SPDX-License-Identifier: Apache-2.0
// trainer.h - everything one training run holds, and where it stands.
#ifndef HG_JOBS_TRAINER_H
#define HG_JOBS_TRAINER_H
#include "array/data.h"
#include "corrupt/noise.h"
#include "exec/plan.h"
#include "jobs/folder.h"
#include "model/model.h"
#include "options/options.h"
#include "schema/schema.h"

// Where a run stands: with the weights and the optimiser's state, all that going on needs.
typedef struct hg__progress {
    int32_t epoch;      // epochs finished
    int64_t batch;      // batches done of the epoch begun
    int64_t step;       // steps done in all
    double loss_sum;    // of the epoch begun: over rows and features
    int64_t rows;       // rows of the epoch begun
    double best_loss;   // infinite before the first
    int32_t best_epoch; // 0: none yet
    double train_loss;  // mean of the last epoch finished
    double seconds;     // trained so far, without the pauses before resume=
} hg__progress;

// clean=false: what is known of rows that do not fit.
typedef struct hg__trim {
    bool is_wanted;
    int64_t *number; // owned, (room), or NULL: in the table, of each row that was read from it
    int64_t room;
    struct hg__odd_row *odd; // owned, (rows of data), NULL until they were judged: the oddest first
    int64_t left_out;        // of them: not trained on
    int64_t expected;        // of those: not held out either
    int64_t *trained, *held; // owned, or NULL: what rows.row and val_rows.row are
} hg__trim;

typedef struct hg__trainer {
    hg_options o;         // effective: with resume=, the run's own under the caller's
    const hg_listener *l; // never NULL
    hg__meter meter;      // of what comes before the first step
    char folder[1024];
    hg__lock lock; // of the folder
    hg__folder_made made;
    hg__table *given; // borrowed: rows of a table that is open already, instead of data=; or NULL
    hg__data *data, *val_data; // owned; val_data NULL unless val= is a file
    bool keeps_columns;        // resume=, and no option asks for other columns than the run's own
    hg__schema *schema;        // owned until the model takes it: rows are a table's; else NULL
    bool is_table;
    hg__side_columns side, val_side; // of the rows of data and val_data
    hg__rows rows, val_rows;         // val_rows.count 0: no validation
    hg__trim trim;
    hg__noise noise;                 // of rows that are no pictures
    bool spoils;                     // rows are not their own targets: noise or pairs
    bool owes_best, owes_checkpoint; // what epochs too short to be saved each left to be written
    hg__loader *loader, *val_loader;
    hg__pool *pool;
    hg_model *model;
    hg__train_plan *plan;
    hg__run_plan *runner;    // the same weights, for validation
    double *sums;            // owned, (EVAL_ROWS): losses of validation rows
    hg__objective objective; // of training and validation
    const hg__optim *optim;
    const hg__schedule *schedule;
    hg__progress progress;
    char start[32];
    double began;    // start or resume=, on hg__seconds()
    int64_t seen;    // rows that steps have been made with since it began
    double earlier;  // seconds trained before resume=
    double saved_at; // the last checkpoint, on hg__seconds()
    hg__real
        *best; // owned, (params), NULL until it was needed: weights of the best epoch, to be saved
    double pca_seconds;
} hg__trainer;

enum { HG_EVAL_ROWS = 1024 };

// checkpoint.c: weights/last.safetensors, whole or not at all.
int hg__checkpoint_save(hg__trainer *t, hg_error *err);
int hg__weights_save(hg__trainer *t, const char *name, hg_error *err); // weights/NAME.safetensors
// An epoch has ended: the files it is worth. Of epochs shorter than a second those of the last in a second.
int hg__epoch_save(hg__trainer *t, bool is_best, hg_error *err);
int hg__owed_save(hg__trainer *t, hg_error *err); // what it put off
// Loads it into model, plan and progress. HG_OK and no change where there is none yet.
int hg__checkpoint_load(hg__trainer *t, hg_error *err);

// run_id.c. Which run a file is of: it must be that of args.yaml ("": not known).
void hg__run_id(const hg__trainer *t, char id[HG_RUN_ID]);
int hg__run_check(const hg__trainer *t, const char *id,
                  hg_error *err); // whether the options can still be that run's
int hg__run_compare(const char *path, const char *id, const char *want, hg_error *err);

// start.c: scales freshly drawn weights and sets the output's bias.
int hg__start_scaled(hg__trainer *t, hg_error *err);

// open.c: data, validation rows, noise; and loaders of them.
int hg__open_data(hg__trainer *t, hg_error *err);
hg__loader *hg__open_loader(hg__trainer *t, hg_error *err);
// The same rows every time, as validation wants them; `rows` of t->data or t->val_data.
hg__loader *hg__open_fixed_loader(hg__trainer *t, const hg__rows *rows, hg_error *err);

// open_table.c: whether rows are a table's; whether model= is for such; options for such a run where nobody set them; schema, data and side.
bool hg__is_table_run(const hg__trainer *t);
int hg__check_model(const hg__trainer *t, hg_error *err);
int hg__set_table_options(hg__trainer *t, hg_error *err);
int hg__open_table(hg__trainer *t, hg_error *err);
void hg__trainer_note(const hg__trainer *t, const char *sentence); // for the user; "" is none
int hg__open_val_table(hg__trainer *t,
                       hg_error *err); // val=FILE with the schema of the training rows

// trim.c. What the options ask for: trim.is_wanted; clean= is set where contamination= implies it.
int hg__trim_check(hg__trainer *t, hg_error *err);
// While a part of the table is read: its row at `place` is the table's `row`.
int hg__trim_pass(hg__trim *m, int64_t place, int64_t row, hg_error *err);
int hg__trim_rows(hg__trainer *t,
                  hg_error *err); // judges all rows; chooses those to train on and to hold out
int hg__trim_write(hg__trainer *t,
                   hg_error *err); // left_out.csv and a note, where rows were judged
void hg__trim_clear(hg__trim *m);

// detect.c: gives a trained model of a table its detector and thresholds, and saves it.
int hg__fit_detector(hg__trainer *t, hg_model *best, hg_error *err);

// train.c: the job on a table that is open (given, or NULL), with the best model (for the caller to free) in *best unless NULL.
int hg__train(const hg_options *o, hg__table *given, const hg_listener *l, hg_result *result,
              hg_model **best, hg_error *err);

// evaluate.c. Mean loss per row and feature of a model over a loader's rows of `width` features.
int hg__evaluate(hg__run_plan *runner, hg__loader *loader, int32_t width, const hg__objective *o,
                 double *sums, double *mean, hg_error *err);
// The PCA baseline: fits it on the training rows, saves weights/pca.safetensors, measures its MSE (NaN where there
// is no room for it: code size >= width, or more than HG_PCA_WIDTH features).
int hg__evaluate_pca(hg__trainer *t, double *mse, hg_error *err);
// samples.c: writes samples.npy, (2 or 3, n, width): rows, their reconstructions by the best weights and, where rows
// are spoilt, their targets.
int hg__write_samples(hg__trainer *t, const hg_model *m, hg_error *err);
#endif
