// SPDX-License-Identifier: Apache-2.0
// map_repulsion.c - what pushes all points apart, on a grid: one Fourier transform there, one back.
//
// Points are spread on a grid by quintic B-splines, convolved there with the force of one point, K(d) = d / (1 + d^2)^2, and read
// back by the same splines. That is a spline through K in each direction once the transform is divided by the splines' own,
// squared: the error falls with the sixth power of the grid's step. One transform of how many points there are, and one back
// with both directions as real and imaginary part: K is odd, its transform imaginary. Z needs none back: it is
// the sum over frequencies of 1 / (1 + d^2)'s transform times the points' power (Parseval). The idea of a grid: Linderman et al.,
// "Fast interpolation-based t-SNE", Nature Methods 16 (2019); splines and one transform: Essmann et al., "A smooth particle
// mesh Ewald method", 1995.
//
//   points ──spread──> grid (M, M) ──rows──> (S, M) ──columns, times K, columns back──> (S, M) ──rows back──> forces (M, M)
//
// S = 2 M: what would come round the other side stays apart. Points are spread in the order of their rows, so that each
// task owns lines of the grid: the sums do not know how many threads there are.
#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "latent/map_internal.h"

enum {
    BLOCK = 256, // points of a task
    SUPPORT = 6, // nodes a spline touches, from BEFORE ahead of a point
    BEFORE = 2,
    MARGIN = 20, // nodes beyond the points
    LINES = HG_LANES,
    PARTS = 3,       // of what is multiplied by: of Z, of x, of y
    PAIR = 2 * LINES // a complex number of each line
};
#define STEP 0.4 // of the grid, where points lie far apart

struct hg__repulsion {
    const hg__kernels *kernels;
    hg__pool *pool; // borrowed, or NULL
    int32_t n, threads;
    bool is_exact;
    const float *x, *y;     // borrowed while a call lasts, (n)
    float *force;           // owned, (2, n): exact
    double *part;           // owned: of Z, a number a task
    int32_t side, half;     // S, M; 0: no grid yet
    double step, left, low; // of the grid; where its first node stands
    size_t room;            // side up to which there is room
    float *turn;            // owned, (S, 2)
    float *grid;            // owned, (M, M)
    float *line;            // owned, (S, 2, S): frequency along x, real and imaginary, then row
    float *factor;          // owned, (S / LINES, S, PARTS, LINES)
    float *out;             // owned, (2, M, M)
    float *scratch;         // owned, (threads, 2, S, PAIR)
    int32_t *order, *row; // owned, (n): points by the grid's rows; (M + 1): where each row's begin
};

void hg__repulsion_free(hg__repulsion *r) {
    if (!r) return;
    hg__free(r->force);
    hg__free(r->part);
    hg__free(r->turn);
    hg__free(r->grid);
    hg__free(r->line);
    hg__free(r->factor);
    hg__free(r->out);
    hg__free(r->scratch);
    hg__free(r->order);
    hg__free(r->row);
    hg__free(r);
}

hg__repulsion *hg__repulsion_new(int32_t n, bool is_exact, hg__pool *pool, hg_error *err) {
    enum { MOST_SIDE = 2048 };
    hg__repulsion *r = hg__alloc(1, sizeof *r, err);
    if (!r) return NULL;
    *r = (hg__repulsion){.n = n, .is_exact = is_exact, .pool = pool, .kernels = hg__kernels_pick()};
    r->threads = pool ? hg__pool_threads(pool) : 1;
    const size_t parts = (size_t)hg__max(hg__ceil_div(n, BLOCK), MOST_SIDE / LINES);
    r->part = hg__alloc(parts, sizeof *r->part, err);
    if (is_exact) {
        if (r->part) r->force = hg__alloc(2 * (size_t)n, sizeof *r->force, err);
    } else if (r->part) {
        r->order = hg__alloc((size_t)n, sizeof *r->order, err);
    }
    if (r->force || r->order) return r;
    hg__repulsion_free(r);
    return NULL;
}

// ---- pair by pair -----------------------------------------------------------------------------------

static void push_block(void *context, int32_t task, int32_t thread) {
    (void)thread;
    const hg__repulsion *r = context;
    const int32_t first = task * BLOCK, end = hg__min(first + BLOCK, r->n);
    double sum = 0;
    for (int32_t i = first; i < end; i++) {
        float to[3];
        r->kernels->map_push(to, r->x, r->y, r->x[i], r->y[i], r->n);
        r->force[i] = to[0];
        r->force[r->n + i] = to[1];
        sum += (double)to[2] - 1; // without itself
    }
    r->part[task] = sum;
}

// ---- the grid -----------------------------------------------------------------------------------------

// Sides of a transform: 2^a 3^b, multiples of 2 * LINES.
static const int32_t sides[] = {96,  128, 192, 256,  288,  384,  512,
                                576, 768, 864, 1024, 1152, 1536, 2048};
enum { SIDES = sizeof sides / sizeof *sides };

// M nodes that the points' splines touch, whatever span: coarser where the largest grid is too small, finer where the smallest is too large.
static void pick_grid(double span, int32_t *side, double *step) {
    int s = 0;
    *step = STEP;
    while (s < SIDES - 1 && span / *step + MARGIN > 0.5 * sides[s]) s++;
    *side = sides[s];
    while (span / *step + MARGIN > 0.5 * *side) *step *= 2;
    for (int e = 0; s == 0 && e < 100 && span / (*step / 2) + MARGIN <= 0.5 * *side; e++) {
        *step /= 2;
    }
}

static int make_room(hg__repulsion *r, int32_t side, hg_error *err) {
    const size_t S = (size_t)side, M = S / 2;
    const struct {
        float **at;
        size_t count;
    } room[] = {
        {&r->turn,    2 * S                            },
        {&r->grid,    M * M                            },
        {&r->line,    2 * S * S                        },
        {&r->factor,  PARTS * S * S                    },
        {&r->out,     2 * M * M                        },
        {&r->scratch, (size_t)r->threads * 2 * S * PAIR},
    };
    if (S <= r->room) return HG_OK;
    r->room = 0;
    for (size_t i = 0; i < sizeof room / sizeof *room; i++) {
        hg__free(*room[i].at);
        *room[i].at = hg__alloc(room[i].count, sizeof(float), err);
        if (!*room[i].at) return HG_ERR_MEMORY;
    }
    hg__free(r->row);
    r->row = hg__alloc(M + 1, sizeof *r->row, err);
    if (!r->row) return HG_ERR_MEMORY;
    r->room = S;
    return HG_OK;
}

static float *scratch_of(const hg__repulsion *r, int32_t thread) {
    return r->scratch + (size_t)thread * 2 * (size_t)r->side * PAIR;
}

static float *line_of(const hg__repulsion *r, int32_t frequency) {
    return r->line + (size_t)frequency * 2 * (size_t)r->side;
}

// x (S, PAIR), transformed, becomes columns first .. of `line`.
static void keep_lines(const hg__repulsion *r, const float *x, int32_t first) {
    for (int32_t k = 0; k < r->side; k++) {
        float *to = line_of(r, k) + first;
        memcpy(to, x + (size_t)k * PAIR, LINES * sizeof *to);
        memcpy(to + r->side, x + (size_t)k * PAIR + LINES, LINES * sizeof *to);
    }
}

// LINES frequencies of `line`, rows 0 .. rows - 1, as x (S, PAIR); the rest zeros.
static void take_lines(const hg__repulsion *r, float *x, int32_t first, int32_t rows) {
    const ptrdiff_t apart = 2 * (ptrdiff_t)r->side;
    const float *from = line_of(r, first);
    r->kernels->transpose(x, PAIR, from, apart, LINES, rows);
    r->kernels->transpose(x + LINES, PAIR, from + r->side, apart, LINES, rows);
    memset(x + (size_t)rows * PAIR, 0, (size_t)(r->side - rows) * PAIR * sizeof *x);
}

// ---- what is multiplied by ------------------------------------------------------------------------------

// A node's distance from node 0, the nearer way round.
static double offset_of(const hg__repulsion *r, int32_t node) {
    return r->step * (node < r->half ? node : node - r->side);
}

// Rows of 1 / (1 + d^2) + d_x / (1 + d^2)^2: the first has a real transform, the second an imaginary one.
static void force_rows(void *context, int32_t task, int32_t thread) {
    const hg__repulsion *r = context;
    float *x = scratch_of(r, thread);
    for (int32_t node = 0; node < r->side; node++) {
        const double dx = offset_of(r, node);
        for (int32_t l = 0; l < LINES; l++) {
            const double dy = offset_of(r, task * LINES + l), q = 1 / (1 + dx * dx + dy * dy);
            x[(size_t)node * PAIR + (size_t)l] = (float)(node == r->half ? q : q + dx * q * q);
            x[(size_t)node * PAIR + LINES + (size_t)l] = 0;
        }
    }
    r->kernels->fourier_lines(x, x + (size_t)r->side * PAIR, r->turn, r->side);
    keep_lines(r, x, task * LINES);
}

// 1 / (the spline's transform, of both sides, and the transform's own factor).
static double undo(const hg__repulsion *r, int32_t frequency) {
    const double turns = (double)frequency / r->side;
    const double spline = (66 + 52 * hg__cos_turn(turns) + 2 * hg__cos_turn(2 * turns)) / 120;
    return 1 / (spline * spline * r->side);
}

static void force_columns(void *context, int32_t task, int32_t thread) {
    const hg__repulsion *r = context;
    const int32_t first = task * LINES;
    float *x = scratch_of(r, thread);
    take_lines(r, x, first, r->side);
    r->kernels->fourier_lines(x, x + (size_t)r->side * PAIR, r->turn, r->side);
    for (int32_t node = 0; node < r->side; node++) {
        const float *from = x + (size_t)node * PAIR;
        float *to = r->factor + ((size_t)task * (size_t)r->side + (size_t)node) * PARTS * LINES;
        for (int32_t l = 0; l < LINES; l++) {
            const double factor = undo(r, node) * undo(r, first + l);
            to[l] = (float)((double)from[l] * factor);
            to[LINES + l] = (float)((double)from[LINES + l] * factor);
        }
    }
}

// The force along y is that along x, turned.
static void turn_forces(void *context, int32_t task, int32_t thread) {
    (void)thread;
    const hg__repulsion *r = context;
    const size_t S = (size_t)r->side;
    for (int32_t node = 0; node < r->side; node++) {
        float *to = r->factor + ((size_t)task * S + (size_t)node) * PARTS * LINES;
        const float *from =
            r->factor + (size_t)(node / LINES) * S * PARTS * LINES + LINES + node % LINES;
        for (int32_t l = 0; l < LINES; l++) {
            to[2 * LINES + l] = from[(size_t)(task * LINES + l) * PARTS * LINES];
        }
    }
}

static int make_grid(hg__repulsion *r, int32_t side, double step, hg_error *err) {
    if (side == r->side && step == r->step) return HG_OK;
    HG_TRY(make_room(r, side, err));
    r->side = side;
    r->half = side / 2;
    r->step = step;
    for (int32_t k = 0; k < side; k++) {
        r->turn[2 * k] = (float)hg__cos_turn((double)k / side);
        r->turn[2 * k + 1] = -(float)hg__sin_turn((double)k / side);
    }
    hg__map_run(r->pool, force_rows, r, side / LINES);
    hg__map_run(r->pool, force_columns, r, side / LINES);
    hg__map_run(r->pool, turn_forces, r, side / LINES);
    return HG_OK;
}

// ---- there and back ---------------------------------------------------------------------------------------

// The weights of the SUPPORT nodes from *first on.
static inline void spline(double at, int32_t *first, float w[SUPPORT]) {
    const int32_t node = (int32_t)at;
    const float t = (float)(at - node), u = 1 - t, t2 = t * t, u2 = u * u, share = 1.0F / 120;
    *first = node - BEFORE;
    w[0] = u2 * u2 * u * share;
    w[1] = (26 + t * (t * (t * (t * (5 * t - 20) + 20) + 20) - 50)) * share;
    w[2] = (66 + t2 * (t2 * (30 - 10 * t) - 60)) * share;
    w[4] = (26 + u * (u * (u * (u * (5 * u - 20) + 20) + 20) - 50)) * share;
    w[5] = t2 * t2 * t * share;
    w[3] = 1 - w[0] - w[1] - w[2] - w[4] - w[5];
}

static double along(const hg__repulsion *r, float x) {
    return ((double)x - r->left) / r->step;
}
static double down(const hg__repulsion *r, float y) {
    return ((double)y - r->low) / r->step;
}

static void find_box(const hg__repulsion *r, double *left, double *low, double *span) {
    float x0 = r->x[0], x1 = x0, y0 = r->y[0], y1 = y0;
    for (int32_t i = 1; i < r->n; i++) {
        x0 = r->x[i] < x0 ? r->x[i] : x0;
        x1 = r->x[i] > x1 ? r->x[i] : x1;
        y0 = r->y[i] < y0 ? r->y[i] : y0;
        y1 = r->y[i] > y1 ? r->y[i] : y1;
    }
    const double wide = (double)x1 - (double)x0, high = (double)y1 - (double)y0;
    *left = (double)x0;
    *low = (double)y0;
    *span = wide > high ? wide : high;
}

static void sort_points(hg__repulsion *r) {
    memset(r->row, 0, ((size_t)r->half + 1) * sizeof *r->row);
    for (int32_t i = 0; i < r->n; i++) r->row[(int32_t)down(r, r->y[i])]++;
    int32_t sum = 0;
    for (int32_t k = 0; k <= r->half; k++) {
        const int32_t count = r->row[k];
        r->row[k] = sum;
        sum += count;
    }
    for (int32_t i = 0; i < r->n; i++) r->order[r->row[(int32_t)down(r, r->y[i])]++] = i;
    memmove(r->row + 1, r->row, (size_t)r->half * sizeof *r->row);
    r->row[0] = 0;
}

// A task's lines of the grid, and their transforms.
static void spread(void *context, int32_t task, int32_t thread) {
    const hg__repulsion *r = context;
    const int32_t top = task * LINES, bottom = top + LINES;
    const size_t M = (size_t)r->half;
    memset(r->grid + (size_t)top * M, 0, LINES * M * sizeof *r->grid);
    const int32_t begin = r->row[hg__max(top - (SUPPORT - 1 - BEFORE), 0)];
    const int32_t end = r->row[hg__min(bottom + BEFORE, r->half)];
    for (int32_t at = begin; at < end; at++) {
        const int32_t i = r->order[at];
        int32_t column, row;
        float wx[SUPPORT], wy[SUPPORT];
        spline(along(r, r->x[i]), &column, wx);
        spline(down(r, r->y[i]), &row, wy);
        for (int32_t v = hg__max(top - row, 0); v < SUPPORT && row + v < bottom; v++) {
            float *to = r->grid + (size_t)(row + v) * M + (size_t)column;
            for (int u = 0; u < SUPPORT; u++) to[u] += wy[v] * wx[u];
        }
    }
    float *x = scratch_of(r, thread);
    memset(x, 0, (size_t)r->side * PAIR * sizeof *x);
    r->kernels->transpose(x, PAIR, r->grid + (size_t)top * M, (ptrdiff_t)M, LINES, r->half);
    r->kernels->fourier_lines(x, x + (size_t)r->side * PAIR, r->turn, r->side);
    keep_lines(r, x, top);
}

// Each frequency times i X - Y, where X and Y are the forces' transforms over i; real and imaginary part exchanged, which makes the next
// transform the way back. Returns the task's part of Z.
static double multiply(const hg__repulsion *r, float *x, const float *factor) {
    float sum[LINES] = {0};
    double total = 0;
    for (int32_t node = 0; node < r->side; node++) {
        float *a = x + (size_t)node * PAIR;
        const float *f = factor + (size_t)node * PARTS * LINES;
        for (int32_t l = 0; l < LINES; l++) {
            const float re = a[l], im = a[LINES + l], fx = f[LINES + l], fy = f[2 * LINES + l];
            sum[l] += f[l] * (re * re + im * im);
            a[l] = re * fx - im * fy;
            a[LINES + l] = -re * fy - im * fx;
        }
    }
    for (int32_t l = 0; l < LINES; l++) total += (double)sum[l];
    return total;
}

static void convolve(void *context, int32_t task, int32_t thread) {
    const hg__repulsion *r = context;
    const int32_t first = task * LINES;
    const ptrdiff_t apart = 2 * (ptrdiff_t)r->side;
    float *x = scratch_of(r, thread), *spare = x + (size_t)r->side * PAIR, *to = line_of(r, first);
    take_lines(r, x, first, r->half);
    r->kernels->fourier_lines(x, spare, r->turn, r->side);
    r->part[task] = multiply(r, x, r->factor + (size_t)first * (size_t)r->side * PARTS);
    r->kernels->fourier_lines(x, spare, r->turn, r->side);
    r->kernels->transpose(to, apart, x, PAIR, r->half, LINES);
    r->kernels->transpose(to + r->side, apart, x + LINES, PAIR, r->half, LINES);
}

static void read_back(void *context, int32_t task, int32_t thread) {
    const hg__repulsion *r = context;
    const int32_t top = task * LINES;
    const size_t M = (size_t)r->half;
    float *x = scratch_of(r, thread), *out = r->out + (size_t)top * M;
    for (int32_t k = 0; k < r->side; k++) {
        const float *from = line_of(r, k) + top;
        memcpy(x + (size_t)k * PAIR, from, LINES * sizeof *x);
        memcpy(x + (size_t)k * PAIR + LINES, from + r->side, LINES * sizeof *x);
    }
    r->kernels->fourier_lines(x, x + (size_t)r->side * PAIR, r->turn, r->side);
    // Exchanged: the force along x is the imaginary part.
    r->kernels->transpose(out, (ptrdiff_t)M, x + LINES, PAIR, r->half, LINES);
    r->kernels->transpose(out + M * M, (ptrdiff_t)M, x, PAIR, r->half, LINES);
}

int hg__repulsion_run(hg__repulsion *r, const float *x, const float *y, double *sum,
                      hg_error *err) {
    int32_t tasks = hg__ceil_div(r->n, BLOCK), side;
    double left, low, span, step;
    r->x = x;
    r->y = y;
    if (r->is_exact) {
        hg__map_run(r->pool, push_block, r, tasks);
    } else {
        find_box(r, &left, &low, &span);
        pick_grid(span, &side, &step);
        HG_TRY(make_grid(r, side, step, err));
        r->left = left - (BEFORE + 1) * step;
        r->low = low - (BEFORE + 1) * step;
        sort_points(r);
        hg__map_run(r->pool, spread, r, r->half / LINES);
        tasks = r->side / LINES;
        hg__map_run(r->pool, convolve, r, tasks);
        hg__map_run(r->pool, read_back, r, r->half / LINES);
    }
    *sum = r->is_exact ? 0 : -r->n;
    for (int32_t t = 0; t < tasks; t++) *sum += r->part[t];
    return HG_OK;
}

void hg__repulsion_of(const hg__repulsion *r, int32_t first, int32_t end, float *fx, float *fy) {
    const size_t M = (size_t)r->half;
    if (r->is_exact) {
        memcpy(fx, r->force + first, (size_t)(end - first) * sizeof *fx);
        memcpy(fy, r->force + r->n + first, (size_t)(end - first) * sizeof *fy);
        return;
    }
    for (int32_t i = first; i < end; i++) {
        int32_t column, row;
        float wx[SUPPORT], wy[SUPPORT], sx = 0, sy = 0;
        spline(along(r, r->x[i]), &column, wx);
        spline(down(r, r->y[i]), &row, wy);
        const float *at = r->out + (size_t)row * M + (size_t)column;
        for (int v = 0; v < SUPPORT; v++, at += M) {
            const float *other = at + M * M;
            float row_x = 0, row_y = 0;
            for (int u = 0; u < SUPPORT; u++) {
                row_x += wx[u] * at[u];
                row_y += wx[u] * other[u];
            }
            sx += wy[v] * row_x;
            sy += wy[v] * row_y;
        }
        fx[i - first] = sx;
        fy[i - first] = sy;
    }
}
