// SPDX-License-Identifier: Apache-2.0
// timeline.h - rows with times as steps that lie equally far apart.
//
//   difference to the row before, in steps      what becomes of it
//   0 or less                                   none: it is passed over (a duplicate, or late)
//   less than minus `bridge`                    none, where one of the last HG_RECENT rows had its time and its values (it was sent again); else it
//                                               begins anew (the clock was set back)
//   up to 1.5                                   the next step
//   up to bridge + 1                            steps without values before it, in rows that the file lacks
//   more                                        it begins anew
//
// Where times say little they are passed on and nothing else: many of them stand still (a clock coarser than the steps), or they keep no
// step (irregular sampling: a gap is then only what is longer than bridge + 1 steps).
#ifndef HG_SIGNAL_TIMELINE_H
#define HG_SIGNAL_TIMELINE_H
#include "signal/recording_kind.h"

enum { HG_RECENT = 1024 };

typedef struct hg__timeline_counts {
    int64_t gaps, bridged; // bridged: steps made up
    double longest;        // gap, seconds
    int64_t duplicates, late, restarts;
    int64_t missing; // cells of the file without a value
} hg__timeline_counts;

typedef struct hg__timeline {
    double step;     // seconds; 0: not known
    double rate;     // samples a second by the file's header; 0
    double known;    // the step by options; 0
    double resample; // 0: not wanted
    int32_t channels, bridge;
    hg__timeline_counts counts;

    // Where it is.
    int64_t lacks, made; // steps to be made up before the next one of raw, and those that were
    double last;         // time of the step given last
    int32_t at;          // the next step of raw
    int32_t room;        // steps of a block

    uint64_t *recent;   // owned, (HG_RECENT): hashes of the rows that counted last
    int64_t remembered; // rows of which there is or was one

    // Of resample: what is being averaged.
    int64_t bin, bins; // its number, floor(time / resample); bins given so far
    int64_t bin_rows;  // that it has
    double *sum;       // owned, (channels)
    int32_t *count;    // owned, (channels)

    // The block given last.
    float *value;            // owned, (room, channels)
    int64_t *row;            // owned, (room)
    double *time;            // owned, (room)
    const char **when;       // owned, (room)
    uint8_t *label, *begins; // owned, (room)
    char (*bin_text)[64];    // owned, (room); of resample

    char bin_when[64];
    uint8_t bin_label;
    bool has_bin, bin_begins;
    bool has_last;
    bool is_timed;                      // by raw->time
    bool is_coarse, is_irregular;       // of is_timed
    bool knows_coarse, knows_irregular; // by options
    bool is_counting;                   // the first reading
    bool is_looked_at;                  // of the next step of raw it is known that
    bool is_new, is_late;               // it begins anew; it is passed over
} hg__timeline;

// room: steps of a block. Steps of a model's own, resample and bridge are those of o.
int hg__timeline_init(hg__timeline *t, const hg__recording_options *o, int32_t channels,
                      int32_t room, hg_error *err);
void hg__timeline_clear(hg__timeline *t); // {0} is fine

// Finds the step from the first block of a file.
int hg__timeline_measure(hg__timeline *t, const hg__recording_file *f, const hg__raw *raw,
                         hg_error *err);
// Before the first block of a file, which begins anew.
void hg__timeline_begin(hg__timeline *t);

// Steps from what is left of raw, none where nothing is. at_end: nothing comes behind raw.
void hg__timeline_run(hg__timeline *t, const hg__recording_file *f, const hg__raw *raw, bool at_end,
                      hg__steps *to);

// "a step every 5 min, 3 gaps (the longest 1 h), ..."
void hg__timeline_note(const hg__timeline *t, char *note, size_t size);
// "300 s", "0.1 s"
void hg__seconds_show(double seconds, char text[32]);
#endif
