// SPDX-License-Identifier: Apache-2.0
// schema.h - what the columns of a table are, learned once, and how a row of cells becomes a row of floats.
//
//   number    ──scale──> 1 float  (+ 1 where values may be missing: 1 = was missing)
//   boolean   ──> 0 or 1 (+ 1 where values may be missing)
//   category  ──one-hot──> a float a level, one for "any other" (+ 1 where values may be missing: a level of its own)
//   time      ──> day of the week and hour of the day, each as sine and cosine (+ 1 where values may be missing)
//   constant  ──> 1 float: 0, or 1 where it is another value
//   id, text  ──> nothing
//
// A date itself is no feature: rows to come would all lie beyond what training saw.
// The schema goes into the model file as JSON, so that a model scores raw rows anywhere.
#ifndef HG_SCHEMA_SCHEMA_H
#define HG_SCHEMA_SCHEMA_H
#include "array/data.h"
#include "base/json.h"
#include "csv/number_text.h"
#include "table/table.h"

enum {
    HG_SCALED_LIMIT = 10000, // no encoded number lies beyond this, either side of 0
    HG_MAX_LEVELS = 65536,   // of a category
    HG_MAX_LEVEL_BYTES = 256,
    HG_MAX_KNOTS = 257
};

typedef enum hg__column_kind {
    HG_COLUMN_NUMBER,
    HG_COLUMN_CATEGORY,
    HG_COLUMN_BOOLEAN,
    HG_COLUMN_TIME,
    HG_COLUMN_ID,       // a value of its own in (nearly) every row, or a counter
    HG_COLUMN_CONSTANT, // one value only, or none
    HG_COLUMN_TEXT,     // too many different texts to be a category
    HG_COLUMN_KINDS
} hg__column_kind;

extern const char *const hg__column_kind_names[HG_COLUMN_KINDS]; // "number", ...

// (x - centre) / scale, of x or of its signed log, sign(x) log(1 + |x| / unit). Quantile: the normal score of its
// quantile, along straight lines between knots, beyond them as steep as 1 / scale.
typedef enum hg__scaling {
    HG_SCALE_STANDARD,
    HG_SCALE_ROBUST,
    HG_SCALE_QUANTILE,
    HG_SCALINGS
} hg__scaling;

extern const char *const hg__scaling_names[HG_SCALINGS]; // "standard", ...

typedef struct
    hg__column { // NOLINT(clang-analyzer-optin.performance.Padding): in the order of what belongs together
    char *name;       // owned
    int32_t position; // in the table it was learned from, from 0
    hg__column_kind kind;
    int32_t first, width; // its floats in an encoded row; width 0: none
    bool may_miss;        // its last float says that the value was missing
    bool week, clock;     // time: which floats it has
    int time_format;      // time: how it is written, one of hg__time_types; 0: ISO 8601
    bool unsure;          // time: whether day or month comes first could not be decided
    bool forward;         // id: a number that never falls
    hg__scaling scaling;  // number
    bool log;
    double unit, centre, scale; // unit and scale above 0
    double fill;                // what stands for a missing value, before scaling
    hg__number_format format;   // number: how it is written where it is not plain
    int32_t decimals;           // number: the most that training saw; -1: not known
    bool spelt;                 // category: levels are texts as they stand, "1E5" is not "100000"
    char *hint;                 // owned: for the one who trains; NULL: nothing
    double *knot, *score;       // owned, (knots) ascending: x (or its log), and its normal score
    int32_t knots;
    char **
        level; // owned, (levels) owned: category: most frequent first; boolean of words: {"no", "yes"}
    int32_t levels;
    struct hg__names *index; // owned: finds a level
    double least, most;      // numbers and times (seconds since 1970) seen in training
    double missing;          // share of the training rows without a value
} hg__column;

typedef struct hg__schema {
    // owned, (columns): in the table's order, without the label and what was left out
    hg__column *column;
    int32_t columns;
    int32_t width;         // floats of an encoded row
    int32_t table_columns; // of the table it was learned from
    int32_t label;         // position of the label there; -1: there was none
    bool named;            // that table had names
    char note[256];        // of what kind of table it was learned, for the one who trains; ""
} hg__schema;

typedef struct hg__schema_options {
    const char *label; // column that is a label; ""
    // with a label, columns are measured on normal rows only; see hg__encode_options
    const char *normal;
    const char *ignore; // names separated by commas, left out; ""
    const char *group;  // groupby=: left out as well; ""
    // columns=: "port category, bytes log robust, id ignore" or a YAML file of the same; ""
    const char *override;
    const char *on_bad; // "stop", "skip" or "score_missing"; "" is stop
    int32_t max_levels; // most levels of a category; 0: 128
    uint64_t seed;      // of the sample that quantiles are taken from
    // Whether to learn from this row of the table (counted from 0, with those that cannot be read); NULL: from all.
    bool (*use)(const void *context, int64_t row);
    const void *use_context;
    // Of the same table: only the levels of its categories are wanted, all other columns are passed over; NULL: everything.
    const struct hg__schema *levels_of;
} hg__schema_options;

// Reads the table once and rewinds it. *bad (may be NULL): rows that could not be read and were passed over.
hg__schema *hg__schema_infer(hg__table *t, const hg__schema_options *o, int64_t *bad,
                             hg_error *err);
void hg__schema_free(hg__schema *s); // NULL is fine

// Gives the categories of s the levels they have in `from`, a schema of some of the same table's rows, where they are categories
// there too; swaps them. How many columns have others now; then the layout is another.
int32_t hg__schema_swap_levels(hg__schema *s, hg__schema *from, hg_error *err);

// A line for a column: "duration  number, log, robust: centre 3.1, scale 2.2, 4 % missing".
void hg__column_describe(const hg__column *c, char *text, size_t size);

// NULL without memory.
hg__json *hg__schema_to_json(const hg__schema *s, hg_error *err);
// `where` is for messages. Everything is checked: a foreign file gives no schema that reads out of bounds.
hg__schema *hg__schema_from_json(const hg__json *json, const char *where, hg_error *err);

// What a file of such rows is likely to have as its first row. *names: for hg__free(), when the file is closed.
int hg__schema_header(const hg__schema *s, const char *say, hg__header_options *options,
                      const char ***names, hg_error *err);

// Which of the table's columns is each of the schema's: from (columns). By name where both have names (in any
// order; more columns than the schema's are passed over), else by position, with or without the label. A missing one
// is named; -1 for one without floats.
int hg__schema_match(const hg__schema *s, const hg__table *t, int32_t *from, hg_error *err);

// What encoding met in a row or, summed, in a file.
typedef struct hg__encoding_notes {
    int64_t unseen;  // levels that training never saw
    int64_t missing; // cells without a value, in columns that never missed one in training
    // text where a number, date or boolean belongs: taken as missing (on_bad=score_missing)
    int64_t strange;
    int64_t changed; // another value in a column that was constant in training
} hg__encoding_notes;

// A row of cells of t into x (width); adds to notes. `lenient`: text in a number's column, and a missing value where
// training had none, count as missing; else they are errors that say where.
int hg__schema_encode(const hg__schema *s, const hg__table *t, const int32_t *from,
                      const hg__cell *cell, bool lenient, float *x, hg__encoding_notes *notes,
                      hg_error *err);

// What column c of an encoded or reconstructed row x (width of the schema) says in the table's terms: "12.5", "tcp",
// "(other)", "Tue 14:30", "missing".
void hg__column_decode(const hg__column *c, const float *x, char *text, size_t size);
// The same with a number in no more decimals than training saw, a whole one whole.
void hg__column_decode_own(const hg__column *c, const float *x, char *text, size_t size);
// Of a column of times: what a cell says. False for other kinds, and where it says nothing.
typedef struct hg__time_value {
    double seconds; // since 1970
    bool has_date;  // else a time of day alone
    bool is_utc;    // the cell names its offset, or is a number that counts in UTC
} hg__time_value;
bool hg__column_time(const hg__column *c, const hg__cell *cell, hg__time_value *when);
// What x says as the nearest such time to `near`, and which parts of it are meant, the others being near's:
// "2024-03-03 05:56 (weekday and hour)"; where near has no date as hg__column_decode().
void hg__column_decode_time(const hg__column *c, const float *x, const hg__time_value *near,
                            char *text, size_t size);
// A number's value; false for other kinds and where it is missing.
bool hg__column_number(const hg__column *c, const float *x, double *value);

// ---- a whole table as rows of floats ------------------------------------------------------------

// What stands beside the features of each row; any may be absent.
typedef struct hg__side_columns {
    uint8_t *label;    // owned, (rows): 1 anomaly, 0 normal
    int32_t *group;    // owned, (rows): index into group_name
    char **group_name; // owned, (groups) owned
    int32_t groups;
    // owned, (rows): the row's number in the file, from 0, or NULL where none was passed over
    int64_t *number;
} hg__side_columns;

typedef struct hg__encode_options {
    const char *label; // ""
    // normal=: label values that are normal, separated by commas; "": see hg__label_is_normal()
    const char *normal;
    const char *group;  // ""
    const char *on_bad; // "stop", "skip" or "score_missing"; "" is stop
    size_t memory;      // above, rows live on disk
} hg__encode_options;

// The column of that name, or number from 1; negative with an error that names the nearest.
int32_t hg__table_column(const hg__table *t, const char *option, const char *name, hg_error *err);

// Whether a label's value is one of `normal` (names separated by commas) or, where that is empty, one of 0, normal,
// normal., false, no, ok, good, benign, negative, inlier, nominal, regular in any case.
bool hg__label_is_normal(const hg__cell *cell, const char *normal);

// What groupby= knows a cell by: a number in one form, however it was written, "(missing)" where there is none. How many bytes it
// has; *text may be `buffer`.
size_t hg__group_text(const hg__cell *cell, char buffer[32], const char **text);

// Reads the table once: rows encoded with s. The data is as every other (data.h): a loader takes it.
hg__data *hg__schema_read(const hg__schema *s, hg__table *t, const hg__encode_options *o,
                          hg__side_columns *side, hg__encoding_notes *notes, hg_error *err);
void hg__side_columns_clear(hg__side_columns *s); // {0} is fine

// What a label's value says by itself, where normal= is not given.

bool hg__label_is_anomaly(
    const hg__cell *cell); // 1, anomaly, true, yes, outlier, attack, fraud ...

// The different values of a label that were met, for a message: the first few.
typedef struct hg__label_list {
    char text[160]; // "high, low"
    int32_t count;
} hg__label_list;

void hg__label_list_add(hg__label_list *list, const hg__cell *cell);

// Refuses a label of which no value is normal.
int hg__label_refuse(const char *path, const char *label, const char *normal,
                     const hg__label_list *met, hg_error *err);
#endif
