// SPDX-License-Identifier: Apache-2.0
// clue_pieces.h - a picture too large to be judged at once, piece by piece: the cells of each, and the picture small.
#ifndef HG_INSPECT_CLUE_PIECES_H
#define HG_INSPECT_CLUE_PIECES_H
#include "inspect/inspector_internal.h"

// A picture, wherever it lies.
struct hg__frame {
    const hg__raster *raster;    // borrowed; or
    const hg__part_store *store; // borrowed: picture `number` of it
    int32_t number;
};

void hg__frame_size(const hg__frame *f, int32_t *height, int32_t *width);
int hg__frame_cut(const hg__frame *f, const hg__crop *at, hg__raster *to,
                  hg_error *err); // `to` is made

// The picture, and what the network makes of it, small: means of by x by pixels. The caller's to clear.
typedef struct hg__shown {
    bool wants_reconstruction;
    int32_t by;
    hg__raster picture, reconstruction;
} hg__shown;

typedef struct hg__piece_work {
    hg__frame frame, pair; // pair: where the inspector has pairs
    hg__clue_take *take;   // each cell comes once
    void *context;
    hg__shown *shown; // NULL: not wanted
} hg__piece_work;

// Whether a picture of this size can be judged at once, or is to be.
bool hg__clues_fit(const hg__inspector *s, int32_t height, int32_t width);
// Pixels of a piece's side, without its margin; a multiple of all grids.
int32_t hg__piece_side(const hg__inspector *s);
// s->reference: of a piece of a picture (height, width), as the whole one would be.
int hg__piece_reference(hg__inspector *s, const hg__crop *at, int32_t height, int32_t width,
                        hg_error *err);
int hg__pieces_run(hg__inspector *s, const hg__piece_work *w, hg_error *err);

// A picture from a file into a store of its own: as it is, or grey. where: as measured, without alignment. *to is NULL on failure.
int hg__part_store_load(hg__part_store **to, const hg__part_view *v, const char *path,
                        const hg__part_geometry *where, bool is_grey, size_t memory, hg_error *err);
#endif
