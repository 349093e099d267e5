// SPDX-License-Identifier: Apache-2.0
// recording_kind.h - what a kind of recording must say about itself; recordings.def lists them. Only files of this room include this.
#ifndef HG_SIGNAL_RECORDING_KIND_H
#define HG_SIGNAL_RECORDING_KIND_H
#include "signal/recording.h"

enum {
    HG_CHANNELS = 65536, // of a recording, at most
    HG_BLOCK_CELLS =
        1 << 22 // of a block, at most: where there are many channels it has fewer steps
};

// How sure a kind is of a file.
typedef enum hg__recording_claim {
    HG_CLAIM_NONE,
    HG_CLAIM_MAYBE, // a table: a recording if somebody says so
    HG_CLAIM_SURE   // nothing but a recording
} hg__recording_claim;

// Steps as a file has them.
typedef struct hg__raw {
    int32_t room;    // steps that fit
    int32_t count;   // of steps
    int64_t first;   // row of the first; the others follow
    int64_t *row;    // owned, (room): rows of f->has_rows, which need not follow
    float *value;    // owned, (room, channels), NaN: missing
    double *time;    // owned, (room) seconds, NaN: not known
    uint8_t *label;  // owned, (room)
    uint8_t *begins; // owned, (room): what came before is not its past
    char *text;      // owned: times as they are written, one behind the other, each with its zero
    size_t used, capacity;
    size_t *at; // owned, (room) where in text
} hg__raw;

typedef struct hg__recording_file {
    const struct hg__recording_kind *kind;
    const hg__recording_options *o; // borrowed; without NULLs
    const char *path;               // borrowed, for messages
    const char *source;             // borrowed: what to open
    // Set by open:
    const char *format;
    int32_t channels;
    char **name; // owned, (channels) owned
    bool named;
    int64_t steps; // -1: not known
    double rate;   // 0: not said
    double start;  // of the first step, seconds since 1970; 0: not said
    bool has_time; // raw times
    bool has_when, has_label;
    bool has_groups; // groupby= was seen to
    bool has_rows;   // raw rows, group after group
    bool is_mixed;   // of which some begin before the one before has ended
    char note[320];
    bool is_picked; // channels are those that o asks for
    int64_t bad;    // steps with something that could not be read
    void *state;    // the kind's own
} hg__recording_file;

typedef struct hg__recording_kind {
    const char *name;
    // What a file that begins so is; path: its name, where that says something.
    hg__recording_claim (*sniff)(const char *path, const uint8_t *head, size_t size);
    // Whatever it left is given to close on failure.
    int (*open)(hg__recording_file *f, hg_error *err);
    // Up to raw->room steps behind those given last; label and begins are zero before. 1, 0 at the end, negative.
    int (*next)(hg__recording_file *f, hg__raw *raw, hg_error *err);
    int (*rewind)(hg__recording_file *f, hg_error *err);
    void (*close)(hg__recording_file *f);
} hg__recording_kind;

#define RECORDING(name) extern const hg__recording_kind hg__recording_##name;
#include "signal/recordings.def"
#undef RECORDING

// (channels) names to be filled; each "channel 1" ... where the kind leaves it NULL.
int hg__recording_name_channels(hg__recording_file *f, int32_t channels, hg_error *err);
// The time of step raw->count as the file writes it.
int hg__raw_add_when(hg__raw *raw, const char *text, size_t size, hg_error *err);

// Adds to a note, "; " between; what does not fit is cut.
void hg__note_add(char *note, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Which of a model's channels stands where: from (o->channels), places among f's names (count), by name or, where the file has
// none, by place. Kinds whose files have all channels in every step leave it to the recording.
int hg__recording_match(const hg__recording_file *f, char *const *name, int32_t count,
                        int32_t *from, hg_error *err);
#endif
