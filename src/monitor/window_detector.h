// SPDX-License-Identifier: Apache-2.0
// window_detector.h - what looks at windows of a recording, each kind at something else, and says how far one lies from those of training.
//
//   autoencoder   what the model's network would change of a window
//   statistics    level, spread and roughness of each channel
//   spectrum      how loud each frequency is
//   neighbours    the nearest window of training
//   residuals     what the other channels do not say of the mean of each
//
// Which of them a recording has depends on what it is of (signal.h): of a plant the first three, statistics over two lengths; of pulses,
// as heartbeats are, the network and neighbours, all of them of shapes alone; of sound the network and statistics of its bands. How
// unusual each finds a step, beside held-out ones (usual.h), is averaged: docs/SIGNALS.md has what was measured.
#ifndef HG_MONITOR_WINDOW_DETECTOR_H
#define HG_MONITOR_WINDOW_DETECTOR_H
#include "backend/pool.h"
#include "monitor/signal_split.h"
#include "monitor/usual.h"

enum { HG_WINDOWS_AT_ONCE = 64 };

typedef struct hg__window_detector hg__window_detector;

// Windows of training, as a kind of detector wants them.
typedef struct hg__window_data {
    const hg__samples *samples;
    const hg__time_list *blocks; // that they lie in
    uint64_t seed;
} hg__window_data;

// What is said of windows, borrowed.
typedef struct hg__window_said {
    float *far;  // (count): how far each is, 0 at least
    float *made; // (count, width): what the autoencoder makes of them; the others leave it alone
} hg__window_said;

// x: windows (count, width), filled, scaled and limited as d->view says; count at most HG_WINDOWS_AT_ONCE.
typedef struct hg__window_detector_type {
    // Learns from windows of training what it needs, and puts it into m's parts, whose names begin with d->part. NULL: nothing.
    int (*fit)(hg__window_detector *d, const hg__window_data *data, hg_model *m, hg_error *err);
    // Takes it out again, and whatever measuring needs.
    int (*load)(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err);
    // Allocates nothing; of a window the same whatever others come with it.
    void (*measure)(hg__window_detector *d, const float *x, int32_t count,
                    const hg__window_said *to);
    void (*free)(void *state);          // NULL is fine
    bool (*suits)(const hg__signal *s); // whether such a recording may have it; NULL: any
    bool
        speaks_alone; // it counts in the score of now alone, which is at least a share of what it says
} hg__window_detector_type;

enum { HG_PART_NAME = 64 };

struct hg__window_detector {
    const hg__window_detector_type *type;
    const char *name;
    hg__window_view view; // its scale is borrowed from the signal
    int32_t width;        // numbers of a window that go in
    int32_t stride;       // steps from one window to the next
    float weight;         // in the score; 0: there is none
    bool is_prompt;       // it counts in the score of now
    hg__usual usual;
    hg__pool *pool; // borrowed
    void *state;    // owned, the type's own
};

#define DETECTOR(name, type, ...) HG_DETECTOR_##name,
enum {
#include "monitor/window_detectors.def"
    HG_WINDOW_DETECTORS
};
#undef DETECTOR
extern const hg__window_detector_type hg__window_autoencoder, hg__window_statistics,
    hg__window_spectrum, hg__window_neighbours, hg__window_principal, hg__window_residuals;

// That of a row of the table for such a signal, with nothing loaded; weight 0: it has none.
hg__window_detector hg__window_detector_make(int32_t row, const hg__signal *s, hg__pool *pool);
void hg__window_detector_clear(hg__window_detector *d); // {0} is fine
// What is usual, as m's part.
int hg__window_detector_save_usual(const hg__window_detector *d, hg_model *m, hg_error *err);
int hg__window_detector_load_usual(hg__window_detector *d, const hg_model *m, const char *where,
                                   hg_error *err);
// "detector.NAME" or, with `what`, "detector.NAME.what".
void hg__window_detector_part(const hg__window_detector *d, const char *what,
                              char name[HG_PART_NAME]);

// ---- windows of training, some at a time --------------------------------------------------------

// Starts of at most `most` windows of d, evenly over the blocks: start is for hg__free(). How many; negative on failure.
int64_t hg__window_starts(const hg__window_detector *d, const hg__window_data *data, int64_t most,
                          int64_t **start, hg_error *err);

typedef struct hg__window_walk {
    const hg__window_data *data;
    hg__window_view view;
    int64_t *start; // owned, (count)
    int64_t count, at;
    float *
        x; // owned, (HG_WINDOWS_AT_ONCE, N * C): windows as they are seen stand at multiples of that
} hg__window_walk;

int hg__window_walk_init(hg__window_walk *w, const hg__window_data *data,
                         const hg__window_detector *d, int64_t most, hg_error *err);
void hg__window_walk_clear(hg__window_walk *w); // {0} is fine
// How many are in w->x now, (count, width); 0 at the end, negative on failure.
int32_t hg__window_walk_next(hg__window_walk *w, hg_error *err);
#endif
