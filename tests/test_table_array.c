// SPDX-License-Identifier: Apache-2.0
// test_table_array.c - NPY, NPZ and IDX as tables: numbers to the last bit, y beside X, NaN as a missing value.
#include "base/mem.h"
#include "table_case.h"

static void expect_seed(const char *seed, const char *name, const char *array, const char *says) {
    uint8_t bytes[4096];
    const hg__table_options o = {.table = array};
    expect_table(bytes, read_seed(seed, bytes, sizeof bytes), name, &o, says);
}

static void arrays_are_rows_of_numbers(void **state) {
    (void)state;
    expect_seed("npy/good_f4.npy", "x.npy", "", "1|2\n3|4\n5|6\n");
    expect_seed("npy/good_f8_fortran.npy", "x.npy", "", "1|2\n3|4\n5|6\n");
    expect_seed("npy/good_u1_fortran.npy", "x.npy", "", "0|4|8|2|6|10\n1|5|9|3|7|11\n");
    expect_seed("npy/good_u1.npy", "x.npy", "", "0|1|2|3\n4|5|6|7\n");
    expect_seed("npy/good_f2.npy", "x.npy", "", "1\n-2\n5.9604644775390625e-08\n65504\n");
    expect_seed("npy/good_bool_v2.npy", "x.npy", "", "0|1\n1|0\n");
    expect_seed("npy/good_i8_v3.npy", "x.npy", "", "-1\n1099511627776\n");
    expect_seed("npy/good_u2.npy", "x.npy", "", "1|65535\n");
    expect_seed("idx/good_i16.idx", "x.idx", "", "-1|2\n-300|400\n");
    expect_seed("idx/good_u8.idx", "x.idx", "", "0|1|2|3|4|5|6|7|8\n9|10|11|12|13|14|15|16|17\n");
    expect_seed("gz/good_fortran.npy.gz", "x.npy.gz", "", "1|2\n3|4\n5|6\n");
    expect_seed("gz/good.idx.gz", "x.idx.gz", "", "0|1|2|3|4|5|6|7|8\n9|10|11|12|13|14|15|16|17\n");
}

static void y_stands_beside_x(void **state) {
    (void)state;
    expect_seed("npz/good_x.npz", "x.npz", "", "# column 1|column 2|y\n1|2|1\n3|4|2\n5|6|3\n");
    expect_seed("npz/good_x.npz", "x.npz", "X", "1|2\n3|4\n5|6\n");
    expect_seed("npz/good_x.npz", "x.npz", "y", "1\n2\n3\n");
    expect_seed("npz/good_stored.npz", "x.npz", "", "1|2\n3|4\n5|6\n");
    expect_seed("npz/good_x.npz", "x.npz", "Y", "! x.npz: expected an array 'Y', got 'y', 'X'");
    expect_seed("npz/good_matrix.npz", "x.npz", "",
                "! x.npz: expected y to be 3 numbers, one for each row of data, got 1 rows of 1");
    expect_seed("npz/good_matrix.npz", "x.npz", "data", "1|2\n3|4\n5|6\n");
    expect_seed("npy/good_f4.npy", "x.npy", "X",
                "! x.npy: expected no table=, got table=X for a single array");
}

enum { HEAD = 128 }; // bytes of a .npy's header

static void write_head(uint8_t *bytes, const char *type, const char *shape) {
    static const uint8_t magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, HEAD - 10, 0};
    char text[HEAD - 10];
    snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type,
             shape);
    memcpy(bytes, magic, sizeof magic);
    snprintf((char *)bytes + 10, HEAD - 10, "%-117.117s", text);
    bytes[HEAD - 1] = '\n';
}

// Five rows at most of two numbers of 8 bytes.
static void expect_two_columns(const char *type, const void *numbers, int rows, const char *says) {
    uint8_t bytes[HEAD + 80];
    char shape[16];
    snprintf(shape, sizeof shape, "(%d, 2)", rows);
    write_head(bytes, type, shape);
    memcpy(bytes + HEAD, numbers, (size_t)rows * 16);
    expect_table(bytes, HEAD + (size_t)rows * 16, "x.npy", NULL, says);
}

static void numbers_keep_their_digits(void **state) {
    (void)state;
    const double f8[] = {1600000000.125, 1e-300, 0.1, -1e300};
    expect_two_columns("<f8", f8, 2, "1600000000.125|1e-300\n0.1|-1e+300\n");
    const int64_t i8[] = {1600000001, -9007199254740992, 16777217, 0};
    expect_two_columns("<i8", i8, 2, "1600000001|-9007199254740992\n16777217|0\n");
}

static void nan_is_missing_and_infinity_is_an_error(void **state) {
    (void)state;
    const double inf = __builtin_inf(), nan = __builtin_nan("");
    const double values[] = {1, nan, 2, -inf, nan, nan, inf, 3, 4, 5};
    expect_two_columns("<f8", values, 5,
                       "1|?\n! x.npy, row 2: column 2: expected a finite number, got -inf\n?|?\n"
                       "! x.npy, row 4: column 1: expected a finite number, got inf\n4|5\n");
}

static void blocks_join(void **state) {
    (void)state;
    enum { ROWS = 10000 };
    static uint8_t bytes[HEAD + ROWS * 2];
    const sample_file f = save_sample(BYTES(""), "x.npy");
    write_head(bytes, ">u2", "(10000,)");
    for (int i = 0; i < ROWS; i++) {
        bytes[HEAD + 2 * i] = (uint8_t)(i >> 8);
        bytes[HEAD + 2 * i + 1] = (uint8_t)i;
    }
    rewrite_sample(&f, bytes, sizeof bytes);
    hg_error err;
    char text[256];
    hg__cell cell;
    hg__table *t = hg__table_open(f.path, NULL, &err);
    assert_non_null(t);
    assert_int_equal(t->rows, ROWS);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < ROWS; i++) {
            assert_int_equal(hg__table_next(t, &cell, &err), 1);
            assert_true(cell.number == i && !cell.text);
        }
        assert_int_equal(hg__table_next(t, &cell, &err), 0);
        hg__table_where(t, text, sizeof text);
        assert_string_equal(plain_message(&f, text), "x.npy, row 10000");
        assert_int_equal(hg__table_rewind(t, &err), HG_OK);
    }
    hg__table_close(t);
    remove_sample(&f);
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_table("npy/good_f8_fortran.npy", "x.npy");
    damage_table("npz/good_x.npz", "x.npz");
    damage_table("idx/good_f32.idx", "x.idx");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_rows_of_numbers),
        cmocka_unit_test(y_stands_beside_x),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(nan_is_missing_and_infinity_is_an_error),
        cmocka_unit_test(blocks_join),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
