// SPDX-License-Identifier: Apache-2.0
// draw_parts.c - the command: draws pictures of good and of broken parts that look like an inspection camera's, in MVTec's layout:
//
//   draw_parts kind=bracket out=DIR [n=200] [good=40] [broken=40] [size=256] [seed=0] [only=dent]
//   DIR/train/good/000.ppm   test/good   test/dent ...   ground_truth/dent/000_mask.pgm
//
// A picture is a scene first: how high the surface is, how much light it gives back, how it shines, where the part is. A
// defect changes the scene: material is gone, a dent is pressed in, a crack opens. Then come lamp, lens and sensor, the same
// for good and broken. Nothing is pasted, and no mask is noise above a threshold: these are not what models are trained with.
//
// The same bytes everywhere: no function of libm but sqrt, own random numbers, one thread.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scene.h"

// clang-format off
const char *const what_names[WHATS] = {
    [SOUND] = "good", [BITE] = "bite", [BENT] = "bent", [NO_HOLE] = "missing_hole",
    [WORN] = "worn_thread", [TORN] = "tear", [NO_THREAD] = "missing_thread", [PULLED] = "pulled",
    [SCRATCH] = "scratch", [DENT] = "dent", [STAIN] = "stain", [RUST] = "rust",
    [BLOB] = "blob", [CRACK] = "crack", [PIT] = "pit", [FIBRE] = "fibre",
    [BUBBLE] = "bubble", [FINGER] = "finger", [INACTIVE] = "inactive",
};
// clang-format on

// ---- a picture -----------------------------------------------------------------------------------

static void draw(scene *s, const kind *k) {
    s->state = s->seed;
    s->shadow = k->shadow, s->ambient = k->ambient, s->shine = k->shine;
    s->lamp[0] = between(s, -0.50, -0.42), s->lamp[1] = between(s, -0.58, -0.50), s->lamp[2] = 0.75;
    k->draw(s);
}

static void put_fault(scene *s, what which) {
    fault *f = &s->fault;
    *f = (fault){
        .what = which, .seed = bits(s), .size = between(s, 8, 20), .strength = between(s, 0.25, 1)};
    f->size *= which == BITE ? 0.6 : which == PULLED ? 1.8 : 1;
    direction(between(s, 0, 1), f->along);
    // On the part; what is bitten off, at its edge.
    for (int k = 0; k < 4000; k++) {
        f->x = between(s, 16, 240), f->y = between(s, 16, 240);
        const double here =
            s->part[(size_t)(f->y * s->unit) * (size_t)s->size + (size_t)(f->x * s->unit)];
        if (which == BITE ? here > 0.1 && here < 0.9 : here > 0.9) break;
    }
}

// to: the greatest, or the smallest, of 2 r + 1 places of `from` along lines or columns.
static void extremes(const scene *s, const double *from, double *to, int r, bool columns,
                     bool greatest) {
    const ptrdiff_t stride = columns ? s->size : 1;
    EACH_PLACE(s, p) {
        const int at = columns ? p.i : p.j, first = at < r ? -at : -r,
                  last = at + r < s->size ? r : s->size - 1 - at;
        double best = from[p.at];
        for (int k = first; k <= last; k++) {
            const double v = from[(ptrdiff_t)p.at + k * stride];
            if ((v > best) == greatest && v != best) best = v;
        }
        to[p.at] = best;
    }
}

// s->mark closed over `r` pixels and a pixel wider: fills what lies between a scratch's lips, as a person would mark it.
static void close_marks(scene *s, int r) {
    extremes(s, s->mark, s->far, r, false, true);
    extremes(s, s->far, s->mark, r, true, true);
    extremes(s, s->mark, s->far, r - 1, false, false);
    extremes(s, s->far, s->mark, r - 1, true, false);
}

// How far apart the pieces are, in units, that a defect's mark falls into and a person would mark as one.
static double gap_of(what which) {
    return which == NO_THREAD ? 9 : which == BENT ? 12 : which < SCRATCH ? 4 : 2;
}

// What of a place a change of shape changes.
static double shape_at(const scene *s, size_t i) {
    return s->height[i] + 8 * s->part[i] + 20 * s->colour[3 * i];
}

// Whether enough is marked, and enough of that is to be seen: 7 grey levels or more from s->before.
static bool is_visible(const scene *s) {
    const size_t places = (size_t)s->size * (size_t)s->size;
    size_t marked = 0, seen = 0;
    for (size_t i = 0; i < places; i++) {
        if (s->mark[i] < 0.5) continue;
        marked++;
        seen += fabs(sqrt(s->light[3 * i + 1]) - s->before[i]) > 0.028;
    }
    return (double)marked > 25 * s->unit * s->unit && marked < places / 3 && 5 * seen > marked;
}

// Draws the part without its defect, then with it; s->mark is where. False where nothing is to be seen.
static bool draw_broken(scene *s, const kind *k, what which) {
    const size_t places = (size_t)s->size * (size_t)s->size;
    memset(s->mark, 0, places * sizeof *s->mark);
    draw(s, k);
    shine(s);
    for (size_t i = 0; i < places; i++) {
        s->shape[i] = shape_at(s, i);
        s->before[i] = sqrt(s->light[3 * i + 1]);
    }
    put_fault(s, which);
    if (which < SCRATCH || which == FINGER) {
        draw(s, k);
        for (size_t i = 0; i < places; i++) s->mark[i] = fabs(shape_at(s, i) - s->shape[i]) > 1.2;
    } else {
        surface_fault(s);
    }
    close_marks(s, 1 + (int)(gap_of(which) * s->unit));
    shine(s);
    return is_visible(s);
}

// ---- files ---------------------------------------------------------------------------------------

typedef struct album {
    const kind *kind;
    const char *out;
    what only;
    uint64_t seed;
    int count[3]; // to learn from, good ones to test on, broken ones
    scene scene;
    unsigned char *bytes; // (size, size, 3)
} album;

static int fail(const char *problem, const char *which) {
    fprintf(stderr, "draw_parts: %s%s%s\n", problem, which ? " " : "", which ? which : "");
    return -1;
}

static int make_folder(const char *path) {
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : fail("cannot make", path);
}

// out/group/label/NUMBER[_mask].ppm, and the folders on the way.
static int save(const album *a, const char *group, const char *label, int number, bool grey,
                bool mask) {
    char path[4096];
    const int size = a->scene.size;
    if (snprintf(path, sizeof path, "%s/%s/%s/%03d_mask.ppm", a->out, group, label, number) >=
        (int)sizeof path) {
        return fail("path too long:", a->out);
    }
    for (char *c = path + 1; *c; c++) {
        if (*c == '/') {
            *c = 0;
            if (make_folder(path) < 0) return -1;
            *c = '/';
        }
    }
    (void)snprintf(path, sizeof path, "%s/%s/%s/%03d%s.%s", a->out, group, label, number,
                   mask ? "_mask" : "", grey ? "pgm" : "ppm");
    FILE *f = fopen(path, "wb");
    if (!f) return fail("cannot write", path);
    const size_t bytes = (size_t)size * (size_t)size * (grey ? 1 : 3);
    const bool ok = fprintf(f, "P%d\n%d %d\n255\n", grey ? 5 : 6, size, size) > 0 &&
                    fwrite(a->bytes, 1, bytes, f) == bytes;
    return fclose(f) == 0 && ok ? 0 : fail("cannot write", path);
}

static void reseed(album *a, int group, int number, int again) {
    a->scene.seed =
        mix(a->seed * 0x9E3779B97F4A7C15U + (uint64_t)group * 1000003 + (uint64_t)number * 101 +
            (uint64_t)again + 1 + ((uint64_t)(a->kind - kinds) << 40));
    a->scene.fault.what = SOUND;
}

static int draw_good(album *a, int group, int number) {
    reseed(a, group, number, 0);
    draw(&a->scene, a->kind);
    shine(&a->scene);
    expose(&a->scene, a->kind->grey, a->bytes);
    return save(a, group == 0 ? "train" : "test", "good", number, a->kind->grey, false);
}

static int draw_bad(album *a, int number) {
    int kinds_of = 1;
    while (kinds_of < FAULTS && a->kind->faults[kinds_of] != SOUND) kinds_of++;
    const what which = a->only != SOUND ? a->only : a->kind->faults[number % kinds_of];
    scene *s = &a->scene;
    bool seen = false;
    for (int again = 0; again < 40 && !seen; again++) {
        reseed(a, 2, number, again);
        seen = draw_broken(s, a->kind, which);
    }
    if (!seen) return fail("this kind has no place for a", what_names[which]);
    expose(s, a->kind->grey, a->bytes);
    if (save(a, "test", what_names[which], number, a->kind->grey, false) < 0) return -1;
    for (size_t k = 0; k < (size_t)s->size * (size_t)s->size; k++) {
        a->bytes[k] = s->mark[k] > 0.5 ? 255 : 0;
    }
    return save(a, "ground_truth", what_names[which], number, true, true);
}

static int draw_all(album *a) {
    for (int group = 0; group < 2; group++) {
        for (int k = 0; k < a->count[group]; k++) {
            if (draw_good(a, group, k) < 0) return -1;
        }
    }
    for (int k = 0; k < a->count[2]; k++) {
        if (draw_bad(a, k) < 0) return -1;
    }
    return 0;
}

// ---- the command ---------------------------------------------------------------------------------

static int whole(const char *text, long low, long high, long *value) {
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == 0 && *value >= low && *value <= high
               ? 0
               : fail("not a number in range:", text);
}

static int set_kind(album *a, const char *value) {
    for (int k = 0; k < kind_count; k++) {
        if (strcmp(value, kinds[k].name) == 0) a->kind = &kinds[k];
    }
    return a->kind
               ? 0
               : fail("kind is one of bracket, screw, tile, cell, fabric, film, lens, not", value);
}

static int set_only(album *a, const char *value) {
    for (int k = SOUND + 1; k < WHATS; k++) {
        if (strcmp(value, what_names[k]) == 0) a->only = (what)k;
    }
    return a->only != SOUND ? 0 : fail("no such defect:", value);
}

static int set(album *a, const char *argument) {
    static const char *const counts[3] = {"n", "good", "broken"};
    const char *value = strchr(argument, '=');
    if (!value) return fail("expected key=value, not", argument);
    const size_t length = (size_t)(value++ - argument);
    long number = 0;
    for (int k = 0; k < 3; k++) {
        if (strlen(counts[k]) == length && strncmp(argument, counts[k], length) == 0) {
            if (whole(value, 0, COUNT_MAX, &number) < 0) return -1;
            a->count[k] = (int)number;
            return 0;
        }
    }
    if (strncmp(argument, "kind=", 5) == 0) return set_kind(a, value);
    if (strncmp(argument, "only=", 5) == 0) return set_only(a, value);
    if (strncmp(argument, "out=", 4) == 0) return a->out = value, 0;
    const bool size = strncmp(argument, "size=", 5) == 0;
    if (!size && strncmp(argument, "seed=", 5) != 0) return fail("unknown:", argument);
    if (whole(value, size ? SIDE_MIN : 0, size ? SIDE_MAX : 1000000000, &number) < 0) return -1;
    if (size) {
        a->scene.size = (int)number;
    } else {
        a->seed = (uint64_t)number;
    }
    return 0;
}

static double *planes(scene *s) {
    const size_t places = (size_t)s->size * (size_t)s->size;
    double *all = calloc(places * 13, sizeof *all);
    if (!all) return NULL;
    s->unit = s->size / 256.0;
    s->height = all, s->gloss = all + places, s->part = all + 2 * places,
    s->mark = all + 3 * places;
    s->far = all + 4 * places, s->shape = all + 5 * places, s->colour = all + 6 * places,
    s->light = all + 9 * places, s->before = all + 12 * places;
    return all;
}

int main(int argc, char **argv) {
    album a = {
        .count = {200, 40, 40},
          .scene = {.size = 256}
    };
    for (int k = 1; k < argc; k++) {
        if (set(&a, argv[k]) < 0) return 1;
    }
    if (!a.kind || !a.out) return fail("kind= and out= are needed", NULL), 1;
    double *all = planes(&a.scene);
    a.bytes = malloc((size_t)a.scene.size * (size_t)a.scene.size * 3);
    const int code = all && a.bytes ? draw_all(&a) : fail("out of memory", NULL);
    free(a.bytes);
    free(all);
    return code < 0;
}
