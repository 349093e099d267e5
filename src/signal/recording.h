// SPDX-License-Identifier: Apache-2.0
// recording.h - channels over time, wherever they come from: read in blocks of steps, again if wanted.
//
//   a path, a folder, "a.csv,b.csv" ──> files, each of a kind of recordings.def ──> timeline: gaps, late rows ──> blocks of steps
//
// A step is what all channels say at one time. Steps lie equally far apart where the file has times: what is missing between
// them is made up as missing (NaN), or what comes after it begins anew.
#ifndef HG_SIGNAL_RECORDING_H
#define HG_SIGNAL_RECORDING_H
#include "csv/cell.h"

enum { HG_STEPS = 4096, HG_BRIDGE = 16 };

typedef struct hg__steps { // valid until the next call
    int32_t count;         // of steps, 1 .. HG_STEPS
    const float *value;    // (count, channels), NaN: missing
    const int64_t
        *row; // (count) row of its file from 0; -1: a step that the file lacks (a bridged gap)
    const double
        *time; // (count) seconds (since 1970, or since the recording began); NULL: nobody knows
    const char *const *
        when; // (count) the time as the file writes it, "" of steps that it lacks; NULL: the file has none
    const uint8_t *label; // (count) 1: an anomaly by label=; NULL: no such column
    const uint8_t *
        begins; // (count) 1: what came before is not its past: the first step of all, another file, a long gap
    int32_t file; // which of the set; a block is of one file
} hg__steps;

// All texts are borrowed until the recording is closed; NULL is "".
typedef struct hg__recording_options {
    const char *time, *label, *normal,
        *ignore;        // as the options of that name; ""; time "none": there is none
    const char *labels; // file of windows that are anomalies, or "name": label_spans.h; ""
    const char *table;  // array of a .mat or .npz, table of a database; ""
    const char *query;  // odbc:, sqlite: what to select; ""
    hg__header_options header;
    const char
        *on_bad; // "stop"; "skip", "score_missing": what cannot be read is missing; "" is stop
    double step; // seconds between steps, where it is known (a model's own); 0: found (the median)
    double resample; // seconds of a step to average to; 0: steps as they are
    // So many missing steps in a row are made up as missing ones; more: begins anew. 0: HG_BRIDGE; negative: none.
    int32_t bridge;
    const char *const
        *channel; // (channels) a model's own: these, by name; by place where the file has no names
    int32_t channels; // 0: all numeric ones
    const hg_listener *listener;
} hg__recording_options;

typedef struct hg__recording {
    const char *path;   // of the file at hand
    const char *format; // "csv", "npy", "wav", "wfdb", "edf", "ts" ...
    int32_t channels;
    char **name;    // owned, (channels) owned
    bool named;     // the file has names
    int64_t steps;  // as far as known without reading; else -1
    double rate;    // samples a second as the file's header says; 0: not said
    double step;    // seconds between steps, of times or 1 / rate; 0: nobody knows
    int32_t files;  // of the set
    bool has_time;  // steps have a time
    bool has_when;  // as the file writes it
    bool has_label; // by label= or labels=
    int64_t
        train_rows; // of the file at hand, that are for training, where its name says so; 0: nobody says
    char note
        [512]; // what a user should know of how it is read; complete at the end of the first reading
    struct hg__recording_state *state;     // of files; NULL: made of another recording
    const struct hg__recording_over *over; // how then: framed.h
    void *made;                            // owned: what that keeps
} hg__recording;

// A recording that is made of another one; close frees r->made, which may be incomplete.
typedef struct hg__recording_over {
    int (*next)(hg__recording *r, hg__steps *to, hg_error *err);
    int (*rewind)(hg__recording *r, hg_error *err);
    void (*close)(hg__recording *r);
} hg__recording_over;

// Everything of the first file's header is known then. Fails where the data is no recording.
hg__recording *hg__recording_open(const char *path, const hg__recording_options *o, hg_error *err);
// 1, 0 at the end, or negative: the reading ends with it.
int hg__recording_next(hg__recording *r, hg__steps *to, hg_error *err);
int hg__recording_rewind(hg__recording *r, hg_error *err);
void hg__recording_close(hg__recording *r); // NULL is fine

// Whether data= is a signal whatever the options say: sound, WFDB, EDF, series of instances; a folder or a list of such.
bool hg__is_recording(const char *path);
#endif
