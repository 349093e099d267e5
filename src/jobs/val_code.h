// SPDX-License-Identifier: Apache-2.0
// val_code.h - what val says of a model's code: a sample of the rows that go by, with their codes and classes.
#ifndef HG_JOBS_VAL_CODE_H
#define HG_JOBS_VAL_CODE_H
#include "jobs/feed.h"
#include "latent/code_quality.h"
#include "latent/perplexity.h"

// The values that stand for classes, as many as there are, the first HG_CLASS_NAME - 1 bytes of each.
enum { HG_CLASS_NAME = 32 };
typedef struct hg__class_names {
    char (*name)[HG_CLASS_NAME]; // owned, (count)
    int32_t count;
} hg__class_names;

// row_classes.c. *classes: a heap array (rows of f's data), the class of each from 0, -1: none; or NULL where none are known. They are told by
// classes=, a file with a value a row or a column of data=; else by the column of label=, else by a labels file that lies beside an IDX file of
// images, which is noted. names: of the classes, or NULL: not wanted.
int hg__row_classes(const hg__feed *f, const hg_options *o, int32_t **classes,
                    hg__class_names *names, hg_error *err);

// Whether classes= names a column of data=, which no model is to see.
bool hg__has_class_column(const struct hg__values *v);

typedef struct hg__code_sample {
    bool is_wanted; // quality=
    int32_t room;   // rows of the sample
    hg__shuffle order;
    hg__row_spread spread; // of all rows
    int32_t *classes;      // owned, (rows of the data), or NULL
    float *x, *y,
        *z; // owned, (room, width), the same of mixed columns, (room, code); NULL: not wanted
    int32_t *label; // owned, (room), or NULL
    uint64_t seed;
    // Owned, of the rows at hand: those that are in the sample, (batch); their places in it; what is made of them (batch, width).
    const void **row;
    int32_t *place;
    float *made, *wide; // wide: (width)
} hg__code_sample;

// Nothing where quality=false. The caller clears it, also on failure.
int hg__code_sample_init(hg__code_sample *s, const hg__feed *f, const hg_options *o, hg_error *err);
void hg__code_sample_clear(hg__code_sample *s); // {0} is fine
// The rows that f gave last, as `in` has them.
void hg__code_sample_add(hg__code_sample *s, hg__feed *f, const hg__input *in);
// All rows went by. squares: the squared error of all their numbers; NaN: it is the sample's.
int hg__code_sample_finish(hg__code_sample *s, const hg__feed *f, double squares,
                           hg__code_quality *q, hg_error *err);
// How many of its symbols a code of such uses, over the rows of the sample; codes 0: it has none.
int hg__code_sample_usage(const hg__code_sample *s, const hg__feed *f, hg__code_figures *to,
                          hg_error *err);
#endif
