// SPDX-License-Identifier: Apache-2.0
// schema.h - what the columns of a table are, learned once, and how a row of cells becomes a row of floats.
//
//   number    ──scale──> 1 float  (+ 1 where values may be missing: 1 = was missing)
//   category  ──one-hot──> a float a level, one for "any other" (+ 1 where values may be missing)
//   boolean   ──> as a number, 0 or 1
//   time      ──> as a number: seconds since 1970, and its hour of the day and day of the week as sine and cosine
//   id, constant, text ──> nothing
//
// The schema goes into the model file as JSON, so that a model scores raw rows anywhere.
#ifndef HG_DATA_SCHEMA_H
#define HG_DATA_SCHEMA_H
#include <jansson.h>

#include "data/data.h"
#include "data/table.h"

typedef enum hg__column_kind {
    HG_COLUMN_NUMBER,
    HG_COLUMN_CATEGORY,
    HG_COLUMN_BOOLEAN,
    HG_COLUMN_TIME,
    HG_COLUMN_ID,       // a value of its own in (nearly) every row, or a counter
    HG_COLUMN_CONSTANT, // one value only
    HG_COLUMN_TEXT,     // too many different texts to be a category
    HG_COLUMN_KINDS
} hg__column_kind;

// (x - centre) / scale, of x or of its signed log, sign(x) log(1 + |x| / unit); or the normal score of its quantile
// between knots.
typedef enum hg__scaling { HG_SCALE_STANDARD, HG_SCALE_ROBUST, HG_SCALE_QUANTILE } hg__scaling;

typedef struct hg__column {
    char *name; // owned
    hg__column_kind kind;
    int32_t first, width; // its floats in an encoded row; width 0: none
    bool may_miss;        // its last float says that the value was missing
    hg__scaling scaling;
    bool log;
    double unit, centre, scale;
    double fill;  // what stands for a missing value, before scaling
    double *knot; // owned, (knots): quantiles at i / (knots - 1)
    int32_t knots;
    char **
        level; // owned, (levels) owned: category: the levels that have a float, most frequent first
    int32_t levels;
    double least, most; // seen in training
} hg__column;

typedef struct hg__schema {
    hg__column
        *column; // owned, (columns): in the table's order, without the label and what was left out
    int32_t columns;
    int32_t width; // floats of an encoded row
} hg__schema;

typedef struct hg__schema_options {
    const char *label;  // column that is a label; ""
    const char *ignore; // names separated by commas, left out; ""
    const char *group;  // groupby=: left out as well; ""
    const char *
        override; // columns=: "port category, bytes log robust, id ignore" or a YAML file of the same; ""
    const char *on_bad; // "stop", "skip" or "score_missing"
    int32_t max_levels; // most levels of a category
    uint64_t seed;      // of the sample that quantiles are taken from
} hg__schema_options;

// Reads the table once and rewinds it. *bad: rows that were passed over.
hg__schema *hg__schema_infer(hg__table *t, const hg__schema_options *o, int64_t *bad,
                             hg_error *err);
void hg__schema_free(hg__schema *s); // NULL is fine

// A line for a column: "duration  number, log, robust: centre 3.1, scale 2.2, 4 % missing".
void hg__column_describe(const hg__column *c, char *text, size_t size);

json_t *hg__schema_to_json(const hg__schema *s, hg_error *err);
// `where` is for messages. Everything is checked: a foreign file gives no schema that reads out of bounds.
hg__schema *hg__schema_from_json(const json_t *json, const char *where, hg_error *err);

// Which of the table's columns is each of the schema's: from (columns). By name where the table has names (in any
// order; more columns than the schema's are passed over), else by position. A missing one is named.
int hg__schema_match(const hg__schema *s, const hg__table *t, int32_t *from, hg_error *err);

// What encoding met in a row or, summed, in a file.
typedef struct hg__encoding_notes {
    int64_t unseen;  // levels that training never saw
    int64_t missing; // cells without a value, in columns that never missed one too
    int64_t strange; // text where a number belongs: taken as missing (on_bad=score_missing)
} hg__encoding_notes;

// A row of cells of t into x (width). With `lenient` text in a number's column counts as missing; else it is an
// error that says where.
int hg__schema_encode(const hg__schema *s, const hg__table *t, const int32_t *from,
                      const hg__cell *cell, bool lenient, float *x, hg__encoding_notes *notes,
                      hg_error *err);

// What column c of an encoded or reconstructed row x (width of the schema) says in the table's terms: "12.5", "tcp", "missing".
void hg__column_decode(const hg__column *c, const float *x, char *text, size_t size);

// ---- a whole table as rows of floats ------------------------------------------------------------

// What stands beside the features of each row; either may be absent.
typedef struct hg__side_columns {
    uint8_t *label;    // owned, (rows): 1 anomaly, 0 normal
    int32_t *group;    // owned, (rows): index into group_name
    char **group_name; // owned, (groups) owned
    int32_t groups;
    int64_t *
        number; // owned, (rows): the row's number in the file, from 0, or NULL where none was passed over
} hg__side_columns;

typedef struct hg__encode_options {
    const char *label; // ""
    const char *
        normal; // normal=: label values that are normal, separated by commas; "": 0, normal, false, no, ok, good, benign, ...
    const char *group; // ""
    const char *on_bad;
    size_t memory; // above, rows live on disk
} hg__encode_options;

// Reads the table once: rows encoded with s. The data is as every other (data.h): a loader takes it.
hg__data *hg__schema_read(const hg__schema *s, hg__table *t, const hg__encode_options *o,
                          hg__side_columns *side, hg__encoding_notes *notes, hg_error *err);
void hg__side_columns_clear(hg__side_columns *s); // {0} is fine
#endif
