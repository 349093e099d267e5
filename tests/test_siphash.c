// SPDX-License-Identifier: Apache-2.0
// test_siphash.c - SipHash-2-4 beside its authors' test vectors, which have the key 00 01 .. 0f and the message 00 01 02 ...
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "traffic/siphash.h"

#include <cmocka.h>

static uint64_t of_counting(size_t size) {
    uint8_t bytes[64];
    for (int i = 0; i < 64; i++) bytes[i] = (uint8_t)i;
    const hg__siphash_key key = hg__siphash_key_of(bytes);
    return hg__siphash(&key, bytes, size);
}

static void the_paper_s_example_comes_out(void **state) {
    (void)state;
    assert_int_equal(of_counting(15), 0xa129ca6149be45e5U);
}

static void vectors_of_other_lengths_come_out(void **state) {
    (void)state;
    assert_int_equal(of_counting(0), 0x726fdb47dd0e0e31U);
    assert_int_equal(of_counting(1), 0x74f839c593dc67fdU);
    assert_int_equal(of_counting(2), 0x0d6c8009d9a94f5aU);
    assert_int_equal(of_counting(8), 0x93f5f5799a932462U);
}

static void keys_from_the_system_differ(void **state) {
    (void)state;
    hg__siphash_key a, b;
    assert_int_equal(hg__siphash_key_draw(&a, NULL), HG_OK);
    assert_int_equal(hg__siphash_key_draw(&b, NULL), HG_OK);
    assert_true(a.k0 != b.k0 && a.k1 != b.k1);
    assert_true(hg__siphash(&a, "flow", 4) != hg__siphash(&b, "flow", 4));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_paper_s_example_comes_out),
        cmocka_unit_test(vectors_of_other_lengths_come_out),
        cmocka_unit_test(keys_from_the_system_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
