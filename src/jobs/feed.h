// SPDX-License-Identifier: Apache-2.0
// feed.h - rows coming in: a model and a file of rows that fits it, batch by batch; a table's rows scored, and what they have in its own words.
#ifndef HG_JOBS_FEED_H
#define HG_JOBS_FEED_H
#include "base/host.h"
#include "base/text.h"
#include "detect/row_scorer.h"
#include "exec/plan.h"
#include "options/options.h"
#include "rows/dataset.h"
#include "rows/loader.h"
#include "schema/schema.h"

typedef struct hg__feed {
    hg_model *model;          // owned
    hg__network *folded;      // owned: what runs, where it is another (hg__network_fold())
    hg__dataset *data;        // owned
    hg__table *table;         // owned: what data was read from, for a second look; NULL: no table
    const char **names;       // owned: that its header is known by; NULL
    hg__pool *pool;           // owned
    hg__run_plan *plan;       // owned
    hg__loader *loader;       // owned
    hg__side_columns side;    // of a table's rows: labels, groups; else {0}
    hg__encoding_notes notes; // what reading a table met
    hg__rows rows;            // all of data
    int32_t width; // numbers a row that goes in: the model's width, or its code size to decode
    int32_t batch; // most rows at a time
    int32_t *pick; // owned, (width): the file's column for each of the model's; NULL: as they stand
    // owned, (2, batch, width): where pick is set: rows, and what they were before noise; a vector of room behind
    float *picked;
    const void **pointer;        // owned, (batch): to rows of picked
    const float **target;        // owned, (batch): to those behind them
    hg__corruption corruption;   // of noise=; no steps: rows as they are
    hg__batch now;               // what hg__feed_next() gave last
    const hg_listener *listener; // borrowed, or NULL
    hg__meter meter;             // of reading, then of what is made of the rows
} hg__feed;

// Opens data= for a model, which it takes (also on failure), and checks that they fit. Columns that both name are matched by name. The goal says what
// comes out of a row, and so how many rows a batch may have. f is cleared on failure.
int hg__feed_open(hg__feed *f, hg_model *m, const hg_options *o, hg__goal goal,
                  const hg_listener *listener, hg_error *err);
// The same of codes to decode, which it takes too (also on failure): rows of the model's code size.
int hg__feed_open_codes(hg__feed *f, hg_model *m, hg__dataset *codes, const hg_options *o,
                        const hg_listener *listener, hg_error *err);
void hg__feed_close(hg__feed *f); // {0} is fine

// The table is closed: nobody looks at it again.
void hg__feed_close_table(hg__feed *f);

// groupby=, or what the model was calibrated by; "" where there is none.
const char *hg__feed_group_column(const hg__feed *f, const hg_options *o);

// From the first row again.
void hg__feed_restart(hg__feed *f);

// 1 with the next rows in the file's order (f->now says which), 0 at the end, negative if the disk failed or the listener
// asked to stop.
int hg__feed_next(hg__feed *f, hg__input *in, hg_error *err);

// A table's rows scored with a model, batch by batch, as options say.

typedef struct hg__scored_rows {
    hg__feed feed;         // the model and the rows
    hg__row_scorer scorer; // has the batch given last
    // owned, (groups of the rows): the threshold of each; NULL without groups
    const hg__threshold_group **group;
    int64_t first; // position of the batch's first row in the file's order
} hg__scored_rows;

// Opens data= for a model, which it takes (also on failure); thresholds as fpr=, alarms= and rate= ask, else as the model was
// calibrated. r is cleared on failure. The model must have a schema. wants_table: the table stays open for a second look.
int hg__scored_rows_open(hg__scored_rows *r, hg_model *m, const hg_options *o, bool wants_shares,
                         bool wants_table, const hg_listener *l, hg_error *err);
void hg__scored_rows_close(hg__scored_rows *r); // {0} is fine

// 1 with the next rows scored, 0 at the end, negative on failure.
int hg__scored_rows_next(hg__scored_rows *r, hg_error *err);
void hg__scored_rows_restart(hg__scored_rows *r); // from the first row again

// Of row i of the rows given last.
const hg__threshold_group *hg__scored_rows_group(const hg__scored_rows *r, int32_t i);
const char *hg__scored_rows_group_name(const hg__scored_rows *r, int32_t i); // NULL without groups

// The name of the first option that was set and means nothing without thresholds; NULL where none was.
const char *hg__threshold_option(const hg_options *o);

// Why there are no thresholds, and what gives some; "" where there are, or score=error was asked for.
enum { HG_LACK = 400 };
void hg__scored_rows_lack(const hg__scored_rows *r, const hg_options *o, char text[HG_LACK]);

// The rate asked for: fpr=, or alarms= with rate=; 0 where neither was set.
int hg__asked_fpr(const hg_options *o, double *fpr, hg_error *err);

// What of a table's own goes out beside its rows' scores: the line they stand in, their ids, and what keep= names.

typedef struct hg__carried {
    bool has_line;   // rows have lines in a file
    int32_t columns; // that are carried along
    int32_t *from;   // owned, (columns): which of the table's each is
    // Of the rows at hand, (rows) and (rows, columns), owned.
    int64_t *line;
    size_t *at, *size; // in text; at SIZE_MAX: missing
    hg__text text;
    char *room; // owned, (roomy): for a cell on its way there
    size_t roomy;
} hg__carried;

// keep: names separated by commas, "none" for none at all; the schema's ids come first unless it is that. rows: at hand at most.
int hg__carried_init(hg__carried *c, const hg__schema *s, const hg__table *t, const char *keep,
                     int32_t rows, hg_error *err);
void hg__carried_clear(hg__carried *c);                    // {0} is fine
static inline bool hg__carried_any(const hg__carried *c) { // else nobody need look at the table
    return c->has_line || c->columns > 0;
}

// The row t has given, cell (columns of the table), is row i of those at hand; row 0 first: with it the others are forgotten.
int hg__carried_take(hg__carried *c, const hg__table *t, const hg__cell *cell, int32_t i,
                     hg_error *err);
// Column k of row i: its text as the table has it, or a missing cell. Until the next row is taken.
hg__cell hg__carried_cell(const hg__carried *c, int32_t i, int32_t k);

// What rows have in the table's own words: a second look at it, in step with their scores.
//
// Encoded rows are rounded and held within limits, and levels that training never saw are all one; the table is read again
// rather than kept, so that memory does not grow with it.

typedef struct hg__observed {
    hg__table *table; // borrowed: the feed's
    int32_t *from;    // owned, (columns of the schema): which of the table's each is
    hg__cell *cell;   // owned, (columns of the table): the row looked at
    int64_t next;     // row of the table that comes next
} hg__observed;

// f has a table, which is read from its beginning.
int hg__observed_init(hg__observed *o, const hg__feed *f, hg_error *err);
void hg__observed_clear(hg__observed *o); // {0} is fine

// Looks at row `row` of the table, which is in cell then; rows only go forward.
int hg__observed_row(hg__observed *o, int64_t row, hg_error *err);
#endif
