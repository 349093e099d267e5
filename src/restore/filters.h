// SPDX-License-Identifier: Apache-2.0
// filters.h - classical filters against noise: what a denoising model has to beat.
//
// x and y are (height, width, channels), white = 1, and must not overlap. Beyond its edges an image goes on as its
// mirror image, without the edge pixel twice. A filter may only fail for want of memory.
#ifndef HG_RESTORE_FILTERS_H
#define HG_RESTORE_FILTERS_H
#include "restore/psnr.h"

// Convolution with a Gaussian of standard deviation `sigma` pixels, cut off at 4 sigma.
int hg__filter_gaussian(hg__pool *pool, const hg__frame *f, const float *x, double sigma, float *y,
                        hg_error *err);

enum { HG_MAX_MEDIAN = 8 };

// The median of each channel in a square of side 2 radius + 1, radius 0 .. HG_MAX_MEDIAN.
int hg__filter_median(hg__pool *pool, const hg__frame *f, const float *x, int32_t radius, float *y,
                      hg_error *err);

// Non-local means: each pixel becomes the mean of the pixels in a window around it, weighted by how alike the patches
// around the two are. (Buades, Coll, Morel, "A non-local algorithm for image denoising", 2005, with flat patches.)
//   weight = exp(-max(0, d - 2 sigma^2) / h^2),  d: mean squared difference of the patches, over all channels
typedef struct hg__nl_means {
    int32_t patch;   // radius of a patch: 3 for 7 x 7
    int32_t search;  // radius of the window: 10 for 21 x 21
    double sigma;    // standard deviation of the noise where it is known, else 0
    const double *h; // (count), each above 0; several cost little more than one, as d is the same
    int32_t count;
} hg__nl_means;

// y: (count) images, one for each h.
int hg__filter_nl_means(hg__pool *pool, const hg__frame *f, const float *x, const hg__nl_means *n,
                        float *const *y, hg_error *err);

// BM3D: alike patches are shrunk together, where their common transform is sparse; first by a threshold, then by Wiener's
// rule. (Dabov, Foi, Katkovnik, Egiazarian, "Image denoising by sparse 3-D transform-domain collaborative filtering",
// 2007, its normal profile; three channels: the same authors' CBM3D. Lebrun, "An analysis and implementation of the BM3D
// image denoising method", 2012.) sigma: standard deviation of the noise in x; 0: y is x. Needs four arrays of x's size.
// The same bits for any threads.
int hg__filter_bm3d(hg__pool *pool, const hg__frame *f, const float *x, double sigma, float *y,
                    hg_error *err);

// The place of line or column i of an image of n: itself inside, its mirror's outside, however far.
static inline int32_t hg__mirror(int32_t i, int32_t n) {
    const int32_t period = n > 1 ? 2 * (n - 1) : 1;
    i %= period;
    if (i < 0) i += period;
    return i < n ? i : period - i;
}
#endif
