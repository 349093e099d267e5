// SPDX-License-Identifier: Apache-2.0
// options_internal.h - the rows of the option table, and numbers as people write them: what the files of this room share.
#ifndef HG_OPTIONS_OPTIONS_INTERNAL_H
#define HG_OPTIONS_OPTIONS_INTERNAL_H
#include "base/error.h"
#include "options/options.h"

typedef enum hg__option_type {
    HG_TYPE_INT,
    HG_TYPE_SIZE,
    HG_TYPE_FLOAT,
    HG_TYPE_BOOL,
    HG_TYPE_TEXT,
    HG_TYPE_CHOICE
} hg__option_type;

typedef enum hg__option_group {
#define GROUP(name, title) HG_GROUP_##name,
#include "options/groups.def"
#undef GROUP
} hg__option_group;

typedef struct hg__row {
    hg__option_type type;
    hg__option_group group;
    uint32_t jobs; // bits
    const char *name, *standard;
    double min, max;
    const char *range; // "1 to 100", or the choices, or ""
    const char *unit, *alias;
    const char *help;
    size_t offset; // of the field in hg__values
} hg__row;

const hg__row *hg__option_rows(void); // (HG_OPTION_COUNT)

// The row that `job` knows under this name, or alias; `-` stands for `_`. -1 if there is none.
int hg__option_find(const hg__job *job, const char *name);

// As hg_options_set(), with `where` ("args.yaml:3: ") before the sentence of an error.
int hg__option_set(hg_options *o, const char *name, const char *value, const char *where,
                   hg_error *err);

// The value as text that sets it again.
void hg__option_format(const hg_options *o, int row, char buffer[HG_MAX_VALUE]);

extern const char hg__options_folder_file[]; // the current folder's own options

// What hg_options_check() has to say about files: out= is none of those that are read. Streams among these are kept from here on.
int hg__options_check_paths(const hg_options *o, hg_error *err);

// The same of out=: it is something that the job writes, and can be made.
int hg__options_check_out(const hg_options *o, hg_error *err);
bool hg__output_takes(const char *job, const char *end); // ".csv"

// What a value of option `row` stands for, into `to`: a results folder in model= or pretrained= for its best weights, weights in
// resume= for their results folder; else the value.
void hg__option_find_weights(const hg_options *o, int row, const char *value,
                             char to[HG_MAX_VALUE]);
int hg__options_check_weights(const hg_options *o, hg_error *err);

// Numbers as people write them: 1%, 90s, 1h30m, 512M, 2.5 GB.

// A number in `unit` (of the option table), bare or with a unit that can be told in it: hours take 90s, 5m, 1h30m, 2d; shares
// take 1%. A unit of which nothing is known takes bare numbers only.
bool hg__parse_quantity(const char *text, const char *unit, double *value);

// Bytes, with K, M, G or T behind them for powers of 1024; also 512MB, 2GiB, 1.5G.
bool hg__parse_size(const char *text, int64_t *value);

// What else a number in `unit` may be written as, for messages: " (a share, or as 1%)"; "" where nothing.
const char *hg__quantity_advice(const char *unit);
#endif
