// SPDX-License-Identifier: Apache-2.0
// damage_shape.c - where a defect is: blobs, boxes, strokes, specks, each soft at its edge.
#include "corrupt/damage_internal.h"

// ---- where --------------------------------------------------------------------------------------

// The box round a circle, inside the picture.
static void set_box(hg__damage *g, float y, float x, float radius) {
    const int32_t H = g->at->height, W = g->at->width;
    g->top = (int32_t)(y - radius);
    g->left = (int32_t)(x - radius);
    g->bottom = (int32_t)(y + radius) + 2;
    g->right = (int32_t)(x + radius) + 2;
    if (g->top < 0) g->top = 0;
    if (g->left < 0) g->left = 0;
    if (g->bottom > H) g->bottom = H;
    if (g->right > W) g->right = W;
}

// Largest less smallest of the samples around it.
static float contrast_at(const hg__damage *g, int32_t y, int32_t x) {
    float least = 2, most = -1;
    for (int32_t down = -6; down <= 6; down += 3) {
        for (int32_t along = -6; along <= 6; along += 3) {
            const float v = hg__damage_pixel(g, y + down, x + along)[0];
            if (v < least) least = v;
            if (v > most) most = v;
        }
    }
    return most - least;
}

// Half of the defects lie anywhere, half where the most is to be seen of four places: on the part rather than beside it.
static void pick_centre(hg__damage *g, float *y, float *x) {
    const int32_t tries = hg__draw_below(&g->draws, 2) ? 4 : 1;
    float best = -1;
    for (int32_t i = 0; i < tries; i++) {
        const int32_t v = hg__draw_below(&g->draws, g->at->height);
        const int32_t u = hg__draw_below(&g->draws, g->at->width);
        const float contrast = contrast_at(g, v, u);
        if (contrast <= best) continue;
        best = contrast;
        *y = (float)v;
        *x = (float)u;
    }
}

static float short_side(const hg__damage *g) {
    return (float)(g->at->height < g->at->width ? g->at->height : g->at->width);
}

// ---- blobs and boxes ----------------------------------------------------------------------------

typedef struct oval {
    float y, x, cosine, sine;
    // half axes, pixels; the edge's softness
    float a, b, feather;
    // of the edge's way in and out: share of the half axes, pixels
    float ragged, scale;
    uint32_t key;
} oval;

static oval draw_oval(hg__damage *g) {
    hg__draws *d = &g->draws;
    oval o = {0};
    pick_centre(g, &o.y, &o.x);
    o.a = hg__draw_ratio(d, 2.5F, 0.4F * short_side(g));
    o.b = o.a * hg__draw_ratio(d, 0.25F, 1);
    if (o.b < 1) o.b = 1;
    hg__draw_direction(d, &o.cosine, &o.sine);
    o.feather = hg__draw_below(d, 3) ? hg__draw_between(d, 0.7F, 1.6F)
                                     : hg__draw_between(d, 0.7F, 1 + 0.25F * o.b);
    return o;
}

// Distance from the centre in half axes: of an ellipse, or a box.
static float distance_of(const oval *o, float down, float along, bool is_box) {
    float u = (o->cosine * along + o->sine * down) / o->a;
    float v = (o->cosine * down - o->sine * along) / o->b;
    if (!is_box) return __builtin_sqrtf(u * u + v * v);
    if (u < 0) u = -u;
    if (v < 0) v = -v;
    return u > v ? u : v;
}

static void fill_oval(hg__damage *g, const oval *o, bool is_box) {
    const float limit = 1 + o->ragged + o->feather / o->b;
    for (int32_t y = g->top; y < g->bottom; y++) {
        for (int32_t x = g->left; x < g->right; x++) {
            const float down = (float)y - o->y, along = (float)x - o->x;
            const float distance = distance_of(o, down, along, is_box);
            if (distance > limit) continue;
            const float noise =
                o->ragged > 0 ? hg__fractal_noise(o->key, (float)y, (float)x, o->scale) : 0;
            const float depth = (1 + o->ragged * noise - distance) * o->b;
            *hg__damage_shape_at(g, y, x) = hg__clamp_unit(depth / o->feather);
        }
    }
}

static void draw_blob(hg__damage *g) {
    oval o = draw_oval(g);
    o.ragged = hg__draw_between(&g->draws, 0, 1.2F);
    o.scale = o.a * hg__draw_between(&g->draws, 0.3F, 1.2F);
    if (o.scale < 2) o.scale = 2;
    o.key = hg__draw_word(&g->draws);
    set_box(g, o.y, o.x, o.a * (1 + o.ragged) + o.feather);
    fill_oval(g, &o, false);
}

static void draw_box(hg__damage *g) {
    const oval o = draw_oval(g);
    set_box(g, o.y, o.x, 1.5F * o.a + o.feather);
    fill_oval(g, &o, true);
}

// ---- discs, one beside the other ----------------------------------------------------------------

static void stamp_disc(hg__damage *g, float y, float x, float radius) {
    const int32_t top = g->top, left = g->left, bottom = g->bottom, right = g->right;
    set_box(g, y, x, radius + 1);
    for (int32_t v = g->top; v < g->bottom; v++) {
        for (int32_t u = g->left; u < g->right; u++) {
            const float down = (float)v - y, along = (float)u - x;
            const float inside =
                hg__clamp_unit(radius + 0.5F - __builtin_sqrtf(down * down + along * along));
            float *shape = hg__damage_shape_at(g, v, u);
            if (inside > *shape) *shape = inside;
        }
    }
    if (bottom <= top) return; // the first: its box is the shape's
    if (top < g->top) g->top = top;
    if (left < g->left) g->left = left;
    if (bottom > g->bottom) g->bottom = bottom;
    if (right > g->right) g->right = right;
}

// Scratches, cracks, fibres: a walk whose direction drifts.
static void draw_stroke(hg__damage *g) {
    hg__draws *d = &g->draws;
    float y = 0, x = 0, cosine, sine, drift = 0;
    pick_centre(g, &y, &x);
    const float width = hg__draw_ratio(d, 0.5F, 0.04F * short_side(g) + 1.5F);
    const int32_t length = (int32_t)hg__draw_ratio(d, 6, 0.9F * short_side(g) + 6);
    const float bend = hg__draw_between(d, 0, 0.006F);
    float turns = hg__draw_unit(d);
    for (int32_t i = 0; i < length; i++) {
        drift = 0.9F * drift + bend * hg__draw_bell(d);
        turns += drift + 1;
        turns -= (float)(int32_t)turns;
        hg__direction_of(turns, &cosine, &sine);
        y += sine;
        x += cosine;
        stamp_disc(g, y, x, width * hg__draw_between(d, 0.7F, 1));
    }
}

// Pits, crumbs, splashes.
static void draw_specks(hg__damage *g) {
    hg__draws *d = &g->draws;
    float y = 0, x = 0;
    pick_centre(g, &y, &x);
    const float spread = hg__draw_ratio(d, 3, 24), radius = hg__draw_ratio(d, 0.6F, 3.5F);
    const int32_t count = 3 + hg__draw_below(d, 18);
    for (int32_t i = 0; i < count; i++) {
        const float down = 0.6F * spread * hg__draw_bell(d), along = spread * hg__draw_bell(d);
        stamp_disc(g, y + down, x + along, radius * hg__draw_between(d, 0.6F, 1.4F));
    }
}

// ---- which --------------------------------------------------------------------------------------

#define FILLING(name, weight)
#define SHAPE(name, weight) {draw_##name, weight},
static const hg__damage_type shapes[] = {
#include "corrupt/damages.def"
};
#undef SHAPE
#undef FILLING

void hg__damage_draw_shape(hg__damage *g) {
    const hg__damage_type *shape = hg__damage_pick(g, shapes, sizeof shapes / sizeof *shapes);
    g->top = g->left = g->bottom = g->right = 0;
    shape->draw(g);
}
