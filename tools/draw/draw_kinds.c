// SPDX-License-Identifier: Apache-2.0
// draw_kinds.c - the kinds of parts: what lies where, how high, of what colour; and the defects that change its shape.
#include "scene.h"

static double bracket_distance(const scene *s, double x, double y) {
    const fault *f = &s->fault;
    if (f->what == BENT && x > 112) {
        y += (f->along[0] > 0 ? 1 : -1) * (0.0006 + 0.0012 * f->strength) * (x - 112) * (x - 112);
    }
    const double arm = box(x - 72, y - 128, 34, 86, 12), foot = box(x - 128, y - 178, 90, 36, 12);
    const double near = clamp(0.5 + 0.5 * (foot - arm) / 22, 0, 1); // a fillet between them
    double d = mixed(foot, arm, near) - 22 * near * (1 - near);
    const double holes[4][3] = {
        {72,  78,  17},
        {72,  178, 9 },
        {200, 160, 6 },
        {200, 196, 6 }
    };
    const int absent = f->what == NO_HOLE ? (int)(f->seed & 3) : -1;
    for (int k = 0; k < 4; k++) {
        if (k != absent) d = max2(d, holes[k][2] - length2(x - holes[k][0], y - holes[k][1]));
    }
    return max2(d, -box(x - 138, y - 178, 26, 8, 8));
}

static void draw_bracket(scene *s) {
    double turn[2];
    direction(between(s, -0.004, 0.004), turn);
    const double x0 = 128 + between(s, -2.5, 2.5), y0 = 128 + between(s, -2.5, 2.5),
                 tone = between(s, 0.38, 0.44);
    const uint64_t seed = bits(s);
    EACH_PLACE(s, p) {
        const double x = 128 + (p.x - x0) * turn[0] + (p.y - y0) * turn[1],
                     y = 128 + (p.y - y0) * turn[0] - (p.x - x0) * turn[1];
        const double d = bracket_distance(s, x, y), gone = lost(s, p.x, p.y),
                     depth = clamp(-d / 4.5, 0, 1);
        const double brush =
            noise(seed, x * 0.03, y * 1.1) + 0.6 * noise(seed + 1, x * 0.07, y * 2.3);
        const double bead = 1 - clamp(box(x - 72, y - 126, 7, 20, 7) / -6, 0, 1),
                     ring = (length2(x - 72, y - 78) - 22) / 4;
        double h = 7 * (1 - (1 - depth) * (1 - depth)) + 0.10 * brush +
                   1.0 * fractal(seed + 2, x * 0.012, y * 0.012, 2);
        h += 2.6 * (1 - bead * bead) + (fabs(ring) < 1 ? 1.3 * (1 - ring * ring) : 0);
        s->part[p.at] = clamp(0.5 - d * s->unit, 0, 1) * (1 - gone);
        s->height[p.at] = max2(h, 0) * s->part[p.at] +
                          0.12 * noise(seed + 3, p.x * 0.9, p.y * 0.9) * (1 - s->part[p.at]);
        s->gloss[p.at] = 0.30 * s->part[p.at];
        const double felt = 0.045 * (1 + 0.25 * noise(seed + 4, p.x * 0.8, p.y * 0.8) +
                                     0.15 * fractal(seed + 5, p.x * 0.03, p.y * 0.03, 2));
        const double room = 0.16 * (x - 128) / 128 - 0.10 * (y - 128) / 128 +
                            0.10 * fractal(seed + 8, x * 0.010, 3, 2); // mirrored
        const double metal = tone * (1 + room) *
                             (1 + 0.11 * brush + 0.05 * fractal(seed + 6, x * 0.05, y * 0.05, 3));
        paint(s->colour + 3 * p.at, felt * 0.85, felt * 0.95, felt * 1.1);
        dye(s->colour + 3 * p.at, metal, metal * 0.98, metal * 0.93, s->part[p.at]);
    }
}

// How far the screw's surface lies from its axis at `a` along it, at the side `b`: head, shank, thread, tip.
static double screw_radius(const scene *s, double a, double b, double phase) {
    if (a < -58) {
        const double t = clamp((a + 58) / -19, 0, 1);
        return a < -77 ? 0 : 22 * sqrt(1 - t * t * t);
    }
    if (a < -34) return 9.2;
    const double core = a < 56 ? 8.6 : 8.6 * clamp((78 - a) / 22, 0, 1);
    double tooth =
        fabs(2 * ((a / 6.2 + b * 0.035 + phase) - (double)below(a / 6.2 + b * 0.035 + phase)) - 1);
    const fault *f = &s->fault;
    if (f->what == WORN) {
        tooth *= 1 - (0.5 + 0.5 * f->strength) *
                         step((f->size + 8 - fabs(a - 10 - 20 * f->along[0])) / 5);
    }
    return a > 78 ? 0 : core + 3.6 * tooth * step((a + 36) / 6) * clamp(core / 6, 0, 1);
}

static void draw_screw(scene *s) {
    double turn[2];
    direction(between(s, 0, 1), turn);
    const double x0 = 128 + between(s, -22, 22), y0 = 128 + between(s, -22, 22),
                 phase = between(s, 0, 1), tone = between(s, 0.24, 0.30);
    const double table = between(s, 0.70, 0.78);
    const uint64_t seed = bits(s);
    const fault *f = &s->fault;
    EACH_PLACE(s, p) {
        const double a = (p.x - x0) * turn[0] + (p.y - y0) * turn[1];
        double b = (p.y - y0) * turn[0] - (p.x - x0) * turn[1];
        if (f->what == BENT && a > -30) {
            b += (f->along[0] > 0 ? 1 : -1) * (0.0008 + 0.0013 * f->strength) * (a + 30) * (a + 30);
        }
        const double r = screw_radius(s, a, b, phase), gone = lost(s, p.x, p.y),
                     deep = r * r - b * b;
        s->part[p.at] = clamp(0.5 + (r - fabs(b)) * s->unit, 0, 1) * (1 - gone) * (r > 0);
        s->height[p.at] =
            (deep > 0 ? sqrt(deep) : 0) * (1 - gone) + 0.06 * noise(seed, a * 1.5, b * 1.5);
        s->gloss[p.at] = s->part[p.at] * (0.8 + 0.15 * fractal(seed + 1, a * 0.2, b * 0.2, 2));
        const double glass = table * (1 + 0.015 * fractal(seed + 2, p.x * 0.02, p.y * 0.02, 3));
        const double metal = tone * (1 + 0.12 * fractal(seed + 3, a * 0.15, b * 0.3, 3));
        paint(s->colour + 3 * p.at, glass, glass, glass);
        dye(s->colour + 3 * p.at, metal, metal, metal, s->part[p.at]);
    }
}

static void draw_tile(scene *s) {
    const uint64_t seed = bits(s);
    const double tone = between(s, 0.17, 0.30), x0 = between(s, 0, 900),
                 slope = between(s, -0.35, 0.35), relief = between(s, 0.7, 1.3);
    EACH_PLACE(s, p) {
        const double x = p.x + x0, ground = noise(seed, x * 0.02, p.y * 0.75) +
                                            0.7 * noise(seed + 1, x * 0.045, p.y * 1.7);
        const double cast = fractal(seed + 2, x * 0.025, p.y * 0.025, 5),
                     grain = hash(seed + 9, (int64_t)(p.x * s->unit), (int64_t)(p.y * s->unit));
        s->part[p.at] = 1;
        s->height[p.at] = relief * (1.6 * cast + 0.14 * ground + 0.05 * grain);
        s->gloss[p.at] = 0.14 + 0.05 * cast;
        const double t = tone *
                         (1 + 0.10 * fractal(seed + 3, x * 0.012, p.y * 0.012, 2) + 0.08 * ground +
                          0.10 * cast) *
                         (1 + slope * (p.y / 256 - 0.5));
        paint(s->colour + 3 * p.at, t, t, t);
    }
}

// The crystal a place belongs to: the nearest of points that lie one in each square of a lattice. A number of -1 to 1.
static double crystal(uint64_t seed, double x, double y) {
    const int64_t i = below(x), j = below(y);
    double nearest = 9, tone = 0;
    for (int64_t v = j - 1; v <= j + 1; v++) {
        for (int64_t u = i - 1; u <= i + 1; u++) {
            const double dx = (double)u + 0.5 + 0.45 * hash(seed, u, v) - x,
                         dy = (double)v + 0.5 + 0.45 * hash(seed + 1, u, v) - y;
            if (dx * dx + dy * dy < nearest) {
                nearest = dx * dx + dy * dy, tone = hash(seed + 2, u, v);
            }
        }
    }
    return tone;
}

// Electroluminescence: what is dark gives no current. Four cells, three busbars each, fingers across.
static void draw_cell(scene *s) {
    const uint64_t seed = bits(s);
    const double x0 = between(s, -1.5, 1.5), y0 = between(s, -1.5, 1.5),
                 poly = between(s, 0.06, 0.16), tone = between(s, 0.34, 0.46);
    const fault *f = &s->fault;
    EACH_PLACE(s, p) {
        const double x = p.x - x0, y = p.y - y0;
        const int64_t i = x < 128 ? 0 : 1, j = y < 128 ? 0 : 1;
        const double u = x - 66 - 124 * (double)i, v = y - 66 - 124 * (double)j;
        const double d =
            max2(box(u, v, 59, 59, 2), (fabs(u) + fabs(v) - 108) * 0.7071); // corners cut
        const double in = clamp(0.5 - d * s->unit, 0, 1), edge = step(-d / 14);
        const double finger = fabs(v / 4.6 - (double)below(v / 4.6) - 0.5),
                     bar = fabs(fabs(u) < 20 ? u : fabs(u) - 39.5);
        double t = tone * (1 + 0.16 * hash(seed, i, j)) * (0.78 + 0.22 * edge);
        t *= 1 + poly * crystal(seed + 1, x * 0.055 + u * 0.01, y * 0.055) +
             0.13 * fractal(seed + 4, x * 0.03, y * 0.03, 4);
        t *= 1 - 0.16 * step((0.16 - finger) * 12);
        // A strip between two fingers' breaks, its ends soft; not beyond the cell.
        const double strip = step((2.4 + 5 * f->strength - fabs(p.y - f->y)) / 1.2) *
                             step((f->size * 1.4 - fabs(p.x - f->x)) / 5);
        if (f->what == FINGER && (f->x - x0 >= 128) == (i == 1) && (f->y - y0 >= 128) == (j == 1)) {
            t *= 1 - (0.25 + 0.35 * f->strength) * strip;
        }
        t = mixed(t, 0.10 * (1 + 0.1 * noise(seed + 7, x * 0.2, y * 0.6)),
                  step((2.6 - bar) / 1.2 + 0.5));
        s->part[p.at] = in;
        s->height[p.at] = 0;
        s->gloss[p.at] = 0;
        t = mixed(0.012, t, in);
        paint(s->colour + 3 * p.at, t, t, t);
    }
}

typedef struct weave {
    double z;     // how high the upper thread is
    bool warp;    // it is one of the warp
    int64_t i, j; // which threads cross here
} weave;

static weave woven(const scene *s, double x, double y, double lie) {
    const double pitch = 9, a = x / pitch, b = y / pitch;
    weave w = {0, false, below(a), below(b)};
    const double fx = 2 * (a - (double)w.i) - 1, fy = 2 * (b - (double)w.j) - 1,
                 up = (w.i + w.j) & 1 ? 1.5 : -1.5;
    const double warp = 2.2 * sqrt(max2(0, 1 - 1.05 * fx * fx)) + up * (1 - fy * fy);
    double weft = 2.2 * sqrt(max2(0, 1 - 1.05 * fy * fy)) - up * (1 - fx * fx);
    const fault *f = &s->fault;
    if (f->what == NO_THREAD && w.j == 13 + (int64_t)(f->seed % 5) &&
        fabs(x - f->x - 3 * lie) < f->size * 3) {
        weft = -4;
    }
    w.warp = warp > weft;
    w.z = max2(max2(warp, weft), -1.5);
    return w;
}

// A thread's own colour: fibres twist along it, and each is dyed a little differently.
static double thread_tone(uint64_t seed, const weave *w, double u, double v, double *spun) {
    *spun = w->warp ? noise(seed, u * 1.1 + v * 0.5, v * 0.2)
                    : noise(seed + 1, u * 0.2, v * 1.1 + u * 0.5);
    const double own = w->warp ? hash(seed + 2, w->i, 0) : hash(seed + 3, 0, w->j);
    const double open =
        step((w->z + 1.6) / 2.6) * (w->z > -1.4 ? 1 : 0.4); // little light gets between threads
    return (1 + 0.07 * own + 0.16 * *spun) * (0.35 + 0.65 * open);
}

static void draw_fabric(scene *s) {
    static const double dyes[2][3] = {
        {0.30, 0.35, 0.44},
        {0.36, 0.39, 0.42}
    }; // weft, warp
    double turn[2], spun;
    direction(between(s, -0.007, 0.007), turn);
    const double x0 = between(s, 0, 18), y0 = between(s, 0, 18), tone = between(s, 0.92, 1.08);
    const uint64_t seed = bits(s);
    const fault *f = &s->fault;
    const double pull = f->what == PULLED ? f->size * (0.22 + 0.38 * f->strength) : 0;
    EACH_PLACE(s, p) {
        double x = p.x + 1.3 * fractal(seed, p.x * 0.015, p.y * 0.03, 2);
        double y = p.y + 1.3 * fractal(seed + 1, p.x * 0.03, p.y * 0.015, 2);
        if (pull > 0) {
            const double by = pull * step(1.3 * spot(f, p.x, p.y, 0.1));
            x += by * f->along[0], y += by * f->along[1];
        }
        const double u = x * turn[0] + y * turn[1] + x0, v = y * turn[0] - x * turn[1] + y0;
        const weave w = woven(s, u, v, hash(seed, 5, 5));
        const double gone = lost(s, p.x, p.y), t = tone * thread_tone(seed + 2, &w, u, v, &spun);
        s->part[p.at] = 1 - gone;
        s->height[p.at] = mixed(0.55 * w.z, -3, gone) + 0.10 * spun * (1 - gone);
        s->gloss[p.at] = 0;
        const double dark = 0.03 * (1 + 0.3 * noise(seed + 6, p.x * 0.3, p.y * 0.3)),
                     *dye_of = dyes[w.warp];
        paint(s->colour + 3 * p.at, t * dye_of[0], t * dye_of[1], t * dye_of[2]);
        dye(s->colour + 3 * p.at, dark, dark, dark, gone);
    }
}

// Nearly nothing is to be seen; what there is, light, clouds, lines of the die, grain, is another from roll to roll.
static void draw_film(scene *s) {
    const uint64_t seed = bits(s);
    const double tone = between(s, 0.30, 0.46), gx = between(s, -0.25, 0.25),
                 gy = between(s, -0.25, 0.25);
    const double clouds = between(s, 0.01, 0.05), lines = between(s, 0.002, 0.014),
                 grains = between(s, 0.006, 0.018);
    EACH_PLACE(s, p) {
        const double die = noise(seed, p.x * 0.35, p.y * 0.004),
                     cloud = fractal(seed + 1, p.x * 0.012, p.y * 0.012, 3);
        const double grain = hash(seed + 5, p.i, p.j);
        s->part[p.at] = 1;
        s->height[p.at] = 0.035 * die + 0.30 * cloud;
        s->gloss[p.at] = 0.10;
        const double lit = 1 + gx * (p.x / 256 - 0.5) + gy * (p.y / 256 - 0.5);
        const double t = tone * (lit + clouds * cloud + grains * grain + lines * die);
        paint(s->colour + 3 * p.at, t, t, t);
    }
}

// Before black: a bevelled rim, a ground flange, a polished cap that mirrors the lamp.
static void draw_lens(scene *s) {
    const double x0 = 128 + between(s, -4, 4), y0 = 128 + between(s, -4, 4),
                 rise = between(s, 0.0029, 0.0033);
    const double tone = between(s, 0.05, 0.08), ground = between(s, 0.16, 0.22);
    const uint64_t seed = bits(s);
    EACH_PLACE(s, p) {
        const double x = p.x - x0, y = p.y - y0, r = length2(x, y), gone = lost(s, p.x, p.y);
        const double in = clamp(0.5 - (r - 104) * s->unit, 0, 1) * (1 - gone),
                     cap = clamp(0.5 - (r - 80) * s->unit, 0, 1);
        const double bevel = clamp((104 - r) / 5, 0, 1),
                     turned = noise(seed, r * 1.4, 0) + 0.5 * noise(seed + 1, r * 0.6, x * 0.02);
        const double flat = 5 * (1 - (1 - bevel) * (1 - bevel)) + 0.05 * turned,
                     dome = 3 + rise * (6400 - r * r);
        s->part[p.at] = in;
        s->height[p.at] = in * mixed(flat, dome, cap);
        s->gloss[p.at] = in * mixed(0.15, 0.75, cap);
        const double inner = tone * (1 + 0.6 * step((r - 30) / 50)) *
                             (1 + 0.06 * fractal(seed + 2, x * 0.02, y * 0.02, 3));
        const double t = mixed(ground * (1 + 0.10 * turned), inner, cap);
        const double dark = 0.012 * (1 + 0.3 * noise(seed + 3, p.x * 0.4, p.y * 0.4));
        paint(s->colour + 3 * p.at, dark, dark, dark);
        dye(s->colour + 3 * p.at, t, t, t, in);
    }
}

const kind kinds[] = {
    {"bracket",
     draw_bracket,           false,
     0.55,                                0.35,
     4,                                            {SCRATCH, DENT, BITE, STAIN, BENT, BLOB, CRACK, NO_HOLE}},
    {"screw",   draw_screw,  true,  0.30, 0.30, 4, {BITE, BENT, WORN, RUST, BLOB}                          },
    {"tile",    draw_tile,   true,  0,    0.30, 4, {CRACK, PIT, SCRATCH, STAIN, DENT, BLOB}                },
    {"cell",    draw_cell,   true,  0,    1.00, 2, {CRACK, FINGER, INACTIVE, STAIN, BLOB, SCRATCH}         },
    {"fabric",  draw_fabric, false, 0.40, 0.40, 2, {TORN, NO_THREAD, PULLED, STAIN, BLOB, FIBRE}           },
    {"film",    draw_film,   true,  0,    0.40, 5, {SCRATCH, BUBBLE, FIBRE, BLOB, STAIN, DENT}             },
    {"lens",    draw_lens,   true,  0.2,  0.50, 6, {SCRATCH, FIBRE, BLOB, PIT, STAIN, BITE, BUBBLE}        },
};
const int kind_count = sizeof kinds / sizeof kinds[0];
