// SPDX-License-Identifier: Apache-2.0
// wfdb.h - records of WFDB (wfdb.io, header(5), signal(5), annot(5)): the header, how samples are stored, beats. Only *wfdb*.c include this.
#ifndef HG_SIGNAL_WFDB_H
#define HG_SIGNAL_WFDB_H
#include "signal/recording_kind.h"

enum { HG_WFDB_SIGNALS = 4096, HG_WFDB_PER_FRAME = 4096, HG_WFDB_HEADER = 1 << 20 }; // at most

typedef struct hg__wfdb_signal {
    char *file, *name; // owned; name: "" where there is none
    int32_t format;
    int32_t per_frame; // samples a frame
    uint64_t offset;   // bytes before the first sample
    double gain;       // units of samples a physical unit
    double baseline;   // sample of 0
    int32_t first;     // value of the first sample
} hg__wfdb_signal;

typedef struct hg__wfdb_header {
    int32_t signals;
    hg__wfdb_signal *signal; // owned, (signals)
    double rate;             // frames a second
    int64_t frames;          // 0: not said
    double start;            // seconds since 1970; 0: not said
} hg__wfdb_header;

// text (size) is read from the file `path`.
int hg__wfdb_header_parse(hg__wfdb_header *h, const char *text, size_t size, const char *path,
                          hg_error *err);
void hg__wfdb_header_clear(hg__wfdb_header *h); // {0} is fine

// How samples are stored: `count` of them are in `bytes`.
typedef struct hg__wfdb_format {
    int32_t number;
    int32_t count, bytes;
    int32_t missing; // the value that says there is none; INT32_MAX: no value does
    int32_t (*get)(const uint8_t *group, int32_t at);
    bool adds_up; // samples are differences
} hg__wfdb_format;

const hg__wfdb_format *hg__wfdb_find_format(int32_t number); // NULL: not known
void hg__wfdb_list_formats(char text[64]);                   // "8, 16, 24 ..."

// Spans around beats that are not normal: spans (count) of two sample numbers, first and one past the last, in order, may overlap.
typedef struct hg__wfdb_spans {
    int64_t *at; // owned, (count, 2)
    size_t count;
} hg__wfdb_spans;

// around: samples on each side of a beat.
int hg__wfdb_beats_read(hg__wfdb_spans *s, const char *path, int64_t around, hg_error *err);
void hg__wfdb_spans_clear(hg__wfdb_spans *s);
#endif
