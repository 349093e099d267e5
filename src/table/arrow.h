// SPDX-License-Identifier: Apache-2.0
// arrow.h - a table in memory, columns as Arrow's C data interface hands them over: its structs, what a column may be, cells.
//
//   stream ──hg_table_new──> hg_table: batches of columns, as they lie in memory ──> cells, any row, any number of readers at once
//
// Cells are those that a CSV file of the table has, as pandas writes it: a model is the same bits whichever it was trained on.
// The structs are Arrow's: https://arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html
#ifndef HG_TABLE_ARROW_H
#define HG_TABLE_ARROW_H
#include "table/table.h"

// NOLINTBEGIN(readability-identifier-naming): Arrow's names
#ifndef ARROW_C_DATA_INTERFACE
# define ARROW_C_DATA_INTERFACE
# define ARROW_FLAG_DICTIONARY_ORDERED 1
# define ARROW_FLAG_NULLABLE           2
# define ARROW_FLAG_MAP_KEYS_SORTED    4

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif

#ifndef ARROW_C_STREAM_INTERFACE
# define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};
#endif
// NOLINTEND(readability-identifier-naming)

typedef enum hg__arrow_kind {
    HG_ARROW_NULL,
    HG_ARROW_BOOL,
    HG_ARROW_INT,
    HG_ARROW_UINT,
    HG_ARROW_FLOAT,
    HG_ARROW_DECIMAL,
    HG_ARROW_DURATION,
    HG_ARROW_DATE,
    HG_ARROW_CLOCK,
    HG_ARROW_TIME,
    HG_ARROW_TEXT,
    HG_ARROW_VIEW,
} hg__arrow_kind;

typedef struct hg__arrow_type {
    hg__arrow_kind kind;
    uint8_t width;      // bytes of an element; of text, of an offset
    bool zoned;         // time: an instant, to be shown in UTC
    bool whole_days;    // time: of all that come
    int32_t scale;      // decimal: digits behind the point
    int64_t per_second; // date, clock, time, duration: units
} hg__arrow_type;

typedef struct hg__arrow_column {
    hg__arrow_type value;
    hg__arrow_type index; // of a dictionary's values; width 0: there is none
} hg__arrow_column;

typedef struct hg__arrow_batch {
    struct ArrowArray array; // owned
    int64_t first;           // row of the table
} hg__arrow_batch;

struct hg_table {
    hg__table names;          // its columns and name alone
    hg__arrow_column *column; // owned, (columns)
    hg__arrow_batch *batch;   // owned, (batches), none of them empty
    int64_t batches, room, rows;
};

// arrow_check.c: the column that a child of the stream's schema describes; whether a batch's array can be read as such. HG_ERR_DATA
// with a sentence that names the column and its format.
int hg__arrow_column_init(hg__arrow_column *c, const struct ArrowSchema *s, const char *name,
                          hg_error *err);
int hg__arrow_check(const hg_table *t, const struct ArrowSchema *s, const struct ArrowArray *batch,
                    hg_error *err);

enum { HG_ARROW_CELL = 192 }; // bytes of a cell's text, where it is made

// arrow_cell.c: row `row` of a batch; text: room for what the cell is written in, as long as the cell lives.
void hg__arrow_cell(const hg_table *t, const hg__arrow_batch *b, int64_t row, int32_t column,
                    char text[HG_ARROW_CELL], hg__cell *cell);
bool hg__arrow_is_valid(const struct ArrowArray *a, int64_t i); // i: from the start of the buffers
int64_t hg__arrow_integer(const hg__arrow_type *t, const void *from, int64_t i);
// The text at i of a column of texts or views.
const char *hg__arrow_text(const hg__arrow_type *t, const struct ArrowArray *a, int64_t i,
                           size_t *size);

// arrow_number.c: the number that its shortest decimal digits say, as a file of text would have it: 0.1F is 0.1.
double hg__arrow_single(float x);
double hg__arrow_half(uint16_t bits);
// A decimal of `bytes` (little-endian, two's complement) as text; how long it is.
size_t hg__arrow_decimal(const uint8_t *from, int32_t bytes, int32_t scale,
                         char text[HG_ARROW_CELL]);

// table_arrow.c. The batch that a row of the table is in.
const hg__arrow_batch *hg__arrow_batch_of(const hg_table *t, int64_t row);
// A reader of all rows; `of` is borrowed.
hg__table *hg__table_of_arrow(const hg_table *of, hg_error *err);
#endif
