// SPDX-License-Identifier: Apache-2.0
// part_view.h - how a picture of a part becomes numbers of one scale: what a model file keeps of how pictures are seen.
//
//   file ──lines──> samples ──range──> numbers ──crop──> ──resize by `factor`──> working pixels ──align──> the frame
//
// The scale is one number for all pictures, working pixels per source pixel: a scratch is as wide to the model in a large picture
// as in a small one. Found in training, from the side that the median picture shall have; pictures are never made larger.
#ifndef HG_PARTS_PART_VIEW_H
#define HG_PARTS_PART_VIEW_H
#include "base/json.h"
#include "image/range.h"
#include "parts/align.h"

enum {
    HG_MAX_PART_NUMBERS = 1 << 28, // of one picture at working size
    HG_MAX_REGION_RUNS = 1 << 20,
};

// Pixels of an upright picture.
typedef struct hg__crop {
    int32_t left, top, width, height; // width 0: none
} hg__crop;

// Where there is something to be looked at: lengths of runs in the order of pixels, the first of 0s, the next of 1s ...
typedef struct hg__part_region {
    int32_t *run; // owned, (count); NULL: everywhere
    int32_t count;
} hg__part_region;

typedef struct hg__part_view {
    int32_t channels; // 1 or 3
    double factor;    // working pixels per source pixel, 1 at most
    hg__crop crop;
    int32_t height, width; // of all training pictures; 0: they had several sizes
    // of unknown kind: pictures of 8 bits. Others go by their own range then
    hg__range_rule range;
    hg__part_region region;  // of height x width; with an alignment, of the aligned part
    hg__alignment alignment; // {0}: none
} hg__part_view;

void hg__part_view_clear(hg__part_view *v); // {0} is fine

// From a mask (height, width, 1): more than 1/2 is looked at. The view must have a size, and the mask that one.
int hg__part_view_set_region(hg__part_view *v, const hg__raster *mask, const char *name,
                             hg_error *err);
// The same from a picture: white is looked at, black is not.
int hg__part_view_read_region(hg__part_view *v, const char *path, hg_error *err);

// The view as an object of a model file, and back (`where` starts the sentence). v is {0} on failure.
hg__json *hg__part_view_json(const hg__part_view *v, hg_error *err);
int hg__part_view_parse(hg__part_view *v, const hg__json *o, const char *where, hg_error *err);

// ---- finding it ---------------------------------------------------------------------------------

typedef struct hg__part_view_options {
    int32_t imgsz;    // the long side of the median training picture at working size; 0: as it is
    int32_t channels; // 0: 3 if any picture has colour
    hg__crop crop;
    bool decodes; // read every picture to its end, so that a damaged one is known beforehand
} hg__part_view_options;

typedef struct hg__part_look hg__part_look;
hg__part_look *hg__part_look_new(const hg__part_view_options *o, hg_error *err);
void hg__part_look_free(hg__part_look *l); // NULL is fine
// Of pictures that were looked at, the one of most pixels, as v has it at working size.
void hg__part_look_largest(const hg__part_look *l, const hg__part_view *v, int32_t *height,
                           int32_t *width);
// Reads the header, and all samples of what is not of 8 bits. What fails counts for nothing: the caller may go on.
int hg__part_look_add(hg__part_look *l, const char *path, hg_error *err);
// One picture at least was added.
int hg__part_look_end(const hg__part_look *l, hg__part_view *v, hg_error *err);

// Whether parts are to be aligned: fitted to some of the training pictures as the view sees them, and kept in it where that is
// needed; or where `is_asked` in any case, which is HG_ERR_DATA where they have no shape in common. One path at least.
int hg__part_view_align(hg__part_view *v, const char *const *path, int32_t count, bool is_asked,
                        hg__pool *pool, hg__align_use *use, hg_error *err);

// ---- a picture ----------------------------------------------------------------------------------

// How a picture's pixels and those of its raster belong together.
typedef struct hg__part_geometry {
    int32_t height, width;             // of the picture, upright
    hg__crop crop;                     // of it that is seen
    hg__crop working;                  // its size at working size; left and top 0
    int32_t frame_height, frame_width; // of the raster: the working size, or the alignment's frame
    bool is_aligned;
    hg__pose pose; // where it is aligned
    double score;  // of the alignment; 1 without
    // all training pictures had one size, and this one has another
    bool is_other_size, is_larger;
} hg__part_geometry;

// The first page as numbers (frame_height, frame_width, channels): white is 1, black 0. What is wrong names the file. Lines are
// reduced as they come: of a picture that is not turned no more than a few are held. By many threads at once.
int hg__part_load(const hg__part_view *v, const char *path, hg__raster *to,
                  hg__part_geometry *where, hg_error *err);
// What its header says: as without alignment.
int hg__part_measure(const hg__part_view *v, const char *path, hg__part_geometry *where,
                     hg_error *err);
// Without alignment, line by line to `take` (resize.h), from the top on: none is kept. where: as measured.
int hg__part_load_lines(const hg__part_view *v, const char *path,
                        void (*take)(void *context, const float *line), void *context,
                        const hg__part_geometry *where, hg_error *err);
// The same without alignment, which is what an aligner is fitted to.
int hg__part_load_unaligned(const hg__part_view *v, const char *path, hg__raster *to,
                            hg__part_geometry *where, hg_error *err);
// The same of an image in memory, which is upright; name: for messages. Samples outside of its range are filled in, its range is set.
int hg__part_load_memory(const hg__part_view *v, hg__image *image, const char *name, hg__raster *to,
                         hg__part_geometry *where, hg_error *err);

// 1 where the raster is part of the picture and of the region, else 0: frame_height lines of frame_width to `take`, from the top on.
int hg__part_mask_lines(const hg__part_view *v, const hg__part_geometry *where,
                        void (*take)(void *context, const float *line), void *context,
                        hg_error *err);

// Where a place of the raster is in the picture; the middle of the first pixel is 0, 0 in both.
hg__point hg__part_place_back(const hg__part_geometry *g, hg__point p);
// The smallest box of the picture that has a box of the raster, 1 pixel at least; where they turn, a larger one.
hg__crop hg__part_box_back(const hg__part_geometry *g, hg__crop box);
// A map over the raster, of any size, over the picture: (height, width, channels of the map), 0 where nothing was seen.
int hg__part_map_back(const hg__part_geometry *g, const hg__raster *map, hg__raster *to,
                      hg_error *err);
#endif
