// SPDX-License-Identifier: Apache-2.0
// test_repeats.c - copies among rows are found, and nothing else is taken for one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "detect/neighbours.h"

#include <cmocka.h>

enum { ROWS = 700, WIDTH = 5 };

// What a search by comparing all rows finds.
static int32_t find_plainly(const float *x, int32_t rows, int32_t width, int32_t *which) {
    int32_t count = 0;
    for (int32_t i = 0; i < rows; i++) {
        which[i] = -1;
        for (int32_t k = 0; k < i && which[i] < 0; k++) {
            const size_t bytes = (size_t)width * sizeof *x;
            if (memcmp(x + k * width, x + i * width, bytes) == 0) which[i] = which[k];
        }
        if (which[i] < 0) which[i] = count++;
    }
    return count;
}

static void every_copy_and_no_other_row_is_found_at_every_width(void **state) {
    (void)state;
    float x[ROWS * WIDTH]; // (rows, width)
    int32_t distinct[ROWS], which[ROWS], slot[2 * ROWS], want[ROWS];
    uint32_t random = 1;
    for (int32_t i = 0; i < ROWS * WIDTH; i++) {
        random = random * 1664525U + 1013904223U;
        x[i] =
            (float)(random >> 30); // few values: many copies, many rows that differ in one number
    }
    for (int32_t width = 1; width <= WIDTH; width++) {
        const int32_t count = hg__repeats_find(x, ROWS, width, distinct, which, slot);
        assert_int_equal(count, find_plainly(x, ROWS, width, want));
        assert_memory_equal(which, want, sizeof want);
        for (int32_t i = 0; i < count; i++) {
            assert_int_equal(which[distinct[i]], i);
            if (i > 0) assert_true(distinct[i] > distinct[i - 1]);
        }
    }
}

static void rows_that_are_equal_as_numbers_but_not_as_bits_are_no_copies(void **state) {
    (void)state;
    const float x[] = {0.0F, -0.0F, 0.0F}; // (3, 1)
    int32_t distinct[3], which[3], slot[6];
    assert_int_equal(hg__repeats_find(x, 3, 1, distinct, which, slot), 2);
    assert_int_equal(which[1], 1);
    assert_int_equal(which[2], 0);
}

static void one_row_is_found(void **state) {
    (void)state;
    const float x[] = {3};
    int32_t distinct[1], which[1], slot[2];
    assert_int_equal(hg__repeats_find(x, 1, 1, distinct, which, slot), 1);
    assert_int_equal(distinct[0], 0);
    assert_int_equal(which[0], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_copy_and_no_other_row_is_found_at_every_width),
        cmocka_unit_test(rows_that_are_equal_as_numbers_but_not_as_bits_are_no_copies),
        cmocka_unit_test(one_row_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
