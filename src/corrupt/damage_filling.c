// SPDX-License-Identifier: Apache-2.0
// damage_filling.c - what is in a defect instead of the part: pieces of pictures, colours, textures, or the part itself changed.
#include "corrupt/damage_internal.h"

enum { FARTHEST_SHIFT = 8, WIDEST_BLUR = 4 };

static int32_t nearest(float v) {
    return (int32_t)(v < 0 ? v - 0.5F : v + 0.5F);
}

// ---- pieces of pictures -------------------------------------------------------------------------

// From where, and how it is turned.
typedef struct piece {
    // pixels of `stride` floats
    const float *from;
    int32_t stride;
    // where the middle of the box comes from
    int32_t y, x;
    // bits: mirrored each way, turned by a quarter
    int32_t turn;
    // pixels there for one here
    float size;
    float gain;
} piece;

static void fill_piece(hg__damage *g, const piece *p) {
    const int32_t H = g->at->height, W = g->at->width;
    const int32_t middle_y = (g->top + g->bottom) / 2, middle_x = (g->left + g->right) / 2;
    for (int32_t y = g->top; y < g->bottom; y++) {
        for (int32_t x = g->left; x < g->right; x++) {
            int32_t down = nearest((float)(y - middle_y) * p->size);
            int32_t along = nearest((float)(x - middle_x) * p->size);
            if (p->turn & 1) along = -along;
            if (p->turn & 2) down = -down;
            const int32_t v = p->y + (p->turn & 4 ? along : down);
            const int32_t u = p->x + (p->turn & 4 ? down : along);
            const float *from = p->from + ((size_t)hg__noise_mirror(v, H) * (size_t)W +
                                           (size_t)hg__noise_mirror(u, W)) *
                                              (size_t)p->stride;
            float *to = hg__damage_fill_at(g, y, x);
            for (int32_t c = 0; c < g->at->channels; c++) to[c] = p->gain * from[c];
        }
    }
}

static piece draw_piece(hg__damage *g, const float *from, int32_t stride) {
    hg__draws *d = &g->draws;
    piece p = {.from = from, .stride = stride};
    p.turn = hg__draw_below(d, 8);
    p.gain = hg__draw_below(d, 2) ? 1 : hg__draw_between(d, 0.8F, 1.25F);
    p.size = hg__draw_below(d, 3) ? 1 : hg__draw_ratio(d, 0.6F, 1.7F);
    p.y = hg__draw_below(d, g->at->height);
    p.x = hg__draw_below(d, g->at->width);
    return p;
}

static void fill_patch(hg__damage *g) {
    const piece p = draw_piece(g, g->x, g->at->stride);
    fill_piece(g, &p);
}

static void fill_donor(hg__damage *g) {
    const piece p = draw_piece(g, g->at->donor, g->at->channels);
    fill_piece(g, &p);
}

static int32_t draw_shift(hg__draws *d) {
    const int32_t sign = hg__draw_below(d, 2) ? 1 : -1;
    return sign * (1 + hg__draw_below(d, FARTHEST_SHIFT));
}

// The part itself, moved by a few pixels: bent, broken and put together again.
static void fill_shift(hg__damage *g) {
    piece p = {.from = g->x, .stride = g->at->stride, .size = 1, .gain = 1};
    p.y = (g->top + g->bottom) / 2 + draw_shift(&g->draws);
    p.x = (g->left + g->right) / 2 + draw_shift(&g->draws);
    fill_piece(g, &p);
}

// ---- colours and textures -----------------------------------------------------------------------

// Any colour, black or white or nearly, any grey, or one that is near a colour of the picture.
static void draw_colour(hg__damage *g, float colour[3]) {
    hg__draws *d = &g->draws;
    const int32_t channels = g->at->channels, kind = hg__draw_below(d, 4);
    const int32_t y = hg__draw_below(d, g->at->height), x = hg__draw_below(d, g->at->width);
    const float *own = hg__damage_pixel(g, y, x), grey = hg__draw_unit(d);
    for (int32_t c = 0; c < channels; c++) {
        colour[c] = kind == 0   ? hg__draw_unit(d)
                    : kind == 1 ? (grey < 0.5F ? 0.25F * grey : 0.75F + 0.25F * grey)
                    : kind == 2 ? grey
                                : own[c] + hg__draw_between(d, -0.15F, 0.15F);
    }
}

static void fill_colour(hg__damage *g) {
    float colour[3] = {0};
    draw_colour(g, colour);
    for (int32_t y = g->top; y < g->bottom; y++) {
        for (int32_t x = g->left; x < g->right; x++) {
            float *to = hg__damage_fill_at(g, y, x);
            for (int32_t c = 0; c < g->at->channels; c++) to[c] = colour[c];
        }
    }
}

// From one colour to another by smooth noise, which may be stretched along a direction.
static void fill_texture(hg__damage *g) {
    hg__draws *d = &g->draws;
    float one[3] = {0}, other[3] = {0}, cosine, sine;
    draw_colour(g, one);
    draw_colour(g, other);
    const float scale = hg__draw_ratio(d, 1.5F, 30), sharpness = hg__draw_ratio(d, 1, 8);
    const float stretch = hg__draw_below(d, 3) ? 1 : hg__draw_ratio(d, 0.15F, 1);
    const float origin = 4.0F * (float)(g->at->height + g->at->width);
    const uint32_t key = hg__draw_word(d);
    hg__draw_direction(d, &cosine, &sine);
    for (int32_t y = g->top; y < g->bottom; y++) {
        for (int32_t x = g->left; x < g->right; x++) {
            const float v = ((float)y * cosine - (float)x * sine) * stretch + origin;
            const float u = (float)y * sine + (float)x * cosine + origin;
            const float noise = hg__fractal_noise(key, v, u, scale);
            const float share = hg__clamp_unit(0.5F + 0.5F * sharpness * noise);
            float *to = hg__damage_fill_at(g, y, x);
            for (int32_t c = 0; c < g->at->channels; c++) {
                to[c] = one[c] + (other[c] - one[c]) * share;
            }
        }
    }
}

// ---- the part, changed --------------------------------------------------------------------------

// Stains and dents: darker or lighter, of another tint.
static void fill_shade(hg__damage *g) {
    hg__draws *d = &g->draws;
    const int32_t channels = g->at->channels;
    float gain[3];
    const float all = hg__draw_ratio(d, 0.3F, 2);
    const float offset = hg__draw_below(d, 2) ? 0 : hg__draw_between(d, -0.3F, 0.3F);
    const bool is_tinted = channels == 3 && hg__draw_below(d, 2);
    for (int32_t c = 0; c < channels; c++) {
        gain[c] = is_tinted ? all * hg__draw_between(d, 0.7F, 1.3F) : all;
    }
    for (int32_t y = g->top; y < g->bottom; y++) {
        for (int32_t x = g->left; x < g->right; x++) {
            const float *from = hg__damage_pixel(g, y, x);
            float *to = hg__damage_fill_at(g, y, x);
            for (int32_t c = 0; c < channels; c++) to[c] = from[c] * gain[c] + offset;
        }
    }
}

static void blur_pixel(const hg__damage *g, int32_t y, int32_t x, int32_t radius, float *to) {
    const int32_t channels = g->at->channels, side = 2 * radius + 1;
    for (int32_t c = 0; c < channels; c++) to[c] = 0;
    for (int32_t down = -radius; down <= radius; down++) {
        for (int32_t along = -radius; along <= radius; along++) {
            const float *from = hg__damage_pixel(g, y + down, x + along);
            for (int32_t c = 0; c < channels; c++) to[c] += from[c];
        }
    }
    for (int32_t c = 0; c < channels; c++) to[c] /= (float)(side * side);
}

static void fill_blur(hg__damage *g) {
    const int32_t radius = 1 + hg__draw_below(&g->draws, WIDEST_BLUR);
    for (int32_t y = g->top; y < g->bottom; y++) {
        for (int32_t x = g->left; x < g->right; x++) {
            if (*hg__damage_shape_at(g, y, x) > 0) {
                blur_pixel(g, y, x, radius, hg__damage_fill_at(g, y, x));
            }
        }
    }
}

static void fill_grain(hg__damage *g) {
    const float amount = 2 * hg__draw_between(&g->draws, 0.05F, 0.3F);
    const uint32_t key = hg__draw_word(&g->draws);
    for (int32_t y = g->top; y < g->bottom; y++) {
        for (int32_t x = g->left; x < g->right; x++) {
            const float *from = hg__damage_pixel(g, y, x);
            float *to = hg__damage_fill_at(g, y, x);
            for (int32_t c = 0; c < g->at->channels; c++) {
                to[c] = from[c] + amount * (hg__grid_noise(key, y, 4 * x + c) - 0.5F);
            }
        }
    }
}

// ---- which --------------------------------------------------------------------------------------

#define SHAPE(name, weight)
#define FILLING(name, weight) {fill_##name, weight},
static const hg__damage_type fillings[] = {
#include "corrupt/damages.def"
};
#undef FILLING
#undef SHAPE

void hg__damage_draw_filling(hg__damage *g) {
    hg__damage_pick(g, fillings, sizeof fillings / sizeof *fillings)->draw(g);
}
