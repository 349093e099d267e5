// SPDX-License-Identifier: Apache-2.0
// test_read_idx.c - the IDX reader: every type, every way to be wrong.
#include "data_samples.h"

static void every_type_is_read(void **state) {
    (void)state;
    const float u8[] = {0, 1, 128.0F * (1.0F / 255.0F), 0};
    expect_rows(BYTES("\0\0\x08\2\0\0\0\2\0\0\0\2\0\xff\x80\0"), "a.idx", &in_memory, 2, 2, u8);
    const float i8[] = {-1, 127};
    expect_rows(BYTES("\0\0\x09\2\0\0\0\1\0\0\0\2\xff\x7f"), "a.idx", &in_memory, 1, 2, i8);
    const float i16[] = {-2, 258};
    expect_rows(BYTES("\0\0\x0b\2\0\0\0\1\0\0\0\2\xff\xfe\1\2"), "a.idx", &in_memory, 1, 2, i16);
    const float i32[] = {-2, 16909060};
    expect_rows(BYTES("\0\0\x0c\2\0\0\0\1\0\0\0\2\xff\xff\xff\xfe\1\2\3\4"), "a.idx", &in_memory, 1,
                2, i32);
    const float f32[] = {1, -0.5F};
    expect_rows(BYTES("\0\0\x0d\2\0\0\0\1\0\0\0\2\x3f\x80\0\0\xbf\0\0\0"), "a.idx", &in_memory, 1,
                2, f32);
    const float f64[] = {1, -2};
    expect_rows(BYTES("\0\0\x0e\1\0\0\0\2\x3f\xf0\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0"), "a.idx",
                &in_memory, 2, 1, f64);
}

static void images_keep_their_shape_and_bytes(void **state) {
    (void)state;
    hg_error err;
    uint8_t bytes[64];
    const size_t size = read_seed("idx/good_u8.idx", bytes, sizeof bytes);
    hg__data *d = open_bytes(bytes, size, "x.idx", &in_memory, &err);
    assert_non_null(d);
    assert_string_equal(d->format, "idx");
    assert_int_equal(d->dtype, HG_U8);
    assert_int_equal(d->width, 9);
    assert_int_equal(d->shape.rank, 2);
    assert_int_equal(d->shape.dim[0], 3);
    assert_int_equal(d->shape.dim[1], 3);
    assert_non_null(d->base);
    assert_int_equal(((const uint8_t *)d->base)[17], 17);
    hg__data_close(d);
}

static void bad_files_are_refused_with_a_sentence(void **state) {
    (void)state;
    static const bad_input bad[] = {
        {BYTES(""),                                                                           "x.idx: expected rows of numbers, got an empty file"  },
        {BYTES("\0\0\x08"),                                                                   "x.idx: expected the 4 bytes an IDX file begins with, got the end of "
                            "the file after 3 bytes"                                                                     },
        {BYTES("\0\0\x0a\1\0\0\0\1"),
         "x.idx: expected an IDX file (0, 0, a type from 8 to 14, the rank), got 0, 0, 10, 1"                                                       },
        {BYTES("\0\0\x08\0x"),                                                                "x.idx: expected an array of 1 to 8 dimensions, got 0"},
        {BYTES("\0\0\x08\x09"
               "12345678901234567890123456789012345"),
         "x.idx: expected an array of 1 to 8 dimensions, got 9"                                                                                     },
        {BYTES("\0\0\x08\2\0\0\0\1\0"),
         "x.idx: expected the dimensions of an IDX file, got the end of the file after 9 bytes"                                                     },
        {BYTES("\0\0\x08\2\0\0\0\0\0\0\0\3"),
         "x.idx: expected at least one row and one column, got shape [0, 3]"                                                                        },
        {BYTES("\0\0\x08\2\0\0\0\3\0\0\0\0"),
         "x.idx: expected at least one row and one column, got shape [3, 0]"                                                                        },
        {BYTES("\0\0\x08\2\0\0\0\2\0\0\0\2\1\2\3"),
         "x.idx: expected 4 bytes after the header for shape [2, 2], got 3"                                                                         },
        {BYTES("\0\0\x08\2\0\0\0\2\0\0\0\2\1\2\3\4\5"),
         "x.idx: expected 4 bytes after the header for shape [2, 2], got 5"                                                                         },
        {BYTES("\0\0\x08\2\0\0\0\1\1\0\0\1x"),
         "x.idx: expected rows of at most 16777216 numbers, got shape [1, 16777217]"                                                                },
        {BYTES("\0\0\x08\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
         "x.idx: expected rows of at most 16777216 numbers, got shape [4294967295, 4294967295, "
         "4294967295, 4294967295]"                                                                                                                  },
        {BYTES("\0\0\x0e\2\xff\xff\xff\xff\0\xff\xff\xff"),
         "x.idx: expected 576460717809467400 bytes after the header for shape [4294967295, "
         "16777215], got 0"                                                                                                                         },
        {BYTES("\0\0\x0d\2\0\0\0\2\0\0\0\1\x3f\x80\0\0\x7f\xc0\0\0"),
         "x.idx: expected finite numbers, got nan in row 1, column 0 (counted from 0)"                                                              },
        {BYTES("\0\0\x0e\1\0\0\0\1\x7f\xef\xff\xff\xff\xff\xff\xff"),
         "x.idx: expected finite numbers, got inf in row 0, column 0 (counted from 0)"                                                              },
    };
    expect_refusals(bad, sizeof bad / sizeof *bad, "x.idx");
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_seed("idx/good_u8.idx");
    damage_seed("idx/good_f32.idx");
    damage_seed("idx/good_labels.idx");
    damage_seed("gz/good.idx.gz");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(images_keep_their_shape_and_bytes),
        cmocka_unit_test(bad_files_are_refused_with_a_sentence),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
