// SPDX-License-Identifier: Apache-2.0
// eigenpictures.h - principal components of whole pictures, grey and of one size: what of a picture they do not rebuild.
//
// Of n pictures of d pixels, n far below d: the axes are those of the pictures' own products, G = (x - mean) (x - mean)' (n, n);
// an eigenvector u of G with eigenvalue l is the axis (x - mean)' u / sqrt(l) (Turk & Pentland, "Eigenfaces for recognition", 1991).
#ifndef HG_INSPECT_EIGENPICTURES_H
#define HG_INSPECT_EIGENPICTURES_H
#include "inspect/raster_source.h"
#include "model/model.h"

typedef struct hg__eigenpictures {
    int32_t height, width, axes;
    float *mean; // owned, (height, width)
    float *axis; // owned, (axes, height, width), each of length 1
} hg__eigenpictures;

// How large pictures (height, width) are when they are at most `longest` pixels a side.
void hg__eigenpictures_size(int32_t height, int32_t width, int32_t longest, int32_t *small_height,
                            int32_t *small_width);

// Of pictures (height, width, 1), 1 at least: of more than 256 every n-th, each read once. The axes that `share` of all variance lies
// along, 1 at least and `most` at most. e is {0} on failure.
int hg__eigenpictures_fit(hg__eigenpictures *e, const hg__raster_source *good, int32_t most,
                          double share, hg_error *err);
// x (height, width, 1) becomes what the axes leave over of it.
void hg__eigenpictures_leave(const hg__eigenpictures *e, hg__raster *x);
void hg__eigenpictures_clear(hg__eigenpictures *e); // {0} is fine

// As parts of a model, "detector.pictures.", and back; {0} keeps nothing. `where` begins sentences.
int hg__eigenpictures_to_parts(const hg__eigenpictures *e, hg_model *model, hg_error *err);
int hg__eigenpictures_from_parts(hg__eigenpictures *e, const hg_model *model, const char *where,
                                 hg_error *err);
#endif
