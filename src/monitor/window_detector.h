// SPDX-License-Identifier: Apache-2.0
// window_detector.h - what looks at windows of a recording, each kind at something else, and says how far one lies from those of training.
//
//   autoencoder   what the model's network would change of a window
//   statistics    level, spread and roughness of each channel
//   spectrum      how loud each frequency is
//   principal     what the axes along which windows of training differ most leave out of it (PCA)
//   neighbours    the nearest window of training
//   moving_z, spectral_residual   the window's last step beside those before it
//   residuals     what the other channels do not say of the mean of each
//
// Which of them a recording has, and over what lengths, depends on what it is of (signal.h) and is in window_detectors.def: of a plant all but
// neighbours, statistics over three lengths; of pulses, as heartbeats are, the network and neighbours over two lengths, all of them of shapes
// alone; of sound the network and statistics of its bands. How unusual each finds a step, beside held-out ones (usual.h), is averaged:
// docs/SIGNALS.md has what was measured.
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

// Windows, filled (not where steps are hidden), scaled and limited as the detector's view says: the numbers of window i, (width), begin at x + i * pitch. Where they are
// cut from a recording as it stands they overlap.
typedef struct hg__seen_windows {
    const float *x; // borrowed
    size_t pitch;
    int32_t count; // HG_WINDOWS_AT_ONCE at most
} hg__seen_windows;

// What is said of windows, borrowed.
typedef struct hg__window_said {
    float *far;  // (count): how far each is, 0 at least
    float *made; // (count, width): what the autoencoder makes of them; the others leave it alone
} hg__window_said;

typedef struct hg__window_detector_type {
    // Learns from windows of training what it needs, and puts it into m's parts, whose names begin with d->part. NULL: nothing.
    int (*fit)(hg__window_detector *d, const hg__window_data *data, hg_model *m, hg_error *err);
    // Takes it out again, and whatever measuring needs.
    int (*load)(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err);
    // Allocates nothing; of a window the same whatever others come with it.
    void (*measure)(hg__window_detector *d, const hg__seen_windows *w, const hg__window_said *to);
    void (*free)(void *state);          // NULL is fine
    bool (*suits)(const hg__signal *s); // whether such a recording may have it; NULL: any
    bool is_of_end;                     // what is said of a window is of its last step alone
    bool takes_power;                   // windows are as long as a power of two
    bool speaks_alone; // in the score of now, which is at least a share of what it says
} hg__window_detector_type;

enum { HG_PART_NAME = 64 };

struct hg__window_detector {
    const hg__window_detector_type *type;
    const char *name;
    hg__window_view view; // its scale is borrowed from the signal
    int32_t width;        // numbers of a window that go in
    int32_t stride;       // steps from one window to the next
    bool is_there;        // it is fitted, and looks at windows
    int32_t first;        // of its steps, the first that a window says something of
    hg__hiding hiding;    // from the network
    float weight;         // in the score; 0: it counts nothing
    bool is_prompt;       // it counts in the score of now
    bool speaks_alone;    // as its type, unless it was asked for by name
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
    hg__window_spectrum, hg__window_neighbours, hg__window_principal, hg__window_moving_z,
    hg__window_spectral_residual, hg__window_residuals;

// Names with commas as a set of rows, bit for bit; "auto", "" are none: those that suit the recording. HG_ERR_USAGE.
int hg__window_detectors_parse(const char *names, uint32_t *rows, hg_error *err);
const char *hg__window_detector_name(int32_t row);
const char *hg__window_detector_title(int32_t row); // for readers: "PCA on windows"
bool hg__window_detector_suits(int32_t row,
                               const hg__signal *s); // whether such a recording may have it

// That of a row of the table for such a signal, with nothing loaded; not is_there: it has none.
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
hg__seen_windows hg__window_walk_seen(const hg__window_walk *w, int32_t count); // of these
#endif
