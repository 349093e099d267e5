// SPDX-License-Identifier: Apache-2.0
// tune.h - how strongly a denoiser cleans: what its model is told of the noise, and what is mixed back of what it took away.
//
//   strength s, model with a level    told max(s, 1/2) times the level: sigma=, or what a first pass over the picture estimates (s other
//                                     than 1), by cells of 16 x 16 pixels, straight lines between their middles; at s = 1 without sigma=
//                                     the model is told nothing. Below 1/2 the rest of the way is mixed: x + 2 s (y - x)
//   strength s, any other model       x + s (y - x), s no more than 1
//   detail k                          y + k h, of each channel: h is l - blur(l), l = 0.299 R + 0.587 G + 0.114 B of x - y (or x - y of
//                                     one channel), blur by 1 4 6 4 1 both ways, the picture's edges reflected
//
// Cells are sums of whole numbers, which do not depend on the windows, their order or the threads: neither does what is told. It takes
// 12 bytes for 256 pixels; one pass with a receptive field twice as large would see each pixel of small windows many times.
#ifndef HG_RESTORE_TUNE_H
#define HG_RESTORE_TUNE_H
#include "restore/tiles.h"

enum { HG_LEVEL_CELL = 16, HG_DETAIL_RADIUS = 2 };

typedef struct hg__tuning {
    double strength; // 0 to 2
    double sigma;    // told, white being 1; 0: not known
    double detail;   // 0 to 1
} hg__tuning;

typedef struct hg__tuner {
    hg__tuning how;
    bool has_level;        // the model's last channel is a level
    int32_t channels;      // of pictures
    hg__tiling t;          // of the picture in work
    int32_t rows, columns; // of cells
    float *room;           // owned, (threads, widest, 2 (channels + 1))
    size_t room_bytes, cells_bytes;
    uint64_t *sum;         // owned, (runs, rows, columns): squares of the estimate, in 2^-32
    float *level;          // owned, the same: what is told
    bool is_first;         // of two passes
    const hg__tile_io *io; // of the picture; borrowed
    size_t widest;
} hg__tuner;

// Whether `how` is for such a model; else one sentence.
int hg__tuning_check(const hg__tuning *how, bool has_level, bool is_blended, hg_error *err);
// Whether the picture goes through the model twice.
bool hg__tuner_is_twofold(const hg__tuner *u);
// Whether anything is to be done beside the model.
bool hg__tuner_is_needed(const hg__tuner *u);
// Pixels beyond its own that a window must know.
int32_t hg__tuner_margin(const hg__tuner *u);
// Bytes for such a picture.
size_t hg__tuner_bytes(const hg__tuner *u, const hg__image_needs *needs, const hg__tile_job *job,
                       int32_t threads);
// Makes room for pictures of t; keeps what there is.
int hg__tuner_ready(hg__tuner *u, const hg__tiling *t, int32_t threads, hg_error *err);
void hg__tuner_clear(hg__tuner *u); // what it owns; {0} is fine

// hg__tiles_run() with io's picture of u->channels. is_first: the first of two passes, which puts nothing.
int hg__tuner_run(hg__tuner *u, hg__tiles *tiles, const hg__tile_io *io, bool is_first,
                  hg_error *err);
// The noise that was estimated in the last picture, root mean square, white being 1; NaN: nothing was, or the model was told.
double hg__tuner_level(const hg__tuner *u);
// The same of a cell.
double hg__tuner_cell(const hg__tuner *u, int32_t row, int32_t column);
#endif
