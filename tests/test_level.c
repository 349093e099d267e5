// SPDX-License-Identifier: Apache-2.0
// test_level.c - the level of noise in training: how it is measured, what rows are told, what it counts in the loss.
#include "base/rng.h"
#include "nn/loss.h"
#include "picture_case.h"
#include "rows/levelled.h"

static void assert_near(double got, double want, double most) {
    if (!(fabs(got - want) <= most)) fail_msg("expected %.9g, got %.9g", want, got);
}

// ---- measured -------------------------------------------------------------------------------------

enum { H = 21, W = 34 };

static float drawn(uint32_t i, uint32_t what) {
    return hg__unit_float(hg__philox_run(7, what, i, 0, 0).word[0]);
}

static double squares(const float *x, const float *clean, int32_t i, int32_t j, int32_t C) {
    double sum = 0;
    for (int32_t c = 0; c < C; c++) {
        const double e = (double)x[(i * W + j) * C + c] - (double)clean[(i * W + j) * C + c];
        sum += e * e / C;
    }
    return sum;
}

static double neighbourhood(const float *x, const float *clean, int32_t i, int32_t j, int32_t C) {
    double squared = 0, n = 0;
    for (int32_t k = 0; k < H * W; k++) {
        if (abs(k / W - i) > HG_LEVEL_RADIUS || abs(k % W - j) > HG_LEVEL_RADIUS) continue;
        squared += squares(x, clean, k / W, k % W, C);
        n++;
    }
    return sqrt(squared / n);
}

static void the_level_is_the_root_mean_square_of_the_neighbourhood(void **state) {
    (void)state;
    static float x[H * W * 3], clean[H * W * 3], level[H * W];
    static double sum[(H + 1) * (W + 1)];
    for (int32_t C = 1; C <= 3; C += 2) {
        double all = 0;
        for (uint32_t i = 0; i < (uint32_t)(H * W * C); i++) {
            clean[i] = drawn(i, 1);
            x[i] = clean[i] + (i % 100 < 50 ? 0.1F : 0.4F) * (drawn(i, 2) - 0.5F);
        }
        const float whole = hg__level_of(x, clean, H, W, C, sum, level);
        for (int32_t i = 0; i < H; i++) {
            for (int32_t j = 0; j < W; j++) {
                all += squares(x, clean, i, j, C) / (H * W);
                assert_near((double)level[i * W + j], neighbourhood(x, clean, i, j, C), 1e-6);
            }
        }
        assert_near((double)whole, sqrt(all), 1e-6);
    }
    assert_true(hg__level_of(x, x, H, W, 1, sum, level) == 0);
    for (int32_t i = 0; i < H * W; i++) assert_true(level[i] == 0);
}

// ---- told -----------------------------------------------------------------------------------------

enum { ROWS = 200, LARGE = 24, NUMBERS = LARGE * LARGE * 4 };

static hg__dataset *noisy(const char *name, double share, int32_t channels) {
    hg_error err = {0};
    hg__picture_options own = plain;
    own.channels = channels;
    own.crop = LARGE;
    hg__dataset *d = opened_noisy(name, "gaussian 5-50", &own, 1 << 20);
    assert_int_equal(hg__dataset_tell_levels(d, share, 9, &err), HG_OK);
    return d;
}

// Of `rows` how many are told nothing, one number, a map.
static void count_told(double share, int32_t channels, int32_t told[3]) {
    float x[NUMBERS] = {0}, target[NUMBERS] = {0};
    hg__dataset *d = noisy("levels", share, channels);
    const int32_t C = channels + 1;
    assert_int_equal(d->learned.shape.dim[2], C);
    assert_int_equal(d->learned.width, LARGE * LARGE * C);
    assert_int_equal(d->source.shape.dim[2], channels); // pictures as they are
    for (uint32_t epoch = 1; epoch <= ROWS; epoch++) {
        int32_t same = 0, right = 0, nothing = 0;
        double squared = 0, mean = 0;
        make(d, 0, 0, epoch, x, target);
        for (int32_t i = 0; i < LARGE * LARGE; i++) {
            const float own = x[i * C + channels], level = target[i * C + channels];
            assert_true(level > 0.5F / 255 && level < 100.0F / 255);
            same += own == x[channels];
            right += own == level;
            nothing += own == 0;
            mean += (double)own / (LARGE * LARGE);
            for (int32_t c = 0; c < channels; c++) {
                const double e = (double)x[i * C + c] - (double)target[i * C + c];
                squared += e * e / (LARGE * LARGE * channels);
            }
        }
        const bool is_blind = nothing == LARGE * LARGE, is_one = !is_blind && same == LARGE * LARGE;
        if (!is_blind && !is_one) assert_int_equal(right, LARGE * LARGE);
        if (is_one) assert_near(mean, sqrt(squared), 1e-5);
        told[is_blind ? 0 : is_one ? 1 : 2]++;
    }
    hg__dataset_close(d);
}

static void a_share_of_the_rows_is_told_its_level(void **state) {
    (void)state;
    assert_int_equal(hg__make_folder(at("levels"), NULL), HG_OK);
    write_picture("levels/a.png", 1, 40, 40, 3);
    for (int32_t channels = 1; channels <= 3; channels += 2) {
        int32_t half[3] = {0}, all[3] = {0};
        count_told(0.5, channels, half);
        assert_in_range(half[0], ROWS / 2 - 25, ROWS / 2 + 25);
        assert_in_range(half[1], ROWS / 4 - 22, ROWS / 4 + 22);
        count_told(1, channels, all);
        assert_int_equal(all[0], 0);
    }
}

static void rows_without_known_noise_are_refused(void **state) {
    (void)state;
    hg_error err = {0};
    hg__dataset *d = opened("levels", &plain, 1 << 20);
    assert_int_equal(hg__dataset_tell_levels(d, 0.5, 9, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "level: expected images whose noise is known, of noise= or "
                                     "target=, got neither");
    hg__dataset_close(d);
    d = opened_noisy("levels", "blind", &plain, 1 << 20);
    assert_int_equal(hg__dataset_tell_levels(d, 0.5, 9, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "got noise=blind"));
    hg__dataset_close(d);
}

// ---- the loss -------------------------------------------------------------------------------------

enum { SIDE = 12, C1 = 4, N = SIDE * SIDE * C1, ROOM = 1 << 16 };

// The picture's loss, and 0.25 of the level's squared error: what slopes must be of. Means.
static double whole_loss(const hg__objective *o, const hg__kernels *k, const hg__real *y,
                         const hg__real *t) {
    static _Alignas(64) hg__real scratch[ROOM], a[N], b[N];
    const hg__loss_rows picture = {
        .k = k, .shape = {3, {SIDE, SIDE, C1 - 1}},
             .n = SIDE * SIDE * (C1 - 1)
    };
    double level = 0;
    for (int32_t i = 0, n = 0; i < N; i++) {
        if (i % C1 == C1 - 1) {
            level += ((double)y[i] - (double)t[i]) * ((double)y[i] - (double)t[i]);
        } else {
            a[n] = y[i];
            b[n++] = t[i];
        }
    }
    return hg__objective_row(o, &picture, false, NULL, a, b, 1, scratch) / picture.n +
           0.25 * level / (SIDE * SIDE);
}

static void the_loss_is_the_pictures_and_the_slope_also_the_levels(void **state) {
    (void)state;
    static _Alignas(64) hg__real y[N], t[N], dy[N], scratch[ROOM];
    const char *const losses[] = {"mse", "0.84 ssim + 0.16 mse"};
    const hg__kernels *k = hg__kernels_pick();
    for (size_t l = 0; l < 2; l++) {
        hg__objective o;
        hg_error err = {0};
        assert_int_equal(hg__objective_parse(&o, losses[l], 0, &err), HG_OK);
        const hg__loss_rows r = {
            .k = k, .shape = {3, {SIDE, SIDE, C1}},
                 .n = N, .has_level = true
        };
        assert_int_equal(hg__objective_check(&o, &r, NULL, &err), HG_OK);
        assert_true(hg__objective_scratch(&o, &r) < ROOM);
        for (uint32_t i = 0; i < N; i++) {
            y[i] = drawn(i, 3);
            t[i] = drawn(i, 4);
        }
        const double sum = hg__objective_row(&o, &r, false, dy, y, t, 1 / (hg__real)N, scratch) / N;
        assert_true(hg__objective_row(&o, &r, false, NULL, y, t, 1, scratch) / N == sum);
        double level = 0;
        for (int32_t i = C1 - 1; i < N; i += C1) {
            level += ((double)y[i] - (double)t[i]) * ((double)y[i] - (double)t[i]);
        }
        const double want = whole_loss(&o, k, y, t);
        assert_near(sum + 0.25 * level / (SIDE * SIDE), want, 1e-6 * want);
        for (int32_t i = 0; i < N; i += 7) {
            const hg__real kept = y[i], step = 1e-2F;
            y[i] = kept + step;
            double slope = whole_loss(&o, k, y, t);
            y[i] = kept - step;
            slope = (slope - whole_loss(&o, k, y, t)) / (2 * (double)step);
            y[i] = kept;
            assert_near((double)dy[i], slope, 2e-2 * fabs(slope) + 2e-5);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_level_is_the_root_mean_square_of_the_neighbourhood),
        cmocka_unit_test(a_share_of_the_rows_is_told_its_level),
        cmocka_unit_test(rows_without_known_noise_are_refused),
        cmocka_unit_test(the_loss_is_the_pictures_and_the_slope_also_the_levels),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
