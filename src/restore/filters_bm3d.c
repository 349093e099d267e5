// SPDX-License-Identifier: Apache-2.0
// filters_bm3d.c - BM3D: groups of alike patches over the whole image, twice.
//
//   x ──opponent colours──> noisy ──groups, threshold──> basic ──groups, Wiener──> y
//
// A pixel is the weighted mean of all patches that lie on it. They are added up where they belong, without copies for
// threads: tiles of first patches are worked on in four turns, such that no two tiles of a turn touch the same pixel. So
// each pixel's sum has one order, and the same bits for any number of threads.
//
//   1 2 1 2      tiles are 48 pixels wide, and a tile's groups stretch 19 pixels to the left of and above it, and 26 to
//   3 4 3 4      the right and below
//   1 2 1 2
#include "restore/filters_bm3d.h"

#include <assert.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "restore/filters.h"

enum { SIDE = HG_BM3D_SIDE, STRIDE = 3, PER_TILE = 16, TURNS = 4 };
_Static_assert(PER_TILE *STRIDE > 2 * HG_BM3D_REACH + SIDE, "tiles of a turn do not touch");

typedef struct turn {
    const hg__bm3d_step *step;
    hg__bm3d_scratch *scratch;        // (threads)
    int32_t down, across;             // first patches of the image
    int32_t first_down, first_across; // 0 or 1: the first tile of this turn
    int32_t tiles_across;             // of this turn
} turn;

// First patches stand at 0, 3, 6 .. and at the very end.
static int32_t count_places(int32_t size) {
    return hg__ceil_div(size - SIDE, STRIDE) + 1;
}

static int32_t place(int32_t n, int32_t size) {
    return n * STRIDE < size - SIDE ? n * STRIDE : size - SIDE;
}

static void run_tile(void *context, int32_t task, int32_t thread) {
    const turn *t = context;
    const int32_t row = 2 * (task / t->tiles_across) + t->first_down;
    const int32_t column = 2 * (task % t->tiles_across) + t->first_across;
    for (int32_t i = row * PER_TILE; i < (row + 1) * PER_TILE && i < t->down; i++) {
        for (int32_t j = column * PER_TILE; j < (column + 1) * PER_TILE && j < t->across; j++) {
            hg__bm3d_add_group(t->step, &t->scratch[thread], place(i, t->step->height),
                               place(j, t->step->width));
        }
    }
}

// Fills in `to` (planes, height, width).
static void run_step(hg__pool *pool, hg__bm3d_step *s, hg__bm3d_scratch *scratch, float *to) {
    const size_t count = (size_t)s->planes * (size_t)s->height * (size_t)s->width;
    memset(s->sum, 0, count * sizeof *s->sum);
    memset(s->weight, 0, count * sizeof *s->weight);
    hg__bm3d_set_transform(&s->transform, !s->basic);
    turn t = {.step = s,
              .scratch = scratch,
              .down = count_places(s->height),
              .across = count_places(s->width)};
    for (int32_t k = 0; k < TURNS; k++) {
        t.first_down = k / 2;
        t.first_across = k % 2;
        const int32_t tiles_down = hg__ceil_div(t.down, PER_TILE) + 1 - t.first_down;
        t.tiles_across = (hg__ceil_div(t.across, PER_TILE) + 1 - t.first_across) / 2;
        hg__pool_run(pool, run_tile, &t, tiles_down / 2 * t.tiles_across);
    }
    for (size_t k = 0; k < count; k++) to[k] = s->sum[k] / s->weight[k];
}

// ---- planes -------------------------------------------------------------------------------------

// Luminance and two differences of colours, each with the range 1: Y = (R + G + B) / 3, U = (R - B) / 2,
// V = (R - 2 G + B) / 4. The noise of each, where that of R, G and B is 1: the roots of 1/3, 1/2 and 3/8.
static const float noise_of_plane[] = {0.577350269F, 0.707106781F, 0.612372436F};

static void to_planes(const hg__frame *f, const float *x, const hg__bm3d_step *s, float *to) {
    const size_t area = (size_t)s->height * (size_t)s->width;
    for (int32_t i = 0; i < s->height; i++) {
        for (int32_t j = 0; j < s->width; j++, to++) {
            const size_t from = (size_t)hg__mirror(i, f->height) * (size_t)f->width +
                                (size_t)hg__mirror(j, f->width);
            const float *p = x + from * (size_t)f->channels;
            to[0] = p[0];
            if (f->channels == 1) continue;
            to[0] = (p[0] + p[1] + p[2]) * (1.0F / 3);
            to[area] = (p[0] - p[2]) * 0.5F;
            to[2 * area] = (p[0] - 2 * p[1] + p[2]) * 0.25F;
        }
    }
}

static void from_planes(const hg__frame *f, const float *from, const hg__bm3d_step *s, float *y) {
    const size_t area = (size_t)s->height * (size_t)s->width;
    for (int32_t i = 0; i < f->height; i++) {
        const float *p = from + (size_t)i * (size_t)s->width;
        for (int32_t j = 0; j < f->width; j++, p++, y += f->channels) {
            y[0] = p[0];
            if (f->channels == 1) continue;
            const float middle = p[0] + p[2 * area] * (2.0F / 3); // (R + B) / 2
            y[0] = middle + p[area];
            y[1] = p[0] - p[2 * area] * (4.0F / 3);
            y[2] = middle - p[area];
        }
    }
}

int hg__filter_bm3d(hg__pool *pool, const hg__frame *f, const float *x, double sigma, float *y,
                    hg_error *err) {
    assert(f->channels == 1 || f->channels == 3);
    if (!(sigma > 0)) {
        memcpy(y, x, hg__frame_samples(f) * sizeof *y);
        return HG_OK;
    }
    hg__bm3d_step s = {.height = f->height > SIDE ? f->height : SIDE,
                       .width = f->width > SIDE ? f->width : SIDE,
                       .planes = f->channels};
    for (int32_t p = 0; p < s.planes; p++) {
        s.sigma[p] = (float)sigma * (s.planes > 1 ? noise_of_plane[p] : 1);
    }
    const size_t count = (size_t)s.planes * (size_t)s.height * (size_t)s.width;
    float *planes = hg__alloc(4 * count + HG_BM3D_SLACK, sizeof *planes, err);
    hg__bm3d_scratch *scratch = NULL;
    if (planes) scratch = hg__alloc((size_t)hg__pool_threads(pool), sizeof *scratch, err);
    if (scratch) {
        float *basic = planes + count;
        s.sum = basic + count;
        s.weight = s.sum + count;
        s.noisy = planes;
        to_planes(f, x, &s, planes);
        run_step(pool, &s, scratch, basic);
        s.basic = basic;
        run_step(pool, &s, scratch, planes); // noisy is not read any more where it is written
        from_planes(f, planes, &s, y);
    }
    const bool is_done = scratch != NULL;
    hg__free(scratch);
    hg__free(planes);
    return is_done ? HG_OK : HG_ERR_MEMORY;
}
