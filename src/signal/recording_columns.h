// SPDX-License-Identifier: Apache-2.0
// recording_columns.h - which columns of a table are a recording's time, label and channels. Only recording_table.c includes this.
#ifndef HG_SIGNAL_RECORDING_COLUMNS_H
#define HG_SIGNAL_RECORDING_COLUMNS_H
#include "csv/number_text.h"
#include "csv/time_text.h"
#include "signal/recording_kind.h"
#include "table/table.h"

// What the first rows say of a column.
typedef struct hg__column_look {
    int64_t numbers, texts, missing;
    int64_t switches; // of texts: true, false, on, off
    int64_t dressed;  // of texts: numbers in other clothes, "1,234", "70.2 kg", all in one format
    hg__number_format clothes; // point 0: none was met
    int64_t times;             // cells that read as a time
    int64_t misses;            // and those that do not
    int64_t weak;              // of these: something else as well
    uint32_t formats;          // a bit for each format by which all of these read
    int32_t falls[HG_TIME_FORMATS];
    double last[HG_TIME_FORMATS];                    // seconds
    int64_t number_falls, number_rises, number_ones; // ones: 1 more than the one before
    int64_t number_bits;                             // 0 or 1
    int64_t number_order, time_order; // those whose order counts: of the first row's group
    double last_number;
    bool has_clock; // a time was not at midnight
    bool is_out;    // time, label, ignored
    char odd[48];   // the first cell that is no time; ""
} hg__column_look;

typedef struct hg__recording_columns {
    int32_t time, label, group; // columns; -1: none
    int32_t clock;              // the column of times of day where `time` has days alone; -1
    int32_t format;             // of the time; -1: a plain number
    double unit;                // of a plain number, seconds
    int32_t channels;
    int32_t *from;   // owned, (channels) columns
    bool *is_switch; // owned, (channels): of true and false
    hg__number_format
        *clothes; // owned, (channels): of texts that are numbers; point 0: there are none
} hg__recording_columns;

// Reads the first rows, rewinds, chooses; f's note says what was left out. Errors where there is no column of numbers.
int hg__recording_columns_choose(hg__recording_columns *c, hg__recording_file *f, hg__table *t,
                                 hg_error *err);
void hg__recording_columns_clear(hg__recording_columns *c); // {0} is fine

// 1: on, true; 0: off, false; -1: neither.
int hg__switch_read(const hg__cell *cell);
#endif
