// SPDX-License-Identifier: Apache-2.0
// test_read_npy.c - the .npy reader: types, orders, versions, and headers that lie.
#include "data_samples.h"

// A version 1 file with this header text and body.
static size_t build(uint8_t *to, const char *header, const void *body, size_t size) {
    const size_t n = strlen(header);
    static const uint8_t start[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    memcpy(to, start, sizeof start);
    to[8] = (uint8_t)n;
    to[9] = (uint8_t)(n >> 8);
    for (size_t i = 0; i < n; i++) to[10 + i] = (uint8_t)header[i];
    memcpy(to + 10 + n, body, size);
    return 10 + n + size;
}

static void expect_values(const char *descr, const char *shape, const char *order, const void *body,
                          size_t size, int64_t rows, int32_t width, const float *values) {
    uint8_t bytes[512];
    char header[256];
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': %s}", descr,
             order, shape);
    const size_t n = build(bytes, header, body, size);
    expect_rows(bytes, n, "x.npy", &in_memory, rows, width, values);
}

static void every_type_and_byte_order_is_read(void **state) {
    (void)state;
    const float bytes[] = {1.0F / 255.0F * 3, 1};
    expect_values("|u1", "(1, 2)", "False", BYTES("\3\xff"), 1, 2, bytes);
    expect_values("<i1", "(2,)", "False", BYTES("\xff\1"), 2, 1, (const float[]){-1, 1});
    expect_values("|b1", "(2,)", "False", BYTES("\0\7"), 2, 1, (const float[]){0, 1});
    expect_values("<u2", "(2,)", "False", BYTES("\1\2\xff\xff"), 2, 1, (const float[]){513, 65535});
    expect_values(">u2", "(2,)", "False", BYTES("\1\2\xff\xff"), 2, 1, (const float[]){258, 65535});
    expect_values("<i2", "(2,)", "False", BYTES("\1\2\xff\xff"), 2, 1, (const float[]){513, -1});
    expect_values("<f2", "(4,)", "False", BYTES("\0\x3c\1\0\0\x80\xff\x7b"), 4, 1,
                  (const float[]){1, 0x1p-24F, -0.0F, 65504});
    expect_values(">f2", "(1,)", "False", BYTES("\xc0\0"), 1, 1, (const float[]){-2});
    expect_values("<u4", "(1,)", "False", BYTES("\xff\xff\xff\xff"), 1, 1,
                  (const float[]){4294967296.0F});
    expect_values("<i4", "(1,)", "False", BYTES("\xfe\xff\xff\xff"), 1, 1, (const float[]){-2});
    expect_values("=i4", "(1,)", "False", BYTES("\1\0\0\0"), 1, 1, (const float[]){1});
    expect_values("<f4", "(1,)", "False", BYTES("\0\0\x80\x3f"), 1, 1, (const float[]){1});
    expect_values(">f4", "(1,)", "False", BYTES("\x3f\x80\0\0"), 1, 1, (const float[]){1});
    expect_values("<u8", "(1,)", "False", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), 1, 1,
                  (const float[]){18446744073709551616.0F});
    expect_values(">i8", "(1,)", "False", BYTES("\xff\xff\xff\xff\xff\xff\xff\xfd"), 1, 1,
                  (const float[]){-3});
    expect_values(">f8", "(1,)", "False", BYTES("\x3f\xf0\0\0\0\0\0\0"), 1, 1, (const float[]){1});
}

static void fortran_order_becomes_rows(void **state) {
    (void)state;
    const float rows[] = {1, 4, 2, 5, 3, 6};
    expect_values("|i1", "(3, 2)", "True", BYTES("\1\2\3\4\5\6"), 3, 2, rows);
    // a[i, j, k] = 1 + i + 2 j + 4 k lies in the order of the bytes; a row is (j, k), k fastest.
    const float cube[] = {1, 5, 3, 7, 2, 6, 4, 8};
    expect_values("|i1", "(2, 2, 2)", "True", BYTES("\1\2\3\4\5\6\7\x08"), 2, 4, cube);
    expect_values("|i1", "(2,)", "True", BYTES("\1\2"), 2, 1, (const float[]){1, 2});
    uint8_t plain[512], packed[512];
    hg_error err;
    hg__data *a =
        open_bytes(plain, read_seed("npy/good_f8_fortran.npy", plain, 512), "a", &in_memory, &err);
    hg__data *b =
        open_bytes(packed, read_seed("gz/good_fortran.npy.gz", packed, 512), "b", &in_memory, &err);
    hg__data *c =
        open_bytes(plain, read_seed("npy/good_f4.npy", plain, 512), "c", &in_memory, &err);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_true(a->fingerprint == b->fingerprint && a->fingerprint == c->fingerprint);
    hg__data_close(a);
    hg__data_close(b);
    hg__data_close(c);
}

static void headers_may_be_written_in_any_legal_way(void **state) {
    (void)state;
    static const char *const headers[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }          \n",
        "{\"shape\":(1,1),\"descr\":\"<f4\",\"fortran_order\":False}",
        " { 'fortran_order' : False , 'shape' : ( 1L , 1L , ) , 'descr' : '<f4' } ",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        uint8_t bytes[256];
        expect_rows(bytes, build(bytes, headers[i], "\0\0\x80\x3f", 4), "x.npy", &in_memory, 1, 1,
                    (const float[]){1});
    }
}

static void bad_headers_are_refused_with_a_sentence(void **state) {
    (void)state;
    static const struct {
        const char *header, *sentence;
    } bad[] = {
        {"{'descr': '|O', 'fortran_order': False, 'shape': (3,)}",
         "x.npy: expected numbers, got Python objects ('|O'), which are never read"                                                     },
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}",
         "x.npy: expected numbers of one type, got a structured array"                                                                  },
        {"{'descr': '<U5', 'fortran_order': False, 'shape': (3,)}",
         "x.npy: expected integers, floats or booleans, got elements of type '<U5'"                                                     },
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (3,)}",
         "x.npy: expected integers, floats or booleans, got elements of type '<c8'"                                                     },
        {"{'descr': '', 'fortran_order': False, 'shape': (3,)}",
         "x.npy: expected integers, floats or booleans, got elements of type ''"                                                        },
        {"{'descr': 'a very long name for a type', 'shape': (3,)}",
         "x.npy: expected a type such as '<f4' in the .npy header"                                                                      },
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}",
         "x.npy: expected True or False in the .npy header"                                                                             },
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3)}",
         "x.npy: expected a shape such as (3, 4) in the .npy header"                                                                    },
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
         "x.npy: expected a shape such as (3, 4) in the .npy header"                                                                    },
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
         "x.npy: expected a shape such as (3, 4) in the .npy header"                                                                    },
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
         "x.npy: expected an array of 1 to 8 dimensions, got 0"                                                                         },
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
         "x.npy: expected an array of 1 to 8 dimensions, got 9"                                                                         },
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3)}",
         "x.npy: expected at least one row and one column, got shape [0, 3]"                                                            },
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3)}",
         "x.npy: expected 48 bytes after the header for shape [4, 3], got 4"                                                            },
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (281474976710657, 1)}",
         "x.npy: shape [281474976710657, 1] is larger than any file"                                                                    },
        {"{'descr': '<f4', 'fortran_order': False}",
         "x.npy: expected 'descr', 'fortran_order' and 'shape' once each in the .npy header"                                            },
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
         "x.npy: expected 'descr', 'fortran_order' and 'shape' once each in the .npy header"                                            },
        {"{'name': '<f4', 'fortran_order': False, 'shape': (1,)}",
         "x.npy: expected 'descr', 'fortran_order' and 'shape' once each in the .npy header"                                            },
        {"{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
         "x.npy: expected a comma between the keys in the .npy header"                                                                  },
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
         "x.npy: expected nothing after the dictionary in the .npy header"                                                              },
        {"{descr: '<f4'}",                                                             "x.npy: expected a quoted key in the .npy header"},
        {"import os",                                                                  "x.npy: expected a dictionary in the .npy header"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t bytes[512];
        expect_refusal(bytes, build(bytes, bad[i].header, "\0\0\x80\x3f", 4), "x.npy", &in_memory,
                       bad[i].sentence);
    }
}

static void bad_files_are_refused_with_a_sentence(void **state) {
    (void)state;
    static const bad_input bad[] = {
        {BYTES("\x93NUMPY"),                     "x.npy: expected the 8 bytes a .npy file begins with, got the end of "
                             "the file after 6 bytes"                        },
        {BYTES("\x93NUMPX\1\0"),                 "x.npy: expected NumPy's magic bytes in the .npy header"},
        {BYTES("\x93NUMPY\4\0xxxx"),             "x.npy: expected .npy version 1, 2 or 3, got 4.0"       },
        {BYTES("\x93NUMPY\1\0\2"),
         "x.npy: expected the length of the .npy header, got the end of the file after 9 bytes"          },
        {BYTES("\x93NUMPY\1\0\2\1{"),
         "x.npy: expected the .npy header, got the end of the file after 11 bytes"                       },
        {BYTES("\x93NUMPY\2\0\xff\xff\xff\xff"),
         "x.npy: expected a header of at most 65536 bytes, got 4294967295"                               },
    };
    expect_refusals(bad, sizeof bad / sizeof *bad, "x.npy");
    uint8_t inf[512];
    expect_refusal(inf, read_seed("npy/inf.npy", inf, sizeof inf), "x.npy", &in_memory,
                   "x.npy: expected finite numbers, got -inf in row 1, column 0 (counted from 0)");
}

static void bad_rows_may_be_left_out(void **state) {
    (void)state;
    hg__data_options skip = in_memory;
    skip.on_bad = "skip";
    uint8_t bytes[512];
    const size_t size = read_seed("npy/inf.npy", bytes, sizeof bytes);
    expect_rows(bytes, size, "x.npy", &skip, 1, 2, (const float[]){1, 2});
    hg_error err;
    hg__data *d = open_bytes(bytes, size, "x.npy", &skip, &err);
    assert_int_equal(d->skipped, 1);
    hg__data_close(d);
    static const uint8_t quiet_nan[] = {0, 0, 0xc0, 0x7f};
    memcpy(bytes + size - 16, quiet_nan, sizeof quiet_nan);
    expect_refusal(bytes, size, "x.npy", &skip,
                   "x.npy: none of the 2 rows has only finite numbers");
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_seed("npy/good_f4.npy");
    damage_seed("npy/good_u1_fortran.npy");
    damage_seed("npy/good_i8_v3.npy");
    damage_seed("gz/good_fortran.npy.gz");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_byte_order_is_read),
        cmocka_unit_test(fortran_order_becomes_rows),
        cmocka_unit_test(headers_may_be_written_in_any_legal_way),
        cmocka_unit_test(bad_headers_are_refused_with_a_sentence),
        cmocka_unit_test(bad_files_are_refused_with_a_sentence),
        cmocka_unit_test(bad_rows_may_be_left_out),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
