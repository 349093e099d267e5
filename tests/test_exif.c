// SPDX-License-Identifier: Apache-2.0
// test_exif.c - the orientation from EXIF blocks, good and damaged.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "image/codec.h"

#include <cmocka.h>

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static void both_byte_orders_are_read(void **state) {
    (void)state;
    // Two entries, the second is the orientation.
    assert_int_equal(hg__exif_orientation(BYTES("II*\0\x08\0\0\0\2\0\x0f\1\2\0\4\0\0\0abc\0"
                                                "\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0")),
                     6);
    assert_int_equal(hg__exif_orientation(BYTES("MM\0*\0\0\0\x08\0\2\1\x0f\0\2\0\0\0\4abc\0"
                                                "\1\x12\0\3\0\0\0\1\0\5\0\0\0\0\0\0")),
                     5);
    assert_int_equal(hg__exif_orientation(
                         BYTES("Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\x08\0\0\0\0\0\0")),
                     8);
}

static void what_is_made_is_read(void **state) {
    (void)state;
    for (int32_t i = 1; i <= 8; i++) {
        uint8_t block[HG_EXIF_SIZE];
        hg__exif_make(block, i);
        assert_int_equal(hg__exif_orientation(block, sizeof block), i);
    }
}

// An entry of the first folder names a second one, at byte 26, which has the ISO.
static void the_sensitivity_is_read(void **state) {
    (void)state;
    const uint8_t block[] = "II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x1a\0\0\0\0\0\0\0"
                            "\1\0\x27\x88\3\0\1\0\0\0\x80\x0c\0\0\0\0\0\0";
    assert_int_equal(hg__exif_iso(block, sizeof block - 1), 3200);
    for (size_t size = 0; size < 40; size++) {
        uint8_t *copy = malloc(size ? size : 1);
        assert_non_null(copy);
        memcpy(copy, block, size);
        assert_int_equal(hg__exif_iso(copy, size), 0);
        free(copy);
    }
    assert_int_equal(hg__exif_iso(BYTES("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0")), 0);
}

static void what_is_damaged_says_upright(void **state) {
    (void)state;
    assert_int_equal(hg__exif_orientation(BYTES("")), 1);
    assert_int_equal(hg__exif_orientation(BYTES("Exif\0\0")), 1);
    assert_int_equal(
        hg__exif_orientation(BYTES("II*\0\xff\xff\xff\xff\1\0\x12\1\3\0\1\0\0\0\6\0\0\0")), 1);
    assert_int_equal(hg__exif_orientation(BYTES("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x09\0\0\0")),
                     1);
    assert_int_equal(hg__exif_orientation(BYTES("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\0\0\0\0")),
                     1);
    assert_int_equal(hg__exif_orientation(BYTES("II*\0\x08\0\0\0\1\0\x12\1\4\0\1\0\0\0\6\0\0\0")),
                     1);
    assert_int_equal(hg__exif_orientation(BYTES("JJ*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0")),
                     1);
}

static void cut_off_blocks_are_never_read_past_their_end(void **state) {
    (void)state;
    uint8_t block[HG_EXIF_SIZE];
    hg__exif_make(block, 6);
    for (size_t size = 0; size <= sizeof block; size++) {
        uint8_t *copy = malloc(size ? size : 1); // a sanitizer sees a byte too far
        assert_non_null(copy);
        memcpy(copy, block, size);
        assert_int_equal(hg__exif_orientation(copy, size), size >= 22 ? 6 : 1);
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_byte_orders_are_read),
        cmocka_unit_test(what_is_made_is_read),
        cmocka_unit_test(the_sensitivity_is_read),
        cmocka_unit_test(what_is_damaged_says_upright),
        cmocka_unit_test(cut_off_blocks_are_never_read_past_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
