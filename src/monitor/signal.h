// SPDX-License-Identifier: Apache-2.0
// signal.h - what a model of a recording knows of it: its channels and their scale, its steps, its windows. In the model file:
// "signal" of the detector's object, and parts.
#ifndef HG_MONITOR_SIGNAL_H
#define HG_MONITOR_SIGNAL_H
#include "model/model.h"
#include "rows/hiding.h"
#include "signal/frames.h"

// What a recording is of, which says how its windows are looked at.
typedef enum hg__signal_kind {
    HG_SIGNAL_PLANT, // whatever it is: levels and spreads count as well as shapes
    HG_SIGNAL_PULSES, // short ones that come again and again, as heartbeats do: their shape alone counts
    HG_SIGNAL_SOUND, // frames of sound or vibration
    HG_SIGNAL_KINDS
} hg__signal_kind;
extern const char *const hg__signal_kind_names[HG_SIGNAL_KINDS];

// What frames are made of. setup.bands 0: there are no frames, steps are as the recording has them.
typedef struct hg__signal_frames {
    hg__frames_setup setup;
    int32_t channels; // of the recording of samples
    char **name;      // owned, (channels) owned
    bool named;       // the recordings had these names
} hg__signal_frames;

typedef struct hg__signal {
    hg__signal_kind kind;
    int32_t
        read;    // channels of the recording; bands of all of them, where it is looked at in frames
    char **name; // owned, (read) owned
    bool named;  // the recordings had these names
    int32_t
        channels;  // that are looked at: all but those that are 0 or 1, unless there are no others
    int32_t *pick; // owned, (channels): which of `read` they are
    hg__channel_scale *scale;     // owned, (channels)
    int32_t length, stride;       // of a window, and from one to the next, in steps
    int32_t period;               // that was found; 0: none
    int64_t longest;              // steps of training without a gap
    double step;                  // s; 0: nobody knows
    double resample;              // s that steps are averaged over; 0: steps as they are
    bool is_coarse, is_irregular; // of the times of training's recording (recording.h)
    hg__hiding hiding;            // from the network
    bool
        is_plain; // imported: a window's score is the network's mean squared error, and nothing is known of what is usual
    uint32_t
        detectors; // rows of window_detectors.def, bit for bit, that count the same; 0: those that suit the kind
    uint32_t beside; // others that are fitted and look on, and count nothing
    hg__signal_frames frames;
    char *group; // owned: column of tables whose every value is a recording of its own; NULL
} hg__signal;

// Values beyond so many times what is usual are taken as that far: they are far enough.
extern const float hg__signal_limit;

// What is asked for; 0: what suits the recording.
typedef struct hg__signal_options {
    int32_t window, stride;
    double resample;
    size_t memory;              // bytes of samples that may be held
    bool is_sound;              // steps are frames
    uint32_t detectors, beside; // as above
    hg__hide hide;
    const char *group; // groupby=; "", NULL
} hg__signal_options;

// Looks at the recording s, of which r tells names and steps: all but what training finds. What of s is not looked at is left out of it; it is
// then read once more. d is cleared on failure.
int hg__signal_look(hg__signal *d, hg__samples *s, hg__recording *r, const hg__signal_options *o,
                    hg_error *err);
// One of a network of another program, which takes windows of `window` frames, and is scored by its error alone. d is cleared on failure.
int hg__signal_of_frames(hg__signal *d, const hg__frames_setup *frames, int32_t window,
                         hg_error *err);
void hg__signal_clear(hg__signal *d);                 // {0} is fine
hg__window_view hg__signal_view(const hg__signal *d); // as the network sees windows

bool hg__is_signal_model(const hg_model *m);
// Into m's parts and into `detector` (borrowed), the object that is to become its "detector".
int hg__signal_save(const hg__signal *d, hg_model *m, hg__json *detector, hg_error *err);
// HG_ERR_MODEL for any flaw. `where` starts the sentence. d is cleared on failure.
int hg__signal_load(hg__signal *d, const hg_model *m, const char *where, hg_error *err);
#endif
