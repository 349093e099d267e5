// SPDX-License-Identifier: Apache-2.0
// align.h - parts that shift and turn on the table: how each lies, found against the mean of the good ones.
//
//   good pictures ──> hg__aligner_add() ──> small, grey, the table at 0 ──> hg__aligner_run(): the mean part, and whether that is of use
//   any picture   ──> hg__align_find(): its pose ──> hg__raster_warp(): the part in its place (the frame)
//
// A search of all angles at half the small size (correlation by Fourier transforms, each angle), the best few of them followed
// down by least squares, the best of those once more at the small size.
#ifndef HG_PARTS_ALIGN_H
#define HG_PARTS_ALIGN_H
#include "backend/pool.h"
#include "parts/warp.h"

enum {
    HG_ALIGN_SIDE = 128, // the long side of small pictures, at most
    HG_ALIGN_KEPT = 128, // good pictures that the mean is made of, at most: every n-th of more
};

typedef struct hg__align_tables hg__align_tables; // what is made of the mean

typedef struct hg__alignment {
    int32_t height, width; // the frame: of pictures as they are aligned
    hg__raster mean;       // owned, small and grey; multiples of 1/65536
    double before,
        after; // share of good pictures' variance that the mean of the others explains, without and with
    double kept; // share of good pictures' squares, the table being 0, that lies in the frame
    double turn,
        shift; // how far good parts lie from the frame, root mean square: turns, small pixels
    hg__align_tables *tables; // owned
} hg__alignment;

void hg__alignment_clear(hg__alignment *a); // {0} is fine
bool hg__alignment_has(const hg__alignment *a);

// What is to be made of it.
typedef enum hg__align_use {
    HG_ALIGN_NONE,   // the pictures have no shape in common: surfaces, or parts too different
    HG_ALIGN_AS_IS,  // the parts lie in their place already
    HG_ALIGN_NEEDED, // they do not, and the mean explains much more of them once they do
} hg__align_use;
hg__align_use hg__align_use_of(const hg__alignment *a);
// Whether the parts have a shape in common once they are aligned.
bool hg__alignment_holds(const hg__alignment *a);

// ---- the mean part ------------------------------------------------------------------------------

typedef struct hg__aligner hg__aligner;
hg__aligner *hg__aligner_new(hg_error *err);
void hg__aligner_free(hg__aligner *a); // NULL is fine
int hg__aligner_add(hg__aligner *a, const hg__raster *picture,
                    hg_error *err); // the first one's size is the frame's
// The same of a picture (height, width) that was resized to small_height x small_width, which hg__aligner_size() says for a frame of
// that size.
int hg__aligner_add_small(hg__aligner *a, int32_t height, int32_t width, const hg__raster *small,
                          hg_error *err);
void hg__aligner_size(int32_t frame_height, int32_t frame_width, int32_t height, int32_t width,
                      int32_t *small_height, int32_t *small_width);
// Of one picture at least. The first of them is how parts are turned; the frame's middle is the middle of them all.
int hg__aligner_run(hg__aligner *a, hg__pool *pool, hg__alignment *to, hg_error *err);

// ---- one picture --------------------------------------------------------------------------------

// What a file keeps of it: the frame and the mean (which is taken over) are set; makes the tables.
int hg__alignment_prepare(hg__alignment *a, hg_error *err);

// How the part in a picture of any size lies, in its pixels. score: the correlation of the part in its place with the mean,
// -1 .. 1; a picture of one value has 0 and lies as it is. By many threads at once.
int hg__align_find(const hg__alignment *a, const hg__raster *picture, hg__pose *pose, double *score,
                   hg_error *err);
#endif
