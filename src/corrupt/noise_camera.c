// SPDX-License-Identifier: Apache-2.0
// noise_camera.c - the step `camera`: a row and its clean partner through one camera.
#include <math.h>
#include <string.h>

#include "corrupt/camera.h"

// Scratch: two curves, a mosaic, three planes, two spare ones, normal numbers, and a picture between two sizes.
typedef struct room {
    hg__curve *back, *forth;
    hg__planes planes;
    float *mosaic, *spare, *normal;
} room;

static const double most_scale = 1.5;

static int32_t sensor_side(int32_t side, double scale) {
    return (int32_t)ceil(side * scale) + 2 * HG_CAMERA_MARGIN;
}

static size_t curve_floats(void) {
    return hg__noise_padded(sizeof(hg__curve) / sizeof(float));
}

static size_t plane_floats(int32_t height, int32_t width, double scale) {
    return hg__noise_padded((size_t)sensor_side(height, scale) * (size_t)sensor_side(width, scale));
}

static size_t scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    (void)channels;
    (void)amount;
    const size_t lines =
        (size_t)sensor_side(height, most_scale) + (size_t)sensor_side(width, most_scale);
    return 2 * curve_floats() + 7 * plane_floats(height, width, most_scale) +
           hg__noise_padded(lines);
}

static room open_room(const hg__noise_row *r, double scale) {
    const size_t curve = curve_floats(), plane = plane_floats(r->height, r->width, scale);
    float *at = r->scratch + 2 * curve;
    room o = {.back = (hg__curve *)r->scratch, .forth = (hg__curve *)(r->scratch + curve)};
    o.planes.height = sensor_side(r->height, scale);
    o.planes.width = sensor_side(r->width, scale);
    for (int32_t k = 0; k < 3; k++) o.planes.plane[k] = at + (size_t)k * plane;
    o.mosaic = at + 3 * plane;
    o.spare = at + 4 * plane;
    o.normal = at + 6 * plane; // and what follows: the lines'
    return o;
}

// NOLINTBEGIN(readability-non-const-parameter): written through a struct

// A channel of the picture, mirrored around, at the sensor's size; between: (height, the sensor's width).
static void enlarge(const hg__noise_row *r, const room *o, double scale, const float *x, float *to,
                    float *between) {
    const int32_t H = o->planes.height, W = o->planes.width, C = r->channels;
    const hg__resample across = {.from = x,
                                 .to = between,
                                 .n = r->width,
                                 .m = W,
                                 .lines = r->height,
                                 .from_step = C,
                                 .from_line = C * r->width,
                                 .to_step = 1,
                                 .to_line = W,
                                 .scale = 1 / scale,
                                 .shift = HG_CAMERA_MARGIN};
    const hg__resample down = {.from = between,
                               .to = to,
                               .n = r->height,
                               .m = H,
                               .lines = W,
                               .from_step = W,
                               .from_line = 1,
                               .to_step = W,
                               .to_line = 1,
                               .scale = 1 / scale,
                               .shift = HG_CAMERA_MARGIN};
    hg__camera_resample(&across);
    hg__camera_resample(&down);
}

// And back.
static void reduce(const hg__noise_row *r, const room *o, double scale, const float *plane,
                   float *x, float *between) {
    const int32_t H = o->planes.height, W = o->planes.width, C = r->channels;
    const double shift = -HG_CAMERA_MARGIN / scale;
    const hg__resample across = {.from = plane,
                                 .to = between,
                                 .n = W,
                                 .m = r->width,
                                 .lines = H,
                                 .from_step = 1,
                                 .from_line = W,
                                 .to_step = 1,
                                 .to_line = r->width,
                                 .scale = scale,
                                 .shift = shift};
    const hg__resample down = {.from = between,
                               .to = x,
                               .n = H,
                               .m = r->height,
                               .lines = r->width,
                               .from_step = r->width,
                               .from_line = 1,
                               .to_step = C * r->width,
                               .to_line = C,
                               .scale = scale,
                               .shift = shift};
    hg__camera_resample(&across);
    hg__camera_resample(&down);
}

// NOLINTEND(readability-non-const-parameter)

static void copy_in(const hg__noise_row *r, const room *o, const float *x, float *to) {
    for (int32_t y = 0; y < o->planes.height; y++) {
        const int32_t line = hg__noise_mirror(y - HG_CAMERA_MARGIN, r->height);
        const float *from = x + (ptrdiff_t)line * r->width * r->channels;
        for (int32_t i = 0; i < o->planes.width; i++) {
            *to++ = from[hg__noise_mirror(i - HG_CAMERA_MARGIN, r->width) * r->channels];
        }
    }
}

static void copy_out(const hg__noise_row *r, const room *o, const float *plane, float *x) {
    for (int32_t y = 0; y < r->height; y++) {
        const float *from =
            plane + (ptrdiff_t)(y + HG_CAMERA_MARGIN) * o->planes.width + HG_CAMERA_MARGIN;
        float *to = x + (ptrdiff_t)y * r->width * r->channels;
        for (int32_t i = 0; i < r->width; i++) to[i * r->channels] = from[i];
    }
}

static void take_in(const hg__noise_row *r, const room *o, double scale, const float *x) {
    const bool is_equal = !(scale < 1) && !(scale > 1);
    for (int32_t k = 0; k < 3; k++) {
        float *to = o->planes.plane[k];
        if (k > 0 && r->channels == 1) {
            const size_t n = (size_t)o->planes.height * (size_t)o->planes.width;
            memcpy(to, o->planes.plane[0], n * sizeof *to);
        } else if (is_equal) {
            copy_in(r, o, x + k, to);
        } else {
            enlarge(r, o, scale, x + k, to, o->spare);
        }
    }
}

// Of a grey picture the luma; to 8 bits.
static void give_out(const hg__noise_row *r, room *o, double scale, float *x) {
    const bool is_equal = !(scale < 1) && !(scale > 1);
    if (r->channels == 3) hg__camera_join(&o->planes);
    for (int32_t k = 0; k < r->channels; k++) {
        if (is_equal) {
            copy_out(r, o, o->planes.plane[k], x + k);
        } else {
            reduce(r, o, scale, o->planes.plane[k], x + k, o->spare);
        }
    }
    const size_t n = hg__noise_count(r);
    for (size_t i = 0; i < n; i++) {
        const float level = x[i] * 255 + 0.5F;
        x[i] = level > 0 ? level < 255 ? (float)(int32_t)level / 255 : 1 : 0;
    }
}

static void take_picture(const hg__noise_row *r, const hg__camera *c, room *o, float *x,
                         bool is_noisy) {
    take_in(r, o, c->scale, x);
    hg__camera_unprocess(c, &o->planes, o->back);
    hg__camera_sample(c, &o->planes, o->mosaic);
    if (is_noisy) hg__camera_add_noise(c, r, &o->planes, o->mosaic, o->normal);
    hg__camera_demosaic(c, o->mosaic, &o->planes);
    hg__camera_develop(c, &o->planes, o->forth);
    hg__camera_process(c, &o->planes, o->spare);
    give_out(r, o, c->scale, x);
}

static int camera(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    hg__draws d = {
        .key = r->key, .counter = {r->counter[1], r->counter[2], r->counter[0]}
    };
    hg__camera c;
    hg__camera_draw(&c, r->amount, &d);
    room o = open_room(r, c.scale);
    hg__camera_curves(c.tone, o.back, o.forth);
    take_picture(r, &c, &o, x, true);
    if (r->clean) take_picture(r, &c, &o, r->clean, false);
    return HG_OK;
}

const hg__noise_type hg__noise_camera = {.name = "camera",
                                         .summary = "as a camera's sensor and processing make it; "
                                                    "the clean picture passes the same camera",
                                         .amount = "ISO, 100-12800 unless given",
                                         .least = 1,
                                         .most = 1000000,
                                         .word = "iso",
                                         .low = 100,
                                         .high = 12800,
                                         .needs_image = true,
                                         .changes_clean = true,
                                         .by_ratio = true,
                                         .scratch = scratch,
                                         .apply = camera};
