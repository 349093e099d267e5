// SPDX-License-Identifier: Apache-2.0
// row_lines_internal.h - what the files that read rows share. Only files of this room include this.
#ifndef HG_STREAMS_ROW_LINES_INTERNAL_H
#define HG_STREAMS_ROW_LINES_INTERNAL_H
#include "base/file.h"
#include "csv/csv.h"
#include "csv/csv_number.h"
#include "csv/time_text.h"
#include "signal/timeline.h"
#include "streams/row_lines.h"

enum { HG_CELL_TIME = -1, HG_CELL_OTHER = -2, HG_MINUTE = 17, HG_TIME_LONGEST = 80 };

// A time column as it is read.
typedef struct hg__row_time {
    int format; // HG_ROW_TIME_...
    double unit;
    double day, shown; // of times of day
    bool has_minute;
    char minute[HG_MINUTE]; // "2026-01-31T12:00:" of the time read last, and what it is in seconds
    double minute_seconds;
} hg__row_time;

// False: it is none. A missing one is NaN.
bool hg__row_time_read(hg__row_time *t, const char *text, size_t size, double *seconds);

struct hg__row_lines {
    char *place, *time; // owned
    char *
        *name; // owned, (channels + 1): the last is the time's; its place is NULL where it has none
    int32_t channels;
    hg__names *names; // owned
    bool is_skipping, is_lenient, has_no_time;

    // Of CSV.
    char separator;
    int32_t cells; // of a line; 0: not known yet
    int32_t *what; // owned, (cells): a channel, HG_CELL_...
    bool has_header;

    hg__row_time clock;
    bool is_timed;  // lines have a time
    double step;    // seconds
    bool breaks;    // the next row begins anew
    bool is_over;   // there is none
    int64_t number; // of the next row
    hg__row_lines_counts counts;

    hg__raw raw;           // owned
    int64_t *row;          // owned, (raw.room): the number of each
    hg__timeline timeline; // owned
    hg__recording_file file;
};

// A row as it is read.
typedef struct hg__row {
    float *value;     // (channels)
    double time;      // NaN: not known
    const char *when; // (when_size), in the line
    size_t when_size;
} hg__row;

static inline void hg__row_set_when(hg__row *row, const char *text, size_t size) {
    row->when = text;
    row->when_size = size;
}

// Each: 1, 0: it is no row (a header), HG_ERR_DATA.
int hg__row_lines_read_csv(hg__row_lines *r, const char *text, size_t size, hg__row *row,
                           hg_error *err);
int hg__row_lines_read_json(hg__row_lines *r, char *text, size_t size, hg__row *row, hg_error *err);

int hg__row_lines_fail(const hg__row_lines *r, hg_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// A cell that cannot be read: missing where that is asked for, else HG_ERR_DATA. column: -1: the time's.
int hg__row_lines_bad_cell(hg__row_lines *r, int32_t column, const char *text, size_t size,
                           hg_error *err);
// The row's time; where it has none that is fine.
int hg__row_lines_read_time(hg__row_lines *r, const char *text, size_t size, hg__row *row,
                            hg_error *err);
#endif
