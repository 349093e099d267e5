// SPDX-License-Identifier: Apache-2.0
// test_anonymise.c - other addresses in place of those that were seen.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traffic/anonymise.h"

#include <cmocka.h>

static const hg__anonymiser on = {
    {11, 12},
    true
};

static void address(uint8_t to[16], uint32_t v4) {
    memset(to, 0, 10);
    to[10] = to[11] = 0xff;
    for (int32_t i = 0; i < 4; i++) to[12 + i] = (uint8_t)(v4 >> (24 - 8 * i));
}

// How many bits two have in common from the first on.
static int32_t common(const uint8_t *a, const uint8_t *b, int32_t count) {
    int32_t i = 0;
    while (i < count && (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8)) & 1) == 0) i++;
    return i;
}

static void what_two_addresses_have_in_common_they_keep(void **state) {
    (void)state;
    for (uint32_t n = 0; n < 2000; n++) {
        const uint32_t one = n * 2654435761U + 1, other = one ^ (n % 32 ? 1U << n % 32 : 0x80U);
        uint8_t a[16], b[16], x[16], y[16];
        address(a, one);
        address(b, other);
        memcpy(x, a, 16);
        memcpy(y, b, 16);
        hg__anonymise_address(&on, x);
        hg__anonymise_address(&on, y);
        assert_int_equal(common(x, y, 128), common(a, b, 128));
        assert_memory_equal(x, a, 12); // IPv4 stays IPv4
    }
}

static void another_key_gives_others_and_the_same_key_the_same(void **state) {
    static const hg__anonymiser other = {
        {11, 13},
        true
    };
    (void)state;
    int32_t same = 0;
    for (uint32_t n = 1; n < 500; n++) {
        uint8_t a[16], b[16], c[16];
        address(a, 0x0a000000U + n);
        memcpy(b, a, 16);
        memcpy(c, a, 16);
        hg__anonymise_address(&on, a);
        hg__anonymise_address(&on, b);
        hg__anonymise_address(&other, c);
        assert_memory_equal(a, b, 16);
        same += memcmp(a, c, 16) == 0;
    }
    assert_true(same < 3);
}

static void nobody_and_everybody_stay_what_they_are(void **state) {
    static const uint8_t none[16] = {0}, all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    hg__packet p = {.arp_mac_to = {0}};
    (void)state;
    memcpy(p.mac_to, all, 6);
    p.mac_from[0] = 0x01; // a group
    hg__anonymise_packet(&on, &p);
    assert_memory_equal(p.from, none, 16);
    assert_memory_equal(p.mac_to, all, 6);
    assert_memory_equal(p.arp_mac_to, none, 6);
    assert_int_equal(p.mac_from[0] & 3, 1);
    uint8_t v4[16], before[16];
    address(v4, 0);
    memcpy(before, v4, 16);
    hg__anonymise_address(&on, v4);
    assert_memory_equal(v4, before, 16);
}

static void a_key_is_a_file_of_sixteen_bytes_or_more(void **state) {
    char path[] = "/tmp/hourglass-key-XXXXXX";
    hg__anonymiser a;
    hg_error err = {0};
    (void)state;
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "0123456789abcde", 15), 15);
    assert_int_equal(hg__anonymiser_init(&a, path, &err), HG_ERR_DATA);
    assert_non_null(strstr(err.message, "16 secret bytes"));
    assert_int_equal(write(fd, "f", 1), 1);
    assert_int_equal(hg__anonymiser_init(&a, path, &err), HG_OK);
    assert_true(a.is_on);
    close(fd);
    unlink(path);
    assert_true(hg__anonymiser_init(&a, path, &err) < 0);
    assert_int_equal(hg__anonymiser_init(&a, "", &err), HG_OK);
    assert_false(a.is_on);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_two_addresses_have_in_common_they_keep),
        cmocka_unit_test(another_key_gives_others_and_the_same_key_the_same),
        cmocka_unit_test(nobody_and_everybody_stay_what_they_are),
        cmocka_unit_test(a_key_is_a_file_of_sixteen_bytes_or_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
