// SPDX-License-Identifier: Apache-2.0
// noise_type.h - what a step of a noise must say about itself; noise.def lists them.
//
// The same bits everywhere: plain sums and products in a fixed order, random rows from the kernel table, no functions of
// the C library that may differ (exp, sin, pow).
#ifndef HG_CORRUPT_NOISE_TYPE_H
#define HG_CORRUPT_NOISE_TYPE_H
#include "base/int.h"
#include "corrupt/noise.h"

// One row being corrupted by one step.
typedef struct hg__noise_row {
    int32_t height, width, channels;
    uint64_t key;
    uint32_t counter[3]; // of the step's first random row; the next ones have 1, 2 ... added to [0]
    double amount;       // what was drawn from the step's range
    int32_t size;        // as the step has it
    float *scratch;
    float *clean; // (height, width, channels), or NULL: what x is held against
    // As hg__noise_place has them.
    const hg__column_group *group;
    int32_t groups;
    const float *donor;
} hg__noise_row;

typedef struct hg__noise_type {
    const char *name;
    // one line for help; what the number is, and its unit ("" if there is none)
    const char *summary, *amount;
    double least, most; // of the amount; both 0: there is none
    const char *word;   // that may stand before the amount; or NULL
    double low, high;   // where no amount is given; high 0: one must be
    int32_t size;       // unless one is given; 0: it has none
    bool needs_image;   // of 1 or 3 channels
    bool needs_donor;   // another row: not an image
    bool changes_clean; // too
    bool by_ratio;      // of a range above 0 the logarithm is uniform
    // Floats of scratch for amounts up to `amount`. NULL: none.
    size_t (*scratch)(int32_t height, int32_t width, int32_t channels, double amount);
    // x (height, width, channels) in place; r->clean where the step changes that too.
    int (*apply)(const hg__noise_row *r, float *x, hg_error *err);
} hg__noise_type;

#define NOISE(name) extern const hg__noise_type hg__noise_##name;
#include "corrupt/noise.def"
#undef NOISE

const hg__noise_type *hg__noise_type_at(size_t i); // NULL past the last

static inline size_t hg__noise_count(const hg__noise_row *r) {
    return (size_t)r->height * (size_t)r->width * (size_t)r->channels;
}

// Random row number `which` of this step: n numbers, uniform in [0, 1) or normal. to (n padded to 16).
void hg__noise_uniform(const hg__noise_row *r, uint32_t which, size_t n, float *to);
void hg__noise_normal(const hg__noise_row *r, uint32_t which, size_t n, float *to);
static inline size_t hg__noise_padded(size_t n) {
    return hg__round_up_size(n, 16);
}

double hg__noise_exp(double x); // e^-x for x in 0 .. 20
void hg__noise_turn(double turns,
                    double direction[2]); // cos, sin of 2 pi turns, turns in -1/4 .. 1/4

// Where position i falls when a line of n is mirrored at its ends, again and again.
static inline int32_t hg__noise_mirror(int32_t i, int32_t n) {
    while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
    return i;
}
#endif
