// SPDX-License-Identifier: Apache-2.0
// camera_sensor.c - what a camera is like, drawn by its sensitivity; and the noise of its sensor.
//
// At ISO 100 white is about a full pixel of electrons; each doubling halves what white is. Read noise has a part that is there before
// the amplifier (in electrons), and one behind it, which counts for less the more is amplified.
#include "corrupt/camera.h"

typedef struct range {
    float low, high;
} range;

// Electrons: of white at ISO 100, of read noise before the amplifier, and behind it at ISO 100. Measured sensors lie there: P. Clark
// ("Digital camera sensor performance summary"), W. Claff (photonstophotos.net), sensorgen.
typedef struct sensor {
    range white, before, behind;
    int32_t weight;
    int32_t bits_low, bits_high; // of the converter
} sensor;

static const sensor sensors[] = {
    {{4000, 12000},  {1.2F, 3},    {2, 6},  3, 10, 12}, // telephones
    {{22000, 45000}, {1.5F, 4},    {3, 15}, 3, 12, 14}, // APS-C
    {{45000, 90000}, {1.5F, 4.5F}, {4, 30}, 3, 12, 14}, // full frame
};

static const sensor *draw_sensor(hg__draws *d) {
    int32_t all = 0;
    for (size_t i = 0; i < sizeof sensors / sizeof *sensors; i++) all += sensors[i].weight;
    int32_t left = hg__draw_below(d, all);
    const sensor *s = sensors;
    while (left >= s->weight) left -= s++->weight;
    return s;
}

static float draw_from(hg__draws *d, range r) {
    return hg__draw_ratio(d, r.low, r.high);
}

static void draw_noise(hg__camera *c, float iso, hg__draws *d) {
    const sensor *s = draw_sensor(d);
    const float amplified = iso / 100;
    const float electrons = draw_from(d, s->white) / amplified;
    const float before = draw_from(d, s->before), behind = draw_from(d, s->behind) / amplified;
    const int32_t bits = s->bits_low + hg__draw_below(d, (s->bits_high - s->bits_low) / 2 + 1) * 2;
    c->shot = 1 / electrons;
    c->read = __builtin_sqrtf(before * before + behind * behind) / electrons;
    c->row = c->read * hg__draw_between(d, 0, 0.2F);
    c->column = c->read * hg__draw_between(d, 0, 0.1F);
    c->steps = (float)(1 << bits);
    c->is_cut = hg__draw_unit(d) < 0.3F;
    c->hot = hg__draw_unit(d) < 0.1F ? 1 + hg__draw_below(d, 3) : 0;
    c->phase = hg__draw_below(d, 4);
}

// Matrices from XYZ to a sensor's colours as cameras write them into raw files (Brooks et al.: those of the Darmstadt noise set).
static const float from_xyz[4][9] = {
    {1.0234F, -0.2969F, -0.2266F, -0.5625F, 1.6328F, -0.0469F, -0.0703F, 0.2188F, 0.6406F},
    {0.4913F, -0.0541F, -0.0202F, -0.6130F, 1.3513F, 0.2906F,  -0.1564F, 0.2151F, 0.7183F},
    {0.8380F, -0.2630F, -0.0639F, -0.2887F, 1.0725F, 0.2496F,  -0.0627F, 0.1427F, 0.5438F},
    {0.6596F, -0.2079F, -0.0562F, -0.4782F, 1.3016F, 0.1933F,  -0.0970F, 0.1581F, 0.5181F},
};
static const float to_xyz[9] = {0.4124564F, 0.3575761F, 0.1804375F, 0.2126729F, 0.7151522F,
                                0.0721750F, 0.0193339F, 0.1191920F, 0.9503041F};

static void multiply(const float a[9], const float b[9], float to[9]) {
    for (int32_t i = 0; i < 9; i++) {
        const float *row = a + i / 3 * 3, *column = b + i % 3;
        to[i] = row[0] * column[0] + row[1] * column[3] + row[2] * column[6];
    }
}

static void invert(const float a[9], float to[9]) {
    float part[9];
    for (int32_t i = 0; i < 9; i++) {
        const int32_t y = i / 3, x = i % 3, y1 = (y + 1) % 3, y2 = (y + 2) % 3;
        const int32_t x1 = (x + 1) % 3, x2 = (x + 2) % 3;
        part[i] = a[y1 * 3 + x1] * a[y2 * 3 + x2] - a[y1 * 3 + x2] * a[y2 * 3 + x1];
    }
    const float all = a[0] * part[0] + a[1] * part[1] + a[2] * part[2];
    for (int32_t i = 0; i < 9; i++) to[i] = part[i % 3 * 3 + i / 3] / all;
}

// A mixture of the four; grey stays grey.
static void draw_colours(hg__camera *c, hg__draws *d) {
    float mixed[9] = {0}, sensed[9], weight[4], all = 0;
    for (int32_t k = 0; k < 4; k++) all += weight[k] = hg__draw_between(d, 1e-6F, 1);
    for (int32_t i = 0; i < 36; i++) mixed[i % 9] += weight[i / 9] / all * from_xyz[i / 9][i % 9];
    multiply(mixed, to_xyz, sensed);
    for (int32_t i = 0; i < 9; i++) {
        const float *row = sensed + i / 3 * 3;
        c->to_sensor[i] = sensed[i] / (row[0] + row[1] + row[2]);
    }
    invert(c->to_sensor, c->to_picture);
    const float exposure = hg__draw_ratio(d, 1, 1.7F);
    c->gain[0] = exposure * hg__draw_between(d, 1.7F, 2.4F);
    c->gain[1] = exposure;
    c->gain[2] = exposure * hg__draw_between(d, 1.4F, 2.1F);
    c->tone = hg__draw_unit(d) < 0.25F ? 0 : hg__draw_between(d, 0, 0.8F);
}

static void draw_processing(hg__camera *c, hg__draws *d) {
    const float kind = hg__draw_unit(d);
    c->demosaic = kind < 0.1F ? HG_BILINEAR : kind < 0.5F ? HG_GRADIENT : HG_DIRECTED;
    const bool is_smoothed = hg__draw_unit(d) < 0.8F;
    c->luma_radius = 1 + hg__draw_below(d, 2);
    c->luma = is_smoothed ? hg__camera_level(c) * hg__draw_between(d, 2, 6) : 0;
    c->chroma_passes = 2 + hg__draw_below(d, 3);
    const float chroma = hg__draw_between(d, 0.6F, 1);
    c->chroma = is_smoothed || hg__draw_unit(d) < 0.6F ? chroma : 0;
    c->sharpen = hg__draw_between(d, -0.9F, 0.7F);
    const double scale = (double)hg__draw_ratio(d, 0.6F, 1.5F);
    c->scale = hg__draw_unit(d) < 0.35F ? scale : 1;
}

void hg__camera_draw(hg__camera *c, double iso, hg__draws *d) {
    *c = (hg__camera){0};
    draw_noise(c, (float)iso, d);
    draw_colours(c, d);
    draw_processing(c, d);
}

// Green of mid grey (0.18 of light), which gamma makes 0.46: it is 1.2 times as steep there.
float hg__camera_level(const hg__camera *c) {
    const float light = 0.18F / c->gain[1];
    return 1.2F * c->gain[1] * __builtin_sqrtf(c->shot * light + c->read * c->read);
}

// Which colour a place has: 0 red, 1 green, 2 blue.
static int32_t colour_of(int32_t phase, int32_t y, int32_t x) {
    return ((y ^ phase >> 1) & 1) + ((x ^ phase) & 1);
}

void hg__camera_sample(const hg__camera *c, const hg__planes *p, float *mosaic) {
    for (int32_t y = 0; y < p->height; y++) {
        const ptrdiff_t line = (ptrdiff_t)y * p->width;
        const float *even = p->plane[colour_of(c->phase, y, 0)] + line;
        const float *odd = p->plane[colour_of(c->phase, y, 1)] + line;
        for (int32_t x = 0; x < p->width; x += 2) mosaic[line + x] = even[x];
        for (int32_t x = 1; x < p->width; x += 2) mosaic[line + x] = odd[x];
    }
}

// Shot noise as a normal number with the skewness of a count (Cornish & Fisher 1937, first term); then whole steps.
static float expose(const hg__camera *c, float light, float z, float lines) {
    const float spread = __builtin_sqrtf(c->shot * light + c->read * c->read);
    const float skew = c->shot * (z * z - 1) * (1.0F / 6);
    const float level = (light + spread * z + skew + lines) * c->steps;
    const float least = c->is_cut ? 0 : -c->steps / 16;
    const float kept = level < least ? least : level > c->steps ? c->steps : level;
    const int32_t whole = (int32_t)(kept + c->steps + 0.5F); // never below 0
    return (float)whole / c->steps - 1;
}

void hg__camera_add_noise(const hg__camera *c, const hg__noise_row *r, hg__planes *p, float *mosaic,
                          float *normal) {
    const size_t count = (size_t)p->height * (size_t)p->width;
    float *row = normal + hg__noise_padded(count), *column = row + p->height;
    hg__noise_normal(r, 0, count, normal);
    hg__noise_normal(r, 1, (size_t)p->height + (size_t)p->width, row);
    for (int32_t x = 0; x < p->width; x++) column[x] *= c->column;
    for (int32_t y = 0; y < p->height; y++) {
        const float line = c->row * row[y];
        float *to = mosaic + (ptrdiff_t)y * p->width;
        const float *z = normal + (ptrdiff_t)y * p->width;
        for (int32_t x = 0; x < p->width; x++) to[x] = expose(c, to[x], z[x], line + column[x]);
    }
    const float hot = c->read < 0.02F ? 50 * c->read : 1;
    float where[16], *at = where;
    hg__noise_uniform(r, 2, 8, where);
    for (int32_t i = 0; i < c->hot; i++, at += 2) {
        const float light = mosaic[(size_t)(at[0] * (float)count)] + at[1] * hot;
        mosaic[(size_t)(at[0] * (float)count)] = light < 1 ? light : 1;
    }
}
