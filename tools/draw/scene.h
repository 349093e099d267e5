// SPDX-License-Identifier: Apache-2.0
// scene.h - a picture before it is one: what the parts of draw_parts.c hand each other, and the arithmetic they share.
#ifndef DRAW_SCENE_H
#define DRAW_SCENE_H
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIDE_MIN = 32, SIDE_MAX = 4096, COUNT_MAX = 100000, FAULTS = 10 };

typedef enum what {
    SOUND,
    // what changes the shape: the part is drawn anew
    BITE,
    BENT,
    NO_HOLE,
    WORN,
    TORN,
    NO_THREAD,
    PULLED,
    // what happens to the surface
    SCRATCH,
    DENT,
    STAIN,
    RUST,
    BLOB,
    CRACK,
    PIT,
    FIBRE,
    BUBBLE,
    FINGER,
    INACTIVE,
    WHATS
} what;

extern const char *const what_names[WHATS];

typedef struct fault {
    what what;
    double x, y, along[2]; // where and in which direction, a unit vector
    double size, strength; // size in units, strength of 0 to 1
    uint64_t seed;
} fault;

// Lengths are in units, 256 to a picture's side, heights too: a small picture is a large one from further away.
typedef struct scene {
    int size;
    double unit; // pixels
    uint64_t seed, state;
    fault fault;
    double *height, *gloss, *part, *mark, *far; // (size, size)
    // (size, size) without the defect: what a change of shape changes, what the sensor gets
    double *shape, *before;
    double *colour; // (size, size, 3) share of the light given back
    double *light;  // (size, size, 3) what the sensor gets
    double lamp[3], shadow, ambient;
    int shine; // highlights are cos^(2^shine)
} scene;

typedef struct kind {
    const char *name;
    void (*draw)(scene *);
    bool grey;
    double shadow, ambient;
    int shine;
    what faults[FAULTS]; // SOUND ends
} kind;

extern const kind kinds[];
extern const int kind_count;

void surface_fault(scene *s); // s->fault happens to the surface, and is marked
void shine(scene *s);         // s->light from height, colour and gloss
void expose(scene *s, bool grey, unsigned char *bytes);

// ---- random numbers, noise, small geometry -------------------------------------------------------

static inline uint64_t mix(uint64_t z) { // Steele, Lea & Flood 2014: splitmix64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static inline uint64_t bits(scene *s) {
    return mix(s->state += 0x9E3779B97F4A7C15U);
}

static inline double between(scene *s, double a, double b) {
    return a + (b - a) * ((double)(bits(s) >> 11) * 0x1p-53);
}

// -1 to 1, always the same for the same lattice point.
static inline double hash(uint64_t seed, int64_t i, int64_t j) {
    uint64_t z = seed + (uint64_t)i * 0x9E3779B97F4A7C15U + (uint64_t)j * 0xC2B2AE3D27D4EB4FU;
    z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93U;
    z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93U;
    return (double)(z >> 32) * 0x1p-31 - 1;
}

static inline int64_t below(double x) { // floor
    const int64_t i = (int64_t)x;
    return i - ((double)i > x);
}

static inline double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

static inline double step(double t) {
    t = clamp(t, 0, 1);
    return t * t * (3 - 2 * t);
}

static inline double mixed(double a, double b, double t) {
    return a + (b - a) * t;
}

// Smooth, -1 to 1, features one wide.
static inline double noise(uint64_t seed, double x, double y) {
    const int64_t i = below(x), j = below(y);
    const double u = step(x - (double)i), v = step(y - (double)j);
    return mixed(mixed(hash(seed, i, j), hash(seed, i + 1, j), u),
                 mixed(hash(seed, i, j + 1), hash(seed, i + 1, j + 1), u), v);
}

static inline double fractal(uint64_t seed, double x, double y, int octaves) {
    double sum = 0, part = 1;
    for (int k = 0; k < octaves; k++, part *= 0.5, x *= 2.03, y *= 2.03)
        sum += part * noise(seed + (uint64_t)k, x, y);
    return sum;
}

// The direction after `turns` of a circle. A series for an eighth of it, doubled three times.
static inline void direction(double turns, double d[2]) {
    const double a = (turns - (double)below(turns) - 0.5) * 0.78539816339744831, q = a * a;
    double c = 1 - q / 2 * (1 - q / 12 * (1 - q / 30)),
           s = a * (1 - q / 6 * (1 - q / 20 * (1 - q / 42)));
    for (int k = 0; k < 3; k++) {
        const double twice = 2 * c * s;
        c = c * c - s * s, s = twice;
    }
    const double length = sqrt(c * c + s * s);
    d[0] = -c / length, d[1] = -s / length;
}

static inline double length2(double x, double y) {
    return sqrt(x * x + y * y);
}

// From a box of half sides w, h with round corners; negative inside.
static inline double box(double x, double y, double w, double h, double round) {
    const double a = fabs(x) - w + round, b = fabs(y) - h + round;
    const double out = length2(a > 0 ? a : 0, b > 0 ? b : 0), in = a > b ? a : b;
    return out + (in < 0 ? in : 0) - round;
}

static inline void paint(double *colour, double r, double g, double b) {
    colour[0] = r, colour[1] = g, colour[2] = b;
}

static inline void dye(double *colour, double r, double g, double b, double share) {
    colour[0] = mixed(colour[0], r, share);
    colour[1] = mixed(colour[1], g, share);
    colour[2] = mixed(colour[2], b, share);
}

static inline void dim(double *colour, double by) {
    colour[0] *= by, colour[1] *= by, colour[2] *= by;
}

static inline double max2(double a, double b) {
    return a > b ? a : b;
}

// A spot with an uneven outline: 1 amid it, 0 at its rim, less outside.
static inline double spot(const fault *f, double x, double y, double ragged) {
    const double dx = x - f->x, dy = y - f->y, stretch = 1 + 0.5 * hash(f->seed, 1, 2);
    const double u = dx * f->along[0] + dy * f->along[1], v = dy * f->along[0] - dx * f->along[1];
    const double r = length2(u / stretch, v * stretch) / f->size;
    if (r > 2.5) return -1;
    // Uneven by the direction alone: one piece.
    const double turn = 1.3 / (r * f->size + 1e-9),
                 fray = fractal(f->seed, u / stretch * turn, v * stretch * turn, 4);
    return 1 - r * (1 + ragged * fray);
}

// How much material is gone here: 0 to 1.
static inline double lost(const scene *s, double x, double y) {
    const fault *f = &s->fault;
    if (f->what == BITE) return step(0.5 + 6 * spot(f, x, y, 0.30));
    if (f->what == TORN)
        return step(0.5 + 4 * (spot(f, x, y, 0.45) + 0.12 * noise(f->seed, x * 0.7, y * 0.7)));
    return 0;
}

typedef struct place { // a pixel
    double x, y;       // its middle, in units
    int i, j;          // row, column
    size_t at;
} place;

static inline place place_of(const scene *s, int i, int j) {
    return (place){(j + 0.5) / s->unit, (i + 0.5) / s->unit, i, j,
                   (size_t)i * (size_t)s->size + (size_t)j};
}

static inline place next_place(const scene *s, place p) {
    return p.j + 1 < s->size ? place_of(s, p.i, p.j + 1) : place_of(s, p.i + 1, 0);
}

#define EACH_PLACE(s, p) for (place p = place_of(s, 0, 0); p.i < (s)->size; p = next_place(s, p))
#endif
