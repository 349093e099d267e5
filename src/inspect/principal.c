// SPDX-License-Identifier: Apache-2.0
// principal.c - moments of vectors that come in turn, their principal axes, projection onto them.
#include "inspect/principal.h"

#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"

// ---- moments ------------------------------------------------------------------------------------

enum { STRIP = 8 }; // lines of the products a task owns

typedef struct adding {
    hg__moments *m;
    const float *x; // (rows, width)
    int64_t rows;
} adding;

size_t hg__moments_bytes(int32_t width) {
    const size_t n = (size_t)width;
    return n * (n * sizeof(double) + sizeof(double) + sizeof(float));
}

void hg__moments_clear(hg__moments *m) {
    hg__free(m->shift);
    hg__free(m->sum);
    hg__free(m->product);
    *m = (hg__moments){0};
}

int hg__moments_init(hg__moments *m, int32_t width, hg_error *err) {
    const size_t n = (size_t)width;
    if (width < 1 || width > HG_MAX_VECTOR) {
        *m = (hg__moments){0};
        return hg__fail(err, HG_ERR_DATA, "moments: expected vectors of 1 to %d numbers, got %d",
                        HG_MAX_VECTOR, width);
    }
    *m = (hg__moments){.width = width};
    m->shift = hg__alloc(n, sizeof *m->shift, err);
    m->sum = m->shift ? hg__alloc(n, sizeof *m->sum, err) : NULL;
    m->product = m->sum ? hg__alloc(n * n, sizeof *m->product, err) : NULL;
    if (m->product) return HG_OK;
    hg__moments_clear(m);
    return HG_ERR_MEMORY;
}

// c (columns) += a * (x - shift).
static void add_scaled(double *c, double a, const float *x, const float *shift, int32_t columns) {
    for (int32_t j = 0; j < columns; j++) c[j] += a * ((double)x[j] - (double)shift[j]);
}

static void add_strip(void *context, int32_t task, int32_t thread) {
    const adding *w = context;
    const hg__moments *m = w->m;
    const int32_t n = m->width, first = task * STRIP, end = hg__min(first + STRIP, n);
    (void)thread;
    for (int64_t r = 0; r < w->rows; r++) {
        const float *x = w->x + r * n;
        for (int32_t i = first; i < end; i++) {
            const double a = (double)x[i] - (double)m->shift[i];
            m->sum[i] += a;
            add_scaled(m->product + (size_t)i * (size_t)n + i, a, x + i, m->shift + i, n - i);
        }
    }
}

static void run_tasks(hg__pool *pool, hg__task *task, void *context, int32_t count) {
    if (pool) {
        hg__pool_run(pool, task, context, count);
        return;
    }
    for (int32_t i = 0; i < count; i++) task(context, i, 0);
}

void hg__moments_add(hg__moments *m, const float *x, int64_t rows, hg__pool *pool) {
    adding w = {m, x, rows};
    if (rows < 1) return;
    if (m->rows == 0) memcpy(m->shift, x, (size_t)m->width * sizeof *x);
    run_tasks(pool, add_strip, &w, hg__ceil_div(m->width, STRIP));
    m->rows += rows;
}

// c (width, width), all of it: the covariance.
static void covariance_of(const hg__moments *m, double *c) {
    const size_t n = (size_t)m->width;
    const double rows = (double)m->rows;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i; j < n; j++) {
            c[i * n + j] = m->product[i * n + j] / rows - m->sum[i] / rows * (m->sum[j] / rows);
            c[j * n + i] = c[i * n + j];
        }
    }
}

// ---- projection ---------------------------------------------------------------------------------

void hg__principal_clear(hg__principal *p) {
    hg__free(p->mean);
    hg__free(p->axis);
    hg__free(p->spread);
    hg__free(p->panel);
    hg__free(p->start);
    *p = (hg__principal){0};
}

static int make_room(hg__principal *p, int32_t width, int32_t dims, hg_error *err) {
    *p = (hg__principal){.width = width, .dims = dims};
    const size_t n = (size_t)width, d = (size_t)dims;
    p->mean = hg__alloc(n, sizeof *p->mean, err);
    p->axis = p->mean ? hg__alloc(n * d, sizeof *p->axis, err) : NULL;
    p->spread = p->axis ? hg__alloc(d, sizeof *p->spread, err) : NULL;
    p->panel = p->spread ? hg__alloc(hg__panel_count(width, dims), sizeof *p->panel, err) : NULL;
    p->start = p->panel ? hg__alloc(hg__panel_count(1, dims), sizeof *p->start, err) : NULL;
    if (p->start) return HG_OK;
    hg__principal_clear(p);
    return HG_ERR_MEMORY;
}

// panel and start, of axis and mean.
static void make_panels(hg__principal *p) {
    for (int32_t z = 0; z < p->dims; z++) {
        const float *axis = p->axis + (size_t)z * (size_t)p->width;
        double sum = 0;
        for (int32_t i = 0; i < p->width; i++) {
            sum += (double)axis[i] * (double)p->mean[i];
            p->panel[hg__panel_index(p->width, p->dims, i, z)] = axis[i];
        }
        p->start[z] = (float)-sum;
    }
}

int hg__principal_from(hg__principal *p, int32_t width, int32_t dims, const float *mean,
                       const float *axis, const float *spread, hg_error *err) {
    HG_TRY(make_room(p, width, dims, err));
    memcpy(p->mean, mean, (size_t)width * sizeof *mean);
    memcpy(p->axis, axis, (size_t)width * (size_t)dims * sizeof *axis);
    memcpy(p->spread, spread, (size_t)dims * sizeof *spread);
    make_panels(p);
    return HG_OK;
}

// spread^-(quarters / 4), by roots alone.
static double whitened(double spread, int32_t quarters) {
    const double quarter = sqrt(sqrt(spread));
    double power = 1;
    for (int32_t i = 0; i < quarters; i++) power *= quarter;
    return 1 / power;
}

static void take_axes(hg__principal *p, const double *value, const double *vector,
                      int32_t whitening, double floor) {
    const double widest = sqrt(value[0] > 0 ? value[0] : 0);
    for (int32_t z = 0; z < p->dims; z++) {
        double spread = sqrt(value[z] > 0 ? value[z] : 0);
        p->spread[z] = (float)spread;
        if (spread < floor * widest) spread = floor * widest;
        const double factor = spread > 0 ? whitened(spread, whitening) : 1;
        for (int32_t i = 0; i < p->width; i++) {
            const size_t at = (size_t)z * (size_t)p->width + (size_t)i;
            p->axis[at] = (float)(vector[at] * factor);
        }
    }
}

int hg__principal_fit(hg__principal *p, const hg__moments *m, int32_t dims, int32_t whitening,
                      double floor, hg_error *err) {
    const size_t n = (size_t)m->width, d = (size_t)hg__min(dims, m->width);
    *p = (hg__principal){0};
    if (m->rows < 1 || dims < 1) {
        return hg__fail(err, HG_ERR_DATA,
                        "principal components: expected 1 axis and 1 vector at least, got %d and "
                        "%lld",
                        dims, (long long)m->rows);
    }
    double *c = hg__alloc(n * n, sizeof *c, err);
    double *value = c ? hg__alloc(d, sizeof *value, err) : NULL;
    double *vector = value ? hg__alloc(d * n, sizeof *vector, err) : NULL;
    int code = vector ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) code = make_room(p, m->width, (int32_t)d, err);
    if (code == HG_OK) {
        covariance_of(m, c);
        for (size_t i = 0; i < n; i++) {
            p->mean[i] = (float)((double)m->shift[i] + m->sum[i] / (double)m->rows);
        }
        code = hg__eigen_jacobi(c, m->width, (int32_t)d, value, vector, err);
    }
    if (code == HG_OK) {
        take_axes(p, value, vector, whitening, floor);
        make_panels(p);
    } else {
        hg__principal_clear(p);
    }
    hg__free(vector);
    hg__free(value);
    hg__free(c);
    return code;
}

typedef struct projecting {
    const hg__principal *p;
    const float *x;
    float *y;
    const hg__kernels *kernels;
} projecting;

static void project_block(const void *context, int64_t first, int32_t rows, float *scratch) {
    const projecting *w = context;
    const hg__principal *p = w->p;
    for (int32_t z = 0; z < p->dims; z += HG_PANEL) {
        const int32_t columns = hg__min(HG_PANEL, p->dims - z);
        const ptrdiff_t stride = (ptrdiff_t)hg__panel_width(p->dims, z);
        hg__gemm g = {.M = rows, .N = columns, .K = p->width, .blocks = 1};
        g.a = w->x + first * p->width;
        g.a_m = p->width;
        g.a_k = 1;
        g.b = p->panel + hg__panel_index(p->width, p->dims, 0, z);
        g.b_k = stride;
        g.c = scratch;
        g.c_m = stride;
        g.start = p->start + z;
        w->kernels->gemm(&g);
        for (int32_t r = 0; r < rows; r++) {
            memcpy(w->y + (first + r) * p->dims + z, scratch + r * stride,
                   (size_t)columns * sizeof(float));
        }
    }
}

int hg__principal_run(const hg__principal *p, const float *x, int64_t rows, float *y, hg__blocks *b,
                      hg_error *err) {
    enum { ROWS = 128 };
    projecting w = {.p = p, .x = x, .kernels = hg__kernels_pick()};
    w.y = y;
    return hg__blocks_run(b, rows, ROWS, (size_t)ROWS * HG_PANEL, project_block, &w, err);
}
