// SPDX-License-Identifier: Apache-2.0
// tiles.h - an image model over a picture of any size, window by window, in memory known beforehand.
//
//     0        cut       cut     width  full      The picture is made `full`: a multiple of what the model asks for,
//     ├─────────┼─────────┼────────┤╌╌╌╌┤         by its last lines and columns reflected. Windows of one size cover
//     [ window 0   ]                              it, each beginning at a multiple. What a window says of the pixels
//            [ window 1   ]                       near its own edge is wrong unless that edge is the picture's: there
//                      [ window 2   ]             the other window, which sees further, is believed. Where the cut
//            └──┘ overlap = 2 x receptive radius  lies the model's receptive radius away from both edges nothing is
//                                                 lost, and the result is that of one large window, to the last bit.
//
// A model that sees the whole picture at once (groupnorm: receptive radius -1) has no such cut; there neighbours are
// blended linearly over `overlap` pixels, and the result does depend on the windows.
#ifndef HG_RESTORE_TILES_H
#define HG_RESTORE_TILES_H
#include <signal.h>

#include "base/host.h"
#include "exec/plan_image.h"

// What is to be covered, and how much memory there is.
typedef struct hg__tile_job {
    int32_t height, width; // of the picture
    int32_t runs;          // times the model runs over each window (a grey model: each channel)
    size_t line_bytes;     // what the caller holds for each line of a window
    size_t budget;         // bytes for all of it
    int32_t margin;        // pixels beyond its own that a put looks at (hg__tile_piece.input)
    int32_t tap; // 1 + a layer of the network whose outputs are wanted besides (hg__taps); 0: none
} hg__tile_job;

typedef struct hg__tiling {
    int32_t height, width;               // of the picture
    int32_t full_height, full_width;     // with what is reflected
    int32_t window_height, window_width; // multiples
    int32_t rows, columns;               // of windows
    int32_t overlap; // of neighbours, but for the last two of a side, which may share more
    bool blend;
    int32_t runs, tap;
    size_t bytes; // of plan, sums and the caller's lines together
} hg__tiling;

// The windows that cost the fewest pixels within the budget. False if not even the smallest fit; t->bytes then says what
// those would take (0: more than a size_t holds).
bool hg__tiling_pick(hg__tiling *t, const hg__network *net, const hg__image_needs *needs,
                     int32_t threads, const hg__tile_job *job);

// Some columns of one of the picture's lines, on their way to or from the model.
typedef struct hg__tile_piece {
    int32_t run, line, left, width;
    int32_t thread; // who carries it: 0 .. threads-1
    // put: what went in where `from` came out, and numbers from a line to the next of both: the job's margin beyond the piece is as
    // good as the piece, as far as the picture goes. NULL and 0 where windows are blended.
    const float *input;
    ptrdiff_t stride;
} hg__tile_piece;

// Where numbers come from and go to: white = 1, (width, channels of the model). get and put are called by all
// threads, each for lines of its own. put: each pixel and run once.
typedef struct hg__tile_io {
    void *context;
    const char *name; // for messages
    void (*get)(void *context, const hg__tile_piece *piece, float *to);
    void (*put)(void *context, const hg__tile_piece *piece, const float *from);
    // The same of a tap's outputs, with line, left and width in places: a place covers n x n pixels of a tap whose outputs are an n-th of
    // its picture. Where windows are blended a place may come twice: the later holds.
    void (*put_tap)(void *context, const hg__tile_piece *piece, const float *from);
    // Before a row of windows: from now on lines first .. end-1 are asked for, and none before. NULL: all are there.
    int (*need)(void *context, int32_t first, int32_t end, hg_error *err);
    // Behind a row of windows: the lines before `end` have been put. NULL: nobody waits for them.
    int (*done)(void *context, int32_t end, hg_error *err);
    const hg_listener *listener; // borrowed: asked before each window whether to stop; or NULL
    hg__meter *meter;            // borrowed: told of each window; or NULL
    int64_t worth;               // what a window counts there
} hg__tile_io;

typedef struct hg__tiles hg__tiles;

// Borrows net and pool.
hg__tiles *hg__tiles_new(const hg__network *net, hg__pool *pool, const hg__tiling *t,
                         hg_error *err);
void hg__tiles_free(hg__tiles *tiles); // NULL is fine
const hg__tiling *hg__tiles_tiling(const hg__tiles *tiles);
int hg__tiles_run(hg__tiles *tiles, const hg__tile_io *io, hg_error *err);
#endif
