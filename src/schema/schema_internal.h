// SPDX-License-Identifier: Apache-2.0
// schema_internal.h - what the files of the schema share: tallies, words, times, scales.
#ifndef HG_SCHEMA_SCHEMA_INTERNAL_H
#define HG_SCHEMA_SCHEMA_INTERNAL_H
#include <string.h>

#include "csv/cell.h"
#include "csv/time_text.h"
#include "schema/schema.h"

// ---- how often each value of a column comes -----------------------------------------------------

typedef struct hg__tally_entry {
    uint32_t hash;
    int32_t size; // bytes; -1: a number
    int64_t count;
    union {
        double number; // where size is -1
        size_t at;     // of the text
    };
} hg__tally_entry;

// At most `limit` values in at most `room` bytes of text; what comes later and is new counts in `rest`.
typedef struct hg__tally {
    hg__tally_entry *entry; // owned, (capacity)
    int32_t *slot;          // owned, (slots): index + 1 into entry; 0: free
    char *text;             // owned, (text_capacity)
    size_t text_size, text_capacity, room;
    int32_t entries, capacity, slots, limit;
    int64_t rest;
} hg__tally;

int hg__tally_add(hg__tally *t, const hg__cell *cell, hg_error *err);
void hg__tally_clear(hg__tally *t);
// Most frequent first; equals in the order of their bytes.
void hg__tally_sort(hg__tally *t);
// The value as text, "%.15g" or longer for a number; at most HG_MAX_LEVEL_BYTES. Its length.
size_t hg__tally_text(const hg__tally *t, int32_t i, char text[HG_MAX_LEVEL_BYTES + 1]);

// Which entry that text is, -1 if none.
int32_t hg__tally_find_text(const hg__tally *t, const char *text, size_t size);

// The text by which a category knows a cell: a number in one form, however it was written. *text may be `buffer`.
size_t hg__level_text(const hg__cell *cell, char buffer[32], const char **text);

// ---- what a single cell is ----------------------------------------------------------------------

typedef enum hg__cell_class {
    HG_CLASS_MISSING,
    HG_CLASS_BIT, // the number 0 or 1
    HG_CLASS_NUMBER,
    HG_CLASS_WORD, // yes, no, true, false, t, f, y, n
    HG_CLASS_TIME, // a date, or a date and a time of day
    HG_CLASS_TEXT,
    HG_CLASSES
} hg__cell_class;

// when: every format that a text reads by.
hg__cell_class hg__cell_classify(const hg__cell *cell, hg__time_reading *when);
// 0 or 1 for a bit or a word, -1 for anything else.
int hg__cell_boolean(const hg__cell *cell);
bool hg__cell_is_word(const char *text, size_t size, const char *words); // " no false f "; any case

// At most 40 bytes of the cell for a message.
void hg__cell_show(const hg__cell *cell, char text[48]);

// x: the column's floats. "Tue 14:30", "Tue", "14:30".
void hg__time_value_decode(const hg__column *c, const float *x, char *text, size_t size);

// ---- lists: `name`, `name word word` between commas ---------------------------------------------

// The next item of a list: *list moves behind it. name (size) gets what stands before the first blank, or between double
// quotes (two of them mean one), or with `whole` all of it; rest what follows. False at the end.
bool hg__list_next(const char **list, bool whole, char *name, char *rest, size_t size);

enum { HG_QUOTED = 72 };
// A name for an example of such a list between double quotes, as a shell wants it: \"Unit Price\" where it has blanks.
const char *hg__list_quote(const char *name, char quoted[HG_QUOTED]);

typedef struct hg__override {
    int kind, scaling, log; // -1: not said
    int time_format;        // -1: not said
    bool ignore;
    bool time_or_id; // a time if it reads as one, else an id
    bool may_miss;   // rows to come may have no value, whatever training saw
    char point;      // decimal_point, decimal_comma; 0: not said
    double unit;     // of the log; 0: the typical size
} hg__override;

// Fills way (columns of t) from columns= and ignore=.
int hg__override_read(const hg__table *t, const hg__schema_options *o, hg__override *way,
                      hg_error *err);

// Says in way (columns of t) what columns of flows are, where nothing was said; note: what it made of them, "" of other tables.
void hg__flow_columns(const hg__table *t, hg__override *way, char *note, size_t size);

// ---- scales -------------------------------------------------------------------------------------

typedef struct hg__moments {
    int64_t count;
    double mean, m2; // m2: sum of squared distances from the mean
    double least, most;
} hg__moments;

// Sets how column c is scaled from all its values' moments and a sample (count, sorted here). Forced where way says
// so. knots: how many it may have. Memory for knots is the column's.
int hg__scale_choose(hg__column *c, const hg__override *way, const hg__moments *all, double *sample,
                     int64_t count, int32_t knots, hg_error *err);
float hg__scale_apply(const hg__column *c, double x);
double hg__scale_invert(const hg__column *c, double z);

// Sets first and width of every column and of the schema, and the indices of levels.
int hg__schema_layout(hg__schema *s, hg_error *err);

// What the other columns of a sample of rows let expect of one: a linear regression, quickly.

#define HG_TRIED_MOST 1e150 // so that squares are finite

typedef struct hg__regression hg__regression;

// Over the first `positions` columns of the table. cell (positions, rows): numbers, else NaN, of whose bits each text has its own.
hg__regression *hg__regression_new(const hg__schema *s, const double *cell, int32_t positions,
                                   int64_t rows, hg_error *err);
void hg__regression_free(hg__regression *g); // NULL is fine

// predicted (rows): of y (rows; NaN: nothing), some form of column `column` of the schema, of mean 0. Rows of one half are predicted
// from what the other half teaches.
void hg__regression_run(hg__regression *g, int32_t column, const double *y, double *predicted);
#endif
