// SPDX-License-Identifier: Apache-2.0
// test_mem.c - the heap: zeroed, aligned, checked for overflow, failing on request.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/system.h"
#include "faults.h"

#include <cmocka.h>

static void use_block(size_t size) {
    hg_error err = {0};
    uint8_t *block = hg__alloc(size, 1, &err);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 64, 0);
    for (size_t k = 0; k < size; k++) {
        if (block[k]) fail_msg("%zu bytes: byte %zu is %d", size, k, block[k]);
    }
    if (size) memset(block, 0xAB, size);
    hg__free(block);
}

static void blocks_are_zeroed_and_aligned(void **state) {
    (void)state;
    const size_t sizes[] = {0, 1, 3, 63, 64, 65, 4096, (2 << 20) - 1, 2 << 20, (2 << 20) + 1};
    for (int again = 0; again < 2; again++) { // the second time in memory that was used
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) use_block(sizes[i]);
    }
    hg__free(NULL);
}

static void a_size_that_overflows_is_an_error(void **state) {
    (void)state;
    const size_t pairs[][2] = {
        {SIZE_MAX,         2         },
        {2,                SIZE_MAX  },
        {SIZE_MAX,         SIZE_MAX  },
        {SIZE_MAX,         1         },
        {SIZE_MAX / 2 + 1, 1         },
        {PTRDIFF_MAX,      1         },
        {1ULL << 32,       1ULL << 32},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        hg_error err = {0};
        assert_null(hg__alloc(pairs[i][0], pairs[i][1], &err));
        assert_int_equal(err.code, HG_ERR_MEMORY);
        assert_non_null(strstr(err.message, "out of memory"));
        if (pairs[i][0] == PTRDIFF_MAX) continue; // the C library's to refuse
        err = (hg_error){0};
        assert_null(hg__grow(NULL, pairs[i][0], pairs[i][1], &err));
        assert_int_equal(err.code, HG_ERR_MEMORY);
    }
    assert_null(hg__alloc(SIZE_MAX, SIZE_MAX, NULL));
    size_t product = 7;
    assert_true(hg__multiply(0, SIZE_MAX, &product) && product == 0);
    assert_true(hg__multiply(SIZE_MAX, 1, &product) && product == SIZE_MAX);
    assert_false(hg__multiply(SIZE_MAX / 2 + 1, 2, &product));
}

static void growing_keeps_what_was_there(void **state) {
    (void)state;
    uint32_t *list = NULL;
    for (uint32_t n = 1; n <= 3000; n += n / 2 + 1) {
        uint32_t *grown = hg__grow(list, n, sizeof *list, NULL);
        assert_non_null(grown);
        list = grown;
        for (uint32_t i = 0; i < n / 3; i++) assert_int_equal(list[i], i);
        for (uint32_t i = 0; i < n; i++) list[i] = i;
    }
    assert_null(hg__grow(list, SIZE_MAX, 2, NULL));
    assert_int_equal(list[100], 100); // the old block stands
    list = hg__grow(list, 0, sizeof *list, NULL);
    assert_non_null(list);
    hg__free(list);
}

static void allocations_are_counted(void **state) {
    (void)state;
    const uint64_t before = hg__alloc_count();
    char *text = hg__copy_text("hourglass", NULL);
    assert_string_equal(text, "hourglass");
    hg__free(text);
    assert_int_equal(hg__alloc_count() - before, 1);
    void *block = hg__alloc(1, 1, NULL);
    hg__lib_free(hg__lib_malloc(0));
    assert_int_equal(hg__alloc_count() - before, 3);
    hg__free(block);
}

// Five allocations of every kind; which of them failed, as bits.
static int child(void) {
    hg_error err = {0};
    void *block[5] = {hg__alloc(10, 10, &err), hg__grow(NULL, 10, 10, &err),
                      hg__copy_text("x", &err), hg__lib_malloc(10), hg__alloc(3 << 20, 1, &err)};
    int failed = 0;
    for (int i = 0; i < 5; i++) {
        failed |= block[i] ? 0 : 1 << i;
        hg__free(block[i]);
    }
    return failed;
}

static void the_nth_allocation_fails_on_request(void **state) {
    (void)state;
    for (int n = 1; n <= 6; n++) {
        char value[16];
        snprintf(value, sizeof value, "%d", n);
        assert_int_equal(run_child("", "HG_FAIL_ALLOC", value), n <= 5 ? 1 << (n - 1) : 0);
        snprintf(value, sizeof value, "%d+", n);
        assert_int_equal(run_child("", "HG_FAIL_ALLOC", value), 31 & ~((1 << (n - 1)) - 1));
    }
    assert_int_equal(run_child("", "HG_FAIL_ALLOC", "0"), 0);
    assert_int_equal(run_child("", "HG_FAIL_ALLOC", "nonsense"), 0);
}

static void the_clock_goes_forward(void **state) {
    (void)state;
    double last = hg__seconds();
    for (int i = 0; i < 1000; i++) {
        const double now = hg__seconds();
        assert_true(now >= last);
        last = now;
    }
    char text[32];
    hg__format_now(text);
    assert_int_equal(strlen(text), strlen("2026-01-31T12:00:00Z"));
    assert_true(text[4] == '-' && text[10] == 'T' && text[19] == 'Z');
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_and_aligned),
        cmocka_unit_test(a_size_that_overflows_is_an_error),
        cmocka_unit_test(growing_keeps_what_was_there),
        cmocka_unit_test(allocations_are_counted),
        cmocka_unit_test(the_nth_allocation_fails_on_request),
        cmocka_unit_test(the_clock_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
