// SPDX-License-Identifier: Apache-2.0
// align_fit.c - the mean part: how each picture lies against it, their mean, and so again; and whether that explains anything.
//
// The first picture is the first mean. As parts turn about themselves and not about the picture's middle, the frame is moved so
// that parts have to be shifted least: the point o of the first picture for which the shifts R o + d are smallest in all,
//
//   o = - mean of R^T d
//
// How much a mean explains is counted against the mean of the other pictures: its own would explain noise, too.
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "parts/align.h"
#include "parts/align_internal.h"

enum { ROUNDS = 3 };

struct hg__aligner {
    int32_t height, width; // of the frame
    int64_t seen;
    int64_t stride;                  // every so manieth is kept
    int32_t count;                   // kept
    hg__raster small[HG_ALIGN_KEPT]; // owned
    hg__pose pose[HG_ALIGN_KEPT];
    double score[HG_ALIGN_KEPT];
    int code[HG_ALIGN_KEPT];
    hg_error why[HG_ALIGN_KEPT];
};

hg__aligner *hg__aligner_new(hg_error *err) {
    hg__aligner *a = hg__alloc(1, sizeof *a, err);
    if (a) a->stride = 1;
    return a;
}

void hg__aligner_free(hg__aligner *a) {
    if (!a) return;
    for (int32_t i = 0; i < a->count; i++) hg__raster_clear(&a->small[i]);
    hg__free(a);
}

// Every second one goes.
static void thin(hg__aligner *a) {
    for (int32_t i = 0; i < a->count; i++) {
        if (i % 2) {
            hg__raster_clear(&a->small[i]);
        } else {
            a->small[i / 2] = a->small[i];
        }
    }
    a->count = (a->count + 1) / 2;
    a->stride *= 2;
}

// Whether this one is kept.
static bool meet(hg__aligner *a, int32_t height, int32_t width) {
    if (a->seen == 0) {
        a->height = height;
        a->width = width;
    }
    if (a->count == HG_ALIGN_KEPT) thin(a);
    return a->seen++ % a->stride == 0;
}

int hg__aligner_add(hg__aligner *a, const hg__raster *picture, hg_error *err) {
    if (!meet(a, picture->height, picture->width)) return HG_OK;
    HG_TRY(
        hg__align_reduce(picture, hg__align_factor(a->height, a->width), &a->small[a->count], err));
    a->count++;
    return HG_OK;
}

int hg__aligner_add_small(hg__aligner *a, int32_t height, int32_t width, const hg__raster *small,
                          hg_error *err) {
    if (!meet(a, height, width)) return HG_OK;
    HG_TRY(hg__align_flatten(small, &a->small[a->count], err));
    a->count++;
    return HG_OK;
}

void hg__aligner_size(int32_t frame_height, int32_t frame_width, int32_t height, int32_t width,
                      int32_t *small_height, int32_t *small_width) {
    const double factor = hg__align_factor(frame_height, frame_width);
    *small_height = hg__align_small_side(height, factor);
    *small_width = hg__align_small_side(width, factor);
}

// ---- means --------------------------------------------------------------------------------------

// Of the pictures in their places.
typedef struct total {
    hg__raster warped, real;
    double *sum, *count; // owned, (pixels)
} total;

static void clear_total(total *t) {
    hg__raster_clear(&t->warped);
    hg__raster_clear(&t->real);
    hg__free(t->sum);
    hg__free(t->count);
}

static int init_total(total *t, const hg__raster *like, hg_error *err) {
    const size_t pixels = hg__raster_count(like);
    *t = (total){0};
    HG_TRY(hg__raster_init(&t->warped, like->height, like->width, 1, err));
    HG_TRY(hg__raster_init(&t->real, like->height, like->width, 1, err));
    t->sum = hg__alloc(pixels, sizeof *t->sum, err);
    t->count = hg__alloc(pixels, sizeof *t->count, err);
    return t->sum && t->count ? HG_OK : HG_ERR_MEMORY;
}

static void add_all(const hg__aligner *a, const hg__pose *pose, total *t) {
    const size_t pixels = hg__raster_count(&t->warped);
    memset(t->sum, 0, pixels * sizeof *t->sum);
    memset(t->count, 0, pixels * sizeof *t->count);
    for (int32_t k = 0; k < a->count; k++) {
        hg__raster_warp_into(&t->warped, &t->real, &a->small[k], &pose[k]);
        for (size_t i = 0; i < pixels; i++) {
            if (t->real.at[i] == 0) continue;
            t->sum[i] += (double)t->warped.at[i];
            t->count[i]++;
        }
    }
}

// Multiples of 1/65536, which a model file has exactly. Where no picture is: the value of all together.
static void write_mean(const total *t, hg__raster *mean) {
    const size_t pixels = hg__raster_count(mean);
    double sum = 0, count = 0;
    for (size_t i = 0; i < pixels; i++) {
        sum += t->sum[i];
        count += t->count[i];
    }
    for (size_t i = 0; i < pixels; i++) {
        const double x = t->count[i] > 0 ? t->sum[i] / t->count[i] : sum / count;
        mean->at[i] = (float)(floor(x * 65536 + 0.5) / 65536);
    }
}

// Squared differences of a picture to the mean of the others, and to its own mean value.
static void add_variance(const total *t, double *left, double *all) {
    const size_t pixels = hg__raster_count(&t->warped);
    double sum = 0, n = 0;
    for (size_t i = 0; i < pixels; i++) {
        if (t->real.at[i] == 0 || t->count[i] < 2) continue;
        sum += (double)t->warped.at[i];
        n++;
    }
    for (size_t i = 0; i < pixels; i++) {
        if (t->real.at[i] == 0 || t->count[i] < 2) continue;
        const double x = (double)t->warped.at[i], d = x - sum / n;
        const double e = (x - t->sum[i] / t->count[i]) * t->count[i] / (t->count[i] - 1);
        *left += e * e;
        *all += d * d;
    }
}

// The share that the mean in `t` explains, 0 at least.
static double explained(const hg__aligner *a, const hg__pose *pose, total *t) {
    double left = 0, all = 0;
    for (int32_t k = 0; k < a->count; k++) {
        hg__raster_warp_into(&t->warped, &t->real, &a->small[k], &pose[k]);
        add_variance(t, &left, &all);
    }
    return left < all ? 1 - left / all : 0;
}

// ---- rounds -------------------------------------------------------------------------------------

typedef struct round_context {
    hg__aligner *a;
    const hg__alignment *to;
} round_context;

static void find_one(void *context, int32_t task, int32_t thread) {
    const round_context *c = context;
    hg__aligner *a = c->a;
    (void)thread;
    a->code[task] =
        hg__align_search(c->to, &a->small[task], &a->pose[task], &a->score[task], &a->why[task]);
}

static int find_all(hg__aligner *a, hg__pool *pool, const hg__alignment *to, hg_error *err) {
    round_context c = {a, to};
    hg__pool_run(pool, find_one, &c, a->count);
    for (int32_t k = 0; k < a->count; k++) {
        if (a->code[k] == HG_OK) continue;
        if (err) *err = a->why[k];
        return a->code[k];
    }
    return HG_OK;
}

static void centre(hg__aligner *a) {
    double y = 0, x = 0;
    for (int32_t k = 0; k < a->count; k++) {
        const hg__pose back = hg__pose_inverse(&a->pose[k]); // its shift is -R^T d
        y += back.dy;
        x += back.dx;
    }
    y /= a->count;
    x /= a->count;
    for (int32_t k = 0; k < a->count; k++) {
        hg__pose *p = &a->pose[k];
        const double sine = hg__sin_turn(p->turn), cosine = hg__cos_turn(p->turn);
        p->dy += sine * x + cosine * y;
        p->dx += cosine * x - sine * y;
    }
}

// Squares of a picture, the table being 0: of all of it, and of what lies in the frame.
static void add_squares(const hg__raster *small, const hg__pose *pose, const hg__raster *frame,
                        double *inside, double *all) {
    const hg__pose back = hg__pose_inverse(pose);
    for (int32_t y = 0; y < small->height; y++) {
        for (int32_t x = 0; x < small->width; x++) {
            const hg__point p = {y, x}, q = hg__pose_place(&back, small->height, small->width,
                                                           frame->height, frame->width, p);
            const double v = (double)*hg__raster_pixel(small, y, x);
            *all += v * v;
            if (q.y >= -0.5 && q.y < frame->height - 0.5 && q.x >= -0.5 &&
                q.x < frame->width - 0.5) {
                *inside += v * v;
            }
        }
    }
}

static void measure(const hg__aligner *a, hg__alignment *to) {
    double turn = 0, shift = 0, inside = 0, all = 0;
    for (int32_t k = 0; k < a->count; k++) {
        const hg__pose *p = &a->pose[k];
        turn += p->turn * p->turn;
        shift += p->dy * p->dy + p->dx * p->dx;
        add_squares(&a->small[k], p, &to->mean, &inside, &all);
    }
    to->kept = all > 0 ? inside / all : 1;
    to->turn = sqrt(turn / a->count);
    to->shift = sqrt(shift / a->count);
}

static int run_rounds(hg__aligner *a, hg__pool *pool, total *t, hg__alignment *to, hg_error *err) {
    memset(a->pose, 0, sizeof a->pose);
    add_all(a, a->pose, t);
    to->before = explained(a, a->pose, t);
    memcpy(to->mean.at, a->small[0].at, hg__raster_count(&to->mean) * sizeof *to->mean.at);
    for (int round = 0; round < ROUNDS; round++) {
        HG_TRY(hg__alignment_prepare(to, err));
        HG_TRY(find_all(a, pool, to, err));
        if (round == 0) centre(a);
        add_all(a, a->pose, t);
        write_mean(t, &to->mean);
    }
    to->after = explained(a, a->pose, t);
    measure(a, to);
    return hg__alignment_prepare(to, err);
}

int hg__aligner_run(hg__aligner *a, hg__pool *pool, hg__alignment *to, hg_error *err) {
    total t = {0};
    *to = (hg__alignment){.height = a->height, .width = a->width};
    const hg__raster *first = &a->small[0];
    int code = hg__raster_init(&to->mean, first->height, first->width, 1, err);
    if (code == HG_OK) code = init_total(&t, first, err);
    if (code == HG_OK) code = run_rounds(a, pool, &t, to, err);
    clear_total(&t);
    if (code < 0) hg__alignment_clear(to);
    return code;
}

// Nothing in common: the mean explains less than a quarter. Needed: it leaves less than three quarters of what it left before, and
// parts lie off by more than a degree or a small pixel: a warp to undo less would cost more sharpness than it gains. And parts stay
// within the frame, where the table round them leaves it: crops of one surface lie on top of each other, but leave by what they shift.
static const double least_explained = 0.25; // of good pictures' variance, by a mean that is one
static const double least_kept = 0.9;

bool hg__alignment_holds(const hg__alignment *a) {
    return a->after >= least_explained;
}

hg__align_use hg__align_use_of(const hg__alignment *a) {
    const bool is_off = a->turn > 1.0 / 360 || a->shift > 1;
    const bool explains = 1 - a->after < 0.75 * (1 - a->before);
    if (is_off && explains && hg__alignment_holds(a) && a->kept >= least_kept) {
        return HG_ALIGN_NEEDED;
    }
    return a->before >= least_explained ? HG_ALIGN_AS_IS : HG_ALIGN_NONE;
}
