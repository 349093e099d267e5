// SPDX-License-Identifier: Apache-2.0
// row_lines.h - lines of text as steps of known channels: CSV with or without a header, or an object of JSON a line.
//
//   hg__messages_next() ──> hg__row_lines_add(), line by line ──> hg__row_lines_take(): blocks of steps, as of a recording
//
// CSV: a header is a line with all channels' names, in any order, among others or not; it may come again, and another may take its place.
// Without one cells are the channels in their order, behind one of the time where there is one more. JSON: by key, others are passed
// over; what is missing or null is NaN. Gaps, rows that are late or come twice and clocks that are set back are those of signal/timeline.h,
// as in a file.
//
// Nothing is allocated a line, but where texts of times grow longer than any before.
#ifndef HG_STREAMS_ROW_LINES_H
#define HG_STREAMS_ROW_LINES_H
#include "base/bytes.h"
#include "signal/recording.h"

enum {
    HG_ROW_TIME_ANY = -2,   // the first one decides
    HG_ROW_TIME_NUMBER = -1 // seconds, or other units by row_lines_options.unit
};

typedef struct hg__row_lines_options {
    const char *place;       // for messages: where lines come from
    const char *const *name; // (channels), copied
    int32_t channels;
    const char *
        time; // name of the time's column; "" or NULL: one whose name says so; "none": there is none
    int format;  // hg__time_format of the time, HG_ROW_TIME_...
    double unit; // seconds of a time that is a number; 0: 1
    double step; // seconds between steps; 0: not known, rows are steps as they come
    double
        resample; // seconds that steps are averaged over, which takes rows with times; 0: steps as they are
    int32_t bridge;               // as of a recording: 0: HG_BRIDGE; negative: none
    bool is_coarse, is_irregular; // as of a timeline: what was learned of the times
    const char *
        on_bad; // "stop" or "": an error; "skip": counted and passed over; "score_missing": what cannot be read is missing
} hg__row_lines_options;

typedef struct hg__row_lines_counts {
    int64_t lines, rows; // lines with something in them, headers among them; rows that became steps
    int64_t bad;         // lines that could not be read
    int64_t bad_cells;   // by score_missing
    int64_t late, duplicates;
    int64_t gaps, bridged, restarts; // of the timeline
} hg__row_lines_counts;

typedef struct hg__row_lines hg__row_lines;

hg__row_lines *hg__row_lines_new(const hg__row_lines_options *o, hg_error *err);
void hg__row_lines_free(hg__row_lines *r); // NULL is fine

// One line: `size` bytes, then a newline and HG_CSV_PAD readable bytes, and it may be written to. 1: it is a row; 0: a header, a blank line,
// one that is skipped; HG_ERR_DATA: it is bad, and reading may go on. The C locale must be in force.
int hg__row_lines_add(hg__row_lines *r, char *text, size_t size, hg_error *err);
// Before more are added: there is no room for another.
bool hg__row_lines_is_full(const hg__row_lines *r);
// What comes next has no past: something may be missing before it.
void hg__row_lines_break(hg__row_lines *r);

// Nothing comes behind what was added: what is being averaged can be taken too.
void hg__row_lines_end(hg__row_lines *r);

// Steps of the rows added: 1, 0 once there are no more. Until then nothing is to be added. row: the number of the row among all rows that
// came, bad and late ones too; of averages their own number.
int hg__row_lines_take(hg__row_lines *r, hg__steps *to);

hg__row_lines_counts hg__row_lines_count(const hg__row_lines *r);

// Once all steps were taken: what it needs to go on where it is, in another process, at the end of `to`; and back, into a new one of the
// same options. HG_ERR_DATA: it is of other channels, or none, and r is of no more use.
void hg__row_lines_write(const hg__row_lines *r, hg__text *to);
int hg__row_lines_read(hg__row_lines *r, hg__bytes *from, hg_error *err);
#endif
