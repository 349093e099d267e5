// SPDX-License-Identifier: Apache-2.0
// test_range.c - what 0 and 1 of a page are, and which samples are no part of its picture.
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "image/range.h"

#include <cmocka.h>

enum { SIDE = 64, PIXELS = SIDE * SIDE };

static int column(int i) {
    return i % SIDE;
}

static int row(int i) {
    return i / SIDE;
}

static double unit(int i, int draw) { // evenly in 0 .. 1
    return (double)hg__unit_float(hg__philox_run(7, (uint32_t)i, (uint32_t)draw, 0, 0).word[0]);
}

// A noisy hill, from about 0 to 1.
static double hill(int i) {
    const double x = (column(i) - 31.5) / 40, y = (row(i) - 31.5) / 40;
    return 0.95 - x * x - 0.4 * y * y + 0.1 * (unit(i, 0) - 0.5);
}

static hg__image page_of(hg__dtype type, const double *x, int32_t channels) {
    hg__image p = {
        .info = {.format = "tiff",
                 .width = SIDE / channels,
                 .height = SIDE,
                 .channels = channels,
                 .dtype = type,
                 .white = hg__image_white_of(type),
                 .orientation = 1,
                 .pages = 1}
    };
    p.pixels = hg__alloc(PIXELS, hg__dtype_size(type), NULL);
    assert_non_null(p.pixels);
    for (size_t i = 0; i < PIXELS; i++) hg__image_set_sample(type, p.pixels, i, x[i]);
    return p;
}

static hg__page_samples find(const hg__image *p) {
    hg__page_samples found;
    hg__range_finder *f = hg__range_finder_new(NULL);
    assert_non_null(f);
    assert_int_equal(hg__range_find(f, p, &found, NULL), HG_OK);
    hg__range_finder_free(f);
    return found;
}

static int64_t count_outside(hg__image *p, uint8_t is[PIXELS]) {
    return hg__outside_mark(&p->info, p->pixels, PIXELS / (size_t)p->info.channels, is);
}

// ---- what is outside ----------------------------------------------------------------------------

typedef enum layout { ONE, CORNER, PAIR, ROW, COLUMN, BLOCK, HALF, SOME, TOP } layout;

static bool is_in(layout l, int i) {
    const int x = column(i), y = row(i);
    switch (l) {
    case ONE: return i == 20 * SIDE + 30;
    case CORNER: return i == 0;
    case PAIR: return y == 20 && (x == 30 || x == 31);
    case ROW: return y == 17;
    case COLUMN: return x == 17;
    case BLOCK: return x < 8 && y > 40 && y < 50;
    case HALF: return x + y < SIDE;
    case SOME: return i % 241 == 7;
    case TOP: return y < 9;
    }
    return false;
}

// A hill from low to high with another value at some places.
typedef struct odd {
    double low, high, value;
    hg__dtype type;
    layout where;
} odd;

static const odd odds[] = {
    {0,      4095,     65535,             HG_U16, ONE   },
    {0,      4095,     65535,             HG_U16, CORNER},
    {0,      4095,     65535,             HG_U16, PAIR  },
    {0,      4095,     65535,             HG_U16, SOME  },
    {0,      4095,     65535,             HG_U16, COLUMN},
    {0,      4095,     65535,             HG_U16, ROW   },
    {0,      16383,    65535,             HG_U16, ONE   },
    {900,    1000,     0,                 HG_U16, SOME  },
    {1500,   1600,     0,                 HG_U16, BLOCK },
    {1500,   1600,     0,                 HG_U16, HALF  },
    {30000,  34000,    65535,             HG_U16, TOP   },
    {-900,   3000,     -32768,            HG_I16, BLOCK },
    {-900,   3000,     32767,             HG_I16, ONE   },
    {100,    900,      -9999,             HG_I16, HALF  },
    {-1000,  2000,     -2000,             HG_I16, HALF  },
    {-1024,  3071,     -2000,             HG_I16, TOP   },
    {-1024,  3071,     -3024,             HG_F32, BLOCK },
    {-5,     500,      -2147483648.0,     HG_I32, BLOCK },
    {100000, 100800,   4294967295.0,      HG_U32, SOME  },
    {100,    500,      -9999,             HG_F32, BLOCK },
    {100,    500,      -32767,            HG_F32, HALF  },
    {100,    500,      -(double)FLT_MAX,  HG_F32, BLOCK },
    {100,    500,      (double)FLT_MAX,   HG_F32, ONE   },
    {100,    500,      1e20,              HG_F32, TOP   },
    {0,      1,        -9999,             HG_F32, BLOCK },
    {0,      1,        20,                HG_F32, ONE   },
    {3e38,   3.3e38,   -(double)FLT_MAX,  HG_F32, BLOCK },
    {273.1,  273.9,    0,                 HG_F32, SOME  },
    {1e-6,   2e-6,     1e20,              HG_F32, SOME  },
    {100,    500,      (double)NAN,       HG_F32, HALF  },
    {100,    500,      (double)INFINITY,  HG_F32, ONE   },
    {100,    500,      -(double)INFINITY, HG_F32, BLOCK },
    {500000, 500000.5, -DBL_MAX,          HG_F64, BLOCK },
    {1e300,  1.1e300,  1e20,              HG_F64, BLOCK },
    {100,    500,      -60000,            HG_F16, BLOCK },
};

static void make_odd(const odd *o, double x[PIXELS], bool with_value) {
    for (int i = 0; i < PIXELS; i++) {
        const double h = hill(i), in = h < 0 ? 0 : h > 1 ? 1 : h;
        x[i] = with_value && is_in(o->where, i) ? o->value : o->low + in * (o->high - o->low);
    }
}

static void check_odd(size_t number, const odd *o) {
    double x[PIXELS];
    uint8_t is[PIXELS];
    make_odd(o, x, true);
    hg__image p = page_of(o->type, x, 1);
    const hg__page_samples found = find(&p);
    const double range = o->high - o->low;
    p.info.range = found.own;
    int64_t wanted = 0;
    for (int i = 0; i < PIXELS; i++) wanted += is_in(o->where, i);
    const int64_t outside = count_outside(&p, is);
    if (outside != wanted || !found.has_outside || found.least < o->low - range / 100 ||
        found.least > o->low + range / 3 || found.most > o->high + range / 100 ||
        found.most < o->high - range / 3) {
        fail_msg("%zu: expected %g .. %g and %d outside, got %g .. %g and %d", number, o->low,
                 o->high, (int)wanted, found.least, found.most, (int)outside);
    }
    for (int i = 0; i < PIXELS; i++) assert_int_equal(is[i], is_in(o->where, i));
    hg__image_clear(&p);
}

static void values_far_from_the_picture_are_outside(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof odds / sizeof *odds; i++) check_odd(i, &odds[i]);
}

static void two_values_at_both_ends_are_outside(void **state) {
    (void)state;
    static const double ends[][2] = {
        {-9999,            65535          },
        {-32768,           -9999          },
        {-(double)FLT_MAX, (double)FLT_MAX},
        {0,                1e30           }
    };
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        double x[PIXELS];
        uint8_t is[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            x[i] = is_in(BLOCK, i) ? ends[k][0] : is_in(TOP, i) ? ends[k][1] : 1500 + 90 * hill(i);
        }
        hg__image p = page_of(HG_F32, x, 1);
        const hg__page_samples found = find(&p);
        p.info.range = found.own;
        assert_int_equal(count_outside(&p, is), 8 * 9 + 9 * SIDE);
        assert_true(found.own.low > 1400 && found.own.high < 1600);
        hg__image_clear(&p);
    }
}

// ---- what is not --------------------------------------------------------------------------------

static double bright_cells(int i) { // on a dark ground, a few percent of it
    const double x = column(i) - 20, y = row(i) - 30;
    return 100 + 5 * unit(i, 1) + 2000 * exp(-(x * x + y * y) / 18);
}

static double photons(int i) { // few; most pixels have none
    const double u = unit(i, 2);
    return u < 0.9 ? 0 : u < 0.98 ? 1 : u < 0.996 ? 2 : u < 0.9995 ? 3 : 4;
}

static double speckle(int i) { // exponential
    return -300 * log(1 - unit(i, 3) * 0.9999);
}

static double stars(int i) {
    double v = 1000 + 30 * unit(i, 4);
    for (int k = 0; k < 12; k++) {
        const double x = column(i) - unit(k, 5) * SIDE, y = row(i) - unit(k, 6) * SIDE;
        v += 55000 * pow(unit(k, 7), 4) * exp(-(x * x + y * y) / 3);
    }
    return v;
}

static double mask(int i) {
    return is_in(HALF, i) ? 65535 : 0;
}

static double levels(int i) {
    return column(i) < 20 ? 0 : column(i) < 40 ? 30000 : 65535;
}

static double plateaus(int i) { // two, each with its noise
    return (is_in(HALF, i) ? 20000 : 500) + 10 * unit(i, 8);
}

static double
slice(int i) { // CT: air, water, bone, and the scanner's padding outside of its circle
    const int x = column(i) - 32, y = row(i) - 32, r = x * x + y * y;
    const double noise = 40 * (unit(i, 9) - 0.5);
    if (r > 1000) return -2000;
    return (r > 700 ? -1000 : r > 500 ? 40 : r > 400 ? 1500 * unit(i, 10) : 40) + noise;
}

static double strokes(int i) { // one pixel wide, on paper
    return column(i) % 6 == 2 || row(i) % 9 == 4 ? 5000 + 500 * unit(i, 11)
                                                 : 60000 + 200 * unit(i, 11);
}

static double constant(int i) {
    (void)i;
    return 1234;
}

static void what_belongs_to_the_picture_stays_in(void **state) {
    (void)state;
    static const struct {
        double (*of)(int i);
        hg__dtype type;
    } all[] = {
        {bright_cells, HG_U16},
        {bright_cells, HG_F32},
        {photons,      HG_U16},
        {speckle,      HG_F32},
        {speckle,      HG_U16},
        {stars,        HG_U16},
        {stars,        HG_F32},
        {mask,         HG_U16},
        {levels,       HG_U16},
        {plateaus,     HG_U16},
        {plateaus,     HG_F32},
        {slice,        HG_I16},
        {strokes,      HG_U16},
        {constant,     HG_F32},
        {constant,     HG_U16},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        double x[PIXELS], least = 1e9, most = -1e9;
        uint8_t is[PIXELS];
        for (int i = 0; i < PIXELS; i++) x[i] = all[k].of(i);
        hg__image p = page_of(all[k].type, x, 1);
        const hg__page_samples found = find(&p);
        for (size_t i = 0; i < PIXELS; i++) {
            const double v = hg__image_sample(all[k].type, p.pixels, i);
            if (v < least) least = v;
            if (v > most) most = v;
        }
        p.info.range = found.own;
        if (count_outside(&p, is) != 0 || found.has_outside) fail_msg("%zu: outside", k);
        if (found.least != least || found.most != most) {
            fail_msg("%zu: expected %g .. %g, got %g .. %g", k, least, most, found.least,
                     found.most);
        }
        hg__image_clear(&p);
    }
}

static void a_page_that_uses_half_of_white_keeps_it(void **state) {
    (void)state;
    static const struct {
        double low, high;
        hg__dtype type;
        bool is_white;
    } all[] = {
        {0,       60000, HG_U16, true },
        {10000,   54000, HG_U16, true },
        {0,       20000, HG_U16, false},
        {0.1,     0.9,   HG_F32, true },
        {0.1,     0.4,   HG_F32, false},
        {-0.2,    0.9,   HG_F32, false},
        {0,       1.5,   HG_F32, false},
        {-20000,  20000, HG_I16, false},
        {0.25,    0.25,  HG_F32, true },
        {1500,    1500,  HG_F32, false},
        {-3.4e38, -3e38, HG_F32, false},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        const odd o = {.type = all[k].type, .low = all[k].low, .high = all[k].high};
        double x[PIXELS];
        make_odd(&o, x, false);
        hg__image p = page_of(all[k].type, x, 1);
        p.info.range = find(&p).own;
        assert_true(p.info.range.low < p.info.range.high);
        if (hg__range_is_other(&p.info) == all[k].is_white) fail_msg("%zu", k);
        hg__image_clear(&p);
    }
}

// ---- numbers ------------------------------------------------------------------------------------

static void check_round_trip(size_t number, const odd *o) {
    double x[PIXELS];
    float y[PIXELS];
    make_odd(o, x, false);
    hg__image p = page_of(o->type, x, 1), back = page_of(o->type, x, 1);
    p.info.range = back.info.range = (hg__sample_range){o->low, o->high, o->low, o->high};
    hg__image_to_real(&p.info, p.pixels, SIDE, 1, y);
    memset(back.pixels, 0, PIXELS * hg__dtype_size(o->type));
    hg__image_from_real(&back.info, y, SIDE, 1, back.pixels);
    const double step = o->type == HG_F16 ? 0.3 : 0; // of the type itself
    const double near = 1e-6 * (o->high - o->low) + step;
    for (size_t i = 0; i < PIXELS; i++) {
        const double a = hg__image_sample(o->type, p.pixels, i);
        const double b = hg__image_sample(o->type, back.pixels, i);
        assert_true(y[i] > -0.001F && y[i] < 1.001F);
        if (fabs(a - b) > near + 1e-7 * fabs(a)) fail_msg("%zu: %.9g became %.9g", number, a, b);
    }
    hg__image_clear(&back);
    hg__image_clear(&p);
}

static void samples_of_every_type_come_back(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof odds / sizeof *odds; i++) check_round_trip(i, &odds[i]);
}

static void nothing_overflows_near_the_largest_float(void **state) {
    (void)state;
    const float ends[] = {-FLT_MAX, FLT_MAX, FLT_MAX, 3.3e38F, 0, -FLT_MAX};
    float x[6], y[6], grey[2];
    hg__image_info info = {
        .width = 2,
        .height = 1,
        .channels = 3,
        .dtype = HG_F32,
        .white = 1,
        .range = {-(double)FLT_MAX, (double)FLT_MAX, -(double)INFINITY, (double)INFINITY}
    };
    hg__image_to_real(&info, ends, 1, 3, x);
    for (int i = 0; i < 6; i++) assert_true(x[i] >= 0 && x[i] <= 1);
    hg__image_from_real(&info, x, 1, 3, y);
    for (int i = 0; i < 6; i++) assert_true(fabsf(y[i] / 4 - ends[i] / 4) < 1e32F);
    for (int i = 0; i < 6; i++) x[i] = i < 3 ? 1.5F : -0.5F; // beyond
    hg__image_from_real(&info, x, 1, 3, y);
    for (int i = 0; i < 6; i++) assert_true(y[i] == (i < 3 ? FLT_MAX : -FLT_MAX));
    info.channels = 1;
    info.range.low = 3e38; // the mean of three
    for (int i = 0; i < 6; i++) x[i] = 0.9F;
    hg__image_from_real(&info, x, 1, 3, grey);
    assert_true(isfinite(grey[0]) && fabsf(grey[0] / 3.364e38F - 1) < 0.01F);
    info.range = (hg__sample_range){0};
    for (int i = 0; i < 6; i++) x[i] = 3e38F;
    hg__image_from_real(&info, x, 1, 3, grey);
    assert_true(isfinite(grey[0]) && fabsf(grey[0] / 3e38F - 1) < 1e-6F);
}

// ---- filling and keeping ------------------------------------------------------------------------

static void neighbours_stand_for_what_is_outside(void **state) {
    (void)state;
    const float none = NAN;
    float line[3][7] = {
        {1,    2,    none, none, none, 6,    7   },
        {0,    1,    2,    3,    none, none, none},
        {none, none, none, none, none, none, none}
    };
    const float wanted[3][7] = {
        {1, 2, 2, 1, 6, 6, 7},
        {0, 1, 2, 3, 3, 2, 1},
        {0, 1, 2, 3, 3, 2, 1}
    };
    const hg__image_info info = {
        .width = 7, .height = 1, .channels = 1, .dtype = HG_F32, .white = 1};
    uint8_t is[7];
    for (int y = 0; y < 3; y++) {
        assert_int_equal(hg__outside_mark(&info, line[y], 7, is), y == 2 ? 7 : 3);
        hg__outside_fill(&info, line[y], y ? line[y - 1] : NULL, is);
        for (int x = 0; x < 7; x++) assert_true(line[y][x] == wanted[y][x]);
    }
}

static void lines_of_nothing_at_the_top_are_the_middle(void **state) {
    (void)state;
    uint16_t line[8] = {0};
    uint8_t is[4];
    hg__image_info info = {
        .width = 4,
        .height = 1,
        .channels = 1,
        .alpha = true,
        .dtype = HG_U16,
        .white = 65535,
        .range = {1500, 1600, 1400, 1700}
    };
    assert_int_equal(hg__outside_mark(&info, line, 4, is), 4);
    hg__outside_fill(&info, line, NULL, is);
    for (int x = 0; x < 8; x++) assert_int_equal(line[x], x % 2 ? 0 : 1550); // alpha stays
}

static void no_data_is_a_pixel_with_it_in_every_channel(void **state) {
    (void)state;
    const uint8_t from[] = {0, 0, 0, 0, 9, 0, 7, 8, 9, 0, 0, 0};
    uint8_t to[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, is[12];
    const uint8_t kept[] = {0, 0, 0, 4, 5, 6, 7, 8, 9, 0, 0, 0};
    const hg__image_info info = {.width = 4,
                                 .height = 1,
                                 .channels = 3,
                                 .dtype = HG_U8,
                                 .white = 255,
                                 .nodata = 0,
                                 .has_nodata = true};
    assert_true(hg__outside_is_open(&info));
    assert_int_equal(hg__outside_mark(&info, from, 4, is), 6);
    hg__outside_keep(&info, from, 4, to);
    assert_memory_equal(to, kept, sizeof kept);
}

static void partners_in_one_unit_are_told_by_where_they_lie(void **state) {
    (void)state;
    static const struct {
        double least, most;
        bool is_shared;
    } partner[] = {
        {100, 3900,  true }, // the mean of many
        {500, 2000,  true },
        {0,   1,     false},
        {0,   255,   false},
        {0,   65535, false},
        {-1,  1,     false},
    };
    const hg__page_samples picture = {
        .own = {0, 4095, 0, 4095},
          .least = 20, .most = 4095
    };
    for (size_t i = 0; i < sizeof partner / sizeof *partner; i++) {
        const double low = partner[i].least, high = partner[i].most;
        const hg__page_samples p = {
            .own = {low, high, low, high},
              .least = low, .most = high
        };
        assert_int_equal(hg__range_is_shared(&picture, &p), partner[i].is_shared);
        assert_false(hg__range_is_shared(&(hg__page_samples){.least = 0}, &p)); // of 8 bits
    }
}

static void a_models_range_is_for_samples_of_its_kind(void **state) {
    (void)state;
    const hg__range_rule rule = {
        .kind = HG_RANGE_FIXED, .dtype = HG_U16, .white = 65535, .low = 0, .high = 4095};
    const odd dark = {.type = HG_U16, .low = 100, .high = 300},
              high = {.type = HG_U16, .low = 0, .high = 60000},
              real = {.type = HG_F32, .low = 0, .high = 4000};
    const struct {
        const odd *of;
        bool suits;
    } all[] = {
        {&dark, true },
        {&high, false},
        {&real, false}
    };
    hg__range_finder *f = hg__range_finder_new(NULL);
    for (size_t k = 0; k < 3; k++) {
        double x[PIXELS];
        hg__page_samples found;
        make_odd(all[k].of, x, false);
        hg__image p = page_of(all[k].of->type, x, 1);
        assert_int_equal(hg__range_find(f, &p, &found, NULL), HG_OK);
        assert_int_equal(hg__range_suits(&rule, &p.info, f), all[k].suits);
        hg__image_clear(&p);
    }
    hg__range_finder_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_far_from_the_picture_are_outside),
        cmocka_unit_test(two_values_at_both_ends_are_outside),
        cmocka_unit_test(what_belongs_to_the_picture_stays_in),
        cmocka_unit_test(a_page_that_uses_half_of_white_keeps_it),
        cmocka_unit_test(samples_of_every_type_come_back),
        cmocka_unit_test(nothing_overflows_near_the_largest_float),
        cmocka_unit_test(neighbours_stand_for_what_is_outside),
        cmocka_unit_test(lines_of_nothing_at_the_top_are_the_middle),
        cmocka_unit_test(no_data_is_a_pixel_with_it_in_every_channel),
        cmocka_unit_test(partners_in_one_unit_are_told_by_where_they_lie),
        cmocka_unit_test(a_models_range_is_for_samples_of_its_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
