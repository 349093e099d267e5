// SPDX-License-Identifier: Apache-2.0
// trainer.h - a training in memory: what options ask for becomes data, a model and the engine (fit/fit.h) that trains it.
// Nothing here writes a file; a run with a results folder is hg__train_run.
#ifndef HG_JOBS_TRAINER_H
#define HG_JOBS_TRAINER_H
#include "base/file.h"
#include "base/host.h"
#include "fit/fit.h"
#include "jobs/folder.h"
#include "jobs/val_code.h"
#include "model/model.h"
#include "options/options.h"
#include "rows/dataset.h"
#include "rows/loader.h"
#include "schema/schema.h"

// clean=false: what is known of rows that do not fit.
typedef struct hg__trim {
    bool is_wanted;
    int64_t *number; // owned, (room), or NULL: in the table, of each row that was read from it
    int64_t room;
    // owned, (rows of data), NULL until they were scored: highest first
    struct hg__outlier_row *outlier;
    int64_t left_out;        // of them: not trained on
    int64_t expected;        // of those: not held out either
    int64_t *trained, *held; // owned, or NULL: what rows.row and val_rows.row are
} hg__trim;

typedef struct hg__trainer {
    hg_options o;         // effective: with resume=, the run's own under the caller's
    const hg_listener *l; // never NULL
    hg__meter meter;      // of what comes before the first step
    hg__table *given; // borrowed: rows of a table that is open already, instead of data=; or NULL
    const hg_model
        *start; // borrowed: what training begins with, instead of model= and pretrained=; or NULL
    // Owned. data: may be there from the start, an array instead of data=. val_data: NULL unless val= is a file.
    hg__dataset *data, *val_data;
    bool keeps_columns; // resume=, and no option asks for other columns than the run's own
    hg__schema *schema; // owned until the model takes it: rows are a table's; else NULL
    bool is_table;
    bool is_parts;                   // rows are crops of good parts
    bool is_packets;                 // rows are packets
    struct hg__packet_data *packets; // owned: where they come from, and what was counted
    bool is_signal;                  // rows are windows of a recording
    struct hg__signal_data *signal;  // owned: what they are cut from
    uint32_t beside; // of a recording: detectors that are fitted and count nothing (hg__signal)
    int64_t until;   // of a recording: so many normal steps from its beginning; 0: all
    struct hg__part_data *parts;     // owned: what they are cut from
    hg__side_columns side, val_side; // of the rows of data and val_data
    hg__rows rows, val_rows;         // val_rows.count 0: no validation
    hg__trim trim;
    // noise=, what becomes of data and val_data.
    hg__corruption corruption;
    hg__column_group *group; // owned: that of corruption
    // Whoever measures the rows that are held out wants them unseen: nothing is validated, and the best weights are the last.
    bool leaves_held;
    bool has_targets; // rows are not their own targets: noise or pairs
    hg__objective objective;
    hg__loader *loader, *val_loader;
    hg__pool *pool;
    hg_model *model;    // owned; at the end the best
    hg__fit *fit;       // owned; NULL where the model is solved, not trained: pca, feature, kitnet
    int64_t solved;     // rows that it was then solved from
    double began;       // when everything was open, on hg__seconds()
    double earlier;     // seconds trained before resume=
    const char *reason; // why it ended
    // Called when an epoch has ended, before the listener is told; or NULL.
    int (*keep)(void *context, const hg_train_event *e, hg_error *err);
    void *keep_context; // borrowed
} hg__trainer;

// trainer.c. l, o and what is given are set: opens all that training takes. The caller clears it, also on failure.
int hg__trainer_open(hg__trainer *t, hg_error *err);
int hg__trainer_run(hg__trainer *t, hg_error *err); // codes as hg__fit_run() has them
// The model becomes the best; a table's gets its detector, of others *val_mse is measured where rows were held out. What trained is
// freed.
int hg__trainer_finish(hg__trainer *t, double *val_mse, hg_error *err);
// PCA of the training rows with the model's code size, as solver= says: the caller's to free.
int hg__trainer_fit_pca(hg__trainer *t, hg_model **pca, hg_error *err);
// All of these, in memory: opens, runs and finishes; what comes of it, on failure too.
int hg__trainer_fit(hg__trainer *t, hg_result *r, hg_error *err);
void hg__trainer_fill(const hg__trainer *t, hg_result *r);      // all but folder and exit_reason
const hg__progress *hg__trainer_progress(const hg__trainer *t); // zeros where there is none
// Notes in a model what it was made from: unit, range, fingerprint; names of columns.
void hg__trainer_describe(hg_model *m, const hg__dataset *d);
int hg__trainer_name_columns(hg_model *m, const hg__dataset *d, hg_error *err);
void hg__trainer_clear(hg__trainer *t);
void hg__trainer_note(const hg__trainer *t, const char *sentence); // for the user; "" is none
// The model's threshold for all rows, if it has one. what: was held out, "packets".
void hg__trainer_tell_threshold(const hg__trainer *t, const char *what);

// A model of the rows of an open table (given), as `o` (mode train) says; nothing is written. l may be NULL.
hg_model *hg__train_model(const hg_options *o, hg__table *given, const hg_listener *l,
                          hg_error *err);

// train_open.c: data, validation rows, noise; and loaders of them.
int hg__open_data(hg__trainer *t, hg_error *err);
hg__loader *hg__open_loader(hg__trainer *t, hg_error *err);
// The same rows every time, as validation wants them; `rows` of t->data or t->val_data.
hg__loader *hg__open_fixed_loader(hg__trainer *t, const hg__rows *rows, hg_error *err);

// train_preset.c: options that belong to the preset model= names, where nobody set them.
int hg__set_preset_options(hg__trainer *t, hg_error *err);

// val_likelihood.c: -ELBO of rows that were held out, in nats a row, by one draw of each; NaN: m has no `sample` layer, or no likelihood.
int hg__trained_neg_elbo(const hg__trainer *t, const hg_model *m, hg__run_plan *plan,
                         hg__loader *rows, int64_t seed, double *neg_elbo, hg_error *err);

// train_range.c: rows beyond 0..1 where outputs cannot be: refused by bce, else a note.
int hg__check_range(const hg__trainer *t, hg_error *err);
// That note for another network, of these rows; who: its name, or "".
int hg__note_range(const hg__trainer *t, const hg__spec *s, const char *who, hg_error *err);

// train_table.c: whether rows are a table's; whether model= is for such; options for such a run where nobody set them; schema, data and side.
bool hg__is_table_run(const hg__trainer *t);
int hg__check_model(const hg__trainer *t, hg_error *err);
int hg__set_table_options(hg__trainer *t, hg_error *err);
int hg__open_table(hg__trainer *t, hg_error *err);
// val=FILE with the schema of the training rows
int hg__open_val_table(hg__trainer *t, hg_error *err);

// train_parts.c: whether rows are cut from pictures of good parts; options for such a run where nobody set them; data; and what makes a trained
// model one of parts.
bool hg__is_parts_run(const hg__trainer *t);
int hg__set_parts_options(hg__trainer *t, hg_error *err);
int hg__open_parts(hg__trainer *t, hg_error *err);
int hg__split_parts(hg__trainer *t, hg_error *err); // once rows and val_rows are known
int hg__fit_parts(hg__trainer *t, hg_error *err);
// Of images that are none of parts: says what model=conv makes of them.
void hg__tell_coding(const hg__trainer *t);
void hg__parts_free(struct hg__part_data *p); // NULL is fine

// train_packets.c: whether rows are packets of a capture; options for such a run where nobody set them; data; and what makes a trained model one of
// packets.
bool hg__is_packets_run(const hg__trainer *t);
int hg__set_packet_options(hg__trainer *t, hg_error *err);
int hg__open_packets(hg__trainer *t, hg_error *err);
int hg__fit_packets(hg__trainer *t, hg_error *err);
void hg__packets_free(struct hg__packet_data *p); // NULL is fine

// train_signal.c: whether rows are windows of a recording; options for such a run where nobody set them; data; which of it is held out; and
// what makes a trained model one of a recording.
bool hg__is_signal_run(const hg__trainer *t);
int hg__check_hide(const hg__trainer *t, hg_error *err); // that hide= has a recording
int hg__set_signal_options(hg__trainer *t, hg_error *err);
int hg__open_signal(hg__trainer *t, hg_error *err);
void hg__split_signal(hg__trainer *t);
int hg__fit_signal(hg__trainer *t, hg_error *err);
void hg__signal_data_free(struct hg__signal_data *p); // NULL is fine

// train_kitnet.c: whether the model is KitNET; what can be said of that before anything is read; and what trains it, of data that is open.
bool hg__is_kitnet_run(const hg__trainer *t);
int hg__check_kitnet(const hg__trainer *t, hg_error *err);
int hg__fit_kitnet(hg__trainer *t, hg_error *err);

// train_features.c: whether the model is of a backbone's features; what can be said of that before anything is read; the model, of which
// nothing is fitted yet; of its options those of the pictures.
bool hg__is_feature_run(const hg__trainer *t);
int hg__check_features(const hg__trainer *t, hg_error *err);
struct hg__feature_options; // inspect/inspector.h
int hg__make_features(hg__trainer *t, const struct hg__feature_options *pictures, hg_error *err);

// train_trim.c. What the options ask for: trim.is_wanted; clean= is set where contamination= implies it.
int hg__trim_check(hg__trainer *t, hg_error *err);
// While a part of the table is read: its row at `place` is the table's `row`.
int hg__trim_pass(hg__trim *m, int64_t place, int64_t row, hg_error *err);
// Scores all rows; chooses those to train on and to hold out.
int hg__trim_rows(hg__trainer *t, hg_error *err);
// left_out.csv and a note, where rows were scored.
int hg__trim_write(const hg__trainer *t, const char *folder, hg_error *err);
void hg__trim_clear(hg__trim *m);

// train_detector.c: gives a trained model of a table its detector and thresholds.
int hg__fit_detector(hg__trainer *t, hg_error *err);

// A model from what model= may be.

// hg__model_from_spec() for all that model= may be: also a YAML file (`model: SPEC`, `latent: 64`) or a model file, whose spec
// is taken and whose weights are not.
hg_model *hg__model_new(const char *model, const hg__shape *input, int32_t latent, uint64_t seed,
                        hg_error *err);

// A training with its results folder: what is written into it, and how a run is gone on with.

typedef struct hg__page_classes {
    int32_t *of;           // owned, (rows of the data that is shown), -1: none; NULL: not known
    hg__class_names names; // owned
} hg__page_classes;

typedef struct hg__train_run {
    hg__trainer t;
    char folder[1024];
    hg__lock lock; // of the folder
    hg__folder_made made;
    // what epochs too short to be saved each left to be written
    bool pending_best, pending_checkpoint;
    double saved_at; // the last checkpoint, on hg__seconds()
    char start[32];
    double pca_seconds;
    struct hg__run_logs *logs; // owned: tensorboard=, mlflow=; NULL: neither
    hg__content card;          // owned: the text of card=
    hg__page_classes classes;  // of the rows that the page shows
} hg__train_run;

// train_logs.c: what else hears of a run. Nothing where neither is asked for. Opens what may refuse before anything is read; begins,
// where the folder is there; an epoch; the end, as `code` says. Of a tracking server only open and begin fail.
int hg__logs_open(hg__train_run *r, hg_error *err);
int hg__logs_begin(hg__train_run *r, hg_error *err);
int hg__logs_epoch(hg__train_run *r, const hg_train_event *e, hg_error *err);
int hg__logs_end(hg__train_run *r, const hg_result *result, int code, hg_error *err);
void hg__logs_clear(hg__train_run *r);

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

// train_page.c: report.html, of a run that has ended.
int hg__write_page(hg__train_run *r, const hg__run_facts *facts, hg_error *err);
int hg__read_card(hg__train_run *r, hg_error *err); // card=, before anything else is read
// train_page_classes.c: classes=, once data is open. And the colours of classes on a map of rows with such labels (n), NULL: none; false
// where there are no colours for so many.
int hg__read_page_classes(hg__train_run *r, hg_error *err);
void hg__page_classes_clear(hg__page_classes *c); // {0} is fine
struct hg__code_map;                              // report/training_page.h
bool hg__name_map_classes(struct hg__code_map *m, const hg__class_names *names,
                          const int32_t *label, int32_t n);
// train_page_code.c: what its pictures show of samples and of the code. rows: those that are looked at, of the dataset that is returned.
const hg__dataset *hg__page_rows(const hg__trainer *t, hg__rows *rows);
struct hg__training_page; // report/training_page.h
int hg__collect_samples(const hg__train_run *r, struct hg__training_page *p, hg_error *err);
int hg__collect_code(hg__train_run *r, struct hg__training_page *p, hg_error *err);
#endif
