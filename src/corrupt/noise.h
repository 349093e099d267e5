// SPDX-License-Identifier: Apache-2.0
// noise.h - how images, tables and other rows are corrupted on purpose: noise="gaussian 0-55 + jpeg 30-90".
//
//   noise = way { "|" way }            one way is drawn for each row, as often as its weight (1 unless given) says
//   way   = [ weight ":" ] step { "+" step }      steps are applied from left to right
//   step  = name [ [ word ] range ] [ "size" number ] [ "@" probability ]
//   range = number [ "-" number ]      drawn anew for each row, uniformly between the two
//
//   gaussian S        added, standard deviation S
//   poisson P         shot noise at a peak of P photons for white
//   speckle S         multiplied by 1 + gaussian of S percent
//   salt_pepper P     P percent of the pixels black or white
//   gaussian_blur R   standard deviation R pixels;  motion_blur L  pixels long, any angle;  defocus_blur R  disc
//   jpeg Q            compressed with quality Q and back, 8 bits
//   downscale F       made smaller by F and back
//   mask P            P percent of the values (of the pixels, for images; of the columns, for tables) set to 0
//   patches P size S  P percent of the squares of S x S pixels an image is cut into (of the runs of S values or columns) set to 0; S is
//                     4 unless given (He et al., "Masked autoencoders are scalable vision learners", 2022)
//   swap P            P percent of the columns of a table (of the values) take those of another row, one for all
//   jitter D          added, standard deviation D of the numbers as they are: for tables, whose columns are scaled.
//                     Of a range small and large are as likely: the logarithm is uniform
//   camera [iso] I    what a camera of that sensitivity makes of the scene, and of the clean picture without the noise (camera.h)
//   camera_jpeg Q     as jpeg, with the resolutions of colour that cameras use
//   lens R            blur of standard deviation R pixels, of the clean picture too
//   clip              rounded to 8 bits and cut off below black and above white, as in a file
// Units are 8-bit grey levels where none is named. "blind" alone is a way to learn from noisy images (see below), not
// a corruption.
// Draws come from the counter generator: (seed; NOISE, epoch, row, draw), so a row is corrupted the same way by
// any thread and after any restart.
#ifndef HG_CORRUPT_NOISE_H
#define HG_CORRUPT_NOISE_H
#include "base/error.h"

enum { HG_MAX_NOISE_STEPS = 16, HG_MAX_NOISE_WAYS = 8, HG_NOISE_ROOTS = 24 };

typedef struct hg__noise_step {
    const struct hg__noise_type *type;
    double low, high;            // of the amount
    double root[HG_NOISE_ROOTS]; // of high / low: the square root, the fourth, the eighth ...
    double probability;
    int32_t size; // types that have one
} hg__noise_step;

// Steps that are applied together: one of several ways.
typedef struct hg__noise_way {
    int32_t first, steps;
    double weight;
} hg__noise_way;

typedef struct hg__noise {
    hg__noise_step step[HG_MAX_NOISE_STEPS]; // of all ways
    int32_t steps;                           // 0: none
    hg__noise_way way[HG_MAX_NOISE_WAYS];
    int32_t ways;
    bool blind;
} hg__noise;

// "" is no noise. The sentence names the step that is wrong and what there is.
int hg__noise_parse(hg__noise *n, const char *text, hg_error *err);

// Whether a row of this shape can be corrupted so: blur, jpeg and downscale need images of 1 or 3 channels, swap
// needs none. Blind cannot: it needs more of an image than the row (pictures.h).
int hg__noise_check(const hg__noise *n, int32_t height, int32_t width, int32_t channels,
                    hg_error *err);

// Floats hg__noise_apply() needs as scratch for one row.
size_t hg__noise_scratch(const hg__noise *n, int32_t height, int32_t width, int32_t channels);

// Floats of a row that belong together: a column of a table.
typedef struct hg__column_group {
    int32_t first, width;
} hg__column_group;

// Which row is corrupted: its shape, and where its draws come from.
typedef struct hg__noise_place {
    int32_t height, width, channels; // a row that is no image: 1, n, 1
    uint32_t epoch;
    uint64_t seed, row;
    // Borrowed, (groups): the columns of a table's row; else NULL.
    const hg__column_group *group;
    int32_t groups;
    // Another row, where hg__noise_needs_donor(); else NULL.
    const float *donor;
} hg__noise_place;

// Whether a step changes what is clean as well.
bool hg__noise_changes_clean(const hg__noise *n);

// Whether a step takes values of another row, and which of `rows` rows that is here.
bool hg__noise_needs_donor(const hg__noise *n);
int64_t hg__noise_donor(const hg__noise_place *at, int64_t rows);

// x (height, width, channels), white = 1, corrupted in place. Not clipped, but by jpeg and camera (8 bits). clean, of the same
// shape, or NULL: what x is held against; camera and lens change it too, the other steps leave it. scratch: of
// hg__noise_scratch() floats. May fail only where the JPEG library runs out of memory.
int hg__noise_apply(const hg__noise *n, const hg__noise_place *at, float *x, float *clean,
                    float *scratch, hg_error *err);

// Learning from noisy images alone: neighbours of one image as a pair.
//
// The image is cut into cells of 2 x 2 pixels. Of each, one pixel goes into an input of half the size, one beside it
// into its target. What is clean in the two is nearly the same, their noise is not: learning to make one of the other is
// learning the clean value (Huang et al., "Neighbor2Neighbor", 2021; without its regulariser). Needs noise that is
// independent from pixel to pixel. Against hiding single pixels (Krull et al., "Noise2Void", 2019), which needs the same:
// every pixel teaches, not one in sixteen, and no model may copy what it sees (measured at sigma 25: 1.5 dB more).

enum { HG_BLIND_CELL = 2 }; // side of a cell, pixels

// x and target (height, width, channels) of noisy (2 * height, 2 * width, channels).
// The draws are those of row and epoch; channels of a pixel stay together.
void hg__blind_make(const float *noisy, const hg__noise_place *at, float *x, float *target);
#endif
