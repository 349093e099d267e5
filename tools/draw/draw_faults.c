// SPDX-License-Identifier: Apache-2.0
// draw_faults.c - what happens to a surface: scratches, cracks, dents, stains, what lies on it. Each marks where it is.
#include "scene.h"

static void come_near(scene *s, double x, double y) {
    const int reach = (int)(6 * s->unit) + 1, jc = (int)(x * s->unit), ic = (int)(y * s->unit);
    for (int i = ic - reach; i <= ic + reach; i++) {
        for (int j = jc - reach; j <= jc + reach; j++) {
            if (i < 0 || j < 0 || i >= s->size || j >= s->size) continue;
            const place p = place_of(s, i, j);
            const double d = length2(p.x - x, p.y - y);
            if (d < s->far[p.at]) s->far[p.at] = d;
        }
    }
}

// s->far: how far it is to a line that begins at (x, y) and wanders, `bend` smoothly, jagged by `shake`.
static void trace(scene *s, double x, double y, const double along[2], double length, double bend,
                  double shake) {
    double d[2] = {along[0], along[1]}, curl = 0, aside = 0;
    for (int k = 0; k < (int)(2 * length); k++) {
        come_near(s, x, y);
        curl = 0.96 * curl + bend * between(s, -1, 1);
        aside = 0.72 * aside + shake * between(s, -1, 1);
        const double c = d[0] - curl * d[1], e = d[1] + curl * d[0], norm = length2(c, e);
        d[0] = c / norm, d[1] = e / norm;
        x += 0.5 * (d[0] - aside * d[1]), y += 0.5 * (d[1] + aside * d[0]);
    }
}

static void wipe(scene *s) {
    for (size_t k = 0; k < (size_t)s->size * (size_t)s->size; k++) s->far[k] = 99;
}

static void add_scratch(scene *s, const fault *f) {
    wipe(s);
    trace(s, f->x, f->y, f->along, 25 + 5 * f->size, 0.002, 0.02);
    const double w = 0.8 + 0.9 * f->strength, k = f->strength;
    EACH_PLACE(s, p) {
        const double d = s->far[p.at] / w, groove = d < 1 ? (1 - d * d) * (1 - d * d) : 0,
                     rim = fabs(d - 1.5) < 0.5 ? 1 - 4 * (d - 1.5) * (d - 1.5) : 0;
        if (d > 2.5 || s->part[p.at] < 0.5) continue;
        s->height[p.at] += (0.3 + 1.0 * k) * (0.4 * rim - groove);
        s->gloss[p.at] += 0.4 * k * groove;
        dye(s->colour + 3 * p.at, 0.75, 0.74, 0.72,
            (0.20 + 0.40 * k) * groove * (0.6 + 0.4 * noise(f->seed, p.x * 0.2, p.y * 0.2)));
        if (d < 1 + 0.6 / w) s->mark[p.at] = 1;
    }
}

static void add_crack(scene *s, const fault *f) {
    wipe(s);
    trace(s, f->x, f->y, f->along, 30 + 4 * f->size, 0.006, 1.0);
    double side[2] = {f->along[0] - 0.8 * f->along[1], f->along[1] + 0.8 * f->along[0]};
    if (f->seed & 1) {
        trace(s, f->x + 12 * f->along[0], f->y + 12 * f->along[1], side, 2 * f->size, 0.006, 1.0);
    }
    const double w = 0.6 + 0.7 * f->strength;
    EACH_PLACE(s, p) {
        const double d = s->far[p.at], open = step((w + 0.5 - d) / 0.9);
        if (d > 3 || s->part[p.at] < 0.5) continue;
        s->height[p.at] -= 1.4 * open;
        s->gloss[p.at] *= 1 - open;
        dim(s->colour + 3 * p.at, 1 - (0.45 + 0.5 * f->strength) * open);
        if (d < w + 0.8) s->mark[p.at] = 1;
    }
}

static void add_fibre(scene *s, const fault *f) {
    wipe(s);
    trace(s, f->x, f->y, f->along, 20 + 4 * f->size, 0.012, 0);
    const double w = 0.8 + 0.6 * f->strength, tone = f->seed & 1 ? 0.08 : 0.85;
    EACH_PLACE(s, p) {
        const double d = s->far[p.at] / w;
        if (d > 1.4) continue;
        s->height[p.at] += d < 1 ? w * sqrt(1 - d * d) : 0;
        dye(s->colour + 3 * p.at, tone, tone, tone,
            (0.35 + 0.6 * f->strength) * step((1.2 - d) * 2));
        s->mark[p.at] = 1;
    }
}

static void add_dent(scene *s, const fault *f) {
    const double depth = f->size * (0.10 + 0.22 * f->strength) * (f->what == BUBBLE ? 1 : -1) *
                         (f->seed & 2 ? 1 : 0.8);
    EACH_PLACE(s, p) {
        const double q = spot(f, p.x, p.y, 0.12);
        if (q <= 0 || s->part[p.at] < 0.5) continue;
        s->height[p.at] += depth * step(1.25 * q);
        if (f->what == BUBBLE) s->gloss[p.at] += 0.4 * f->strength * step(3 * q);
        if (q > 0.06) s->mark[p.at] = 1;
    }
}

// A drop that dried: darker, darkest at its rim, duller.
static void add_stain(scene *s, const fault *f) {
    static const double dyes[4][3] = {
        {0.50, 0.30, 0.14},
        {0.12, 0.12, 0.12},
        {0.30, 0.28, 0.16},
        {0.95, 0.93, 0.88}
    };
    const double *to = dyes[f->seed & 3];
    EACH_PLACE(s, p) {
        const double q = spot(f, p.x, p.y, 0.5), rim = clamp(1 - fabs(q - 0.10) / 0.10, 0, 1);
        if (q <= -0.05 || s->part[p.at] < 0.5) continue;
        const double share =
            (0.30 + 0.50 * f->strength) *
            (0.75 * step(4 * q) * (1 + 0.3 * noise(f->seed + 9, p.x * 0.15, p.y * 0.15)) +
             0.5 * rim);
        double *c = s->colour + 3 * p.at;
        for (int k = 0; k < 3; k++) {
            c[k] *= mixed(1, clamp(1.6 * to[k], 0, 1.35), clamp(share, 0, 1));
        }
        s->gloss[p.at] *= 1 - 0.7 * clamp(share, 0, 1);
        if (q > 0) s->mark[p.at] = 1;
    }
}

// White rust: light, dull, rough, on what shone.
static void add_rust(scene *s, const fault *f) {
    EACH_PLACE(s, p) {
        const double q = spot(f, p.x, p.y, 0.5);
        if (q <= 0 || s->part[p.at] < 0.5) continue;
        const double crust = 0.6 + 0.8 * fractal(f->seed + 6, p.x * 0.25, p.y * 0.25, 3);
        const double here = step(4 * q) * step(crust) * (0.35 + 0.6 * f->strength);
        dye(s->colour + 3 * p.at, 0.55, 0.52, 0.46, here);
        s->height[p.at] += here * 0.7 * noise(f->seed + 7, p.x * 0.6, p.y * 0.6);
        s->gloss[p.at] *= 1 - 0.8 * here;
        s->mark[p.at] = 1;
    }
}

// A crumb, a chip, a drop of glue: something else lies on it.
static void add_blob(scene *s, const fault *f) {
    const double tone = 0.05 + 0.65 * fabs(hash(f->seed, 3, 3)),
                 warm = 1 + 0.25 * hash(f->seed, 4, 4), share = 0.5 + 0.5 * f->strength;
    fault g = *f;
    g.size = f->size * (0.25 + 0.30 * f->strength);
    EACH_PLACE(s, p) {
        const double q = spot(&g, p.x, p.y, 0.45);
        if (q <= -0.05) continue;
        const double here = step((q + 0.05) * 8),
                     t = tone * (1 + 0.25 * fractal(f->seed + 7, p.x * 0.4, p.y * 0.4, 2));
        s->height[p.at] +=
            here * g.size *
            (0.7 * sqrt(max2(q, 0)) + 0.10 * noise(f->seed + 8, p.x * 0.5, p.y * 0.5));
        s->gloss[p.at] = mixed(s->gloss[p.at], f->seed & 4 ? 0.5 : 0.05, here);
        dye(s->colour + 3 * p.at, t * warm, t, t / warm, share * here);
        if (q > 0) s->mark[p.at] = 1;
    }
}

// A blowhole or spalled place: steep walls, a rough dark floor.
static void add_pit(scene *s, const fault *f) {
    fault g = *f;
    g.size = f->size * (0.3 + 0.5 * f->strength);
    EACH_PLACE(s, p) {
        const double q = spot(&g, p.x, p.y, 0.5), in = step(3 * q);
        if (q <= 0) continue;
        s->height[p.at] -=
            in * (1.5 + 3 * f->strength + 0.8 * fractal(f->seed + 5, p.x * 0.4, p.y * 0.4, 2));
        s->gloss[p.at] *= 1 - 0.8 * in;
        dim(s->colour + 3 * p.at, 1 - (0.25 + 0.45 * f->strength) * in);
        s->mark[p.at] = 1;
    }
}

// A piece that lost its contact, along one straight and one broken line.
static void add_inactive(scene *s, const fault *f) {
    EACH_PLACE(s, p) {
        const double u = (p.x - f->x) * f->along[0] + (p.y - f->y) * f->along[1],
                     v = (p.y - f->y) * f->along[0] - (p.x - f->x) * f->along[1];
        const double d = max2(fabs(v) - f->size * 1.3,
                              max2(-u, u - f->size - 5 * fractal(f->seed, v * 0.08, 1, 3)));
        const double in = clamp(0.5 - d, 0, 1) * s->part[p.at];
        dim(s->colour + 3 * p.at, 1 - (0.25 + 0.55 * f->strength) * in);
        if (in > 0.5) s->mark[p.at] = 1;
    }
}

void surface_fault(scene *s) {
    const fault *f = &s->fault;
    switch (f->what) {
    case SCRATCH: add_scratch(s, f); break;
    case CRACK: add_crack(s, f); break;
    case FIBRE: add_fibre(s, f); break;
    case DENT:
    case BUBBLE: add_dent(s, f); break;
    case STAIN: add_stain(s, f); break;
    case RUST: add_rust(s, f); break;
    case BLOB: add_blob(s, f); break;
    case PIT: add_pit(s, f); break;
    case INACTIVE: add_inactive(s, f); break;
    default: break;
    }
}
