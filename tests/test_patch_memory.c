// SPDX-License-Identifier: Apache-2.0
// test_patch_memory.c - axes of vectors, patches of pictures, and how far they are from a memory of good ones.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "inspect/coreset.h"
#include "inspect/patch_memory.h"
#include "inspect/patches.h"

#include <cmocka.h>

enum { SIDE = 40, PICTURES = 6 };

static float random_at(uint32_t a, uint32_t b) {
    return hg__unit_float(hg__philox_run(5, a, b, 0, 0).word[0]);
}

// Stripes with noise.
static int draw(const void *context, int32_t i, hg__raster *r, hg_error *err) {
    const int *channels = context;
    const int code = hg__raster_init(r, SIDE, SIDE, *channels, err);
    if (code < 0) return code;
    for (int32_t y = 0; y < SIDE; y++) {
        for (int32_t x = 0; x < SIDE; x++) {
            for (int32_t c = 0; c < *channels; c++) {
                const float noise = random_at((uint32_t)i, (uint32_t)((y * SIDE + x) * 3 + c));
                hg__raster_pixel(r, y, x)[c] = ((x / 4) % 2 ? 0.7F : 0.3F) + 0.05F * noise;
            }
        }
    }
    return HG_OK;
}

static const int one = 1, three = 3;

static hg__raster_source good(const int *channels) {
    return (hg__raster_source){"good", channels, PICTURES, draw};
}

typedef struct feature_context {
    const hg__patches *p;
    const int *channels;
} feature_context;

static int read_map(const void *context, int32_t i, hg__raster *r, hg_error *err) {
    const feature_context *c = context;
    hg__raster picture = {0};
    int code = draw(c->channels, i, &picture, err);
    if (code == HG_OK) code = hg__patches_run(c->p, &picture, r, NULL, err);
    hg__raster_clear(&picture);
    return code;
}

// c (n, n): twelve directions, ever shorter.
static void draw_matrix(double *c, int32_t n) {
    for (int32_t f = 0; f < 12; f++) {
        for (int32_t i = 0; i < n * n; i++) {
            const double a = (double)random_at((uint32_t)f, (uint32_t)(i / n)) - 0.5;
            const double b = (double)random_at((uint32_t)f, (uint32_t)(i % n)) - 0.5;
            c[i] += a * b / (1 << f);
        }
    }
}

// The largest number of C v - value v.
static double error_of(const double *c, const double *v, double value, int32_t n) {
    double worst = 0;
    for (int32_t i = 0; i < n; i++) {
        double sum = 0;
        for (int32_t j = 0; j < n; j++) sum += c[i * n + j] * v[j];
        worst = fmax(worst, fabs(sum - value * v[i]));
    }
    return worst;
}

static void axes_are_eigenvectors_small_and_wide(void **state) {
    (void)state;
    static const int32_t sizes[] = {1, 2, 7, 40, 400};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const int32_t n = sizes[s], k = n < 5 ? n : 5;
        double *c = hg__alloc((size_t)n * (size_t)n * 2, sizeof *c, NULL), *kept = c + n * n;
        double value[5], *vector = hg__alloc((size_t)n * 5, sizeof *vector, NULL);
        draw_matrix(c, n);
        memcpy(kept, c, (size_t)n * (size_t)n * sizeof *c);
        assert_int_equal(hg__eigen_jacobi(c, n, k, value, vector, NULL), HG_OK);
        for (int32_t z = 0; z < k; z++) {
            const double *v = vector + z * n;
            double length = 0;
            for (int32_t i = 0; i < n; i++) length += v[i] * v[i];
            assert_true(error_of(kept, v, value[z], n) < 1e-9 * value[0]);
            assert_true(fabs(length - 1) < 1e-9);
            assert_true(z == 0 || value[z] <= value[z - 1]);
        }
        hg__free(c);
        hg__free(vector);
    }
}

static void whitened_patches_have_unit_spread_and_any_threads_give_the_same_bits(void **state) {
    (void)state;
    for (int kind = HG_PATCH_PIXELS; kind <= HG_PATCH_SLOPES; kind++) {
        hg__patch_options o = hg__patch_defaults((hg__patch_kind)kind);
        o.stride = 3;
        o.dims = 8;
        o.position = kind == HG_PATCH_SLOPES ? 1 : 0;
        const hg__raster_source source = good(kind == HG_PATCH_SLOPES ? &three : &one);
        hg__pool *pool = hg__pool_new(2, NULL);
        hg__patches p[2];
        hg__raster picture = {0}, map[2];
        hg__blocks b = {.pool = pool};
        assert_int_equal(hg__patches_learn(&p[0], &o, &source, NULL, NULL), HG_OK);
        assert_int_equal(hg__patches_learn(&p[1], &o, &source, pool, NULL), HG_OK);
        assert_int_equal(draw(source.context, 9, &picture, NULL), HG_OK);
        assert_int_equal(hg__patches_run(&p[0], &picture, &map[0], NULL, NULL), HG_OK);
        assert_int_equal(hg__patches_run(&p[1], &picture, &map[1], &b, NULL), HG_OK);
        assert_int_equal(map[0].height, 14);
        assert_int_equal(map[0].channels, o.position > 0 ? 10 : 8);
        assert_memory_equal(map[0].at, map[1].at, hg__raster_count(&map[0]) * sizeof(float));
        double square = 0;
        for (int32_t i = 0; i < 14 * 14; i++) {
            for (int32_t z = 0; z < 8; z++) {
                const double x = (double)map[0].at[i * map[0].channels + z];
                square += x * x / (14 * 14 * 8);
            }
        }
        assert_true(square > 0.5 && square < 2);
        for (int i = 0; i < 2; i++) {
            hg__patches_clear(&p[i]);
            hg__raster_clear(&map[i]);
        }
        hg__raster_clear(&picture);
        hg__blocks_clear(&b);
        hg__pool_free(pool);
    }
}

// Greedy k-centre as its definition has it.
static void a_coreset_is_the_greedy_one(void **state) {
    (void)state;
    enum { COUNT = 300, WIDTH = 5, K = 40 };
    static float x[COUNT * WIDTH + 64];
    int32_t picked[K], again[K], want = 0;
    double near[COUNT];
    for (int i = 0; i < COUNT * WIDTH; i++) x[i] = random_at(77, (uint32_t)i);
    hg__pool *pool = hg__pool_new(2, NULL);
    assert_int_equal(hg__coreset_pick(x, COUNT, WIDTH, K, 1, picked, NULL, NULL), HG_OK);
    assert_int_equal(hg__coreset_pick(x, COUNT, WIDTH, K, 1, again, pool, NULL), HG_OK);
    assert_memory_equal(picked, again, sizeof picked);
    for (int i = 0; i < COUNT; i++) near[i] = (double)INFINITY;
    for (int k = 0; k < K; k++) {
        assert_int_equal(picked[k], want);
        for (int i = 0; i < COUNT; i++) {
            double d = 0;
            for (int j = 0; j < WIDTH; j++) {
                const double e = (double)(x[i * WIDTH + j] - x[want * WIDTH + j]);
                d += e * e;
            }
            near[i] = fmin(near[i], d);
        }
        for (int i = 0; i < COUNT; i++) {
            if (near[i] > near[want]) want = i;
        }
    }
    hg__pool_free(pool);
}

static hg__patches learnt(void) {
    hg__patch_options o = hg__patch_defaults(HG_PATCH_SLOPES);
    o.stride = 4;
    o.dims = 12;
    const hg__raster_source source = good(&one);
    hg__patches p;
    assert_int_equal(hg__patches_learn(&p, &o, &source, NULL, NULL), HG_OK);
    return p;
}

static void a_spot_lies_far_from_the_memory_which_stays_below_what_was_said(void **state) {
    (void)state;
    hg__patches p = learnt();
    const feature_context c = {&p, &one};
    const hg__raster_source maps = {"maps", &c, PICTURES, read_map};
    hg__patch_memory_options o = hg__patch_memory_defaults(1, (size_t)1 << 30);
    hg__patch_memory_size size;
    o.share = 0.5;
    assert_int_equal(hg__patch_memory_size_of(&o, PICTURES, 100, 12, &size, NULL), HG_OK);
    assert_int_equal(size.each, 100);
    assert_int_equal(size.kept, 300);
    hg__patch_memory *m = hg__patch_memory_fit(&maps, &o, NULL, NULL);
    assert_non_null(m);
    assert_int_equal(hg__patch_memory_count(m), 300);
    hg__raster picture = {0}, map, plain, spot;
    assert_int_equal(draw(&one, 20, &picture, NULL), HG_OK);
    assert_int_equal(hg__patches_run(&p, &picture, &map, NULL, NULL), HG_OK);
    assert_int_equal(hg__patch_memory_run(m, &map, &plain, NULL, NULL), HG_OK);
    hg__raster_clear(&map);
    for (int32_t y = 18; y < 23; y++) {
        for (int32_t x = 18; x < 23; x++) picture.at[y * SIDE + x] = 0;
    }
    assert_int_equal(hg__patches_run(&p, &picture, &map, NULL, NULL), HG_OK);
    assert_int_equal(hg__patch_memory_run(m, &map, &spot, NULL, NULL), HG_OK);
    float most = 0;
    for (int32_t i = 0; i < 100; i++) most = fmaxf(most, plain.at[i]);
    assert_true(spot.at[5 * 10 + 5] > 2 * most);
    double score = 0;
    assert_int_equal(hg__patch_memory_score(m, &map, &spot, &score, NULL, NULL), HG_OK);
    assert_true(score > 0 && score < 10 * (double)spot.at[55]);
    hg__raster_clear(&map);
    hg__raster_clear(&plain);
    hg__raster_clear(&spot);
    hg__raster_clear(&picture);

    o.max_bytes = size.making / 2; // fewer then
    assert_int_equal(hg__patch_memory_size_of(&o, PICTURES, 100, 12, &size, NULL), HG_OK);
    assert_true(size.each < 100 && size.making <= o.max_bytes);
    hg_error err;
    o.max_bytes = 100;
    assert_int_equal(hg__patch_memory_size_of(&o, PICTURES, 100, 12, &size, &err), HG_ERR_MEMORY);
    hg__patch_memory_free(m);
    hg__patches_clear(&p);
}

static void a_picture_is_not_its_own_neighbour_and_a_memory_comes_back_from_parts(void **state) {
    (void)state;
    hg__patches p = learnt();
    const feature_context c = {&p, &one};
    const hg__raster_source maps = {"maps", &c, PICTURES, read_map};
    hg__patch_memory_options o = hg__patch_memory_defaults(1, (size_t)1 << 30);
    o.share = 1;
    hg__patch_memory *m = hg__patch_memory_fit(&maps, &o, NULL, NULL);
    assert_non_null(m);
    hg__raster map = {0}, own, other;
    assert_int_equal(read_map(&c, 2, &map, NULL), HG_OK);
    assert_int_equal(hg__patch_memory_run(m, &map, &own, NULL, NULL), HG_OK);
    hg__patch_memory *rest = hg__patch_memory_without(m, 2, NULL);
    assert_non_null(rest);
    assert_int_equal(hg__patch_memory_count(rest), 500);
    assert_int_equal(hg__patch_memory_run(rest, &map, &other, NULL, NULL), HG_OK);
    for (int32_t i = 0; i < 100; i++) assert_true(own.at[i] == 0 && other.at[i] > 0);
    hg__raster_clear(&own);

    const hg__shape shape = {1, {4}};
    hg_model *model = hg__model_from_spec("dense 2 | dense input", &shape, 0, 0, NULL);
    hg_error err;
    assert_non_null(model);
    assert_null(hg__patch_memory_from_parts(model, "memory", "m", &err));
    assert_int_equal(hg__patch_memory_to_parts(rest, "memory", model, NULL), HG_OK);
    hg__patch_memory *back = hg__patch_memory_from_parts(model, "memory", "m", &err);
    assert_non_null(back);
    assert_int_equal(hg__patch_memory_run(back, &map, &own, NULL, NULL), HG_OK);
    assert_memory_equal(own.at, other.at, 100 * sizeof(float));
    hg_model_free(model);
    hg__raster_clear(&own);
    hg__raster_clear(&other);
    hg__raster_clear(&map);
    hg__patch_memory_free(back);
    hg__patch_memory_free(rest);
    hg__patch_memory_free(m);
    hg__patches_clear(&p);
}

static void patches_come_back_from_parts_and_broken_ones_are_refused(void **state) {
    (void)state;
    hg__patches p = learnt(), back;
    const hg__shape shape = {1, {4}};
    hg_model *model = hg__model_from_spec("dense 2 | dense input", &shape, 0, 0, NULL);
    hg__raster picture = {0}, a, b;
    hg_error err;
    assert_int_equal(hg__patches_from_parts(&back, model, "m", &err), HG_ERR_MODEL);
    assert_int_equal(hg__patches_to_parts(&p, model, NULL), HG_OK);
    assert_int_equal(hg__patches_from_parts(&back, model, "m", NULL), HG_OK);
    assert_int_equal(draw(&one, 9, &picture, NULL), HG_OK);
    assert_int_equal(hg__patches_run(&p, &picture, &a, NULL, NULL), HG_OK);
    assert_int_equal(hg__patches_run(&back, &picture, &b, NULL, NULL), HG_OK);
    assert_memory_equal(a.at, b.at, hg__raster_count(&a) * sizeof(float));
    hg__patches_clear(&back);
    p.options.cells = 5; // no longer as wide as the axes
    assert_int_equal(hg__patches_to_parts(&p, model, NULL), HG_OK);
    assert_int_equal(hg__patches_from_parts(&back, model, "m", &err), HG_ERR_MODEL);
    p.options.stride = 0;
    assert_int_equal(hg__patches_to_parts(&p, model, NULL), HG_OK);
    assert_int_equal(hg__patches_from_parts(&back, model, "m", &err), HG_ERR_MODEL);
    hg_model_free(model);
    hg__raster_clear(&picture);
    hg__raster_clear(&a);
    hg__raster_clear(&b);
    hg__patches_clear(&p);
}

static void a_map_is_spread_by_straight_lines(void **state) {
    (void)state;
    float at[4] = {0, 4, 8, 12};
    const hg__raster map = {2, 2, 1, at};
    hg__raster to;
    assert_int_equal(hg__patch_map_smooth(&map, 4, 8, 8, 0, &to, NULL, NULL), HG_OK);
    assert_true(to.at[0] == 0 && to.at[2] == 2 && to.at[7] == 4 && to.at[2 * 8 + 2] == 6);
    hg__raster_clear(&to);
    for (int i = 0; i < 4; i++) at[i] = 3;
    assert_int_equal(hg__patch_map_smooth(&map, 4, 8, 8, 3, &to, NULL, NULL), HG_OK);
    for (int i = 0; i < 64; i++) assert_true(fabsf(to.at[i] - 3) < 1e-5F);
    hg__raster_clear(&to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_are_eigenvectors_small_and_wide),
        cmocka_unit_test(whitened_patches_have_unit_spread_and_any_threads_give_the_same_bits),
        cmocka_unit_test(a_coreset_is_the_greedy_one),
        cmocka_unit_test(a_spot_lies_far_from_the_memory_which_stays_below_what_was_said),
        cmocka_unit_test(a_picture_is_not_its_own_neighbour_and_a_memory_comes_back_from_parts),
        cmocka_unit_test(patches_come_back_from_parts_and_broken_ones_are_refused),
        cmocka_unit_test(a_map_is_spread_by_straight_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
