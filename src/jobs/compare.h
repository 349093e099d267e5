// SPDX-License-Identifier: Apache-2.0
// compare.h - detectors side by side on labelled tables.
//
//   data= ──files.c──> tables ──trial.c──> for each seed: half of the normal rows | the other half and all anomalies
//                                             │ every method: fit, score          │
//                                             └──> hg__figure ──sheet.c──> table, JSON, CSV
#ifndef HG_JOBS_COMPARE_H
#define HG_JOBS_COMPARE_H
#include "detect/baseline.h"
#include "options/options.h"
#include "schema/schema.h"

// One seed of one table.
typedef struct hg__comparison_trial {
    const hg_options *o;  // borrowed, as all of it
    const hg_listener *l; // never NULL
    hg__table *table;
    const uint8_t *is_train; // (table_rows): by the row's number in the table, bad rows counted
    int64_t table_rows;
    uint64_t seed;
    hg__pool *pool;
    const hg__schema *schema;  // learned from the training rows
    const float *train, *test; // (train_rows, width), (test_rows, width): encoded with it
    int64_t train_rows, test_rows;
    int32_t width;
} hg__comparison_trial;

typedef struct hg__figure {
    double auroc, ap;
    double fit, score; // seconds
} hg__figure;

// A detector as the comparison sees it. run: score (test_rows) of a trial's test rows, and the seconds of both parts.
typedef struct hg__method {
    const char *name;
    const hg__baseline *baseline; // or NULL: run knows
    int (*run)(const struct hg__method *m, const hg__comparison_trial *t, float *score,
               hg__figure *f, hg_error *err);
} hg__method;

enum { HG_MAX_METHODS = 16 };

typedef struct hg__compared_table {
    char name[256];
    int64_t rows, anomalies;
    int32_t columns, width; // of the table without the label; numbers a row (of the last seed)
    hg__figure *figure;     // owned, (seeds, methods)
} hg__compared_table;

typedef struct hg__comparison {
    int32_t methods, seeds, sets;
    int64_t first_seed;
    hg__method method[HG_MAX_METHODS];
    // (methods): a table was too wide for it; goes before anything is reported
    bool left_out[HG_MAX_METHODS];
    hg__compared_table *set; // owned, (sets)
    hg__meter meter;         // of runs of a method
} hg__comparison;

// files.c: the tables data= names: a file, a folder of them, or several between commas. path: owned, (count) owned.
typedef struct hg__files {
    char **path;
    size_t count;
    bool from_folder;
} hg__files;

int hg__files_find(hg__files *f, const char *data, hg_error *err);
void hg__files_clear(hg__files *f); // {0} is fine

// trial.c: every seed and method on one table; s->figure has room.
int hg__compared_table_run(hg__compared_table *s, hg__comparison *c, hg__table *t,
                           const hg_options *o, const hg_listener *l, hg__pool *pool,
                           hg_error *err);
// How the rows of a trial's table are read, whatever schema they are encoded with.
hg__encode_options hg__comparison_trial_encoding(const hg__comparison_trial *t);

// autoencoder.c: trains on the trial's table as `hourglass train` does.
int hg__autoencoder_run(const hg__method *m, const hg__comparison_trial *t, float *score,
                        hg__figure *f, hg_error *err);

// sheet.c. Means over a set's seeds; set -1: over all sets.
double hg__figure_mean(const hg__comparison *c, int32_t set, int32_t method, size_t offset);
// Standard deviation between seeds, NaN of one seed.
double hg__figure_spread(const hg__comparison *c, int32_t set, int32_t method, size_t offset);
// The mean rank, 1 is best, equals share theirs; set -1: over all sets.
double hg__figure_rank(const hg__comparison *c, int32_t set, int32_t method, size_t offset);
// Who is best, and by how much the autoencoder is not.
void hg__comparison_conclude(const hg__comparison *c, char *text, size_t size);
void hg__comparison_format(const hg__comparison *c, hg__text *out);
void hg__comparison_format_json(const hg__comparison *c, hg__text *out);
void hg__comparison_format_csv(const hg__comparison *c, hg__text *out);
#endif
