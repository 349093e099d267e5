// SPDX-License-Identifier: Apache-2.0
// test_utf16.c - UTF-16 and UTF-8, there and back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/text.h"

#include <cmocka.h>

static void every_character_comes_back(void **state) {
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        if (code == 0xD800) code = 0xE000;
        uint16_t units[4];
        char text[8];
        const size_t count = code < 0x10000 ? 1 : 2;
        units[0] = (uint16_t)(count == 1 ? code : 0xD800 + ((code - 0x10000) >> 10));
        units[1] = (uint16_t)(0xDC00 + (code & 0x3FF));
        const int64_t size = hg__utf16_to_utf8(units, count, text);
        assert_true(size > 0 && size <= HG_UTF8_A_UNIT * (int64_t)count);
        assert_true(hg__is_utf8(text, (size_t)size));
        uint16_t back[4];
        assert_int_equal(hg__utf16_from(text, (size_t)size, back), count);
        assert_memory_equal(back, units, count * sizeof *units);
    }
}

static void known_text_has_known_bytes(void **state) {
    (void)state;
    static const uint16_t units[] = {'a', 0xE9, 0x20AC, 0xD83D, 0xDE00, 'z'};
    char text[32];
    assert_int_equal(hg__utf16_to_utf8(units, 6, text), 11);
    assert_memory_equal(text, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z", 11);
}

static void half_of_a_pair_is_no_text(void **state) {
    (void)state;
    static const uint16_t bad[][2] = {
        {0xD83D, 'x'   },
        {0xDE00, 'x'   },
        {'x',    0xD83D},
        {0xDE00, 0xD83D}
    };
    char text[16];
    for (size_t i = 0; i < 4; i++) assert_int_equal(hg__utf16_to_utf8(bad[i], 2, text), -1);
}

static void a_message_is_cut_and_marked(void **state) {
    (void)state;
    static const uint16_t units[] = {'a', 0xD83D, 'b', 0, 'c'};
    char text[16];
    hg__utf16_show(units, 5, text, sizeof text);
    assert_string_equal(text, "a?b");
    hg__utf16_show((const uint16_t[]){'a', 'b', 'c', 'd', 'e', 'f'}, 6, text, 8);
    assert_string_equal(text, "abcd"); // four bytes are kept for one character
}

static void bytes_that_are_no_utf8_are_refused(void **state) {
    (void)state;
    hg_error err;
    assert_null(hg__utf16_copy("\xFF", "query=", &err));
    assert_string_equal(err.message, "query=: expected UTF-8");
    uint16_t *copy = hg__utf16_copy("\xC3\xA9", "query=", &err);
    assert_non_null(copy);
    assert_int_equal(copy[0], 0xE9);
    assert_int_equal(copy[1], 0);
    hg__free(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(known_text_has_known_bytes),
        cmocka_unit_test(half_of_a_pair_is_no_text),
        cmocka_unit_test(a_message_is_cut_and_marked),
        cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
