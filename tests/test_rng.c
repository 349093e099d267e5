// SPDX-License-Identifier: Apache-2.0
// test_rng.c - Philox against its published answers; the shuffle is a permutation.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rng.h"

#include <cmocka.h>

enum { MOST = 5000 };

// The three known answers of Random123 (kat_vectors, philox4x32 10).
static void philox_gives_the_published_words(void **state) {
    (void)state;
    const struct {
        uint64_t key;
        uint32_t counter[4], want[4];
    } known[] = {
        {0,                     {0, 0, 0, 0},              {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX,
         {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}                                                  },
        {0x299f31d0a4093822ULL,
         {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}                                                  },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const uint32_t *c = known[i].counter;
        hg__philox got = hg__philox_run(known[i].key, c[0], c[1], c[2], c[3]);
        assert_memory_equal(got.word, known[i].want, sizeof got.word);
    }
}

static void every_shuffle_is_a_permutation(void **state) {
    (void)state;
    const uint64_t counts[] = {1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 1000, 4097, MOST};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        static unsigned char seen[MOST];
        memset(seen, 0, sizeof seen);
        hg__shuffle s = hg__shuffle_init(7, HG_STREAM_SHUFFLE, (uint32_t)c, counts[c]);
        for (uint64_t i = 0; i < counts[c]; i++) {
            uint64_t to = hg__shuffle_at(&s, i);
            assert_true(to < counts[c]);
            assert_int_equal(seen[to], 0);
            seen[to] = 1;
        }
    }
}

static void epochs_and_seeds_give_other_orders(void **state) {
    (void)state;
    hg__shuffle a = hg__shuffle_init(1, HG_STREAM_SHUFFLE, 0, MOST);
    hg__shuffle b = hg__shuffle_init(1, HG_STREAM_SHUFFLE, 1, MOST);
    hg__shuffle c = hg__shuffle_init(2, HG_STREAM_SHUFFLE, 0, MOST);
    int same_b = 0, same_c = 0, fixed = 0;
    for (uint64_t i = 0; i < MOST; i++) {
        uint64_t at = hg__shuffle_at(&a, i);
        same_b += at == hg__shuffle_at(&b, i);
        same_c += at == hg__shuffle_at(&c, i);
        fixed += at == i;
    }
    assert_true(same_b < 10 && same_c < 10 && fixed < 10); // one each is expected
}

static void a_large_count_stays_inside(void **state) {
    (void)state;
    const uint64_t count = (1ULL << 40) + 3;
    hg__shuffle s = hg__shuffle_init(3, HG_STREAM_SHUFFLE, 0, count);
    for (uint64_t i = 0; i < 1000; i++) assert_true(hg__shuffle_at(&s, i * 999999937) < count);
}

static void unit_floats_are_below_one(void **state) {
    (void)state;
    assert_true(hg__unit_float(UINT32_MAX) < 1);
    assert_true(hg__unit_float(0) == 0);
    assert_true(hg__unit_float(1U << 31) == 0.5F);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_words),
        cmocka_unit_test(every_shuffle_is_a_permutation),
        cmocka_unit_test(epochs_and_seeds_give_other_orders),
        cmocka_unit_test(a_large_count_stays_inside),
        cmocka_unit_test(unit_floats_are_below_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
