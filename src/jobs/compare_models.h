// SPDX-License-Identifier: Apache-2.0
// compare_models.h - models side by side on any data, under one protocol: `compare data= models=`.
//
//   models= ──list.c──> entries ──survey.c──> hg__contestant: sizes known, with PCA of each size of code and the mean row
//                                                 │ for each seed: the same rows are held out, the same budget
//                                                 ├──run.c──> trained, solved or read; then measured: hg__contest_figure
//                                                 └──paired.h──> intervals, pairs ──sheet.c──> table, JSON, CSV
//
// Training does not look at the rows that are held out: nothing is chosen by them, and the weights are those it ends with.
#ifndef HG_JOBS_COMPARE_MODELS_H
#define HG_JOBS_COMPARE_MODELS_H
#include "base/host.h"
#include "graph/spec.h"
#include "jobs/paired.h"
#include "latent/code_quality.h"
#include "options/options.h"

typedef enum hg__contestant_kind {
    HG_MEAN_ROW, // the mean of the training rows, whatever comes in: the floor
    HG_SOLVED,   // PCA
    HG_TRAINED,
    HG_READ // a model file: its weights as they are
} hg__contestant_kind;

// One seed of one model; NaN for what is not known.
typedef struct hg__contest_figure {
    double error;     // mean squared error of a number of the rows held out, against the clean ones
    double explained; // share of these rows' variance
    double neg_elbo;  // nats a row
    double fit, measure; // seconds
    int32_t epochs;
    hg__code_quality quality; // of its codes of some of these rows; rows 0: not measured
} hg__contest_figure;

typedef struct hg__contestant {
    char name[64];
    char model[HG_MAX_VALUE];   // as it was asked for: preset, spec, path
    char options[HG_MAX_VALUE]; // "noise=gaussian 25; lr=1e-3", beside those of all; ""
    char spec[HG_MAX_SPEC];
    hg__contestant_kind kind;
    int32_t code; // numbers a code; 0: no neck
    int64_t parameters;
    char lost[400];             // why nothing is known of it: a seed diverged; "" for most
    hg__contest_figure *figure; // owned, (seeds)
    hg__estimate error;         // over seeds and rows
} hg__contestant;

// Model a against model b, a < b; and what is known of the difference of their errors, a's minus b's.
typedef struct hg__contest_pair {
    int32_t a, b;
    hg__estimate difference;
    double p; // of the difference being 0, Holm's correction over all pairs; NaN: not known
} hg__contest_pair;

typedef struct hg__contest {
    const hg_options *o; // borrowed, as is the listener, never NULL
    const hg_listener *l;
    int32_t contestants, seeds;
    int64_t first_seed;
    hg__contestant *
        contestant; // owned, (contestants): the mean row, PCA by size of code, models in the order asked for
    hg__contest_pair *pair; // owned, (pairs): without the mean row
    int32_t pairs;
    char data[HG_MAX_VALUE], budget[128]; // for people: what was learned, and how long
    int64_t rows, held;                   // trained on, held out: each seed
    int32_t width;                        // numbers a row
    uint64_t fingerprint;                 // of data=
    bool is_table;                        // rows are a table's, encoded
    bool has_same_rows;                   // val= is a file: every seed has the same rows held out
    bool is_noisy; // noise= of all: rows come in corrupted, and are held against the clean ones
    hg__paired paired;
    double *error;    // owned, (contestants, held): of the seed at work
    int32_t *classes; // owned, (rows of the data held out from): from 0, -1: none; NULL: not known
    double *squares;  // owned, (seeds): squared distances of the rows held out from their mean
    hg__meter meter;  // of runs
    double run_began;
    int32_t runs_done;
} hg__contest;

enum { HG_MAX_CONTESTANTS = 64, HG_CONTEST_SEEDS = 3 };

// The whole job; text: the answer, owned by the caller.
int hg__compare_models(const hg_options *o, const hg_listener *l, bool json, char **text,
                       hg_error *err);

// list.c: what models= names, in its order: name, model, options, kind, as far as the text says. c->contestant has room for all.
int hg__contest_list(hg__contest *c, hg_error *err);
// Sets a contestant's own options.
int hg__contestant_options(const hg__contestant *k, hg_options *o, hg_error *err);

// classes.c: c->classes of the rows that t has.
struct hg__trainer; // jobs/trainer.h
int hg__contest_classes(hg__contest *c, const struct hg__trainer *t, hg_error *err);

// survey.c: opens the data once and each model, so that what cannot be is said before anything is trained.
int hg__contest_survey(hg__contest *c, hg_error *err);

// run.c: the options of one training; a model file that is read; and one model of one seed: c->error and its figure.
hg_options *hg__contest_train_options(const hg__contest *c, const hg__contestant *k, int32_t seed,
                                      hg_error *err);
hg_model *hg__contest_read(const hg__contestant *k, hg_error *err);
int hg__contest_run(hg__contest *c, int32_t contestant, int32_t seed, hg_error *err);

// measure.c: the rows held out, as models are to see them; the mean of the rows trained on, (width); and a model on the rows held out: errors, variance, codes.
struct hg__loader; // rows/loader.h
struct hg__loader *hg__contest_open_held(const hg__contest *c, const struct hg__trainer *t,
                                         hg_error *err);
int hg__contest_mean(const struct hg__trainer *t, float *mean, hg_error *err);
int hg__contest_measure(hg__contest *c, int32_t contestant, int32_t seed,
                        const struct hg__trainer *t, const hg_model *m, hg_error *err);

// sheet.c.
void hg__contest_format(const hg__contest *c, hg__text *out);
void hg__contest_format_json(const hg__contest *c, hg__text *out);
// What the differences say, in sentences.
void hg__contest_conclude(const hg__contest *c, hg__text *t);
// What is measured beside the error: how many, what each is called (NULL: not known of any model here), and its mean over the seeds (NaN:
// not known) with how many digits behind the point.
int32_t hg__contest_measures(void);
const char *hg__contest_measure_name(const hg__contest *c, int32_t i);
double hg__contest_value(const hg__contest *c, const hg__contestant *k, int32_t i, int *digits);
// page.c: page=, where it was set.
int hg__contest_page_save(const hg__contest *c, hg_error *err);
void hg__contest_format_csv(const hg__contest *c, hg__text *out);
#endif
