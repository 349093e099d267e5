// SPDX-License-Identifier: Apache-2.0
// draw_camera.c - lamp, lens and sensor: from a scene to the bytes of a photograph.
#include "scene.h"

enum { FULL = 9000 }; // electrons that make white

// from -> to: the mean over 2 r + 1 places along lines, then by columns of what that made; `across` says which.
static void box_blur(const double *from, double *to, int size, int r, bool across) {
    const ptrdiff_t stride = across ? 1 : size, next = across ? size : 1;
    for (int line = 0; line < size; line++) {
        const double *a = from + line * next;
        double *b = to + line * next, sum = 0;
        for (int k = -r; k <= r; k++) sum += a[stride * (k < 0 ? 0 : k < size ? k : size - 1)];
        for (int k = 0; k < size; k++) {
            b[stride * k] = sum / (2 * r + 1);
            const int in = k + r + 1, out = k - r;
            sum += a[stride * (in < size ? in : size - 1)] - a[stride * (out < 0 ? 0 : out)];
        }
    }
}

// s->far: how much of the part's shadow falls on each place, soft.
static void cast_shadow(scene *s) {
    const int r = (int)(3.5 * s->unit) + 1;
    box_blur(s->part, s->light, s->size, r, true);
    box_blur(s->light, s->far, s->size, r, false);
    box_blur(s->far, s->light, s->size, r, true);
    box_blur(s->light, s->far, s->size, r, false);
}

typedef struct slope {
    double x, y, z; // of the normal, of length 1
} slope;

static slope slope_at(const scene *s, place p) {
    const int n = s->size, right = p.j + 1 < n, left = p.j > 0, down = p.i + 1 < n, up = p.i > 0;
    const double *h = s->height + p.at;
    const double gx = clamp((h[right] - h[-left]) * s->unit / (right + left), -3, 3);
    const double gy = clamp((h[n * down] - h[-n * up]) * s->unit / (down + up), -3, 3);
    const double z = 1 / sqrt(1 + gx * gx + gy * gy);
    return (slope){-gx * z, -gy * z, z};
}

static double shadow_at(const scene *s, place p, int shift) {
    const int i = p.i > shift ? p.i - shift : 0, j = p.j > shift ? p.j - shift : 0;
    return s->shadow * (1 - s->part[p.at]) * s->far[place_of(s, i, j).at];
}

// Lambert's law, a highlight (Blinn 1977), and the part's shadow on what lies under it.
void shine(scene *s) {
    const int shift = (int)(4 * s->unit);
    const double *lamp = s->lamp,
                 norm = sqrt(lamp[0] * lamp[0] + lamp[1] * lamp[1] + lamp[2] * lamp[2]);
    const double l[3] = {lamp[0] / norm, lamp[1] / norm, lamp[2] / norm}, half = sqrt(2 + 2 * l[2]);
    if (s->shadow > 0) cast_shadow(s);
    EACH_PLACE(s, p) {
        const slope n = slope_at(s, p);
        const double facing = n.x * l[0] + n.y * l[1] + n.z * l[2];
        double in = s->ambient + (1 - s->ambient) * max2(0, facing) / l[2],
               high = max2(0, (facing + n.z) / half);
        for (int k = 0; k < s->shine; k++) high *= high;
        if (s->shadow > 0) in *= 1 - shadow_at(s, p, shift);
        const double *c = s->colour + 3 * p.at;
        for (int k = 0; k < 3; k++) {
            s->light[3 * p.at + (size_t)k] = c[k] * in + s->gloss[p.at] * high;
        }
    }
}

// What the lens makes of a place: a little of its neighbours'.
static double seen(const scene *s, place p, int channel, double blur) {
    const double weight[3] = {blur, 1 - 2 * blur, blur};
    double sum = 0;
    for (int y = 0; y < 3; y++) {
        const int i = (int)clamp(p.i + y - 1, 0, s->size - 1);
        for (int x = 0; x < 3; x++) {
            const int j = (int)clamp(p.j + x - 1, 0, s->size - 1);
            sum += weight[y] * weight[x] * s->light[3 * place_of(s, i, j).at + (size_t)channel];
        }
    }
    return sum;
}

// The sensor: `electrons` come with the noise of their number and of the amplifier; gamma is 2.
static unsigned char sensed(double electrons, uint64_t z) {
    double normal = -2; // four uniform numbers are nearly normal, of variance 1/3
    for (int k = 0; k < 4; k++, z >>= 16) normal += (double)(z & 0xFFFF) * 0x1p-16;
    const double got = electrons + 1.7320508 * normal * sqrt(electrons + 400);
    return (unsigned char)(255 * sqrt(clamp(got / FULL, 0, 1)) + 0.5);
}

void expose(scene *s, bool grey, unsigned char *bytes) {
    const double blur = between(s, 0.10, 0.16), exposure = between(s, 0.96, 1.04);
    const uint64_t seed = bits(s);
    const size_t channels = grey ? 1 : 3;
    EACH_PLACE(s, p) {
        const double u = p.x / 128 - 1, v = p.y / 128 - 1,
                     lens = exposure * (1 - 0.06 * (u * u + v * v)); // darker corners
        for (size_t k = 0; k < channels; k++) {
            const double light = seen(s, p, grey ? 1 : (int)k, blur);
            bytes[p.at * channels + k] =
                sensed(FULL * max2(0, light * lens), mix(seed + p.at * 3 + k));
        }
    }
}
