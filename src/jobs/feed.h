// SPDX-License-Identifier: Apache-2.0
// feed.h - a model, a file of rows that fits it, and the rows batch by batch: what every scoring job begins with.
#ifndef HG_JOBS_FEED_H
#define HG_JOBS_FEED_H
#include "base/host.h"
#include "exec/plan.h"
#include "rows/dataset.h"
#include "rows/loader.h"
#include "schema/schema.h"

typedef struct hg__feed {
    hg_model *model;          // owned
    hg__network *folded;      // owned: what runs, where it is another (fold.h)
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
    float *
        picked; // owned, (2, batch, width): where pick is set: rows, and what they were before noise; a vector of room behind
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
#endif
