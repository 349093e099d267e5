// SPDX-License-Identifier: Apache-2.0
// test_picture_loader.c - pictures that are kept, fingerprints, and the loader over folders of images.
#include "picture_case.h"

// ---- the cache and the fingerprint --------------------------------------------------------------

static void rows_do_not_depend_on_what_is_kept(void **state) {
    (void)state;
    static const size_t memory[] = {0, 1000, 1 << 20}; // nothing, one picture, all
    float want[CROP * CROP], x[CROP * CROP];
    for (int32_t k = 0; k < 30; k++) {
        for (int m = 0; m < 3; m++) {
            hg__dataset *d = opened("grey", &plain, memory[m]);
            for (int32_t j = 0; j <= k; j++) make(d, j % 3, j, 1, NULL, m ? x : want);
            if (m) assert_memory_equal(x, want, sizeof x);
            hg__dataset_close(d);
        }
    }
}

static void a_file_that_goes_or_changes_is_an_error(void **state) {
    (void)state;
    float x[CROP * CROP];
    hg_error err = {0};
    const hg__row_place place = {.epoch = 1};
    hg__row_room room = {.x = x};
    write_picture("gone.png", 1, 12, 12, 1);
    hg__dataset *d = opened("gone.png", &plain, 0);
    write_picture("gone.png", 1, 13, 12, 1);
    assert_int_equal(hg__row_source_make(&d->source, &place, &room, &err), HG_ERR_DATA);
    assert_non_null(strstr(err.message,
                           "gone.png: expected 12 x 12 pixels as when it was opened, got 12 x 13"));
    assert_int_equal(unlink(at("gone.png")), 0);
    assert_true(hg__row_source_make(&d->source, &place, &room, &err) < 0);
    assert_non_null(strstr(err.message, "gone.png"));
    hg__dataset_close(d);
}

static void the_fingerprint_is_of_names_and_contents(void **state) {
    (void)state;
    uint64_t seen[4];
    assert_int_equal(hg__make_folder(at("print"), NULL), HG_OK);
    for (int k = 0; k < 4; k++) {
        if (k == 2) assert_int_equal(unlink(at("print/one.png")), 0);
        write_picture(k == 2 ? "print/two.png" : "print/one.png", k == 3, 12, 12, 1);
        if (k == 3) assert_int_equal(unlink(at("print/two.png")), 0);
        hg__dataset *d = opened("print", &plain, 1 << 20);
        seen[k] = d->fingerprint;
        hg__dataset_close(d);
    }
    assert_true(seen[0] == seen[1] && seen[0] != seen[2]);
    assert_true(seen[3] != seen[0] && seen[3] != seen[2]);
}

// ---- the loader ---------------------------------------------------------------------------------

enum { ROWS = 3 * 7, BATCH = 4 };

typedef struct epoch {
    float x[ROWS][CROP * CROP], target[ROWS][CROP * CROP];
    int64_t number[ROWS];
    int64_t rows;
} epoch;

// One epoch; `helps`: the batch ahead is made as training does, in other tasks' time.
static void run_epoch(const hg__dataset *d, int32_t threads, bool helps, int32_t number,
                      int64_t skip, epoch *e) {
    hg_error err = {0};
    hg__batch b;
    hg__pool *pool = threads ? hg__pool_new(threads, &err) : NULL;
    const hg__loader_options making = {.pool = pool};
    const hg__rows rows = hg__rows_all(d->learned);
    hg__loader *l = hg__loader_new(&rows, BATCH, &making, &err);
    assert_non_null(l);
    assert_int_equal(hg__loader_rows(l), ROWS);
    hg__loader_start(l, true, 5, number, skip);
    e->rows = 0;
    int code;
    while ((code = hg__loader_next(l, &b, &err)) > 0) {
        assert_true(b.dtype == HG_F32 && b.scale == 1 && b.first == skip * BATCH + e->rows);
        for (int32_t i = 0; i < b.count; i++, e->rows++) {
            memcpy(e->x[e->rows], b.row[i], sizeof e->x[0]);
            memcpy(e->target[e->rows], b.target[i], sizeof e->x[0]);
            e->number[e->rows] = b.number[i];
        }
        for (int32_t i = 0; helps && i < hg__loader_work(l); i += 2) hg__loader_make(l, i, 0);
    }
    if (code < 0) fail_msg("%s", err.message);
    hg__loader_free(l);
    hg__pool_free(pool);
}

static void any_number_of_threads_makes_the_same_rows(void **state) {
    (void)state;
    static epoch want, got;
    hg__picture_options o = plain;
    o.crops = 7;
    hg__dataset *d = opened_noisy("grey", "gaussian 10-50 + jpeg 20-80", &o, 1 << 20);
    run_epoch(d, 0, false, 3, 0, &want);
    assert_int_equal(want.rows, ROWS);
    int times[3] = {0};
    for (int i = 0; i < ROWS; i++) times[want.number[i]]++;
    for (int i = 0; i < 3; i++) assert_int_equal(times[i], 7);
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < i; j++) assert_memory_not_equal(want.x[i], want.x[j], sizeof want.x[0]);
    }
    for (int32_t threads = 0; threads < 5; threads++) {
        run_epoch(d, threads, threads % 2, 3, 0, &got);
        assert_memory_equal(&got, &want, sizeof got);
    }
    for (int64_t skip = 1; skip < 6; skip++) { // resumed
        run_epoch(d, 2, true, 3, skip, &got);
        assert_int_equal(got.rows, ROWS - skip * BATCH);
        const size_t bytes = (size_t)got.rows * sizeof got.x[0];
        assert_memory_equal(got.x, want.x[skip * BATCH], bytes);
        assert_memory_equal(got.target, want.target[skip * BATCH], bytes);
    }
    run_epoch(d, 2, true, 4, 0, &got);
    assert_memory_not_equal(got.x, want.x, sizeof want.x);
    hg__dataset_close(d);
}

static void a_camera_changes_both_sides_alike_for_any_threads(void **state) {
    (void)state;
    static epoch want, got;
    hg__picture_options o = plain;
    o.crops = 7;
    hg__dataset *d = opened_noisy("grey", "gaussian 5 | 3: lens 0-1 + camera", &o, 1 << 20);
    run_epoch(d, 0, false, 3, 0, &want);
    for (int32_t threads = 1; threads < 4; threads++) {
        run_epoch(d, threads, threads % 2, 3, 0, &got);
        assert_memory_equal(&got, &want, sizeof got);
    }
    hg__dataset_close(d);
}

enum { IMAGES = 40, CROPS = 5, BLOCK = 5 };

// 5 pictures, 5 crops each, mixed.
static void check_block(const int64_t *order) {
    bool seen[IMAGES] = {false};
    int pictures = 0, changes = 0;
    for (int i = 0; i < BLOCK * CROPS; i++) {
        pictures += !seen[order[i]];
        seen[order[i]] = true;
        changes += i > 0 && order[i] != order[i - 1];
    }
    assert_int_equal(pictures, BLOCK);
    assert_true(changes > 10);
}

static void take_order(hg__loader *l, int32_t number, int64_t *order) {
    hg_error err = {0};
    hg__batch b;
    int64_t n = 0;
    int times[IMAGES] = {0};
    hg__loader_start(l, true, 9, number, 0);
    while (hg__loader_next(l, &b, &err) > 0) {
        for (int32_t i = 0; i < b.count; i++) order[n++] = b.number[i];
    }
    assert_int_equal(n, IMAGES * CROPS);
    for (int64_t i = 0; i < n; i++) times[order[i]]++;
    for (int i = 0; i < IMAGES; i++) assert_int_equal(times[i], CROPS);
}

static void a_folder_larger_than_memory_comes_in_blocks(void **state) {
    (void)state;
    hg_error err = {0};
    hg__picture_options o = plain;
    o.crops = CROPS;
    assert_int_equal(hg__make_folder(at("many"), NULL), HG_OK);
    for (int i = 0; i < IMAGES; i++) {
        char name[32];
        snprintf(name, sizeof name, "many/%02d.pgm", i);
        write_picture(name, i % 15, 12, 12, 1);
    }
    hg__dataset *d = opened("many", &o, 12 * 12 * 2 * 10); // ten of them
    assert_int_equal(hg__pictures_block(d->pictures), BLOCK);
    const hg__rows rows = hg__rows_all(d->learned);
    const hg__loader_options making = {0};
    hg__loader *l = hg__loader_new(&rows, 8, &making, &err);
    int64_t order[2][IMAGES * CROPS];
    for (int e = 0; e < 2; e++) {
        take_order(l, 1 + e, order[e]);
        for (int i = 0; i < IMAGES; i += BLOCK) check_block(order[e] + (ptrdiff_t)i * CROPS);
    }
    assert_memory_not_equal(order[0], order[1], sizeof order[0]);
    hg__loader_free(l);
    hg__dataset_close(d);
}

static void validation_rows_are_the_same_every_epoch(void **state) {
    (void)state;
    hg_error err = {0};
    hg__picture_options o = plain;
    hg__dataset *d = opened_noisy("grey", "gaussian 25", &o, 1 << 20);
    const hg__rows rows = hg__rows_all(d->learned);
    const hg__loader_options making = {.fixed = true};
    hg__loader *l = hg__loader_new(&rows, 3, &making, &err);
    float want[3][CROP * CROP], middle[CROP * CROP];
    for (int e = 0; e < 3; e++) {
        hg__batch b;
        hg__loader_start(l, false, 0, e, 0);
        assert_int_equal(hg__loader_next(l, &b, &err), 1);
        for (int i = 0; i < 3; i++) {
            if (e == 0) memcpy(want[i], b.row[i], sizeof want[0]);
            assert_memory_equal(b.row[i], want[i], sizeof want[0]);
        }
        assert_int_equal(hg__row_source_row(&d->source, 0, middle, &err), HG_OK);
        assert_memory_equal(b.target[0], middle, sizeof middle);
    }
    hg__loader_free(l);
    const hg__rows clean = hg__rows_of(&rows, d->source);
    l = hg__loader_new(&clean, 3, NULL, &err);
    hg__batch b;
    hg__loader_start(l, false, 0, 1, 0);
    assert_int_equal(hg__loader_next(l, &b, &err), 1);
    assert_memory_equal(b.row[0], middle, sizeof middle);
    assert_null(b.target);
    hg__loader_free(l);
    hg__dataset_close(d);
}

static void an_error_on_the_way_shows_in_next(void **state) {
    (void)state;
    hg_error err = {0};
    hg__batch b;
    assert_int_equal(hg__make_folder(at("fades"), NULL), HG_OK);
    for (int i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "fades/%d.png", i);
        write_picture(name, i, 12, 12, 1);
    }
    hg__picture_options o = plain;
    o.crops = 1;
    hg__dataset *d = opened("fades", &o, 0);
    const hg__rows rows = hg__rows_all(d->learned);
    hg__pool *pool = hg__pool_new(2, &err);
    const hg__loader_options making = {.pool = pool};
    hg__loader *l = hg__loader_new(&rows, 2, &making, &err);
    hg__loader_start(l, false, 0, 1, 0);
    assert_int_equal(hg__loader_next(l, &b, &err), 1);
    assert_int_equal(hg__loader_work(l), 2);
    assert_int_equal(hg__write_file(at("fades/3.png"), "\x89PNG", 4, NULL), HG_OK);
    hg__pool_run(pool, hg__loader_make, l, 2);
    assert_true(hg__loader_next(l, &b, &err) < 0);
    assert_non_null(strstr(err.message, "fades/3.png"));
    hg__loader_free(l);
    hg__pool_free(pool);
    hg__dataset_close(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_do_not_depend_on_what_is_kept),
        cmocka_unit_test(a_file_that_goes_or_changes_is_an_error),
        cmocka_unit_test(the_fingerprint_is_of_names_and_contents),
        cmocka_unit_test(any_number_of_threads_makes_the_same_rows),
        cmocka_unit_test(a_camera_changes_both_sides_alike_for_any_threads),
        cmocka_unit_test(a_folder_larger_than_memory_comes_in_blocks),
        cmocka_unit_test(validation_rows_are_the_same_every_epoch),
        cmocka_unit_test(an_error_on_the_way_shows_in_next),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
