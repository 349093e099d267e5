// SPDX-License-Identifier: Apache-2.0
// camera_colour.c - from a picture's colours to the light on a sensor and back: tone, gamma, colour matrix, white balance.
#include "base/real.h"
#include "corrupt/camera.h"

// x^p for x in (0, 1], p > 0.
static double power(double x, double p) {
    return 1 / (1 + hg__expm1(-p * hg__log(x)));
}

// IEC 61966-2-1 (sRGB), and back.
static double gamma_of(double light) {
    return light <= 0.0031308 ? 12.92 * light : 1.055 * power(light, 1 / 2.4) - 0.055;
}
static double light_of(double level) {
    return level <= 0.04045 ? level / 12.92 : power((level + 0.055) / 1.055, 2.4);
}

// A share of smoothstep, which many cameras' curves are like; and what it makes of which level (Newton's steps: it has no flat part, as
// the share is below 1).
static double tone_of(double share, double g) {
    return (1 - share) * g + share * g * g * (3 - 2 * g);
}
static double level_of(double share, double y) {
    double g = y;
    for (int32_t i = 0; i < 8; i++) {
        const double slope = (1 - share) + share * 6 * g * (1 - g);
        g -= (tone_of(share, g) - y) / slope;
        g = g < 0 ? 0 : g > 1 ? 1 : g;
    }
    return g;
}

void hg__camera_curves(float tone, hg__curve *back, hg__curve *forth) {
    for (int32_t i = 0; i <= HG_CAMERA_NODES; i++) {
        const double root = (double)i / HG_CAMERA_NODES, at = root * root;
        back->node[i] = (float)light_of(level_of((double)tone, at));
        forth->node[i] = (float)tone_of((double)tone, gamma_of(at));
    }
    back->node[HG_CAMERA_NODES + 1] = forth->node[HG_CAMERA_NODES + 1] = 1;
}

static float look_up(const hg__curve *c, float x) {
    const float at = __builtin_sqrtf(x) * HG_CAMERA_NODES; // x in 0 .. 1
    const int32_t node = (int32_t)at;
    return c->node[node] + (at - (float)node) * (c->node[node + 1] - c->node[node]);
}

// Not NaN either.
static float within(float x) {
    return x > 0 ? x < 1 ? x : 1 : 0;
}

// What is nearly white was cut off by the camera, who knows from where: there white stays white (Brooks et al., eq. for "safe" gains).
static float part_of_white(float grey) {
    const float above = grey > 0.9F ? (grey - 0.9F) * 10 : 0;
    return above * above;
}

void hg__camera_unprocess(const hg__camera *c, hg__planes *p, const hg__curve *back) {
    const size_t n = (size_t)p->height * (size_t)p->width;
    const float *m = c->to_sensor;
    const float less[3] = {1 / c->gain[0], 1 / c->gain[1], 1 / c->gain[2]};
    float *const red = p->plane[0], *const green = p->plane[1], *const blue = p->plane[2];
    for (size_t i = 0; i < n; i++) {
        const float r = look_up(back, within(red[i])), g = look_up(back, within(green[i])),
                    b = look_up(back, within(blue[i]));
        const float sr = within(m[0] * r + m[1] * g + m[2] * b);
        const float sg = within(m[3] * r + m[4] * g + m[5] * b);
        const float sb = within(m[6] * r + m[7] * g + m[8] * b);
        const float white = part_of_white((sr + sg + sb) * (1.0F / 3)), rest = 1 - white;
        red[i] = sr * (white + rest * less[0]);
        green[i] = sg * (white + rest * less[1]);
        blue[i] = sb * (white + rest * less[2]);
    }
}

// ---- luma and chroma (BT.601, as JPEG has them) ------------------------------------------------------------------

void hg__camera_develop(const hg__camera *c, hg__planes *p, const hg__curve *curve) {
    const size_t n = (size_t)p->height * (size_t)p->width;
    const float *m = c->to_picture;
    float *const red = p->plane[0], *const green = p->plane[1], *const blue = p->plane[2];
    for (size_t i = 0; i < n; i++) {
        const float sr = red[i] * c->gain[0], sg = green[i] * c->gain[1], sb = blue[i] * c->gain[2];
        const float wr = sr < 1 ? sr : 1, wg = sg < 1 ? sg : 1, wb = sb < 1 ? sb : 1;
        const float r = look_up(curve, within(m[0] * wr + m[1] * wg + m[2] * wb));
        const float g = look_up(curve, within(m[3] * wr + m[4] * wg + m[5] * wb));
        const float b = look_up(curve, within(m[6] * wr + m[7] * wg + m[8] * wb));
        const float luma = 0.299F * r + 0.587F * g + 0.114F * b;
        red[i] = luma;
        green[i] = r - luma;
        blue[i] = b - luma;
    }
}

void hg__camera_join(hg__planes *p) {
    const size_t n = (size_t)p->height * (size_t)p->width;
    float *const red = p->plane[0], *const green = p->plane[1], *const blue = p->plane[2];
    for (size_t i = 0; i < n; i++) {
        const float luma = red[i], r = green[i], b = blue[i];
        red[i] = luma + r;
        green[i] = luma - (0.299F / 0.587F) * r - (0.114F / 0.587F) * b;
        blue[i] = luma + b;
    }
}
