// SPDX-License-Identifier: Apache-2.0
// schema_measure.h - what one pass over a table learns about its columns.
#ifndef HG_SCHEMA_SCHEMA_MEASURE_H
#define HG_SCHEMA_SCHEMA_MEASURE_H
#include "schema/schema.h"
#include "schema/schema_internal.h"
#include "schema/schema_number.h"

typedef struct hg__measure {
    int64_t count[HG_CLASSES];
    char *where[HG_CLASSES];    // owned: where the first of each class stands; NULL
    char shown[HG_CLASSES][48]; // and what it is
    hg__moments number;
    int64_t whole, rising; // whole numbers; those above the number before
    int64_t sampled;       // numbers in the sample
    double last;           // the number before
    int64_t rises, falls;  // numbers above and below the one before
    int64_t zeros;         // numbers
    int says;              // the column's name, of times
    bool says_length;      // so that 0:30:00 is no time of day
    int said;              // columns=: a format of times; -1: none
    hg__times *time;       // owned; NULL until a cell reads as a time
    bool passed;           // over: nothing is to be known of it
    bool all_numbers;      // asked for as a category: numbers are tallied like texts
    hg__plain_numbers plain;
    hg__number_texts *texts; // owned; NULL where there is none
    int32_t decimals;        // the most
    bool again;              // to be measured anew, as format and spelt say
    hg__number_format format;
    bool spelt;
    bool endless; // the first text reads as infinite
    char *hint;   // owned, for the column
    hg__tally tally;
} hg__measure;

typedef struct hg__measuring {
    int32_t columns;
    hg__override *way;   // owned, (columns)
    char note[256];      // hg__flow_columns()
    hg__measure *column; // owned, (columns)
    int32_t label;       // -1: none
    // owned, (columns, sample_rows): NaN where there is no number, of a text hg__text_mark()
    double *sample;
    int64_t sample_rows, sampled;
    int64_t rows, unwanted, bad;
    hg__label_list labels; // of unwanted rows
    hg_error first_bad;
    int32_t numbers; // different numbers of a column that are counted
    bool again;      // the second time: of some columns
} hg__measuring;

// A NaN of whose bits each text has its own, and none those of a missing value.
static inline double hg__text_mark(const char *text, size_t size) {
    const uint64_t bits = 0x7FF9000000000000ULL | (uint32_t)hg__hash_bytes(text, size);
    double mark;
    memcpy(&mark, &bits, sizeof mark);
    return mark;
}

static inline int64_t hg__count_texts(const hg__measure *m) {
    return m->count[HG_CLASS_WORD] + m->count[HG_CLASS_TIME] + m->count[HG_CLASS_TEXT];
}

// All but a slip: 1 in 100, or a single one among at least ten.
static inline bool hg__is_nearly(int64_t part, int64_t all) {
    const int64_t others = all - part;
    return others == 0 || others <= all / 100 || (others == 1 && all >= 10);
}

// Counts a cell of the column, already in its class, that reads as r.
int hg__times_add(hg__measure *m, hg__cell_class class, const hg__table *table,
                  const hg__cell *cell, hg__time_reading *r, hg_error *err);
// The format that makes the column one of times, -1: it is none. *unsure: another order of day and month reads as many cells,
// and nothing says which it is.
int hg__times_choose(const hg__measure *m, bool is_id, bool is_constant, bool *unsure);
// The format by which half the cells of a column of texts are times, -1: there is none.
int hg__times_choose_mostly(const hg__measure *m, bool *unsure);
// The format of a column that a person calls one of times; said: -1 or one of its formats.
int hg__times_settle(const hg__measure *m, int said, bool *unsure);
// What the column's floats are, and from when to when it goes.
void hg__times_set(hg__column *c, const hg__measure *m);
// After the first pass: 1 where a column must be measured again, its numbers read in a format of their own or its levels as
// they are spelt.
int hg__kind_look_again(hg__measuring *all, const hg__table *t, const hg__schema_options *o,
                        hg_error *err);

// Gives column c (its name is set) the kind that column i of the table asks for, its levels and its scale.
int hg__kind_choose(hg__column *c, hg__measuring *all, int32_t i, const hg__table *t,
                    const hg__schema_options *o, hg_error *err);

// Rows of the sample, side by side, before it is sorted.
typedef struct hg__trial {
    int32_t positions; // columns of the table, the first
    int64_t rows;
    double *cell; // owned, (positions, rows); NULL: too few rows
} hg__trial;

int hg__trial_take(hg__trial *t, const hg__measuring *m, hg_error *err);
// Gives those numbers a log of which it finds more errors, where nothing was said of their scale.
int hg__trial_choose(const hg__trial *t, hg__schema *s, hg__measuring *m, hg_error *err);
void hg__trial_clear(hg__trial *t); // {0} is fine
#endif
