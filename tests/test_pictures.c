// SPDX-License-Identifier: Apache-2.0
// test_pictures.c - folders of images as rows: what is opened, crops, turns, pairs, noise, what 0 and 1 are.
#include "grey_image.h"
#include "picture_case.h"

// ---- opening ------------------------------------------------------------------------------------

static void a_folder_is_rows_of_crops(void **state) {
    (void)state;
    hg__dataset *d = opened("grey", &plain, 1 << 20);
    assert_string_equal(d->format, "images");
    assert_int_equal(d->source.rows, 3);
    assert_true(d->source.shape.rank == 3 && d->source.shape.dim[0] == CROP &&
                d->source.shape.dim[1] == CROP);
    assert_int_equal(d->source.shape.dim[2], 1);
    assert_int_equal(d->source.width, CROP * CROP);
    assert_true(d->source.dtype == HG_F32 && d->source.scale == 1 && !d->source.base);
    assert_int_equal(d->source.draws,
                     (20 * 24 + 8 * 9 + 16 * 40) / 3 / 64); // 6.2 crops cover the mean one
    hg__dataset_close(d);
    hg__picture_options o = plain;
    o.crops = 4;
    d = opened("both", &o, 1 << 20);
    assert_true(d->source.shape.dim[2] == 3 && d->source.draws == 4); // one has colour
    hg__dataset_close(d);
    o.channels = 1;
    d = opened("both", &o, 1 << 20);
    assert_int_equal(d->source.shape.dim[2], 1);
    hg__dataset_close(d);
    d = opened("grey/b.png", &o, 1 << 20); // one file
    assert_int_equal(d->source.rows, 1);
    hg__dataset_close(d);
    assert_int_equal(hg__write_file(at("list.txt"), "grey/a.png\nboth/c.pgm\n", 22, NULL), HG_OK);
    d = opened("list.txt", &o, 1 << 20);
    assert_int_equal(d->source.rows, 2);
    hg__dataset_close(d);
}

#define LEFT_OUT "; on_bad=skip leaves it out"

static void what_cannot_be_used_is_named(void **state) {
    (void)state;
    hg__picture_options o = plain;
    o.crop = 10;
    expect_refusal("grey", &o, HG_ERR_DATA,
                   "@/grey/b.png: expected at least 10 x 10 pixels (crop), got 9 x 8" LEFT_OUT);
    o.crop = 0;
    expect_refusal("grey", &o, HG_ERR_DATA,
                   "@/grey/b.png: expected 24 x 20 pixels as a.png has (crop=0 takes whole "
                   "images), got 9 x 8" LEFT_OUT);
    hg_error err = {0};
    assert_null(open_folder("bad", plain, 1 << 20, &err));
    assert_int_equal(err.code, HG_ERR_DATA);
    assert_non_null(strstr(err.message, "bad/broken.png"));
}

static void bad_images_may_be_left_out(void **state) {
    (void)state;
    hg_error err = {0};
    hg__picture_options o = plain;
    const hg__data_options options = {
        .label = "", .ignore = "", .on_bad = "skip", .memory = 1 << 20};
    hg__dataset *d = hg__dataset_open(at("bad"), &options, &o, &err);
    assert_non_null(d);
    assert_int_equal(d->source.rows, 1);
    assert_int_equal(d->skipped, 1);
    hg__dataset_close(d);
    o.crop = 60;
    assert_null(hg__dataset_open(at("bad"), &options, &o, &err));
    assert_non_null(strstr(err.message, "/bad: none of the 2 images can be used; the last: "));
}

// Writes a copy of `from` whose byte `at_end` from its end is turned round, or which ends there.
static void damage(const char *from, const char *to, size_t at_end, bool cut) {
    hg__content m;
    assert_int_equal(hg__content_read(&m, at("%s", from), NULL), HG_OK);
    uint8_t *bytes = malloc(m.size);
    assert_non_null(bytes);
    memcpy(bytes, m.data, m.size);
    if (!cut) bytes[m.size - at_end] ^= 0xFF;
    assert_int_equal(hg__write_file(at("%s", to), bytes, cut ? m.size - at_end : m.size, NULL),
                     HG_OK);
    free(bytes);
    hg__content_free(&m);
}

// whole/: six images; hurt/: five of them, 0 cut off, 2 with a wrong checksum.
static void make_hurt_folders(void) {
    assert_int_equal(hg__make_folder(at("hurt"), NULL), HG_OK);
    assert_int_equal(hg__make_folder(at("whole"), NULL), HG_OK);
    for (int k = 0; k < 6; k++) {
        char name[32], hurt[32];
        snprintf(name, sizeof name, "whole/%d.%s", k, k % 2 ? "tif" : "png");
        snprintf(hurt, sizeof hurt, "hurt/%d.%s", k, k % 2 ? "tif" : "png");
        write_picture(name, k, 20, 24, 1);
        if (k < 5) damage(name, hurt, k == 0 ? 40 : k == 2 ? 14 : 0, k != 2);
    }
}

static hg__dataset *open_skipping(const char *name, hg__picture_options o, hg_error *err) {
    const hg__data_options options = {
        .label = "", .ignore = "", .on_bad = "skip", .memory = 1 << 20};
    return hg__dataset_open(at("%s", name), &options, &o, err);
}

static hg__dataset *opened_skipping(const char *name, const hg__picture_options *o) {
    hg_error err = {0};
    hg__dataset *d = open_skipping(name, *o, &err);
    if (!d) fail_msg("%s: %s", name, err.message);
    return d;
}

static void damage_behind_the_header_leaves_an_image_out_too(void **state) {
    (void)state;
    hg__picture_options o = plain;
    float x[CROP * CROP], target[CROP * CROP];
    make_hurt_folders();
    hg__dataset *d = opened_skipping("hurt", &o);
    assert_true(d->source.rows == 3 && d->skipped == 2);
    assert_non_null(strstr(d->first_skipped, "hurt/0.png: "));
    for (int i = 0; i < 3; i++) make(d, i, 0, 1, NULL, x); // what is left can be read
    hg__dataset_close(d);
    o.target = at("hurt"); // a broken target leaves the pair out
    d = opened_skipping("whole", &o);
    assert_true(d->source.rows == 3 && d->skipped == 3); // and 5 has none
    for (int i = 0; i < 3; i++) make(d, i, 0, 1, x, target);
    hg__dataset_close(d);
}

static void without_skip_the_sentence_says_how_to_go_on(void **state) {
    (void)state;
    hg_error err = {0};
    float x[CROP * CROP];
    const hg__row_place place = {.row = 1, .epoch = 1};
    hg__row_room room = {.x = x};
    unlink(at("hurt/0.png")); // its header cannot be read either
    hg__dataset *d = opened("hurt", &plain, 1 << 20);
    assert_int_equal(hg__row_source_make(&d->source, &place, &room, &err), HG_ERR_DATA);
    assert_non_null(strstr(err.message, "hurt/2.png: "));
    assert_non_null(strstr(err.message, LEFT_OUT));
    hg__dataset_close(d);
    for (int k = 1; k < 5; k++) {
        if (k != 2) unlink(at("hurt/%d.%s", k, k % 2 ? "tif" : "png"));
    }
    assert_null(open_skipping("hurt", plain, &err));
    assert_non_null(strstr(err.message, "none of the 1 images can be used; the last: "));
}

// Series of DICOM files are named by numbers with dots: no extension is taken off them.
static void partners_are_found_by_name_whatever_it_is(void **state) {
    (void)state;
    static const char *const names[] = {"1.2.840.1", "1.2.840.2", "IM01", "x.png", "x.pgm"};
    float x[CROP * CROP], target[CROP * CROP];
    assert_int_equal(hg__make_folder(at("from"), NULL), HG_OK);
    assert_int_equal(hg__make_folder(at("to"), NULL), HG_OK);
    for (int k = 0; k < 5; k++) {
        for (int to = 0; to < 2; to++) { // saved by a name that says its format
            write_picture("made.pgm", k + 8 * to, 12, 10, 1);
            assert_int_equal(rename(at("made.pgm"), at("%s/%s", to ? "to" : "from", names[k])), 0);
        }
    }
    hg__picture_options o = plain;
    o.target = at("to");
    hg__dataset *d = opened("from", &o, 1 << 20);
    assert_int_equal(d->source.rows, 5);
    for (int i = 0; i < 5; i++) {
        make(d, i, 0, 0, x, target);
        assert_int_equal(sample(target, 0) - sample(x, 0), 8 * 4096);
    }
    hg__dataset_close(d);
}

static void whole_images_need_no_crop(void **state) {
    (void)state;
    hg__picture_options o = plain;
    o.crop = 0;
    hg__dataset *d = opened("noisy", &o, 1 << 20);
    float x[12 * 10];
    assert_true(d->source.shape.dim[0] == 12 && d->source.shape.dim[1] == 10 &&
                d->source.draws == 1);
    make(d, 0, 0, 0, NULL, x);
    for (int32_t i = 0; i < 120; i++) assert_int_equal(sample(x, i), 4096 + i);
    hg__dataset_close(d);
}

// ---- crops --------------------------------------------------------------------------------------

static void the_first_fixed_crop_is_the_middle(void **state) {
    (void)state;
    float x[CROP * CROP], row[CROP * CROP];
    hg__dataset *d = opened("grey", &plain, 1 << 20);
    for (int repeat = 0; repeat < 2; repeat++) {
        make(d, 0, 0, 0, NULL, x); // of 20 lines of 24
        for (int32_t i = 0; i < CROP * CROP; i++) {
            assert_int_equal(sample(x, i), (6 + i / CROP) * 24 + 8 + i % CROP);
        }
    }
    assert_int_equal(hg__row_source_row(&d->source, 0, row, NULL), HG_OK);
    assert_memory_equal(row, x, sizeof x);
    make(d, 0, 1, 0, NULL, row); // not turned either
    assert_memory_not_equal(row, x, sizeof x);
    for (int32_t i = 0; i < CROP * CROP; i++) {
        assert_int_equal(sample(row, i) - sample(row, 0), i / CROP * 24 + i % CROP);
    }
    hg__dataset_close(d);
}

// Which of the eight turns a crop of a picture `width` wide is, from the steps to the right and down.
static int find_turn(const float *x, int32_t width) {
    const int32_t right = sample(x, 1) - sample(x, 0), down = sample(x, CROP) - sample(x, 0);
    const int32_t steps[8][2] = {
        {1,      width },
        {-1,     width },
        {1,      -width},
        {-1,     -width},
        {width,  1     },
        {width,  -1    },
        {-width, 1     },
        {-width, -1    }
    };
    for (int k = 0; k < 8; k++) {
        if (steps[k][0] != right || steps[k][1] != down) continue;
        for (int32_t i = 0; i < CROP * CROP; i++) {
            assert_int_equal(sample(x, i), sample(x, 0) + i / CROP * down + i % CROP * right);
        }
        return k;
    }
    fail_msg("no crop of the picture: steps %d and %d", right, down);
    return -1;
}

static void training_crops_lie_anywhere_and_turn_in_eight_ways(void **state) {
    (void)state;
    enum { TIMES = 4000 };
    float x[CROP * CROP];
    int turns[8] = {0}, places[13][17] = {{0}};
    hg__picture_options o = plain;
    hg__dataset *d = opened("grey", &o, 1 << 20);
    for (int32_t k = 0; k < TIMES; k++) {
        make(d, 0, k, 1 + (uint32_t)k % 7, NULL, x);
        int32_t least = 65535;
        for (int32_t i = 0; i < CROP * CROP; i++) {
            least = sample(x, i) < least ? sample(x, i) : least;
        }
        turns[find_turn(x, 24)]++;
        places[least / 24][least % 24]++;
    }
    for (int k = 0; k < 8; k++) assert_true(abs(turns[k] - TIMES / 8) < 100);
    for (int k = 0; k < 13 * 17; k++) assert_true(places[k / 17][k % 17] > 2); // 18 expected
    hg__dataset_close(d);
    o.flip = false;
    d = opened("grey", &o, 1 << 20);
    for (int32_t k = 0; k < 100; k++) {
        make(d, 0, k, 1, NULL, x);
        assert_int_equal(find_turn(x, 24), 0);
    }
    hg__dataset_close(d);
}

static void colours_are_kept_joined_or_repeated(void **state) {
    (void)state;
    float colour[CROP * CROP * 3], grey[CROP * CROP];
    hg__picture_options o = plain;
    hg__dataset *d = opened("both", &o, 1 << 20);
    make(d, 1, 0, 0, NULL, colour); // d.ppm
    for (int32_t i = 0; i < CROP * CROP * 3; i++) {
        assert_int_equal(sample(colour, i) - sample(colour, i / 3 * 3), i % 3);
    }
    make(d, 0, 0, 0, NULL, colour); // c.pgm
    for (int32_t i = 0; i < CROP * CROP * 3; i++) assert_true(colour[i] == colour[i / 3 * 3]);
    hg__dataset_close(d);
    o.channels = 1;
    d = opened("both", &o, 1 << 20);
    float joined[CROP * CROP];
    make(d, 1, 0, 0, NULL, joined);
    make(d, 0, 0, 0, NULL, grey);
    const float weighted = 0.587F + 2 * 0.114F; // how far green and blue are above red
    assert_true(fabsf(joined[1] - joined[0] - 1 / 65535.0F) < 1e-6F);
    assert_true(fabsf(joined[0] * 65535 - (3 * 4096 + 24 * 4 + 8) - weighted) < 0.5F);
    hg__dataset_close(d);
}

// ---- noise and pairs ----------------------------------------------------------------------------

static void noise_corrupts_the_input_alone(void **state) {
    (void)state;
    float x[CROP * CROP], clean[CROP * CROP], target[CROP * CROP];
    hg__picture_options o = plain;
    hg__dataset *d = opened("grey", &o, 1 << 20);
    make(d, 0, 3, 2, NULL, clean);
    assert_false(d->learned.has_target);
    hg__dataset_close(d);
    d = opened_noisy("grey", "gaussian 25", &o, 1 << 20);
    assert_true(d->learned.has_target);
    make(d, 0, 3, 2, x, target);
    assert_memory_equal(target, clean, sizeof clean);
    double squares = 0;
    for (int32_t i = 0; i < CROP * CROP; i++) squares += pow((double)(x[i] - clean[i]) * 255, 2);
    assert_true(fabs(sqrt(squares / (CROP * CROP)) - 25) < 10);
    make(d, 0, 3, 2, clean, NULL); // without its target the same row
    assert_memory_equal(x, clean, sizeof clean);
    make(d, 0, 3, 3, clean, NULL);
    assert_memory_not_equal(x, clean, sizeof clean);
    hg__dataset_close(d);
}

// Halves of a picture `width` wide: each target is the pixel beside its input's. How often below or above it (0), and
// how often left or right of it (1).
static void check_halves(const float *x, const float *target, int32_t width, int apart[2]) {
    for (int32_t i = 0; i < CROP * CROP; i++) {
        const int32_t away = abs(sample(x, i) - sample(target, i));
        assert_true(away == 1 || away == width);
        apart[away == 1]++;
    }
}

static void noisy_images_alone_are_pairs_of_halves(void **state) {
    (void)state;
    float x[CROP * CROP] = {0}, target[CROP * CROP] = {0}, again[CROP * CROP],
                   plain_row[CROP * CROP];
    int apart[2] = {0};
    hg__picture_options o = plain;
    o.is_blind = true;
    hg__dataset *d = opened_noisy("blind", "blind", &o, 1 << 20); // 16 x 16, and 24 lines of 20
    assert_int_equal(d->source.width, CROP * CROP);
    assert_int_equal(d->source.draws, 1); // 1.4 crops of 16 x 16 cover the mean one
    assert_true(d->learned.has_target);
    for (int32_t k = 0; k < 50; k++) {
        make(d, k % 2, k, 1, x, target);
        check_halves(x, target, k % 2 ? 20 : 16, apart);
    }
    assert_true(abs(apart[0] - apart[1]) < 50 * CROP * CROP / 20);
    make(d, 0, 0, 0, x, target); // the middle is all of it, and not turned: line by line
    for (int32_t i = 0; i < CROP * CROP; i++) {
        const int32_t place = sample(x, i) - 4096, line = place / 16, column = place % 16;
        assert_true(line / 2 == i / CROP && column / 2 == i % CROP);
    }
    make(d, 0, 0, 0, again, target);
    assert_memory_equal(again, x, sizeof x);
    make(d, 0, 0, 0, NULL, plain_row); // nobody asked for pairs
    for (int32_t i = 0; i < CROP * CROP; i++) {
        assert_int_equal(sample(plain_row, i), 4096 + (4 + i / CROP) * 16 + 4 + i % CROP);
    }
    hg__dataset_close(d);
}

static void whole_noisy_images_are_halved(void **state) {
    (void)state;
    float x[6 * 5], target[6 * 5];
    hg__picture_options o = plain;
    o.is_blind = true;
    o.crop = 0;
    hg__dataset *d = opened_noisy("odd.pgm", "blind", &o, 1 << 20); // 13 lines of 11
    assert_true(d->source.shape.dim[0] == 6 && d->source.shape.dim[1] == 5 && d->source.draws == 1);
    make(d, 0, 0, 0, x, target);
    for (int32_t i = 0; i < 30; i++) {
        const int32_t place = sample(x, i) - 4096;
        assert_true(place / 11 / 2 == i / 5 && place % 11 / 2 == i % 5);
    }
    hg__dataset_close(d);
    o.channels = 3;
    o.grey = 1;
    d = opened_noisy("both/d.ppm", "blind", &o,
                     1 << 20); // colour turned grey: three channels alike
    float three[8 * 12 * 3], other[8 * 12 * 3];
    make(d, 0, 0, 1, three, other);
    for (int32_t i = 0; i < 8 * 12 * 3; i++) {
        assert_true(three[i] == three[i / 3 * 3] && other[i] == other[i / 3 * 3]);
    }
    hg__dataset_close(d);
}

// A grey picture among those of colour has three channels alike; a camera makes one picture of them, of both sides.
static void a_camera_takes_what_is_grey_as_grey(void **state) {
    (void)state;
    enum { N = CROP * CROP * 3 };
    float x[N] = {0}, clean[N] = {0}, target[N] = {0}, again[N] = {0};
    hg__picture_options o = plain;
    o.channels = 3;
    hg__dataset *d = opened_noisy("grey", "camera iso 6400 + camera_jpeg", &o, 1 << 20);
    hg__dataset *quiet = opened_noisy("grey", "lens 0.7", &o, 1 << 20);
    for (int32_t k = 0; k < 20; k++) {
        make(d, k % 3, k, 1, x, clean);
        make(d, k % 3, k, 1, again, target);
        assert_memory_equal(x, again, sizeof x);
        assert_memory_equal(clean, target, sizeof clean);
        assert_memory_not_equal(x, clean, sizeof x);
        for (int32_t i = 0; i < N; i++) {
            assert_true(x[i] == x[i / 3 * 3] && clean[i] == clean[i / 3 * 3]);
            assert_true(fabsf(clean[i] * 255 - roundf(clean[i] * 255)) < 1e-3F);
        }
        make(quiet, k % 3, k, 1, x, clean);
        for (int32_t i = 0; i < N; i++) {
            assert_true(fabsf(x[i] - clean[i]) < 1e-6F && clean[i] == clean[i / 3 * 3]);
        }
    }
    hg__dataset_close(quiet);
    hg__dataset_close(d);
}

static void images_too_small_to_halve_are_named(void **state) {
    (void)state;
    hg__picture_options o = plain;
    o.is_blind = true;
    expect_refusal("noisy", &o, HG_ERR_DATA,
                   "@/noisy/a.pgm: expected at least 16 x 16 pixels (twice crop, as noise=blind "
                   "halves images), got 10 x 12" LEFT_OUT);
    o.crop = 0;
    write_picture("line.pgm", 1, 1, 12, 1);
    expect_refusal("line.pgm", &o, HG_ERR_DATA,
                   "@/line.pgm: expected at least 2 x 2 pixels (noise=blind halves images), got "
                   "12 x 1" LEFT_OUT);
}

static void pairs_are_cut_alike(void **state) {
    (void)state;
    float x[CROP * CROP] = {0}, target[CROP * CROP] = {0};
    char partner[256];
    snprintf(partner, sizeof partner, "%s", at("clean"));
    hg__picture_options o = plain;
    o.target = partner;
    hg__dataset *d = opened("noisy", &o, 1 << 20);
    assert_int_equal(d->source.rows, 2);
    for (int32_t k = 0; k < 50; k++) {
        make(d, k % 2, k, 1, x, target);
        find_turn(x, 10);
        for (int32_t i = 0; i < CROP * CROP; i++) { // partners are numbered 4 higher
            assert_int_equal(sample(target, i) - sample(x, i), 4 * 4096);
        }
    }
    hg__dataset_close(d);
    d = opened_noisy("noisy", "mask 50", &o, 1 << 20);
    make(d, 0, 0, 1, x, target);
    int masked = 0;
    for (int32_t i = 0; i < CROP * CROP; i++) {
        masked += x[i] == 0;
        assert_true(target[i] > 0);
    }
    assert_true(masked > 15 && masked < 50);
    hg__dataset_close(d);
}

// ---- what 0 and 1 are ---------------------------------------------------------------------------

static hg__range_rule rule_of(const char *name, const hg__picture_options *o) {
    hg__dataset *d = opened(name, o, 1 << 20);
    const hg__range_rule rule = hg__pictures_range(d->pictures);
    hg__dataset_close(d);
    return rule;
}

// Samples 4096 .. 4351 and, with a hot pixel, 8192 .. 8447; partners 4 * 4096 higher.
static void write_deep_folders(void) {
    hg_error err = {0};
    hg__image image;
    const char *const made[] = {"deep", "deep-clean", "mixed"};
    for (int i = 0; i < 3; i++) assert_int_equal(hg__make_folder(at("%s", made[i]), NULL), HG_OK);
    write_picture("deep/a.pgm", 1, 16, 16, 1);
    write_picture("deep/b.pgm", 2, 16, 16, 1);
    write_picture("deep-clean/a.pgm", 5, 16, 16, 1);
    write_picture("deep-clean/b.pgm", 6, 16, 16, 1);
    write_picture("mixed/a.pgm", 1, 16, 16, 1);
    assert_int_equal(hg__image_load(&image, at("deep/b.pgm"), true, &err), HG_OK);
    ((uint16_t *)image.pixels)[5 * 16 + 5] = 65535;
    assert_int_equal(hg__image_save(&image, at("deep/b.pgm"), &err), HG_OK);
    hg__image_clear(&image);
    uint8_t bytes[256];
    for (int i = 0; i < 256; i++) bytes[i] = (uint8_t)i;
    image = grey_image(16, 16, bytes);
    assert_int_equal(hg__image_save(&image, at("mixed/b.pgm"), &err), HG_OK);
}

static void pictures_of_one_kind_have_one_range(void **state) {
    (void)state;
    float x[256], target[256];
    write_deep_folders();
    hg__picture_options o = plain;
    o.crop = 16;
    o.flip = false;
    assert_int_equal(rule_of("deep", &o).kind, HG_RANGE_UNKNOWN); // nobody asked
    o.find_range = true;
    hg__range_rule rule = rule_of("deep", &o);
    assert_int_equal(rule.kind, HG_RANGE_FIXED);
    assert_true(rule.dtype == HG_U16 && rule.white == 65535);
    assert_true(rule.low == 4096 && rule.high == 8447);
    hg__dataset *d = opened("deep", &o, 1 << 20);
    make(d, 1, 0, 0, NULL, x);
    for (int i = 0; i < 256; i++) {
        const int stands = i == 5 * 16 + 5 ? i - 1 : i; // a neighbour for the hot pixel
        assert_true(fabsf(x[i] - (float)(4096 + stands) / 4351) < 1e-5F);
    }
    hg__dataset_close(d);
    char partner[256];
    snprintf(partner, sizeof partner, "%s", at("deep-clean"));
    o.target = partner;
    rule = rule_of("deep", &o);
    assert_true(rule.low == 4096 && rule.high == 6 * 4096 + 255); // of both
    d = opened("deep", &o, 0);
    make(d, 0, 0, 0, x, target);
    for (int i = 0; i < 256; i++) {
        assert_true(fabsf(target[i] - x[i] - 4 * 4096 / 20735.0F) < 1e-5F);
    }
    hg__dataset_close(d);
}

static void write_samples(const char *name, const uint16_t *samples) { // (16, 16)
    hg_error err = {0};
    uint16_t pixels[256];
    memcpy(pixels, samples, sizeof pixels);
    const hg__image image = {
        .info = {.width = 16,
                 .height = 16,
                 .channels = 1,
                 .dtype = HG_U16,
                 .white = 65535,
                 .orientation = 1,
                 .pages = 1},
        .pixels = pixels
    };
    assert_int_equal(hg__image_save(&image, at("%s", name), &err), HG_OK);
}

// Things of 20000 to 20151 in a clean target on a ground of 0, and no gap between in the noisy input: the ground is learnt.
// What is far from the input as well is no part of the target.
static void a_ground_of_one_value_is_part_of_a_target(void **state) {
    (void)state;
    uint16_t samples[256];
    float x[256], target[256];
    char partner[256];
    assert_int_equal(hg__make_folder(at("grounds"), NULL), HG_OK);
    assert_int_equal(hg__make_folder(at("grounds-clean"), NULL), HG_OK);
    for (int i = 0; i < 256; i++) samples[i] = (uint16_t)(i * 80);
    write_samples("grounds/a.pgm", samples);
    for (int i = 0; i < 256; i++) samples[i] = (uint16_t)(i < 104 ? 0 : 20000 + i - 104);
    samples[200] = 65535;
    write_samples("grounds-clean/a.pgm", samples);
    hg__picture_options o = plain;
    o.crop = 16;
    o.flip = false;
    o.find_range = true;
    snprintf(partner, sizeof partner, "%s", at("grounds-clean"));
    o.target = partner;
    hg__dataset *d = opened("grounds", &o, 1 << 20);
    make(d, 0, 0, 0, x, target);
    for (int i = 0; i < 104; i++) assert_true(target[i] == 0);
    for (int i = 104; i < 256; i++) assert_true(target[i] > 0.95F && target[i] <= 1);
    hg__dataset_close(d);
}

static void pictures_of_several_kinds_have_a_range_each(void **state) {
    (void)state;
    float x[256];
    write_deep_folders();
    hg__picture_options o = plain;
    o.crop = 16;
    o.find_range = true;
    assert_int_equal(rule_of("mixed/b.pgm", &o).kind, HG_RANGE_UNKNOWN); // of 8 bits
    assert_int_equal(rule_of("mixed", &o).kind, HG_RANGE_PAGE);
    hg__dataset *d = opened("mixed", &o, 1 << 20);
    for (int64_t k = 0; k < 2; k++) {
        make(d, k, 0, 0, NULL, x);
        for (int i = 0; i < 256; i++) assert_true(fabsf(x[i] - (float)i / 255) < 1e-5F);
    }
    hg__dataset_close(d);
    // A model's range is taken where it is one for the picture.
    const hg__range_rule rule = {
        .kind = HG_RANGE_FIXED, .dtype = HG_U16, .white = 65535, .low = 4000, .high = 5000};
    o.find_range = false;
    o.range = rule;
    d = opened("deep", &o, 1 << 20);
    make(d, 0, 0, 0, NULL, x);
    assert_true(fabsf(x[0] - 0.096F) < 1e-5F);
    make(d, 1, 0, 0, NULL, x);
    assert_true(fabsf(x[0]) < 1e-5F);
    hg__dataset_close(d);
}

static void partners_that_do_not_fit_are_named(void **state) {
    (void)state;
    char partner[256];
    hg__picture_options o = plain;
    o.target = partner;
    snprintf(partner, sizeof partner, "%s", at("grey"));
    expect_refusal(
        "noisy", &o, HG_ERR_DATA,
        "@/noisy/a.pgm: expected 24 x 20 pixels as its partner @/grey/a.png, got 10 x 12" LEFT_OUT);
    snprintf(partner, sizeof partner, "%s", at("both"));
    expect_refusal("noisy", &o, HG_ERR_DATA,
                   "@/noisy/a.pgm: expected a partner @/both/a.*, found none" LEFT_OUT);
    o.is_blind = true;
    char sentence[400];
    snprintf(sentence, sizeof sentence, "noise=blind: expected noisy images alone, got target=%s",
             partner);
    expect_refusal("noisy", &o, HG_ERR_USAGE, sentence);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_rows_of_crops),
        cmocka_unit_test(what_cannot_be_used_is_named),
        cmocka_unit_test(bad_images_may_be_left_out),
        cmocka_unit_test(damage_behind_the_header_leaves_an_image_out_too),
        cmocka_unit_test(without_skip_the_sentence_says_how_to_go_on),
        cmocka_unit_test(partners_are_found_by_name_whatever_it_is),
        cmocka_unit_test(whole_images_need_no_crop),
        cmocka_unit_test(the_first_fixed_crop_is_the_middle),
        cmocka_unit_test(training_crops_lie_anywhere_and_turn_in_eight_ways),
        cmocka_unit_test(colours_are_kept_joined_or_repeated),
        cmocka_unit_test(noise_corrupts_the_input_alone),
        cmocka_unit_test(noisy_images_alone_are_pairs_of_halves),
        cmocka_unit_test(whole_noisy_images_are_halved),
        cmocka_unit_test(a_camera_takes_what_is_grey_as_grey),
        cmocka_unit_test(images_too_small_to_halve_are_named),
        cmocka_unit_test(pairs_are_cut_alike),
        cmocka_unit_test(pictures_of_one_kind_have_one_range),
        cmocka_unit_test(a_ground_of_one_value_is_part_of_a_target),
        cmocka_unit_test(pictures_of_several_kinds_have_a_range_each),
        cmocka_unit_test(partners_that_do_not_fit_are_named),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
