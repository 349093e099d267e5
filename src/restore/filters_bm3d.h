// SPDX-License-Identifier: Apache-2.0
// filters_bm3d.h - one group of alike patches of BM3D: found, transformed, shrunk, put back.
#ifndef HG_RESTORE_FILTERS_BM3D_H
#define HG_RESTORE_FILTERS_BM3D_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HG_BM3D_SIDE = 8,   // of a patch
    HG_BM3D_REACH = 19, // patches are looked for so far from the first, in pixels
    HG_BM3D_MOST = 32,  // patches in a group
    HG_BM3D_PLANES = 3, // at most
    HG_BM3D_SLACK = 8,  // floats that may be read after the planes
};

enum { HG_BM3D_AREA = HG_BM3D_SIDE * HG_BM3D_SIDE };
typedef float hg__bm3d_matrix[HG_BM3D_AREA]; // (8, 8)

// T of T X T', and the way back; turned: transposed.
typedef struct hg__bm3d_transform {
    hg__bm3d_matrix there, there_turned, back, back_turned;
} hg__bm3d_transform;

// One of the two steps over the whole image; planes are (planes, height, width), height and width 8 at least.
typedef struct hg__bm3d_step {
    int32_t height, width, planes;
    const float *noisy;
    const float *basic; // what the first step made; NULL: this is the first
    float sigma[HG_BM3D_PLANES];
    float *sum, *weight; // of the patches that lie on a pixel
    hg__bm3d_transform transform;
} hg__bm3d_step;

// What a thread works on: a group, the same group of the first step's image, and room for half a group.
typedef struct hg__bm3d_scratch {
    hg__bm3d_matrix x[HG_BM3D_MOST], guide[HG_BM3D_MOST], half[HG_BM3D_MOST / 2];
} hg__bm3d_scratch;

// Wavelets in the first step, cosines in the second.
void hg__bm3d_set_transform(hg__bm3d_transform *t, bool is_first);

// Adds the group of the patch whose first pixel is (i, j). Touches no pixel of sum and weight further than
// HG_BM3D_REACH from the patch.
void hg__bm3d_add_group(const hg__bm3d_step *s, hg__bm3d_scratch *g, int32_t i, int32_t j);
#endif
