// SPDX-License-Identifier: Apache-2.0
// align.c - how a part lies: all angles coarsely, then least squares.
//
// Coarse, for each of ANGLES: the picture turned back, g; its correlation with the mean m at every shift u at once,
//
//   c(u) = sum over p of (h * m)(p) g(p + u),     C = H conj(M) G,     H = 1 / (|M| + mean |M|)
//
// H makes peaks sharp, as phase correlation does (Kuglin & Hines, 1975; with the mean's spectrum only: Horner & Gianino, 1984), but
// leaves weak frequencies weak. Two angles are one complex transform: m is real, so the two correlations stay apart.
//
// Fine: Gauss-Newton on the turn and both shifts (Lucas & Kanade, 1981), pictures standardised so that light does not matter.
#include "parts/align.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "parts/align_internal.h"
#include "parts/resize.h"

enum {
    ANGLES = 72, // even
    FOLLOWED = 6,
    APART = 3, // angles between two that are followed
    STEPS = 16,
};

struct hg__align_tables {
    hg__turns turns;
    hg__raster half; // the mean at half its size
    double *filter;  // owned, (2, side, side): H conj(M) / side^2
};

// What a search needs.
typedef struct room {
    hg__raster half, warped, real; // warped, real: of the mean's size
    hg__raster half_warped, half_real;
    double *x; // owned, (2, side, side)
} room;

typedef struct candidate {
    double value;
    hg__pose pose;
} candidate;

// ---- sizes --------------------------------------------------------------------------------------

double hg__align_factor(int32_t height, int32_t width) {
    const int32_t side = hg__max(height, width);
    return side > HG_ALIGN_SIDE ? (double)HG_ALIGN_SIDE / side : 1;
}

int32_t hg__align_small_side(int32_t side, double factor) {
    const double x = side * factor + 0.5;
    return x < 1 ? 1 : (int32_t)x;
}

// Sums over the edge's pixels, places counted from the middle.
typedef struct edge_sums {
    double v, vy, vx, yy, xx, n;
} edge_sums;

static void add_edge(edge_sums *s, const hg__raster *r, int32_t i, int32_t j) {
    const double y = i - 0.5 * (r->height - 1), x = j - 0.5 * (r->width - 1);
    const double v = (double)*hg__raster_pixel(r, i, j);
    s->v += v;
    s->vy += v * y;
    s->vx += v * x;
    s->yy += y * y;
    s->xx += x * x;
    s->n++;
}

// Takes the plane away that fits the picture's edge best: the table, and light that falls from one side. It does not turn with the
// part, and would be found instead of it. The edge is symmetric, so that the three numbers of the plane are apart.
static void flatten(hg__raster *r) {
    edge_sums s = {0};
    for (int32_t j = 0; j < r->width; j++) {
        add_edge(&s, r, 0, j);
        add_edge(&s, r, r->height - 1, j);
    }
    for (int32_t i = 1; i < r->height - 1; i++) {
        add_edge(&s, r, i, 0);
        add_edge(&s, r, i, r->width - 1);
    }
    const double level = s.v / s.n, down = s.yy > 0 ? s.vy / s.yy : 0;
    const double across = s.xx > 0 ? s.vx / s.xx : 0;
    for (int32_t i = 0; i < r->height; i++) {
        float *p = hg__raster_pixel(r, i, 0);
        for (int32_t j = 0; j < r->width; j++) {
            const double y = i - 0.5 * (r->height - 1), x = j - 0.5 * (r->width - 1);
            p[j] = (float)((double)p[j] - (level + down * y + across * x));
        }
    }
}

int hg__align_flatten(const hg__raster *small, hg__raster *to, hg_error *err) {
    HG_TRY(hg__raster_grey(to, small, err));
    flatten(to);
    return HG_OK;
}

int hg__align_reduce(const hg__raster *picture, double factor, hg__raster *to, hg_error *err) {
    hg__raster small;
    HG_TRY(hg__raster_resize(&small, picture, hg__align_small_side(picture->height, factor),
                             hg__align_small_side(picture->width, factor), err));
    const int code = hg__align_flatten(&small, to, err);
    hg__raster_clear(&small);
    return code;
}

static int halve(const hg__raster *from, hg__raster *to, hg_error *err) {
    return hg__raster_resize(to, from, (from->height + 1) / 2, (from->width + 1) / 2, err);
}

static int32_t side_of(const hg__raster *half) {
    int32_t side = 2;
    while (side < half->height || side < half->width) side *= 2;
    return side;
}

// ---- coarse -------------------------------------------------------------------------------------

// Into the middle of a square; 0 where real (may be NULL) is 0.
static void place_in_square(const hg__raster *r, const hg__raster *real, int32_t side, double *x) {
    const size_t n = (size_t)side, top = (size_t)(side - r->height) / 2;
    const size_t left = (size_t)(side - r->width) / 2;
    memset(x, 0, n * n * sizeof *x);
    for (size_t i = 0; i < (size_t)r->height; i++) {
        for (size_t j = 0; j < (size_t)r->width; j++) {
            const size_t at = i * (size_t)r->width + j;
            if (real && real->at[at] == 0) continue;
            x[(top + i) * n + left + j] = (double)r->at[at];
        }
    }
}

static int make_filter(hg__align_tables *t, hg_error *err) {
    const size_t n = (size_t)t->turns.size, count = n * n;
    double sum = 0, *re = t->filter = hg__alloc(2 * count, sizeof *re, err);
    if (!re) return HG_ERR_MEMORY;
    double *im = re + count;
    place_in_square(&t->half, NULL, t->turns.size, re);
    hg__fourier_run(&t->turns, re, false);
    for (size_t i = 0; i < count; i++) sum += sqrt(re[i] * re[i] + im[i] * im[i]);
    const double floor = sum / (double)count + 1e-12;
    for (size_t i = 0; i < count; i++) {
        const double scale = 1 / ((sqrt(re[i] * re[i] + im[i] * im[i]) + floor) * (double)count);
        re[i] *= scale;
        im[i] *= -scale;
    }
    return HG_OK;
}

static void multiply(const double *filter, double *x, size_t count) {
    const double *fr = filter, *fi = filter + count;
    double *re = x, *im = x + count;
    for (size_t i = 0; i < count; i++) {
        const double a = re[i] * fr[i] - im[i] * fi[i], b = re[i] * fi[i] + im[i] * fr[i];
        re[i] = a;
        im[i] = b;
    }
}

// The best shift of a picture turned by `turn`: u becomes the pose's R u.
static candidate find_peak(const double *c, int32_t side, double turn) {
    const size_t n = (size_t)side;
    size_t best = 0;
    for (size_t i = 1; i < n * n; i++) {
        if (c[i] > c[best]) best = i;
    }
    int32_t y = (int32_t)(best / n), x = (int32_t)(best % n);
    if (y > side / 2) y -= side;
    if (x > side / 2) x -= side;
    const double sine = hg__sin_turn(turn), cosine = hg__cos_turn(turn);
    return (candidate){
        c[best], {turn, sine * x + cosine * y, cosine * x - sine * y}
    };
}

static void try_angles(const hg__align_tables *t, room *r, candidate all[ANGLES]) {
    const int32_t side = t->turns.size;
    const size_t count = (size_t)side * (size_t)side;
    for (int32_t k = 0; k < ANGLES; k += 2) {
        for (int32_t j = 0; j < 2; j++) {
            const hg__pose pose = {.turn = (double)(k + j) / ANGLES};
            hg__raster_warp_into(&r->half_warped, &r->half_real, &r->half, &pose);
            place_in_square(&r->half_warped, &r->half_real, side, r->x + (size_t)j * count);
        }
        hg__fourier_run(&t->turns, r->x, false);
        multiply(t->filter, r->x, count);
        hg__fourier_run(&t->turns, r->x, true);
        all[k] = find_peak(r->x, side, (double)k / ANGLES);
        all[k + 1] = find_peak(r->x + count, side, (double)(k + 1) / ANGLES);
    }
}

// The best of those at least APART from all picked ones; false: none is left.
static bool pick_next(const candidate *all, bool *is_out, int32_t *best) {
    *best = -1;
    for (int32_t k = 0; k < ANGLES; k++) {
        if (!is_out[k] && (*best < 0 || all[k].value > all[*best].value)) *best = k;
    }
    if (*best < 0) return false;
    for (int32_t j = 1 - APART; j < APART; j++) is_out[(*best + j + ANGLES) % ANGLES] = true;
    return true;
}

// ---- fine ---------------------------------------------------------------------------------------

typedef struct sums {
    double n, w, m, ww, mm, wm; // over the pixels that are real: warped, mean
} sums;

static sums add_up(const hg__raster *mean, const hg__raster *warped, const hg__raster *real) {
    sums s = {0};
    const size_t count = hg__raster_count(mean);
    for (size_t i = 0; i < count; i++) {
        if (real->at[i] == 0) continue;
        const double w = (double)warped->at[i], m = (double)mean->at[i];
        s.n++;
        s.w += w;
        s.m += m;
        s.ww += w * w;
        s.mm += m * m;
        s.wm += w * m;
    }
    return s;
}

typedef struct spread {
    double w, m;             // means
    double scale_w, scale_m; // 1 / standard deviation
    double correlation;
} spread;

// false: too little of the picture in the frame, or one value.
static bool find_spread(const sums *s, const hg__raster *mean, spread *p) {
    if (s->n * 4 < (double)hg__raster_count(mean)) return false;
    p->w = s->w / s->n;
    p->m = s->m / s->n;
    const double vw = s->ww / s->n - p->w * p->w, vm = s->mm / s->n - p->m * p->m;
    if (!(vw > 1e-9) || !(vm > 1e-9)) return false;
    p->scale_w = 1 / sqrt(vw);
    p->scale_m = 1 / sqrt(vm);
    p->correlation = (s->wm / s->n - p->w * p->m) * p->scale_w * p->scale_m;
    return true;
}

// The normal equations of e = J (vy, vx, turn): slopes of the warped picture, in the frame's directions.
static void add_equations(const hg__raster *mean, const hg__raster *warped, const hg__raster *real,
                          const spread *p, double a[3][4]) {
    const int32_t H = mean->height, W = mean->width;
    const double cy = 0.5 * (H - 1), cx = 0.5 * (W - 1);
    memset(a, 0, 12 * sizeof(double));
    for (int32_t i = 1; i < H - 1; i++) {
        const float *is = hg__raster_pixel(real, i, 0), *w = hg__raster_pixel(warped, i, 0);
        const float *m = hg__raster_pixel(mean, i, 0);
        for (int32_t j = 1; j < W - 1; j++) {
            if (is[j] == 0 || is[j - 1] == 0 || is[j + 1] == 0) continue;
            if (is[j - W] == 0 || is[j + W] == 0) continue;
            const double gy = 0.5 * p->scale_w * ((double)w[j + W] - (double)w[j - W]);
            const double gx = 0.5 * p->scale_w * ((double)w[j + 1] - (double)w[j - 1]);
            const double e =
                ((double)m[j] - p->m) * p->scale_m - ((double)w[j] - p->w) * p->scale_w;
            const double J[3] = {gy, gx, gy * (j - cx) - gx * (i - cy)};
            for (int r = 0; r < 3; r++) {
                for (int c = r; c < 3; c++) a[r][c] += J[r] * J[c];
                a[r][3] += J[r] * e;
            }
        }
    }
    a[1][0] = a[0][1];
    a[2][0] = a[0][2];
    a[2][1] = a[1][2];
}

// Gauss's elimination; what has no slope is left alone.
static void solve(double a[3][4], double x[3]) {
    for (int r = 0; r < 3; r++) a[r][r] += 1e-6 * a[r][r] + 1e-9;
    for (int k = 0; k < 3; k++) {
        for (int r = k + 1; r < 3; r++) {
            const double f = a[r][k] / a[k][k];
            for (int c = k; c < 4; c++) a[r][c] -= f * a[k][c];
        }
    }
    for (int r = 2; r >= 0; r--) {
        double sum = a[r][3];
        for (int c = r + 1; c < 3; c++) sum -= a[r][c] * x[c];
        x[r] = sum / a[r][r];
    }
}

static double within(double x, double most) {
    return x < -most ? -most : x > most ? most : x;
}

// The step into the pose; false where it was too small to matter.
static bool step(hg__pose *pose, const double x[3]) {
    const double radians = 6.28318530717958647693;
    const double vy = within(x[0], 2), vx = within(x[1], 2), turn = within(x[2], 0.1) / radians;
    const double sine = hg__sin_turn(pose->turn), cosine = hg__cos_turn(pose->turn);
    pose->dy += sine * vx + cosine * vy;
    pose->dx += cosine * vx - sine * vy;
    pose->turn += turn;
    return fabs(vy) + fabs(vx) > 0.005 || fabs(turn) > 0.00002;
}

// Returns the correlation of the best pose on the way, which *pose becomes.
static double follow(const hg__raster *mean, const hg__raster *picture, hg__raster *warped,
                     hg__raster *real, hg__pose *pose) {
    hg__pose now = *pose;
    double best = -1;
    for (int k = 0; k < STEPS; k++) {
        spread p;
        double a[3][4], x[3];
        hg__raster_warp_into(warped, real, picture, &now);
        const sums s = add_up(mean, warped, real);
        if (!find_spread(&s, mean, &p)) break;
        if (p.correlation > best) {
            best = p.correlation;
            *pose = now;
        }
        add_equations(mean, warped, real, &p, a);
        solve(a, x);
        if (!step(&now, x)) break;
    }
    return best;
}

// ---- all of it ----------------------------------------------------------------------------------

static void clear_room(room *r) {
    hg__raster_clear(&r->half);
    hg__raster_clear(&r->warped);
    hg__raster_clear(&r->real);
    hg__raster_clear(&r->half_warped);
    hg__raster_clear(&r->half_real);
    hg__free(r->x);
}

static int init_room(room *r, const hg__alignment *a, const hg__raster *small, hg_error *err) {
    const hg__align_tables *t = a->tables;
    const int32_t H = a->mean.height, W = a->mean.width, h = t->half.height, w = t->half.width;
    const size_t side = (size_t)t->turns.size;
    *r = (room){0};
    int code = halve(small, &r->half, err);
    if (code == HG_OK) code = hg__raster_init(&r->warped, H, W, 1, err);
    if (code == HG_OK) code = hg__raster_init(&r->real, H, W, 1, err);
    if (code == HG_OK) code = hg__raster_init(&r->half_warped, h, w, 1, err);
    if (code == HG_OK) code = hg__raster_init(&r->half_real, h, w, 1, err);
    if (code == HG_OK) r->x = hg__alloc(side * side, 2 * sizeof *r->x, err);
    return r->x ? HG_OK : HG_ERR_MEMORY;
}

static double search(const hg__alignment *a, const hg__raster *small, room *r, hg__pose *pose) {
    const hg__align_tables *t = a->tables;
    candidate all[ANGLES];
    bool is_out[ANGLES] = {false};
    double best = -1;
    hg__pose half = {0};
    try_angles(t, r, all);
    for (int32_t i = 0, k; i < FOLLOWED && pick_next(all, is_out, &k); i++) {
        hg__pose now = all[k].pose;
        const double value = follow(&t->half, &r->half, &r->half_warped, &r->half_real, &now);
        if (!(value > best)) continue;
        best = value;
        half = now;
    }
    *pose = (hg__pose){0};
    if (!(best > -1)) return 0;
    *pose = hg__pose_scale(&half, (double)small->height / r->half.height);
    best = follow(&a->mean, small, &r->warped, &r->real, pose);
    pose->turn -= floor(pose->turn + 0.5);
    return best;
}

int hg__align_search(const hg__alignment *a, const hg__raster *small, hg__pose *pose, double *score,
                     hg_error *err) {
    room r;
    const int code = init_room(&r, a, small, err);
    if (code == HG_OK) *score = search(a, small, &r, pose);
    clear_room(&r);
    return code;
}

int hg__align_find(const hg__alignment *a, const hg__raster *picture, hg__pose *pose, double *score,
                   hg_error *err) {
    hg__raster small;
    const double factor = hg__align_factor(a->height, a->width);
    HG_TRY(hg__align_reduce(picture, factor, &small, err));
    const int code = hg__align_search(a, &small, pose, score, err);
    if (code == HG_OK) *pose = hg__pose_scale(pose, (double)picture->height / small.height);
    hg__raster_clear(&small);
    return code;
}

static void free_tables(hg__align_tables *t) {
    if (!t) return;
    hg__turns_clear(&t->turns);
    hg__raster_clear(&t->half);
    hg__free(t->filter);
    hg__free(t);
}

int hg__alignment_prepare(hg__alignment *a, hg_error *err) {
    free_tables(a->tables);
    hg__align_tables *t = a->tables = hg__alloc(1, sizeof *t, err);
    if (!t) return HG_ERR_MEMORY;
    HG_TRY(halve(&a->mean, &t->half, err));
    HG_TRY(hg__turns_init(&t->turns, side_of(&t->half), err));
    return make_filter(t, err);
}

void hg__alignment_clear(hg__alignment *a) {
    free_tables(a->tables);
    hg__raster_clear(&a->mean);
    *a = (hg__alignment){0};
}

bool hg__alignment_has(const hg__alignment *a) {
    return a->tables != NULL;
}
